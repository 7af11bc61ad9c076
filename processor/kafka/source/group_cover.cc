#include "kafka/source/group_cover.h"

#include <regex.h>

#include <algorithm>
#include <memory>
#include <set>

#include "core/text.h"
#include "kafka/deadline.h"
#include "kafka/topic_lookup.h"

namespace fracas::kafka {
namespace {

constexpr int64_t kAskMsMax = 1'000;  // for one question

// Big endian, as everything of Kafka's protocol. False from the first number that is not there.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool Number(size_t size, int64_t* number) {
    if (rest_.size() < size) return false;
    uint64_t read = 0;
    for (size_t i = 0; i < size; ++i) read = read << 8 | static_cast<unsigned char>(rest_[i]);
    *number = size == 2 ? static_cast<int16_t>(read) : static_cast<int32_t>(read);
    rest_.remove_prefix(size);
    return true;
  }
  bool Text(int64_t size, std::string* text) {
    if (size < 0 || rest_.size() < static_cast<size_t>(size)) return false;
    *text = rest_.substr(0, static_cast<size_t>(size));
    rest_.remove_prefix(static_cast<size_t>(size));
    return true;
  }

 private:
  std::string_view rest_;
};

// As librdkafka reads a pattern of a subscription.
class Pattern {
 public:
  explicit Pattern(const std::string& text)
      : valid_(regcomp(&compiled_, text.c_str(), REG_EXTENDED | REG_NOSUB) == 0) {}
  ~Pattern() {
    if (valid_) regfree(&compiled_);
  }
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  bool Matches(const char* name) const {
    return valid_ && regexec(&compiled_, name, 0, nullptr, 0) == 0;
  }

 private:
  regex_t compiled_{};
  const bool valid_;
};

void Add(const rd_kafka_metadata_topic_t& topic, std::set<TopicPartition>* partitions) {
  if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR) return;  // the source says what is wrong with it
  for (int32_t p = 0; p < topic.partition_cnt; ++p) partitions->insert({topic.topic, p});
}

Result<std::set<TopicPartition>> AskPartitions(const Client& client,
                                               const std::vector<std::string>& topics,
                                               const Deadline& deadline) {
  std::set<TopicPartition> partitions;
  std::vector<std::unique_ptr<Pattern>> patterns;
  for (const std::string& name : topics) {
    if (name.starts_with('^')) {
      patterns.push_back(std::make_unique<Pattern>(name));
      continue;
    }
    const Topic topic(rd_kafka_topic_new(client.get(), name.c_str(), nullptr));
    const rd_kafka_metadata_t* raw = nullptr;
    const Failure failure =
        FromCode(rd_kafka_metadata(client.get(), 0, topic.get(), &raw,
                                   deadline.SliceMs(kAskMsMax)));
    if (!failure.ok()) return Status::Retry(failure.text);
    const Metadata metadata(raw);
    for (int i = 0; i < metadata->topic_cnt; ++i) Add(metadata->topics[i], &partitions);
  }
  if (patterns.empty()) return partitions;
  const rd_kafka_metadata_t* raw = nullptr;
  const Failure failure = FromCode(
      rd_kafka_metadata(client.get(), 1, nullptr, &raw, deadline.SliceMs(kAskMsMax)));
  if (!failure.ok()) return Status::Retry(failure.text);
  const Metadata metadata(raw);
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    const bool ours = std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
      return pattern->Matches(topic.topic);
    });
    if (ours) Add(topic, &partitions);
  }
  return partitions;
}

}  // namespace

Result<std::vector<TopicPartition>> DecodeAssignment(std::string_view bytes) {
  std::vector<TopicPartition> assigned;
  if (bytes.empty()) return assigned;
  const auto bad = [] { return Status::Reject("not an assignment of the consumer protocol"); };
  Reader reader(bytes);
  int64_t version = 0;
  int64_t topics = 0;
  if (!reader.Number(2, &version) || !reader.Number(4, &topics)) return bad();
  for (int64_t t = 0; t < topics; ++t) {
    int64_t size = 0;
    int64_t partitions = 0;
    std::string topic;
    if (!reader.Number(2, &size) || !reader.Text(size, &topic) || !reader.Number(4, &partitions)) {
      return bad();
    }
    for (int64_t p = 0; p < partitions; ++p) {
      int64_t partition = 0;
      if (!reader.Number(4, &partition)) return bad();
      assigned.push_back({topic, static_cast<Partition>(partition)});
    }
  }
  return assigned;
}

Result<std::vector<TopicPartition>> FindUnowned(const Client& client, const std::string& group,
                                                const std::vector<std::string>& topics,
                                                int wait_ms) {
  const Deadline deadline(wait_ms);
  Result<std::set<TopicPartition>> partitions = AskPartitions(client, topics, deadline);
  if (!partitions.ok()) return partitions.status();
  const rd_kafka_group_list* raw = nullptr;
  const Failure failure =
      FromCode(rd_kafka_list_groups(client.get(), group.c_str(), &raw,
                                    deadline.SliceMs(kAskMsMax)));
  if (raw == nullptr) return Status::Retry(failure.text);
  const std::unique_ptr<const rd_kafka_group_list, decltype(&rd_kafka_group_list_destroy)> list(
      raw, &rd_kafka_group_list_destroy);
  for (int i = 0; i < list->group_cnt; ++i) {
    const rd_kafka_group_info& info = list->groups[i];
    const bool stable = info.state != nullptr && std::string_view(info.state) == "Stable";
    if (info.group == nullptr || group != info.group || !stable) continue;
    for (int m = 0; m < info.member_cnt; ++m) {
      const rd_kafka_group_member_info& member = info.members[m];
      const Result<std::vector<TopicPartition>> has =
          DecodeAssignment({static_cast<const char*>(member.member_assignment),
                            static_cast<size_t>(std::max(member.member_assignment_size, 0))});
      if (!has.ok()) return Status::Retry(Cat("group ", group, ": ", has.status().message()));
      for (const TopicPartition& each : *has) partitions->erase(each);
    }
    return std::vector<TopicPartition>(partitions->begin(), partitions->end());
  }
  return Status::Retry(Cat("group ", group, " is not stable"));
}

}  // namespace fracas::kafka
