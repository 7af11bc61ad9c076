#include "kafka/inspect/cluster_inspector.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/limits_tools.h"
#include "core/text.h"
#include "kafka/client.h"
#include "kafka/deadline.h"
#include "kafka/fetches.h"
#include "kafka/inspect/acl_list.h"
#include "kafka/inspect/broker_list.h"
#include "kafka/lease.h"
#include "kafka/log_ends.h"
#include "kafka/start_offsets.h"

namespace fracas::kafka {
namespace {

constexpr int kCallMs = static_cast<int>(limits::kDoctorCallMsMax);
constexpr int kPollMs = 100;

// Keeps what brokers present. Called by librdkafka's threads.
class CertificateKeeper final : public ClientEvents {
 public:
  void OnCertificate(std::string_view broker, int depth, std::string_view der) override {
    const std::lock_guard lock(mutex_);
    if (certificates_.size() < limits::kDoctorCertificatesMax)
      certificates_.insert_or_assign({std::string(broker), depth}, std::string(der));
  }
  std::vector<PresentedCertificate> All() const {
    const std::lock_guard lock(mutex_);
    std::vector<PresentedCertificate> all;
    for (const auto& [place, der] : certificates_) all.push_back({place.first, place.second, der});
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::string> certificates_;  // guarded by mutex_
};

using TopicQuestion = std::pair<Failure, int32_t>;

class KafkaInspector final : public ClusterInspector {
 public:
  KafkaInspector(Connection connection, std::string name)
      : connection_(std::move(connection)), name_(std::move(name)) {}

  Status Open();
  Status Connect() { return client_->Connect(static_cast<int>(limits::kDoctorConnectMsMax)); }

  Result<ClusterSeen> Brokers() override { return ListBrokers(*client_, kCallMs); }
  Result<std::vector<TopicSeen>> Topics(const std::vector<std::string>& names) override;
  Result<AclsSeen> Acls() override { return ListAcls(*client_, kCallMs); }
  Result<GroupSeen> Group(const std::string& group) override;
  Result<std::vector<PartitionEnds>> Ends(const std::vector<TopicPartition>& partitions) override;
  Result<std::vector<Offset>> Committed(const std::string& group,
                                        const std::vector<TopicPartition>& partitions) override;
  std::vector<Status> TryRead(const std::vector<TopicPartition>& partitions) override;
  Status Read(const std::vector<Range>& ranges, int64_t wait_ms,
              const std::function<bool(const ConsumedRecord&)>& visit) override;
  std::vector<PresentedCertificate> Certificates() const override { return keeper_.All(); }

 private:
  TopicQuestion AskTopic(const std::string& name) const;
  Status AskSide(const Client& client, int64_t which, Offset PartitionEnds::*side,
                 std::vector<PartitionEnds>* ends) const;

  const Connection connection_;
  const std::string name_;
  CertificateKeeper keeper_;
  std::shared_ptr<Client> client_;  // sees everything up to the high watermark
  std::shared_ptr<Client> stable_;  // … up to the last stable offset
};

Status KafkaInspector::Open() {
  Result<std::shared_ptr<Client>> made = Client::Create(
      {.kind = ClientKind::kAdmin,
       .connection = &connection_,
       .name = name_,
       .defaults = {{"fetch.wait.max.ms", "50"}},
       .identity = {{"enable.partition.eof", "true"}, {"enable.auto.commit", "false"}},
       .events = &keeper_,
       .watch_certificates = true});
  if (!made.ok()) return made.status();
  client_ = std::move(*made);
  return {};
}

TopicQuestion KafkaInspector::AskTopic(const std::string& name) const {
  const Topic topic(rd_kafka_topic_new(client_->get(), name.c_str(), nullptr));
  if (topic == nullptr) return {FromCode(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION), 0};
  const rd_kafka_metadata_t* raw = nullptr;
  const Failure failure =
      FromCode(rd_kafka_metadata(client_->get(), 0, topic.get(), &raw, kCallMs));
  if (!failure.ok()) return {failure, 0};
  const Metadata metadata(raw);
  if (metadata->topic_cnt != 1) return {{}, 0};
  return {FromCode(metadata->topics[0].err), metadata->topics[0].partition_cnt};
}

Result<std::vector<TopicSeen>> KafkaInspector::Topics(const std::vector<std::string>& names) {
  std::vector<TopicSeen> topics;
  for (const std::string& name : names) {
    const auto [failure, partitions] = AskTopic(name);
    TopicSeen& topic = topics.emplace_back();
    topic.name = name;
    if (failure.ok()) {
      topic.partitions = partitions;
    } else if (failure.error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
      topic.status = CallFailed(Cat("topic ", name), failure);
    } else if (failure.error == RD_KAFKA_RESP_ERR__TIMED_OUT ||
               failure.error == RD_KAFKA_RESP_ERR__TRANSPORT) {
      return CallFailed(Cat("the lookup of topic ", name, " on ", client_->brokers()), failure);
    }
  }
  return topics;
}

// IMPORTANT: not by the admin request for groups, which goes to a coordinator (K23).
Result<GroupSeen> KafkaInspector::Group(const std::string& group) {
  const rd_kafka_group_list* raw = nullptr;
  const Failure failure =
      FromCode(rd_kafka_list_groups(client_->get(), group.c_str(), &raw, kCallMs));
  if (!failure.ok() && failure.error != RD_KAFKA_RESP_ERR__PARTIAL)
    return CallFailed(Cat("group ", group), failure);
  const std::unique_ptr<const rd_kafka_group_list, decltype(&rd_kafka_group_list_destroy)> list(
      raw, &rd_kafka_group_list_destroy);
  GroupSeen seen;
  for (int i = 0; i < list->group_cnt; ++i) {
    const rd_kafka_group_info& info = list->groups[i];
    if (info.group == nullptr || group != info.group) continue;
    if (info.err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return CallFailed(Cat("group ", group), FromCode(info.err));
    seen.state = info.state == nullptr ? "" : info.state;
    seen.members = static_cast<uint64_t>(std::max(info.member_cnt, 0));
  }
  return seen;
}

// A partition's own failure is kept there; a failure of all is returned.
Status KafkaInspector::AskSide(const Client& client, int64_t which, Offset PartitionEnds::*side,
                               std::vector<PartitionEnds>* ends) const {
  const PartitionList list = NewPartitionList(ends->size());
  for (const PartitionEnds& each : *ends) {
    rd_kafka_topic_partition_list_add(list.get(), each.partition.topic.c_str(),
                                      each.partition.partition)
        ->offset = which;
  }
  const Failure failure = AskOffsets(client, kCallMs, list.get());
  bool answered = failure.ok();
  for (size_t i = 0; i < ends->size(); ++i) {
    const rd_kafka_topic_partition_t& answer = list->elems[i];
    PartitionEnds& each = (*ends)[i];
    if (answer.err == RD_KAFKA_RESP_ERR_NO_ERROR && answer.offset >= 0) {
      each.*side = answer.offset;
      answered = true;
      continue;
    }
    const Failure own = answer.err == RD_KAFKA_RESP_ERR_NO_ERROR ? failure : FromCode(answer.err);
    if (!own.ok())
      each.status =
          CallFailed(Cat("the ends of ", each.partition.topic, "/", each.partition.partition), own);
  }
  return answered ? Status() : CallFailed(Cat("the ends of logs on ", client.brokers()), failure);
}

Result<std::vector<PartitionEnds>> KafkaInspector::Ends(
    const std::vector<TopicPartition>& partitions) {
  std::vector<PartitionEnds> ends;
  for (const TopicPartition& partition : partitions) ends.emplace_back().partition = partition;
  if (ends.empty()) return ends;
  if (stable_ == nullptr) {
    Result<std::shared_ptr<Client>> made =
        Client::Create({.kind = ClientKind::kLogReader, .connection = &connection_, .name = name_});
    if (!made.ok()) return made.status();
    stable_ = std::move(*made);
  }
  // The stable one before the high watermark: it never passes it.
  for (const auto& [client, which, side] :
       {std::tuple(client_.get(), int64_t{RD_KAFKA_OFFSET_BEGINNING}, &PartitionEnds::low),
        std::tuple(stable_.get(), int64_t{RD_KAFKA_OFFSET_END}, &PartitionEnds::stable),
        std::tuple(client_.get(), int64_t{RD_KAFKA_OFFSET_END}, &PartitionEnds::high)}) {
    if (Status asked = AskSide(*client, which, side, &ends); !asked.ok()) return asked;
  }
  return ends;
}

Result<std::vector<Offset>> KafkaInspector::Committed(
    const std::string& group, const std::vector<TopicPartition>& partitions) {
  if (partitions.empty()) return std::vector<Offset>();
  // A read_uncommitted client is told the offset at once, whatever transaction is in doubt.
  Result<std::shared_ptr<Client>> asker =
      Client::Create({.kind = ClientKind::kAdmin,
                      .connection = &connection_,
                      .name = name_,
                      .identity = {{"group.id", group}, {"enable.auto.commit", "false"}}});
  if (!asker.ok()) return asker.status();
  const Result<std::vector<CommittedOffset>> answer = AskCommitted(**asker, partitions, kCallMs);
  if (!answer.ok()) {
    // A group that may not be described is only waited for; the reason is among the events.
    while (const Message event{rd_kafka_consumer_poll((*asker)->get(), 0)}) {
      if (NeedsPerson(event->err)) return CallFailed(Cat("group ", group), FromCode(event->err));
    }
    return answer.status().WithPrefix(Cat("the offsets of group ", group, ": "));
  }
  std::vector<Offset> offsets;
  for (const CommittedOffset& committed : *answer) offsets.push_back(committed.offset);
  return offsets;
}

std::vector<Status> KafkaInspector::TryRead(const std::vector<TopicPartition>& partitions) {
  std::map<TopicPartition, Status> open;
  Fetches fetches(*client_);
  for (const TopicPartition& partition : partitions) {
    if (open.contains(partition)) continue;
    const std::string name = Cat("reading ", partition.topic, "/", partition.partition);
    const Failure started = fetches.Start(partition, RD_KAFKA_OFFSET_END);
    open[partition] = started.ok() ? Status::Retry(Cat(name, ": no answer in ", kCallMs, " ms"))
                                   : CallFailed(name, started);
  }
  std::set<TopicPartition> done;
  for (const Deadline deadline(kCallMs); done.size() < open.size() && !deadline.passed();) {
    const Message message = fetches.Next(deadline.SliceMs(kPollMs));
    if (message == nullptr || message->rkt == nullptr) continue;
    const TopicPartition place{rd_kafka_topic_name(message->rkt), message->partition};
    const bool end = message->err == RD_KAFKA_RESP_ERR_NO_ERROR ||
                     message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (!end && !NeedsPerson(message->err)) continue;  // it goes on by itself
    open[place] = end ? Status()
                      : CallFailed(Cat("reading ", place.topic, "/", place.partition),
                                   FromCode(message->err));
    done.insert(place);
  }
  std::vector<Status> answers;
  for (const TopicPartition& partition : partitions) answers.push_back(open[partition]);
  return answers;
}

Status KafkaInspector::Read(const std::vector<Range>& ranges, int64_t wait_ms,
                            const std::function<bool(const ConsumedRecord&)>& visit) {
  std::map<TopicPartition, Offset> waiting;  // where each one ends
  Fetches fetches(*client_);
  for (const Range& range : ranges) {
    if (range.from >= range.to) continue;
    const Failure started = fetches.Start(range.partition, range.from);
    if (!started.ok())
      return CallFailed(Cat("reading ", ToString(range.partition, range.from)), started);
    waiting[range.partition] = range.to;
  }
  for (const Deadline deadline(wait_ms); !waiting.empty();) {
    if (deadline.passed()) {
      const TopicPartition& first = waiting.begin()->first;
      return Status::Retry(Cat("reading ", first.topic, "/", first.partition,
                               " was not done within ", wait_ms, " ms"));
    }
    const Message message = fetches.Next(deadline.SliceMs(kPollMs));
    if (message == nullptr || message->rkt == nullptr) continue;
    const TopicPartition place{rd_kafka_topic_name(message->rkt), message->partition};
    const auto end = waiting.find(place);
    if (end == waiting.end()) continue;
    if (NeedsPerson(message->err) || PartitionErrorCode(message->err) != Code::kNone) {
      return Status::Stop(Cat("reading ", place.topic, "/", place.partition, ": ",
                              kafka::Describe(FromCode(message->err))));
    }
    const bool record = message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset < end->second;
    if (record && !visit(ToRecord(*message))) return {};
    const bool past = message->err == RD_KAFKA_RESP_ERR_NO_ERROR
                          ? message->offset + 1 >= end->second
                          : message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (past) waiting.erase(end);
  }
  return {};
}

}  // namespace

Result<OpenedInspector> OpenInspector(const Connection& connection, const std::string& name) {
  auto inspector = std::make_unique<KafkaInspector>(connection, name);
  if (Status opened = inspector->Open(); !opened.ok()) return opened;
  OpenedInspector answer;
  answer.connected = inspector->Connect();
  answer.inspector = std::move(inspector);
  return answer;
}

}  // namespace fracas::kafka
