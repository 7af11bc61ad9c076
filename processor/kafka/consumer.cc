// Joining a group, following it, taking its records.

#include "kafka/consumer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "kafka/epoch.h"
#include "kafka/source/group_cover.h"
#include "kafka/source/kafka_source.h"
#include "kafka/topic_lookup.h"

namespace fracas::kafka {
namespace {

constexpr size_t kTakeAtOnce = 512;  // messages from one call
constexpr int64_t kGroupPollMsMax =
    100;  // how long records may keep us from looking after the group
constexpr int64_t kCommittedSliceMs = 500;  // how long one Poll may wait for committed offsets
// After an assignment of a new handle it is looked at whether the group reads every partition: soon,
// then less and less often.
constexpr int64_t kCoverMsMin = 1'000;
constexpr int64_t kCoverMsMax = 600'000;
constexpr int kCoverWaitMs = 3'000;
// Who is not the leader cannot help, nor anybody where a setting of the client leaves topics out.
constexpr int kCoverTriesMax = 8;

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

}  // namespace

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
  if (Status connected = client_->Connect(limits::kKafkaConnectMsMax); !connected.ok())
    return connected;
  std::vector<std::string> names;
  for (const std::string& topic : options_.topics) {
    if (!IsPattern(topic)) names.push_back(topic);
  }
  if (Status there = RequireTopics(*client_, names); !there.ok()) return there;
  announced_.reset();  // who was before is another member
  covered_ = false;
  cover_ms_ = kCoverMsMin;
  cover_tries_ = 0;
  cover_due_.reset();
  return Subscribe();
}

Status KafkaSource::Subscribe() {
  const PartitionList list = NewPartitionList(options_.topics.size());
  for (const std::string& topic : options_.topics) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const Failure failure = FromCode(rd_kafka_subscribe(client_->get(), list.get()));
  if (failure.ok()) return {};
  return Status::Reject(
      Cat("the topics of group ", options_.group, " cannot be subscribed to (", failure.text,
          "); is there a topic, and is every topics_pattern a POSIX extended expression?"));
}

std::unique_ptr<PayloadLease> KafkaSource::NewLease() {
  return std::make_unique<MessageLease>(client_);
}

// --- Taking records
// -----------------------------------------------------------------------------------

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
      // Records first: what an event of the group then takes away was read under the epoch before
      // it.
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
    if (assigned_ && cover_due_.has_value() && cover_due_->passed()) CheckCover();
    first = false;
  }
  events->insert(events->end(), std::make_move_iterator(events_.begin()),
                 std::make_move_iterator(events_.end()));
  events_.clear();
  return records_;
}

// Moves what was fetched to `taken_`. IMPORTANT: consume_batch_queue of 2.0.2 loses messages when a
// callback runs inside it (K5); `fetched_` carries records and partition errors only, never a
// callback. It also waits for a full batch, so the wait is for the first message alone.
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
      message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ? OnEnd(*message) : OnFetchError(*message);
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

// --- The group
// ------------------------------------------------------------------------------------------

void KafkaSource::ServeGroup(int wait_ms) {
  rd_kafka_message_t* const message = rd_kafka_consume_queue(group_.get(), wait_ms);
  if (message == nullptr) return;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR ||
      message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    taken_.push_back(message);  // what did not find its way
    return;
  }
  OnGroupError(*message);
  rd_kafka_message_destroy(message);
}

void KafkaSource::OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t what,
                              rd_kafka_topic_partition_list_t* partitions) {
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    Pending pending;
    // IMPORTANT: now. The group cannot go on to another generation before this assignment was
    // taken.
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

// A follower that joins anew may get the generation that it had: Kafka would take the offsets of a
// round of before even after we have asked where the partitions begin, and what that round has
// published would be read again.
bool KafkaSource::OldRoundGoesOn() const {
  const std::shared_ptr<const GroupEpoch> before = announced_.lock();
  return before != nullptr && before->generation() == pending_->epoch->generation();
}

// Asks where the assigned partitions begin; when the answer is there, fetching begins. May take
// several Polls: a transaction in doubt ends when its producer or its timeout says so.
void KafkaSource::FinishAssignment() {
  Pending& pending = *pending_;
  if (OldRoundGoesOn()) {
    if (!pending.deadline.passed()) return;
    return Fail(SourceEvent::Kind::kFailed,
                Status::Retry(Cat("group ", options_.group,
                                  " has given this member the generation that it had, and a "
                                  "transaction of before does not end: a new member fences it")));
  }
  const Status found =
      starts_.Find(*client_, pending.deadline.SliceMs(kCommittedSliceMs), &pending.partitions);
  if (!found.ok()) {
    if (found.action() == Action::kRetry && !pending.deadline.passed()) return;
    Fail(SourceEvent::Kind::kFailed, found);
    return;
  }
  table_.Assign(client_->get(), pending.partitions);
  if (Status handed = Hand(); !handed.ok()) {
    Fail(SourceEvent::Kind::kFailed, handed);
    return;
  }
  assigned_ = true;
  announced_ = pending.epoch;
  events_.push_back({.kind = SourceEvent::Kind::kAssigned,
                     .epoch = std::move(pending.epoch),
                     .partitions = std::move(pending.partitions)});
  pending_.reset();
  if (!covered_) cover_due_.emplace(cover_ms_);
}

// The leader that joins anew has everything assigned; from everybody else it costs nothing but an
// assignment.
void KafkaSource::CheckCover() {
  const Result<std::vector<TopicPartition>> unowned =
      FindUnowned(*client_, options_.group, options_.topics, kCoverWaitMs);
  covered_ = unowned.ok() && unowned->empty();
  if (covered_) {
    cover_due_.reset();
    return;
  }
  cover_ms_ = std::min(cover_ms_ * 2, kCoverMsMax);
  cover_due_.emplace(cover_ms_);
  if (!unowned.ok()) return;
  const TopicPartition& first = unowned->front();
  const std::string what =
      Cat(unowned->size(), " partitions, the first of them ", first.topic, "/", first.partition,
          ", belong to no member of group ", options_.group);
  if (++cover_tries_ > kCoverTriesMax) {
    cover_due_.reset();
    return client_->Log(LogLevel::kError, "partitions_unowned",
                        Cat(what, ", although this one has joined anew ", kCoverTriesMax,
                            " times: does a setting leave the topic out (topic.blacklist)? Else "
                            "restart all instances, so that each of them knows it"));
  }
  client_->Log(LogLevel::kWarning, "partitions_unowned",
               Cat(what, ": they were added while members were away. This one joins anew, so that "
                         "they are given to somebody"));
  if (Status joined = Subscribe(); !joined.ok()) Fail(SourceEvent::Kind::kFailed, joined);
}

// Tells librdkafka to fetch every partition of the table from its position. The group is not told.
Status KafkaSource::Hand() {
  const PartitionList list = NewPartitionList(table_.size());
  for (PartitionSlot slot = 0; slot < table_.size(); ++slot) {
    const TopicPartition& name = table_.at(slot).partition;
    rd_kafka_topic_partition_list_add(list.get(), name.topic.c_str(), name.partition)->offset =
        table_.at(slot).position;
    // Before the assignment: what is fetched must find its way at once.
    const Queue queue(
        rd_kafka_queue_get_partition(client_->get(), name.topic.c_str(), name.partition));
    if (queue != nullptr) rd_kafka_queue_forward(queue.get(), fetched_.get());
  }
  const Failure failure = FromCode(rd_kafka_assign(client_->get(), list.get()));
  return failure.ok() ? Status()
                      : CallFailed(Cat("the assignment of group ", options_.group), failure);
}

// --- Beginning and end
// ------------------------------------------------------------------------------------

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

Result<std::unique_ptr<Source>> OpenSource(SourceOptions options) {
  auto source = std::make_unique<KafkaSource>(std::move(options));
  if (Status joined = source->Join(); !joined.ok()) return joined;
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace fracas::kafka
