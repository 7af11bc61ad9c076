#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ports/source.h"
#include "tests/sim/broker.h"
#include "tests/sim/ports.h"
#include "tests/sim/random.h"

namespace fracas::sim {

// Who of several instances is told that it is at work; one per world, which moves it.
struct Beacon {
  std::string holder;
  uint64_t term = 0;  // grows whenever the holder changes
  // As in Kafka, the seat of the control group fences who held it before at once. Without, only the
  // transactional id does.
  bool seats = true;
};

// The control topic for the one instance that the beacon names. Who loses it notices a while later:
// two may be at work at once. Nothing but the broker tells them apart.
class SimControlSource : public Source {
 public:
  struct Options {
    Broker* broker = nullptr;
    Random* random = nullptr;
    const Faults* faults = nullptr;
    const Beacon* beacon = nullptr;
    std::string instance;
    TopicPartition control;
  };
  explicit SimControlSource(Options options) : options_(std::move(options)) {}
  std::unique_ptr<PayloadLease> NewLease() override;
  std::span<const ConsumedRecord> Poll(const PollLimits& limits, PayloadLease* lease,
                                       std::vector<SourceEvent>* events) override;
  Status Seek(PartitionSlot slot, Offset offset) override;
  Status Hold(PartitionSlot slot, Offset offset) override { return Seek(slot, offset); }
  Status Release(PartitionSlot) override { return {}; }
  Result<CommittedOffset> Committed(const TopicPartition& partition) override;
  Status Recreate() override;
  void Close() override { assigned_ = false; }

 private:
  void Read(const PollLimits& limits, PayloadLease* lease);
  void Join(std::vector<SourceEvent>* events);

  const Options options_;
  bool assigned_ = false;
  uint64_t term_ = 0;
  uint64_t epochs_ = 0;
  Offset position_ = 0;
  std::vector<ConsumedRecord> records_;
};

}  // namespace fracas::sim
