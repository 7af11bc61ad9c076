#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "control/model.h"
#include "core/status.h"
#include "ports/state_store.h"

namespace fracas::control {

// Makes the next snapshot out of the one before and the changes of a batch; also the first one out
// of everything that a store holds. One use, one thread.
class Fold {
 public:
  explicit Fold(const Snapshot& base) : next_(base) {}

  // `before`: what the key held, of quarantine keys; nullptr: nothing (others: never asked). kStop:
  // bytes that are not ours, or of a newer format; the caller puts in front where they are. Keys of
  // kinds that this program does not know are passed over: a newer minor version has written them.
  Status Apply(std::string_view key, std::string_view value, const std::string* before);
  // `offset`: of the changelog, everything below has been applied.
  std::shared_ptr<const Snapshot> Finish(Offset offset);

 private:
  Status ApplyQuarantine(std::string_view key, std::string_view value, const std::string* before);
  Status Count(const std::string& stream, const state::QuarantineKey& key, std::string_view value,
               int64_t sign, std::shared_ptr<const state::QuarantineEntry>* entry);
  void PutRecord(const std::string& id, std::shared_ptr<const state::QuarantineEntry> entry);

  Snapshot next_;
  bool expiries_ = false;
  std::shared_ptr<Snapshot::PartitionRecords> records_;  // changed here
  std::map<TopicPartition, std::shared_ptr<Snapshot::Records>> partitions_;
};

}  // namespace fracas::control
