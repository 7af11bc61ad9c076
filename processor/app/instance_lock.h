#pragma once

#include <memory>
#include <string>

#include "core/status.h"

namespace fracas::app {

// One process per group and instance name on this machine: two would fence each other for ever. Held in
// the kernel (an abstract socket), so that nothing is left behind when the process dies. Another machine
// with the same name is found by Kafka's own fencing.
class InstanceLock {
 public:
  // A Stop status that names the process that holds it and the setting to change.
  static Result<std::unique_ptr<InstanceLock>> Take(const std::string& group,
                                                    const std::string& instance);
  ~InstanceLock();
  InstanceLock(const InstanceLock&) = delete;
  InstanceLock& operator=(const InstanceLock&) = delete;

 private:
  explicit InstanceLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace fracas::app
