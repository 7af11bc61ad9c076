#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kafka/admin.h"
#include "kafka/consumer.h"
#include "kafka/log_reader.h"
#include "kafka/producer.h"

// What the tests on a real broker share: a cluster, topics with names of their own, and waiting for
// conditions instead of time.

namespace fracas::broker_test {

inline constexpr int64_t kPatienceMs =
    60'000;  // until a condition must hold; generous, never slept

// The cluster named by FRACAS_TEST_BROKERS; without it, one that deploy/kafka starts for this
// program in a folder of its own and stops at its end. Dies when there is neither.
const std::string& Brokers();
// Its SASL listener, where the user below may do nothing without an ACL; "" if it has none.
std::string SaslBrokers();
inline constexpr const char* kLimitedUser = "limited";
inline constexpr const char* kLimitedPassword = "not-much";

kafka::Connection Connect();
// Connect() as the limited user.
kafka::Connection ConnectLimited();

// "<prefix>-<unlike any other>".
std::string UniqueName(const std::string& prefix);

using TopicConfig = std::map<std::string, std::string>;
// Makes a topic and waits until it is there; returns its name.
std::string MakeTopic(const std::string& prefix, int32_t partitions = 1,
                      const TopicConfig& config = {});
Admin& TestAdmin();

// Waits until `condition` holds; false after kPatienceMs.
bool Eventually(const std::function<bool()>& condition);

// A record as the tests write it and read it back; nullopt is Kafka's null.
struct PlainHeader {
  std::string name;
  std::optional<std::string> value;
  bool operator==(const PlainHeader&) const = default;
};
struct PlainRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;
  int64_t timestamp_ms = 0;  // 0: now
  std::vector<PlainHeader> headers;
  bool operator==(const PlainRecord&) const = default;
};
std::optional<std::string> ToText(std::string_view bytes);

// Writes records in order and waits until the broker has them. `settings` go to the producer.
void Write(const std::string& topic, int32_t partition, const std::vector<PlainRecord>& records,
           const kafka::Settings& settings = {});
// Records with values "0", "1", … of the given count.
void WriteNumbers(const std::string& topic, int32_t partition, int count);

struct ReadBack {
  PlainRecord record;
  Offset offset = 0;
};
// What a read_committed reader sees of [from, the high watermark), all transactions ended.
std::vector<ReadBack> ReadAll(const std::string& topic, int32_t partition, Offset from = 0);
std::vector<std::string> ReadValues(const std::string& topic, int32_t partition);

// The group's committed offset on a partition.
Offset CommittedOf(const std::string& group, const std::string& topic, int32_t partition);

}  // namespace fracas::broker_test
