#include "kafka/control_source.h"

#include <utility>
#include <vector>

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "kafka/beacon.h"
#include "kafka/consumer.h"
#include "kafka/deadline.h"

namespace fracas::kafka {
namespace {

// Leases of whatever source is at work under this one.
class ControlLease final : public PayloadLease {
 public:
  PayloadLease* Of(Source* source, uint64_t term) {
    if (leases_.empty() || term_ != term) {
      leases_.push_back(source->NewLease());
      term_ = term;
    }
    return leases_.back().get();
  }
  void VisitHeaders(uint32_t index,
                    const std::function<void(std::string_view, std::string_view)>& visit)
      const override {
    if (!leases_.empty()) leases_.back()->VisitHeaders(index, visit);
  }

 private:
  std::vector<std::unique_ptr<PayloadLease>> leases_;  // earlier ones keep what was read under them
  uint64_t term_ = 0;
};

class ControlSource final : public Source {
 public:
  explicit ControlSource(ControlSourceOptions options) : options_(std::move(options)) {}
  ~ControlSource() override { Close(); }

  std::unique_ptr<PayloadLease> NewLease() override { return std::make_unique<ControlLease>(); }
  std::span<const ConsumedRecord> Poll(const PollLimits& limits, PayloadLease* lease,
                                       std::vector<SourceEvent>* events) override;
  Status Seek(PartitionSlot slot, Offset offset) override;
  Status Hold(PartitionSlot slot, Offset offset) override;
  Status Release(PartitionSlot slot) override;
  Result<CommittedOffset> Committed(const TopicPartition& partition) override;
  Status Recreate() override;
  void Close() override;

 private:
  bool Join(int wait_ms);
  void StepDown(std::string_view why, bool done);
  void Translate(std::vector<SourceEvent>* from, std::vector<SourceEvent>* to);
  Result<Source*> AtWork() const;
  void Log(LogLevel level, std::string_view event, std::string message) const;
  void Complain(const std::string& trouble);

  const ControlSourceOptions options_;
  std::unique_ptr<Beacon> beacon_;
  std::unique_ptr<Source> source_;  // null: another instance is at work
  uint64_t term_ = 0;
  bool assigned_ = false;
  std::string complained_;  // the last trouble that was logged
};

SourceOptions JoinOptions(const ControlSourceOptions& options) {
  SourceOptions join;
  join.connection = options.connection;
  Settings& consumer = join.connection.consumer;
  // The beacon tells of a death, so the session may be long: as long as it lasts a successor takes the
  // member's place without a rebalance. (Of a group without members the first waits for others.)
  consumer["session.timeout.ms"] = "60000";
  consumer["heartbeat.interval.ms"] = "1000";
  consumer["max.poll.interval.ms"] = "300000";
  consumer["fetch.min.bytes"] = "1";
  join.group = Cat(options.group, ".control");
  join.member = join.group;  // the same for all instances, on purpose
  join.topics = {options.topic};
  return join;
}

void ControlSource::Log(LogLevel level, std::string_view event, std::string message) const {
  if (!options_.connection.log) return;
  options_.connection.log({.level = level,
                           .event = event,
                           .message = std::move(message),
                           .fields = {{"instance", options_.instance}}});
}

void ControlSource::Complain(const std::string& trouble) {
  if (std::exchange(complained_, trouble) == trouble || trouble.empty()) return;
  Log(LogLevel::kWarning, "authority_unknown", trouble);
}

// True when we are at work.
bool ControlSource::Join(int wait_ms) {
  const Deadline deadline(wait_ms);
  if (beacon_ == nullptr) {
    Result<std::unique_ptr<Beacon>> opened =
        Beacon::Open({.connection = &options_.connection,
                      .group = Cat(options_.group, ".authority"),
                      .partition = {options_.topic, 0},
                      .holder = options_.instance});
    if (!opened.ok()) {
      Complain(std::string(opened.status().message()));
      return false;
    }
    beacon_ = std::move(*opened);
  }
  if (!beacon_->Await(wait_ms == 0 ? 0 : deadline.SliceMs(wait_ms))) {
    Complain(beacon_->trouble());
    return false;
  }
  Result<std::unique_ptr<Source>> joined = OpenSource(JoinOptions(options_));
  if (!joined.ok()) {
    Complain(std::string(joined.status().message()));
    beacon_->Yield(true);
    return false;
  }
  source_ = std::move(*joined);
  ++term_;
  complained_.clear();
  Log(LogLevel::kInfo, "authority_taken", "this instance applies commands from now on");
  return true;
}

void ControlSource::StepDown(std::string_view why, bool done) {
  if (beacon_ != nullptr) beacon_->Yield(done);
  if (source_ == nullptr) return;
  source_.reset();
  assigned_ = false;
  Log(LogLevel::kInfo, "authority_given_up", Cat("this instance applies no commands: ", why));
}

std::span<const ConsumedRecord> ControlSource::Poll(const PollLimits& limits, PayloadLease* lease,
                                                    std::vector<SourceEvent>* events) {
  if (source_ == nullptr && !Join(limits.wait_ms)) return {};
  beacon_->Working();
  if (!beacon_->held()) {
    if (assigned_) events->push_back({.kind = SourceEvent::Kind::kRevoked});
    StepDown("another instance does", false);
    return {};
  }
  PayloadLease* const inner =
      lease == nullptr ? nullptr : static_cast<ControlLease*>(lease)->Of(source_.get(), term_);
  std::vector<SourceEvent> fresh;
  const std::span<const ConsumedRecord> records = source_->Poll(limits, inner, &fresh);
  const uint64_t term = term_;
  Translate(&fresh, events);
  return source_ != nullptr && term == term_ ? records : std::span<const ConsumedRecord>();
}

void ControlSource::Translate(std::vector<SourceEvent>* from, std::vector<SourceEvent>* to) {
  for (SourceEvent& event : *from) {
    switch (event.kind) {
      case SourceEvent::Kind::kAssigned:
        assigned_ = !event.partitions.empty();
        if (assigned_) to->push_back(std::move(event));
        break;
      case SourceEvent::Kind::kRevoked:
        if (std::exchange(assigned_, false)) to->push_back(std::move(event));
        break;
      case SourceEvent::Kind::kFenced:
      case SourceEvent::Kind::kFailed: {
        const Status status = event.status;
        if (assigned_) to->push_back({.kind = SourceEvent::Kind::kRevoked});
        if (event.kind == SourceEvent::Kind::kFailed && status.action() == Action::kStop) {
          to->push_back(std::move(event));
        }
        StepDown(status.message(), false);
        return;
      }
      case SourceEvent::Kind::kPartitionError:
      case SourceEvent::Kind::kEndOfInput: to->push_back(std::move(event)); break;
    }
  }
}

Result<Source*> ControlSource::AtWork() const {
  if (source_ != nullptr) return source_.get();
  return Status::Abort("another instance is the authority");
}

Status ControlSource::Seek(PartitionSlot slot, Offset offset) {
  Result<Source*> source = AtWork();
  return source.ok() ? (*source)->Seek(slot, offset) : source.status();
}

Status ControlSource::Hold(PartitionSlot slot, Offset offset) {
  Result<Source*> source = AtWork();
  return source.ok() ? (*source)->Hold(slot, offset) : source.status();
}

Status ControlSource::Release(PartitionSlot slot) {
  Result<Source*> source = AtWork();
  return source.ok() ? (*source)->Release(slot) : source.status();
}

Result<CommittedOffset> ControlSource::Committed(const TopicPartition& partition) {
  Result<Source*> source = AtWork();
  if (!source.ok()) return source.status();
  return (*source)->Committed(partition);
}

Status ControlSource::Recreate() {
  StepDown("it begins anew", false);
  return {};
}

void ControlSource::Close() {
  if (source_ != nullptr) source_->Close();
  StepDown("it ends", true);
  beacon_.reset();
}

}  // namespace

std::unique_ptr<Source> NewControlSource(ControlSourceOptions options) {
  return std::make_unique<ControlSource>(std::move(options));
}

}  // namespace fracas::kafka
