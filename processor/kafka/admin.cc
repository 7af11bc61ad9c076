#include "kafka/admin.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "kafka/admin_request.h"
#include "kafka/client.h"
#include "kafka/deadline.h"
#include "kafka/log_ends.h"
#include "kafka/start_offsets.h"

namespace fracas::kafka {
namespace {

constexpr int kCallMs = static_cast<int>(limits::kKafkaCallMsMax);

class KafkaAdmin final : public Admin {
 public:
  KafkaAdmin(const Connection& connection, std::shared_ptr<Client> client)
      : connection_(connection), client_(std::move(client)) {}

  Result<std::vector<TopicDescription>> Describe(const std::vector<std::string>& wanted) override;
  Result<std::vector<std::string>> ListTopics() override;
  Result<std::vector<Status>> Create(const std::vector<NewTopic>& topics) override;
  Result<Watermarks> Query(const TopicPartition& partition) override;
  Result<std::vector<Offset>> Committed(const std::string& group,
                                        const std::vector<TopicPartition>& partitions) override;

 private:
  Result<Metadata> AllTopics();
  Result<std::vector<TopicDescription>> DescribeOnce(const std::vector<std::string>& wanted);
  Status DescribeConfigs(std::vector<TopicDescription>* topics);
  // A broker was asked that has not heard of everything yet.
  bool Lags(const std::vector<std::string>& wanted, const std::vector<TopicDescription>& described);
  void CheckInvisible(const std::string& topic, Status* first);
  // The handle that asks for the group's offsets; the last group's is kept.
  Result<std::shared_ptr<Client>> AskerOf(const std::string& group);

  const Connection connection_;
  const std::shared_ptr<Client> client_;
  std::mutex mutex_;
  std::set<std::string> created_;  // by us, guarded by mutex_
  std::string asked_group_;        // guarded by mutex_
  std::shared_ptr<Client> asker_;  // guarded by mutex_
};

Result<Metadata> KafkaAdmin::AllTopics() {
  const rd_kafka_metadata_t* raw = nullptr;
  const Failure failure = FromCode(rd_kafka_metadata(client_->get(), 1, nullptr, &raw, kCallMs));
  if (!failure.ok()) return CallFailed(Cat("the list of topics on ", client_->brokers()), failure);
  return Metadata(raw);
}

Result<std::vector<std::string>> KafkaAdmin::ListTopics() {
  Result<Metadata> metadata = AllTopics();
  if (!metadata.ok()) return metadata.status();
  std::vector<std::string> names;
  for (int i = 0; i < (*metadata)->topic_cnt; ++i) names.emplace_back((*metadata)->topics[i].topic);
  std::sort(names.begin(), names.end());
  return names;
}

// A topic that is missing from the list may be there and hidden by an ACL: that is a failure, not
// an answer.
void KafkaAdmin::CheckInvisible(const std::string& topic, Status* first) {
  const Topic handle(rd_kafka_topic_new(client_->get(), topic.c_str(), nullptr));
  if (handle == nullptr) return;
  const rd_kafka_metadata_t* raw = nullptr;
  if (rd_kafka_metadata(client_->get(), 0, handle.get(), &raw, kCallMs) !=
      RD_KAFKA_RESP_ERR_NO_ERROR)
    return;
  const Metadata metadata(raw);
  if (metadata->topic_cnt != 1 ||
      metadata->topics[0].err != RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    return;
  if (!first->ok()) return;
  *first = Status::Stop(
      Cat("topic ", topic, " may not be described by this principal; allow it (kafka-acls --topic ",
          topic, " --operation Describe)"));
}

// The controller's yes comes before every broker knows a new topic, and each question may go to
// another broker: what one of them has not heard of is asked again. Bounded; then its answer
// stands.
Result<std::vector<TopicDescription>> KafkaAdmin::Describe(const std::vector<std::string>& wanted) {
  const Deadline deadline(kCallMs);
  while (true) {
    Result<std::vector<TopicDescription>> described = DescribeOnce(wanted);
    if (!described.ok() || !Lags(wanted, *described) || deadline.passed()) return described;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

bool KafkaAdmin::Lags(const std::vector<std::string>& wanted,
                      const std::vector<TopicDescription>& described) {
  std::set<std::string> missing(wanted.begin(), wanted.end());
  for (const TopicDescription& topic : described) {
    if (!topic.config_status.ok() && topic.config_status.action() == Action::kRetry) return true;
    missing.erase(topic.name);
  }
  const std::lock_guard lock(mutex_);
  return std::any_of(missing.begin(), missing.end(),
                     [&](const std::string& name) { return created_.count(name) > 0; });
}

Result<std::vector<TopicDescription>> KafkaAdmin::DescribeOnce(
    const std::vector<std::string>& wanted) {
  Result<Metadata> metadata = AllTopics();
  if (!metadata.ok()) return metadata.status();
  std::vector<TopicDescription> described;
  Status hidden;
  for (const std::string& name : wanted) {
    const rd_kafka_metadata_topic_t* const begin = (*metadata)->topics;
    const rd_kafka_metadata_topic_t* const end = begin + (*metadata)->topic_cnt;
    const auto* const found = std::find_if(
        begin, end, [&](const rd_kafka_metadata_topic_t& topic) { return name == topic.topic; });
    if (found == end) {
      CheckInvisible(name, &hidden);
      continue;
    }
    TopicDescription& topic = described.emplace_back();
    topic.name = name;
    topic.partitions = found->partition_cnt;
    topic.replication = found->partition_cnt > 0 ? found->partitions[0].replica_cnt : 0;
  }
  if (!hidden.ok()) return hidden;
  if (described.empty()) return described;
  if (const Status configs = DescribeConfigs(&described); !configs.ok()) {
    for (TopicDescription& topic : described) topic.config_status = configs;
  }
  return described;
}

void ReadConfig(const rd_kafka_ConfigResource_t* resource, TopicDescription* topic) {
  if (const Failure failure = FromCode(rd_kafka_ConfigResource_error(resource)); !failure.ok()) {
    if (failure.error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      topic->config_status = Status::Retry(Cat("the settings of topic ", topic->name,
                                               " are not known to the broker that was asked"));
      return;
    }
    topic->config_status =
        Status::Stop(Cat("the settings of topic ", topic->name, " may not be read: ", failure.text,
                         "; allow DescribeConfigs (kafka-acls)"));
    return;
  }
  size_t count = 0;
  const rd_kafka_ConfigEntry_t** const entries = rd_kafka_ConfigResource_configs(resource, &count);
  for (size_t i = 0; i < count; ++i) {
    const char* const value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value != nullptr) topic->config.emplace(rd_kafka_ConfigEntry_name(entries[i]), value);
  }
}

Status KafkaAdmin::DescribeConfigs(std::vector<TopicDescription>* topics) {
  std::vector<rd_kafka_ConfigResource_t*> resources;
  for (const TopicDescription& topic : *topics) {
    resources.push_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
  }
  const Queue queue(rd_kafka_queue_new(client_->get()));  // of its own: threads do not mix
  const Options options = NewOptions(*client_, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, kCallMs);
  rd_kafka_DescribeConfigs(client_->get(), resources.data(), resources.size(), options.get(),
                           queue.get());
  rd_kafka_ConfigResource_destroy_array(resources.data(), resources.size());
  const Result<Event> event = AwaitAnswer(*client_, queue.get(), kCallMs, "the topics' settings");
  if (!event.ok()) return event.status();
  const rd_kafka_DescribeConfigs_result_t* const result =
      rd_kafka_event_DescribeConfigs_result(event->get());
  size_t count = 0;
  const rd_kafka_ConfigResource_t** const answers =
      rd_kafka_DescribeConfigs_result_resources(result, &count);
  for (size_t i = 0; i < count; ++i) {
    const std::string_view name = rd_kafka_ConfigResource_name(answers[i]);
    for (TopicDescription& topic : *topics) {
      if (topic.name == name) ReadConfig(answers[i], &topic);
    }
  }
  return {};
}

Result<std::vector<Status>> KafkaAdmin::Create(const std::vector<NewTopic>& topics) {
  std::vector<Status> answers(topics.size());
  std::vector<rd_kafka_NewTopic_t*> requests;
  for (size_t i = 0; i < topics.size(); ++i) {
    char text[256] = "";
    rd_kafka_NewTopic_t* const request = rd_kafka_NewTopic_new(
        topics[i].name.c_str(), topics[i].partitions, topics[i].replication, text, sizeof(text));
    if (request == nullptr) {
      answers[i] = Status::Reject(Cat("topic '", topics[i].name, "': ", text));
      continue;
    }
    for (const auto& [name, value] : topics[i].config) {
      rd_kafka_NewTopic_set_config(request, name.c_str(), value.c_str());
    }
    requests.push_back(request);
  }
  if (requests.empty()) return answers;
  const Queue queue(rd_kafka_queue_new(client_->get()));
  const Options options = NewOptions(*client_, RD_KAFKA_ADMIN_OP_CREATETOPICS, kCallMs);
  char text[256];
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), kCallMs, text, sizeof(text));
  rd_kafka_CreateTopics(client_->get(), requests.data(), requests.size(), options.get(),
                        queue.get());
  rd_kafka_NewTopic_destroy_array(requests.data(), requests.size());
  const Result<Event> event = AwaitAnswer(*client_, queue.get(), kCallMs, "the creation of topics");
  if (!event.ok()) return event.status();
  size_t count = 0;
  const rd_kafka_topic_result_t** const results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  for (size_t i = 0; i < count; ++i) {
    Failure failure = FromCode(rd_kafka_topic_result_error(results[i]));
    if (failure.ok() || failure.error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    const std::string_view name = rd_kafka_topic_result_name(results[i]);
    if (const char* said = rd_kafka_topic_result_error_string(results[i]); said != nullptr)
      failure.text = said;
    for (size_t j = 0; j < topics.size(); ++j) {
      if (topics[j].name == name)
        answers[j] = Status::Stop(Cat("topic ", name, ": ", kafka::Describe(failure)));
    }
  }
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < topics.size(); ++i) {
    if (answers[i].ok()) created_.insert(topics[i].name);
  }
  return answers;
}

Result<Watermarks> KafkaAdmin::Query(const TopicPartition& partition) {
  Watermarks marks;
  const Failure failure = AskEnds(*client_, partition, kCallMs, &marks);
  if (failure.ok()) return marks;
  return CallFailed(Cat("the ends of ", partition.topic, "/", partition.partition), failure);
}

// IMPORTANT: asked by a consumer of that group which never joins it. The admin request for it
// (ListConsumerGroupOffsets) ends the process when the coordinator moves or dies meanwhile (K23).
Result<std::shared_ptr<Client>> KafkaAdmin::AskerOf(const std::string& group) {
  const std::lock_guard lock(mutex_);
  if (asked_group_ == group && asker_ != nullptr) return asker_;
  Result<std::shared_ptr<Client>> made = Client::Create({.kind = ClientKind::kLogReader,
                                                         .connection = &connection_,
                                                         .name = client_->name(),
                                                         .identity = {{"group.id", group}}});
  if (!made.ok()) return made.status();
  if (Status connected = (*made)->Connect(limits::kKafkaConnectMsMax); !connected.ok())
    return connected;
  asked_group_ = group;
  asker_ = *made;
  return made;
}

// A transaction that was just committed shows its offsets a few milliseconds later; until then the
// answer is "in doubt", and worth another question.
Result<std::vector<Offset>> KafkaAdmin::Committed(const std::string& group,
                                                  const std::vector<TopicPartition>& partitions) {
  const Result<std::shared_ptr<Client>> asker = AskerOf(group);
  if (!asker.ok()) return asker.status();
  const Deadline deadline(2 * limits::kKafkaCallMsMax);
  for (;;) {
    const Result<std::vector<CommittedOffset>> answer =
        AskCommitted(**asker, partitions, deadline.SliceMs(kCallMs));
    if (answer.ok()) {
      std::vector<Offset> offsets;
      for (const CommittedOffset& committed : *answer) offsets.push_back(committed.offset);
      return offsets;
    }
    if (answer.status().action() != Action::kRetry || deadline.passed()) {
      return answer.status().WithPrefix(Cat("the offsets of group ", group, ": "));
    }
  }
}

}  // namespace

Result<std::unique_ptr<Admin>> OpenAdmin(const Connection& connection, const std::string& name) {
  Result<std::shared_ptr<Client>> made =
      Client::Create({.kind = ClientKind::kAdmin, .connection = &connection, .name = name});
  if (!made.ok()) return made.status();
  if (Status connected = (*made)->Connect(limits::kKafkaConnectMsMax); !connected.ok())
    return connected;
  return std::unique_ptr<Admin>(std::make_unique<KafkaAdmin>(connection, std::move(*made)));
}

}  // namespace fracas::kafka
