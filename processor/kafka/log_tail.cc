#include "kafka/log_tail.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "kafka/client.h"
#include "kafka/deadline.h"
#include "kafka/lease.h"
#include "kafka/log_ends.h"
#include "kafka/partition_table.h"
#include "kafka/topic_lookup.h"

namespace fracas::kafka {
namespace {

constexpr size_t kTakeAtOnce = 512;        // messages from one call
constexpr int64_t kProbeEveryMs = 1'000;   // while nothing comes
constexpr int64_t kLookAgainMs = 200;      // at a partition whose log seems to have changed
constexpr int64_t kBeyondEndMsMax = 10'000;  // a new leader may know of a later end a little later
constexpr int64_t kStuckMsMax = 10'000;    // below the end without progress

Settings Defaults() {
  return {
      {"fetch.wait.max.ms", "100"},
      {"fetch.error.backoff.ms", "100"},
      {"queued.min.messages", "100000"},
      {"queued.max.messages.kbytes", "16384"},
      {"socket.timeout.ms", "10000"},
      {"topic.metadata.refresh.interval.ms", "30000"},
  };
}

class KafkaLogTail final : public LogTail, private ClientEvents {
 public:
  KafkaLogTail(Connection connection, std::string name)
      : connection_(std::move(connection)), name_(std::move(name)) {}
  ~KafkaLogTail() override { Drop(); }

  Status Follow(const std::vector<TailStart>& starts) override;
  Status Poll(int wait_ms, size_t records_max, const Visitor& visit) override;
  Offset Position(size_t slot) const override;
  std::string trouble() const override { return trouble_; }

 private:
  // A partition whose fetching has stopped: what the log is now decides whether it goes on.
  struct Doubt {
    std::string seen;
    Deadline again{0};
    Deadline beyond_end{kBeyondEndMsMax};
  };
  // What the last probe of a partition has found.
  struct Progress {
    Offset position = kNoOffset;
    Deadline stuck{kStuckMsMax};
  };

  Status Connect();
  void Drop();
  Status Start(PartitionSlot slot);
  void Fetch(int wait_ms);
  Status Deliver(size_t records_max, const Visitor& visit, size_t* visited);
  Status OnError(const rd_kafka_message_t& message);
  Status Settle();
  Status Settle(PartitionSlot slot, Doubt* doubt, bool* settled);
  void Probe();

  const Connection connection_;
  const std::string name_;
  std::shared_ptr<Client> client_;
  Queue queue_;
  PartitionTable table_;
  std::vector<bool> started_;  // by slot
  std::deque<rd_kafka_message_t*> taken_;
  std::map<PartitionSlot, Doubt> doubts_;
  std::vector<Progress> progress_;  // by slot
  Deadline next_probe_{0};
  PartitionSlot probed_ = 0;
  std::string trouble_;
};

Status KafkaLogTail::Connect() {
  Result<std::shared_ptr<Client>> made = Client::Create({.kind = ClientKind::kLogReader,
                                                         .connection = &connection_,
                                                         .name = name_,
                                                         .defaults = Defaults(),
                                                         .events = this});
  if (!made.ok()) return made.status();
  client_ = std::move(*made);
  queue_.reset(rd_kafka_queue_new(client_->get()));
  return client_->Connect(limits::kKafkaConnectMsMax);
}

void KafkaLogTail::Drop() {
  if (client_ == nullptr) return;
  client_->Detach();
  for (rd_kafka_message_t* message : taken_) rd_kafka_message_destroy(message);
  taken_.clear();
  for (PartitionSlot slot = 0; slot < table_.size(); ++slot) {
    const AssignedSlot& followed = table_.at(slot);
    if (started_[slot]) rd_kafka_consume_stop(followed.topic.get(), followed.partition.partition);
  }
  started_.clear();
  doubts_.clear();
  progress_.clear();
  table_.Clear();
  queue_.reset();
  client_.reset();
}

// A new handle each time: nothing of what was fetched before can come through it.
Status KafkaLogTail::Follow(const std::vector<TailStart>& starts) {
  Drop();
  trouble_ = Cat("not connected to ", connection_.brokers());
  if (Status connected = Connect(); !connected.ok()) return connected;
  std::vector<AssignedPartition> partitions;
  std::map<std::string, int32_t> counts;
  for (const TailStart& start : starts) {
    const TopicPartition& name = start.partition;
    auto count = counts.find(name.topic);
    if (count == counts.end()) {
      const Topic topic(rd_kafka_topic_new(client_->get(), name.topic.c_str(), nullptr));
      if (topic == nullptr) return Status::Stop(Cat("topic '", name.topic, "' is not a possible name"));
      const Result<int32_t> answer = CountPartitions(*client_, topic.get());
      if (!answer.ok()) return answer.status();
      count = counts.emplace(name.topic, *answer).first;
    }
    if (name.partition < 0 || name.partition >= count->second) {
      return Status::Stop(Cat("topic ", name.topic, " has no partition ", name.partition, " (it has ",
                              count->second, ")"));
    }
    partitions.push_back({.slot = static_cast<PartitionSlot>(partitions.size()),
                          .partition = name,
                          .start = start.from,
                          .metadata = {}});
  }
  table_.Assign(client_->get(), partitions);
  started_.assign(table_.size(), false);
  progress_.resize(table_.size());
  for (PartitionSlot slot = 0; slot < table_.size(); ++slot) {
    if (Status started = Start(slot); !started.ok()) return started;
  }
  next_probe_ = Deadline(0);
  trouble_.clear();
  return {};
}

Status KafkaLogTail::Start(PartitionSlot slot) {
  const AssignedSlot& followed = table_.at(slot);
  if (started_[slot]) {
    rd_kafka_consume_stop(followed.topic.get(), followed.partition.partition);
    started_[slot] = false;
  }
  if (rd_kafka_consume_start_queue(followed.topic.get(), followed.partition.partition,
                                   followed.position, queue_.get()) == 0) {
    started_[slot] = true;
    return {};
  }
  return CallFailed(Cat("following ", ToString(followed.partition, followed.position)),
                    FromCode(rd_kafka_last_error()));
}

// The queue carries records and errors of partitions only, never a callback (K5). The batch call waits
// for a full batch, so the wait is for the first message alone.
void KafkaLogTail::Fetch(int wait_ms) {
  std::array<rd_kafka_message_t*, kTakeAtOnce> messages;
  ssize_t count = 0;
  if (wait_ms > 0) {
    count = rd_kafka_consume_batch_queue(queue_.get(), wait_ms, messages.data(), 1);
    if (count <= 0) return;
    taken_.push_back(messages[0]);
  }
  count = rd_kafka_consume_batch_queue(queue_.get(), 0, messages.data(), messages.size());
  for (ssize_t i = 0; i < count; ++i) taken_.push_back(messages[static_cast<size_t>(i)]);
}

Status KafkaLogTail::Poll(int wait_ms, size_t records_max, const Visitor& visit) {
  FRACAS_CHECK(client_ != nullptr, "Poll before Follow");
  rd_kafka_poll(client_->get(), 0);
  const Deadline deadline(wait_ms);
  size_t visited = 0;
  for (bool first = true; first || (visited == 0 && !deadline.passed()); first = false) {
    if (taken_.empty()) Fetch(wait_ms == 0 ? 0 : deadline.SliceMs(wait_ms));
    if (Status failed = Deliver(records_max, visit, &visited); !failed.ok()) return failed;
    if (Status failed = Settle(); !failed.ok()) return failed;
  }
  while (visited < records_max) {
    Fetch(0);
    if (taken_.empty()) break;
    if (Status failed = Deliver(records_max, visit, &visited); !failed.ok()) return failed;
  }
  if (visited > 0 && doubts_.empty()) {
    trouble_.clear();
    next_probe_ = Deadline(kProbeEveryMs);
  } else if (next_probe_.passed()) {
    Probe();
  }
  return {};
}

Status KafkaLogTail::Deliver(size_t records_max, const Visitor& visit, size_t* visited) {
  while (!taken_.empty() && *visited < records_max) {
    rd_kafka_message_t* const message = taken_.front();
    taken_.pop_front();
    MessageLease lease(client_);
    lease.Add(message);
    const std::optional<PartitionSlot> slot = table_.Find(*message);
    if (!slot.has_value()) continue;
    AssignedSlot& followed = table_.at(*slot);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      // The end as a read_committed reader sees it: control markers are behind us, also records that
      // compaction has taken away.
      followed.position = std::max(followed.position, message->offset);
      continue;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (Status failed = OnError(*message); !failed.ok()) return failed;
      continue;
    }
    if (message->offset < followed.position) continue;
    ConsumedRecord record = ToRecord(*message);
    record.slot = *slot;
    ++*visited;
    followed.failures = 0;
    followed.position = message->offset + 1;
    visit(record, lease);
  }
  return {};
}

// OK: librdkafka goes on by itself, or Settle finds out what has happened.
Status KafkaLogTail::OnError(const rd_kafka_message_t& message) {
  const PartitionSlot slot = *table_.Find(message);
  AssignedSlot& followed = table_.at(slot);
  const std::string text =
      Cat("following ", ToString(followed.partition, followed.position), ": ",
          rd_kafka_err2name(message.err), ": ", rd_kafka_message_errstr(&message));
  const Code code = PartitionErrorCode(message.err);
  if (code == Code::kNone) {
    trouble_ = text;
    return {};
  }
  if (code == Code::kPermissionDenied) {
    return Status::Stop(Cat(text, "; allow this principal to read topic ", followed.partition.topic,
                            " (kafka-acls --topic)"));
  }
  if (code == Code::kDecodeFailed && ++followed.failures >= limits::kKafkaDecodeErrorsMax) {
    return Status::Stop(Cat(text, "; this batch cannot be read"));
  }
  if (code != Code::kDecodeFailed) doubts_.try_emplace(slot).first->second.seen = text;
  return {};
}

// An offset that is not there, a topic that is not there: it can be a leader that has just begun.
Status KafkaLogTail::Settle() {
  for (auto doubt = doubts_.begin(); doubt != doubts_.end();) {
    bool settled = false;
    if (doubt->second.again.passed()) {
      doubt->second.again = Deadline(kLookAgainMs);
      if (Status failed = Settle(doubt->first, &doubt->second, &settled); !failed.ok()) return failed;
      if (!settled) trouble_ = doubt->second.seen;
    }
    doubt = settled ? doubts_.erase(doubt) : std::next(doubt);
  }
  return {};
}

Status KafkaLogTail::Settle(PartitionSlot slot, Doubt* doubt, bool* settled) {
  const AssignedSlot& followed = table_.at(slot);
  const Result<int32_t> partitions = CountPartitions(*client_, followed.topic.get());
  if (!partitions.ok()) {
    return partitions.status().action() == Action::kRetry ? Status() : partitions.status();
  }
  Watermarks ends;
  if (followed.partition.partition < *partitions &&
      !AskEnds(*client_, followed.partition, static_cast<int>(limits::kTailProbeMs), &ends).ok()) {
    return {};
  }
  const bool there = followed.position >= ends.low && followed.position <= ends.high &&
                     followed.partition.partition < *partitions;
  if (there) {
    *settled = true;
    return Start(slot);
  }
  if (followed.position > ends.high && !doubt->beyond_end.passed()) return {};
  return Status::Stop(
      Cat(doubt->seen, "; the log now holds offsets ", ends.low, " to ", ends.high,
          ": its records were deleted, or the topic was made anew"));
}

// A broker that is away, or a partition that does not move, is seen only by asking.
void KafkaLogTail::Probe() {
  next_probe_ = Deadline(kProbeEveryMs);
  if (table_.size() == 0 || !doubts_.empty()) return;
  const PartitionSlot slot = probed_++ % static_cast<PartitionSlot>(table_.size());
  const AssignedSlot& followed = table_.at(slot);
  Watermarks ends;
  const Failure failure =
      AskEnds(*client_, followed.partition, static_cast<int>(limits::kTailProbeMs), &ends);
  if (!failure.ok()) {
    const std::string complaint = client_->LastComplaint();
    trouble_ = Cat("no answer about ", followed.partition.topic, "/", followed.partition.partition,
                   " (", complaint.empty() ? failure.text : complaint, ")");
    // Fetching from a topic that was deleted fails without a word.
    if (PartitionErrorCode(failure.error) != Code::kNone) doubts_[slot].seen = trouble_;
    return;
  }
  Progress& progress = progress_[slot];
  if (followed.position >= ends.high || followed.position != progress.position) {
    progress = {.position = followed.position};
  }
  trouble_ = !progress.stuck.passed()
                 ? ""
                 : Cat("nothing comes of ", ToString(followed.partition, followed.position),
                       " although the log goes on to ", ends.high);
}

Offset KafkaLogTail::Position(size_t slot) const {
  FRACAS_CHECK(slot < table_.size(), "Position of an unknown slot");
  return table_.at(static_cast<PartitionSlot>(slot)).position;
}

}  // namespace

std::unique_ptr<LogTail> NewLogTail(Connection connection, std::string name) {
  return std::make_unique<KafkaLogTail>(std::move(connection), std::move(name));
}

}  // namespace fracas::kafka
