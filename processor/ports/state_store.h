#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/status.h"

namespace fracas {

// One change of one key.
struct StateChange {
  std::string key;
  std::string value;  // empty: the key is deleted
};

// A local copy of what a topic says: ordered keys and values, and up to where of each partition they were
// taken. It is a cache: whatever is wrong with it, it is thrown away and read again from the topic.
// Implementations: state/store (RocksDB), tests (memory). Get and Visit: any thread. Apply and Wipe: one
// thread, the tail's.
class StateStore {
 public:
  virtual ~StateStore() = default;
  // All changes and the new positions, or nothing of it. A failure (disk full, I/O) is kStop: the store
  // takes nothing more, and whoever relied on it stops before it says anything untrue.
  virtual Status Apply(const std::vector<StateChange>& changes,
                       const std::map<TopicPartition, Offset>& positions, int64_t now_ms) = 0;
  // Everything below has been applied; 0 where nothing was.
  virtual Offset Position(const TopicPartition& partition) const = 0;
  // Wall clock of the last Apply; 0: never.
  virtual int64_t AppliedMs() const = 0;
  // False: there is no such key. A failure is kStop.
  virtual Result<bool> Get(std::string_view key, std::string* value) const = 0;
  // For many keys at once: values[i] stays untouched where found[i] is false.
  virtual Status MultiGet(const std::vector<std::string>& keys, std::vector<std::string>* values,
                          std::vector<bool>* found) const = 0;
  // Data keys that begin with `prefix`, ascending, as of one moment, until `visit` returns false.
  virtual Status Visit(std::string_view prefix,
                       const std::function<bool(std::string_view key, std::string_view value)>& visit)
      const = 0;
  // The same, of the keys behind `after` alone: a list is read on page by page.
  virtual Status VisitAfter(std::string_view prefix, std::string_view after,
                            const std::function<bool(std::string_view key, std::string_view value)>& visit)
      const {
    return Visit(prefix, [&](std::string_view key, std::string_view value) {
      return key <= after || visit(key, value);
    });
  }
  // Everything is gone, positions too.
  virtual Status Wipe() = 0;
};

}  // namespace fracas
