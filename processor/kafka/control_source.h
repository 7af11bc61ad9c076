#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kafka/settings.h"
#include "ports/source.h"

namespace fracas::kafka {

struct ControlSourceOptions {
  Connection connection;
  std::string group;     // the configuration's; the control topic is read as <group>.control
  std::string topic;     // the control topic; partition 0 is read
  std::string instance;  // this process, as it is named in logs
};

// The control topic for the one instance of several that is at work. Nothing is assigned while another
// instance is; within two seconds of its death, at once when it closes, one of the others is told
// kAssigned. Whoever has been replaced, or was stopped for long, is told kRevoked. Which it is shows a
// beacon (kafka/beacon.h) in group <group>.authority; that at most one can commit is Kafka's doing: all
// instances join under one member name, so that the one that joins last fences the others at once, and
// the holder claims the transactional id.
//
// For its user: on CommitResult::kFenced call Recreate, which goes back to waiting; claim the
// transactional id only after kAssigned. Poll is called every few seconds also while nothing is
// assigned. kFenced is not reported; kFailed only when a person must act. Records may not be forwarded.
std::unique_ptr<Source> NewControlSource(ControlSourceOptions options);

}  // namespace fracas::kafka
