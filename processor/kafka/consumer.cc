// Takes records from a group's partitions. Fetched records and the group's events come through two queues:
// records through `fetched_` (every assigned partition's queue is forwarded to it), rebalances and errors
// of the group through `group_`. So a worker that takes no records still follows its group, and taking many
// records with one call meets no callback on the way (K5).

#include "kafka/consumer.h"

#include <array>
#include <deque>
#include <utility>

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "kafka/client.h"
#include "kafka/deadline.h"
#include "kafka/epoch.h"
#include "kafka/lease.h"
#include "kafka/partition_table.h"
#include "kafka/start_offsets.h"
#include "kafka/topic_lookup.h"

namespace fracas::kafka {
namespace {

constexpr size_t kTakeAtOnce = 512;       // messages from one call
constexpr int64_t kGroupPollMsMax = 100;  // how long records may keep us from looking after the group
constexpr int64_t kCommittedSliceMs = 500;    // how long one Poll may wait for committed offsets
constexpr int kSeekTries = 3;

Settings Defaults() {
  return {
      {"partition.assignment.strategy", "range"},  // eager: cooperative loses assignments (K9)
      {"session.timeout.ms", "10000"},
      {"heartbeat.interval.ms", "3000"},
      // One record pins its whole fetch response.
      {"fetch.max.bytes", "8388608"},
      {"fetch.message.max.bytes", "4194304"},
      // Fewer, fuller responses for at most 50 ms of latency.
      {"fetch.min.bytes", "65536"},
      {"fetch.wait.max.ms", "50"},
      {"fetch.error.backoff.ms", "100"},
      // More than a second of data, bounded by bytes: 2.0.2 stalls when the count is reached.
      {"queued.min.messages", "1000000"},
      {"queued.max.messages.kbytes", "65536"},
      // A broker that is away must not block coordinators' addresses for long (K8).
      {"socket.timeout.ms", "10000"},
      {"topic.metadata.refresh.interval.ms", "30000"},
  };
}

bool IsPattern(const std::string& topic) { return !topic.empty() && topic.front() == '^'; }

class KafkaSource final : public Source, private ClientEvents {
 public:
  explicit KafkaSource(SourceOptions options)
      : options_(std::move(options)), starts_(options_.start) {}
  ~KafkaSource() override { Close(); }

  // Connects, checks the topics and subscribes.
  Status Join();

  std::unique_ptr<PayloadLease> NewLease() override;
  std::span<const ConsumedRecord> Poll(const PollLimits& limits, PayloadLease* lease,
                                       std::vector<SourceEvent>* events) override;
  Status Seek(PartitionSlot slot, Offset offset) override;
  Status Hold(PartitionSlot slot, Offset offset) override;
  Status Release(PartitionSlot slot) override;
  Result<CommittedOffset> Committed(const TopicPartition& partition) override;
  Status Recreate() override;
  void Close() override;

 private:
  void OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t what,
                   rd_kafka_topic_partition_list_t* partitions) override;
  Status Subscribe();
  void ServeGroup(int wait_ms);
  void Revoke(rd_kafka_t* client);
  void FinishAssignment();
  Status Hand(const std::vector<AssignedPartition>& partitions);
  void Fetch(int wait_ms);
  size_t Take(const PollLimits& limits, size_t bytes, MessageLease* lease);
  void OnGroupError(const rd_kafka_message_t& message);
  void OnFetchError(const rd_kafka_message_t& message);
  void OnFailure(const Failure& failure);
  void Fail(SourceEvent::Kind kind, Status status);
  void ReportPartition(PartitionSlot slot, Offset offset, Code code, std::string_view text);
  void DropFetched(std::optional<PartitionSlot> slot);
  Status SeekNow(AssignedSlot& slot, Offset offset);
  Failure Pause(const AssignedSlot& slot, bool pause);

  const SourceOptions options_;
  StartFinder starts_;
  std::shared_ptr<Client> client_;
  Queue group_;
  Queue fetched_;
  PartitionTable table_;
  uint64_t epochs_ = 0;
  bool assigned_ = false;            // kAssigned was announced and not revoked
  bool failed_ = false;              // reported; only Recreate helps

  // An assignment that the group has handed over and that has no offsets yet.
  struct Pending {
    std::shared_ptr<const AssignmentEpoch> epoch;
    std::vector<AssignedPartition> partitions;
    Deadline deadline{limits::kKafkaCommittedMsMax};
  };
  std::optional<Pending> pending_;

  std::deque<rd_kafka_message_t*> taken_;  // from the queue, not yet delivered: a Poll was full
  std::vector<ConsumedRecord> records_;    // of this Poll
  std::vector<SourceEvent> events_;        // of this Poll
};

Status KafkaSource::Join() {
  Result<std::shared_ptr<Client>> made = Client::Create(
      {.kind = ClientKind::kConsumer,
       .connection = &options_.connection,
       .name = options_.member,
       .defaults = Defaults(),
       .identity = {{"group.id", options_.group}, {"group.instance.id", options_.member}},
       .events = this});
  if (!made.ok()) return made.status();
  client_ = std::move(*made);
  rd_kafka_poll_set_consumer(client_->get());
  group_.reset(rd_kafka_queue_get_consumer(client_->get()));
  fetched_.reset(rd_kafka_queue_new(client_->get()));
  if (Status connected = client_->Connect(limits::kKafkaConnectMsMax); !connected.ok()) return connected;
  std::vector<std::string> names;
  for (const std::string& topic : options_.topics) {
    if (!IsPattern(topic)) names.push_back(topic);
  }
  if (Status there = RequireTopics(*client_, names); !there.ok()) return there;
  return Subscribe();
}

Status KafkaSource::Subscribe() {
  const PartitionList list = NewPartitionList(options_.topics.size());
  for (const std::string& topic : options_.topics) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const Failure failure = FromCode(rd_kafka_subscribe(client_->get(), list.get()));
  if (failure.ok()) return {};
  return Status::Reject(Cat("the topics of group ", options_.group, " cannot be subscribed to (", failure.text,
                            "); is there a topic, and is every topics_pattern a POSIX extended expression?"));
}

std::unique_ptr<PayloadLease> KafkaSource::NewLease() { return std::make_unique<MessageLease>(client_); }

// --- Taking records -----------------------------------------------------------------------------------

std::span<const ConsumedRecord> KafkaSource::Poll(const PollLimits& limits, PayloadLease* lease,
                                                  std::vector<SourceEvent>* events) {
  FRACAS_CHECK(client_ != nullptr, "Poll after Close");
  auto* const message_lease = static_cast<MessageLease*>(lease);
  FRACAS_CHECK(limits.records_max == 0 || message_lease->belongs_to(*client_),
               "a lease from before Recreate");
  const Deadline deadline(limits.wait_ms);
  records_.clear();
  size_t bytes = 0;
  bool first = true;
  while (first || (records_.empty() && events_.empty() && !deadline.passed())) {
    const int wait_ms = limits.wait_ms == 0 ? 0 : deadline.SliceMs(kGroupPollMsMax);
    const bool fetching = assigned_ && limits.records_max > 0;
    if (fetching) {
      // Records first: what an event of the group then takes away was read under the epoch before it.
      if (taken_.empty()) Fetch(wait_ms);
      bytes = Take(limits, bytes, message_lease);
      while (records_.size() < limits.records_max && bytes < limits.bytes_max && events_.empty()) {
        Fetch(0);
        if (taken_.empty()) break;
        bytes = Take(limits, bytes, message_lease);
      }
    }
    if (events_.empty()) ServeGroup(fetching ? 0 : wait_ms);
    if (pending_.has_value()) FinishAssignment();
    first = false;
  }
  events->insert(events->end(), std::make_move_iterator(events_.begin()), std::make_move_iterator(events_.end()));
  events_.clear();
  return records_;
}

// Moves what was fetched to `taken_`. IMPORTANT: consume_batch_queue of 2.0.2 loses messages when a callback
// runs inside it (K5); `fetched_` carries records and partition errors only, never a callback. It also
// waits for a full batch, so the wait is for the first message alone.
void KafkaSource::Fetch(int wait_ms) {
  std::array<rd_kafka_message_t*, kTakeAtOnce> messages;
  ssize_t count = 0;
  if (wait_ms > 0) {
    count = rd_kafka_consume_batch_queue(fetched_.get(), wait_ms, messages.data(), 1);
    if (count <= 0) return;
    taken_.push_back(messages[0]);
  }
  count = rd_kafka_consume_batch_queue(fetched_.get(), 0, messages.data(), messages.size());
  for (ssize_t i = 0; i < count; ++i) taken_.push_back(messages[static_cast<size_t>(i)]);
}

// Delivers from `taken_` within the limits; returns the bytes so far.
size_t KafkaSource::Take(const PollLimits& limits, size_t bytes, MessageLease* lease) {
  while (!taken_.empty() && records_.size() < limits.records_max && bytes < limits.bytes_max &&
         events_.empty()) {
    rd_kafka_message_t* const message = taken_.front();
    taken_.pop_front();
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      OnFetchError(*message);
      rd_kafka_message_destroy(message);
      continue;
    }
    const std::optional<PartitionSlot> slot = table_.Find(*message);
    // Of a revoked partition, of one that is held, or below the position (K1): not ours to deliver.
    if (!slot.has_value() || table_.at(*slot).held || message->offset < table_.at(*slot).position) {
      rd_kafka_message_destroy(message);
      continue;
    }
    table_.at(*slot).position = message->offset + 1;
    bytes += message->len + message->key_len;
    ConsumedRecord& record = records_.emplace_back(ToRecord(*message));
    record.slot = *slot;
    record.lease_index = lease->Add(message);
  }
  return bytes;
}

void KafkaSource::DropFetched(std::optional<PartitionSlot> slot) {
  std::deque<rd_kafka_message_t*> kept;
  for (rd_kafka_message_t* message : taken_) {
    if (slot.has_value() && table_.Find(*message) != slot) {
      kept.push_back(message);
    } else {
      rd_kafka_message_destroy(message);
    }
  }
  taken_.swap(kept);
}

// --- The group ------------------------------------------------------------------------------------------

void KafkaSource::ServeGroup(int wait_ms) {
  rd_kafka_message_t* const message = rd_kafka_consume_queue(group_.get(), wait_ms);
  if (message == nullptr) return;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    taken_.push_back(message);  // a record that did not find its way
    return;
  }
  OnGroupError(*message);
  rd_kafka_message_destroy(message);
}

void KafkaSource::OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t what,
                              rd_kafka_topic_partition_list_t* partitions) {
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    Pending pending;
    // IMPORTANT: now. The group cannot go on to another generation before this assignment was taken.
    pending.epoch = std::make_shared<GroupEpoch>(++epochs_, client);
    for (int i = 0; i < partitions->cnt; ++i) {
      AssignedPartition& assigned = pending.partitions.emplace_back();
      assigned.slot = static_cast<PartitionSlot>(i);
      assigned.partition = {partitions->elems[i].topic, partitions->elems[i].partition};
    }
    pending_ = std::move(pending);
  } else {
    Revoke(client);
  }
  rd_kafka_yield(client);  // what this Poll returns ends here
}

void KafkaSource::Revoke(rd_kafka_t* client) {
  pending_.reset();
  // A pause would survive into the next assignment to this handle (K3).
  for (PartitionSlot slot = 0; slot < table_.size(); ++slot) {
    if (table_.at(slot).held) Pause(table_.at(slot), false);
  }
  rd_kafka_assign(client, nullptr);
  DropFetched(std::nullopt);
  table_.Clear();
  if (std::exchange(assigned_, false)) events_.push_back({.kind = SourceEvent::Kind::kRevoked});
}

// Asks where the assigned partitions begin; when the answer is there, fetching begins. May take several
// Polls: a transaction in doubt ends when its producer or its timeout says so.
void KafkaSource::FinishAssignment() {
  Pending& pending = *pending_;
  const Status found =
      starts_.Find(*client_, pending.deadline.SliceMs(kCommittedSliceMs), &pending.partitions);
  if (!found.ok()) {
    if (found.action() == Action::kRetry && !pending.deadline.passed()) return;
    Fail(SourceEvent::Kind::kFailed, found);
    return;
  }
  if (Status handed = Hand(pending.partitions); !handed.ok()) {
    Fail(SourceEvent::Kind::kFailed, handed);
    return;
  }
  assigned_ = true;
  events_.push_back({.kind = SourceEvent::Kind::kAssigned,
                     .epoch = std::move(pending.epoch),
                     .partitions = std::move(pending.partitions)});
  pending_.reset();
}

Status KafkaSource::Hand(const std::vector<AssignedPartition>& partitions) {
  table_.Assign(client_->get(), partitions);
  const PartitionList list = NewPartitionList(partitions.size());
  for (const AssignedPartition& partition : partitions) {
    const TopicPartition& name = partition.partition;
    rd_kafka_topic_partition_list_add(list.get(), name.topic.c_str(), name.partition)->offset = partition.start;
    // Before the assignment: what is fetched must find its way at once.
    const Queue queue(rd_kafka_queue_get_partition(client_->get(), name.topic.c_str(), name.partition));
    if (queue != nullptr) rd_kafka_queue_forward(queue.get(), fetched_.get());
  }
  const Failure failure = FromCode(rd_kafka_assign(client_->get(), list.get()));
  return failure.ok() ? Status() : CallFailed(Cat("the assignment of group ", options_.group), failure);
}

// --- Errors -----------------------------------------------------------------------------------------------

void KafkaSource::OnGroupError(const rd_kafka_message_t& message) {
  Failure failure{.error = message.err, .text = rd_kafka_message_errstr(&message)};
  if (message.err == RD_KAFKA_RESP_ERR__FATAL) failure = FatalErrorOf(client_->get());
  if (failure.fatal || IsFenced(failure.error) ||
      (NeedsPerson(failure.error) && failure.error != RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)) {
    OnFailure(failure);
    return;
  }
  const Code code = PartitionErrorCode(failure.error);
  if (code != Code::kNone && message.rkt != nullptr) {
    for (const PartitionSlot slot : table_.FindTopic(rd_kafka_topic_name(message.rkt))) {
      ReportPartition(slot, kNoOffset, code, failure.text);
    }
  }
  client_->Log(LogLevel::kWarning, "kafka_consumer_error",
               Cat("consumer ", options_.member, ": ", Describe(failure)));
}

void KafkaSource::OnFailure(const Failure& failure) {
  const bool fenced = IsFenced(failure.error);
  std::string text = Cat("consumer ", options_.member, " of group ", options_.group, ": ", Describe(failure));
  if (fenced) text += "; another process uses this instance's name: give each its own `instance`";
  if (failure.error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) {
    text += Cat("; allow this principal to read group ", options_.group, " (kafka-acls --group)");
  }
  Fail(fenced ? SourceEvent::Kind::kFenced : SourceEvent::Kind::kFailed,
       NeedsPerson(failure.error) ? Status::Stop(std::move(text)) : Status::Abort(std::move(text)));
}

// The handle cannot go on.
void KafkaSource::Fail(SourceEvent::Kind kind, Status status) {
  pending_.reset();
  if (std::exchange(failed_, true)) return;
  SourceEvent event{.kind = kind};
  event.status = std::move(status);
  events_.push_back(std::move(event));
}

void KafkaSource::OnFetchError(const rd_kafka_message_t& message) {
  const Code code = PartitionErrorCode(message.err);
  const std::optional<PartitionSlot> found = table_.Find(message);
  if (!found.has_value()) return;  // of a partition that was taken away
  AssignedSlot& slot = table_.at(*found);
  const std::string text = Cat(rd_kafka_err2name(message.err), ": ", rd_kafka_message_errstr(&message));
  if (code == Code::kNone) {
    client_->Log(LogLevel::kWarning, "kafka_fetch_error",
                 Cat(ToString(slot.partition, slot.position), ": ", text));
    return;
  }
  if (code == Code::kDecodeFailed) {
    // 2.0.2 tries the same batch for ever (K19). A damaged transfer heals at the next try.
    const Offset offset = message.offset >= 0 ? message.offset : slot.position;
    slot.failures = slot.failed_at == offset ? slot.failures + 1 : 1;
    slot.failed_at = offset;
    if (slot.failures < limits::kKafkaDecodeErrorsMax) return;
  }
  ReportPartition(*found, slot.position, code, text);
}

void KafkaSource::ReportPartition(PartitionSlot slot, Offset offset, Code code, std::string_view text) {
  if (std::exchange(table_.at(slot).reported, true)) return;
  const TopicPartition& name = table_.at(slot).partition;
  std::string message = Cat(offset == kNoOffset ? Cat(name.topic, "/", name.partition) : ToString(name, offset),
                            ": ", text);
  if (code == Code::kOffsetOutOfRange) {
    message += "; the source no longer has this offset (retention or a recreated topic)";
  }
  SourceEvent event{.kind = SourceEvent::Kind::kPartitionError};
  event.slot = slot;
  event.offset = offset;
  event.code = code;
  event.status = Status::Stop(std::move(message));
  events_.push_back(std::move(event));
}

// --- Positions --------------------------------------------------------------------------------------------

// Moves librdkafka and our own position. A timeout leaves the state unknown, so it is tried again.
Status KafkaSource::SeekNow(AssignedSlot& slot, Offset offset) {
  Failure failure;
  for (int i = 0; i < kSeekTries; ++i) {
    failure = FromCode(rd_kafka_seek(slot.topic.get(), slot.partition.partition, offset,
                                     static_cast<int>(limits::kKafkaCallMsMax)));
    if (failure.error != RD_KAFKA_RESP_ERR__TIMED_OUT) break;
  }
  if (!failure.ok()) return CallFailed(Cat("the seek to ", ToString(slot.partition, offset)), failure);
  slot.position = offset;
  slot.reported = false;
  slot.failures = 0;
  return {};
}

Failure KafkaSource::Pause(const AssignedSlot& slot, bool pause) {
  const PartitionList list = NewPartitionList();
  rd_kafka_topic_partition_list_add(list.get(), slot.partition.topic.c_str(), slot.partition.partition);
  const Failure failure = FromCode(pause ? rd_kafka_pause_partitions(client_->get(), list.get())
                                         : rd_kafka_resume_partitions(client_->get(), list.get()));
  return failure.ok() ? FromCode(list->elems[0].err) : failure;
}

Status KafkaSource::Seek(PartitionSlot slot, Offset offset) {
  FRACAS_CHECK(table_.contains(slot) && offset >= 0, "Seek of an unknown slot");
  DropFetched(slot);
  AssignedSlot& assigned = table_.at(slot);
  if (assigned.held) {
    assigned.position = offset;  // Release seeks
    return {};
  }
  return SeekNow(assigned, offset);
}

Status KafkaSource::Hold(PartitionSlot slot, Offset offset) {
  if (Status sought = Seek(slot, offset); !sought.ok()) return sought;
  AssignedSlot& assigned = table_.at(slot);
  if (assigned.held) return {};
  if (const Failure failure = Pause(assigned, true); !failure.ok()) {
    return CallFailed(Cat("the pause of ", ToString(assigned.partition, offset)), failure);
  }
  assigned.held = true;
  return {};
}

Status KafkaSource::Release(PartitionSlot slot) {
  FRACAS_CHECK(table_.contains(slot), "Release of an unknown slot");
  AssignedSlot& assigned = table_.at(slot);
  // IMPORTANT: resuming a partition that is not paused starts it at a stale offset (K1).
  if (!assigned.held) return {};
  if (const Failure failure = Pause(assigned, false); !failure.ok()) {
    return CallFailed(Cat("the resumption of ", ToString(assigned.partition, assigned.position)), failure);
  }
  assigned.held = false;
  // Where librdkafka would go on is its own idea (K2); what it fetched meanwhile is outdated by this.
  return SeekNow(assigned, assigned.position);
}

Result<CommittedOffset> KafkaSource::Committed(const TopicPartition& partition) {
  const Deadline deadline(limits::kKafkaCommittedMsMax);
  for (;;) {
    Result<std::vector<CommittedOffset>> answer =
        AskCommitted(*client_, {partition}, deadline.SliceMs(limits::kKafkaCallMsMax));
    if (answer.ok()) return std::move(answer->front());
    if (answer.status().action() != Action::kRetry || deadline.passed()) return answer.status();
  }
}

// --- Beginning and end ------------------------------------------------------------------------------------

Status KafkaSource::Recreate() {
  Close();
  failed_ = false;
  return Join();
}

void KafkaSource::Close() {
  if (client_ == nullptr) return;
  client_->Detach();
  DropFetched(std::nullopt);
  table_.Clear();
  pending_.reset();
  events_.clear();
  assigned_ = false;
  group_.reset();
  fetched_.reset();
  client_.reset();  // leases may keep it
}

}  // namespace

Result<std::unique_ptr<Source>> OpenSource(SourceOptions options) {
  auto source = std::make_unique<KafkaSource>(std::move(options));
  if (Status joined = source->Join(); !joined.ok()) return joined;
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace fracas::kafka
