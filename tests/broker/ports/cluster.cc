#include "tests/broker/ports/cluster.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>

#include "core/check.h"
#include "core/text.h"

namespace fracas::broker_test {
namespace {

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int Run(const std::string& command) { return std::system(command.c_str()); }

// A cluster of this program's own.
class OwnCluster {
 public:
  OwnCluster() {
    const std::string port = Environment("FRACAS_TEST_KAFKA_PORT");
    port_ = port.empty() ? 25092 : std::atoi(port.c_str());
    dir_ = Cat(::testing::TempDir(), "fracas-broker-test-", ::getpid());
    const int result =
        Run(Cat(FRACAS_SOURCE_DIR "/deploy/kafka start --dir ", dir_, " --port ", port_, " --user ",
                kLimitedUser, ":", kLimitedPassword, " > /dev/null"));
    FRACAS_CHECK(result == 0, "deploy/kafka start");
  }
  ~OwnCluster() {
    Run(Cat(FRACAS_SOURCE_DIR "/deploy/kafka stop --dir ", dir_, " --kill && rm -rf ", dir_));
  }
  std::string brokers(int listener) const { return Cat("127.0.0.1:", port_ + listener); }

 private:
  int port_ = 0;
  std::string dir_;
};

const OwnCluster& Own() {
  static const OwnCluster cluster;
  return cluster;
}

void* Bytes(const std::optional<std::string>& text) {
  return text.has_value() ? const_cast<char*>(text->data()) : nullptr;
}
size_t Size(const std::optional<std::string>& text) { return text.has_value() ? text->size() : 0; }

}  // namespace

const std::string& Brokers() {
  static const std::string brokers = [] {
    const std::string given = Environment("FRACAS_TEST_BROKERS");
    return given.empty() ? Own().brokers(0) : given;
  }();
  return brokers;
}

std::string SaslBrokers() {
  if (Environment("FRACAS_TEST_BROKERS").empty()) return Own().brokers(2);
  return Environment("FRACAS_TEST_SASL_BROKERS");
}

kafka::Connection Connect() {
  kafka::Connection connection;
  connection.common = {{"bootstrap.servers", Brokers()}};
  if (!Environment("FRACAS_TEST_VERBOSE").empty()) {
    if (Environment("FRACAS_TEST_VERBOSE") != "1") {
      connection.common["debug"] = Environment("FRACAS_TEST_VERBOSE");
    }
    connection.log = [](const LogEntry& entry) {
      std::cerr << entry.event << ": " << entry.message << "\n";
    };
  }
  return connection;
}

kafka::Connection ConnectLimited() {
  kafka::Connection connection = Connect();
  connection.common = {{"bootstrap.servers", SaslBrokers()},
                       {"security.protocol", "SASL_PLAINTEXT"},
                       {"sasl.mechanism", "PLAIN"},
                       {"sasl.username", kLimitedUser},
                       {"sasl.password", kLimitedPassword}};
  return connection;
}

std::string UniqueName(const std::string& prefix) {
  static std::atomic<int> count{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return Cat(prefix, "-", std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), "-",
             ::getpid(), "-", count.fetch_add(1));
}

Admin& TestAdmin() {
  static const std::unique_ptr<Admin> admin = [] {
    auto opened = kafka::OpenAdmin(Connect(), "test-admin");
    FRACAS_CHECK(opened.ok(), opened.status().message());
    return std::move(*opened);
  }();
  return *admin;
}

bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

std::string MakeTopic(const std::string& prefix, int32_t partitions, const TopicConfig& config) {
  const std::string name = UniqueName(prefix);
  const auto created =
      TestAdmin().Create({{.name = name, .partitions = partitions, .config = config}});
  FRACAS_CHECK(created.ok(), created.status().message());
  FRACAS_CHECK((*created)[0].ok(), (*created)[0].message());
  const bool there = Eventually([&] {
    const auto described = TestAdmin().Describe({name});
    return described.ok() && !described->empty() && (*described)[0].partitions == partitions &&
           TestAdmin().Query({name, partitions - 1}).ok();
  });
  FRACAS_CHECK(there, name);
  return name;
}

std::optional<std::string> ToText(std::string_view bytes) {
  return bytes.data() == nullptr ? std::nullopt : std::optional<std::string>(bytes);
}

void Write(const std::string& topic, int32_t partition, const std::vector<PlainRecord>& records,
           const kafka::Settings& settings) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  kafka::Settings all = {{"bootstrap.servers", Brokers()}, {"linger.ms", "5"}};
  for (const auto& [name, value] : settings) all[name] = value;
  char text[256];
  for (const auto& [name, value] : all) {
    const auto set = rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof(text));
    FRACAS_CHECK(set == RD_KAFKA_CONF_OK, text);
  }
  int failed = 0;
  rd_kafka_conf_set_opaque(conf, &failed);
  rd_kafka_conf_set_dr_msg_cb(conf,
                              [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
                                if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
                                  ++*static_cast<int*>(opaque);
                              });
  rd_kafka_t* const producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
  FRACAS_CHECK(producer != nullptr, text);
  for (const PlainRecord& record : records) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
    for (const PlainHeader& header : record.headers) {
      rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()),
                          Bytes(header.value), static_cast<ssize_t>(Size(header.value)));
    }
    const auto error = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
        RD_KAFKA_V_KEY(Bytes(record.key), Size(record.key)),
        RD_KAFKA_V_VALUE(Bytes(record.value), Size(record.value)),
        RD_KAFKA_V_TIMESTAMP(record.timestamp_ms), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    FRACAS_CHECK(error == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(error));
  }
  rd_kafka_flush(producer, static_cast<int>(kPatienceMs));
  FRACAS_CHECK(failed == 0 && rd_kafka_outq_len(producer) == 0, "a test record was not delivered");
  rd_kafka_destroy(producer);
}

void WriteNumbers(const std::string& topic, int32_t partition, int count) {
  std::vector<PlainRecord> records;
  for (int i = 0; i < count; ++i)
    records.push_back({.key = std::nullopt, .value = std::to_string(i), .headers = {}});
  Write(topic, partition, records);
}

std::vector<ReadBack> ReadAll(const std::string& topic, int32_t partition, Offset from) {
  // A topic that was just made, a broker that has just come back: its leader may have to be found.
  Result<Watermarks> marks = TestAdmin().Query({topic, partition});
  const bool known = Eventually([&] {
    if (!marks.ok()) marks = TestAdmin().Query({topic, partition});
    return marks.ok();
  });
  FRACAS_CHECK(known, marks.status().message());
  const auto reader = kafka::OpenLogReader(Connect(), "test-reader");
  FRACAS_CHECK(reader.ok(), reader.status().message());
  std::vector<ReadBack> all;
  const Status read = (*reader)->Read(
      {topic, partition}, from, marks->high,
      [&](const ConsumedRecord& record, const PayloadLease& lease) {
        ReadBack& back = all.emplace_back();
        back.offset = record.offset;
        back.record.key = ToText(record.key);
        back.record.value = ToText(record.value);
        back.record.timestamp_ms = record.timestamp_ms;
        lease.VisitHeaders(record.lease_index, [&](std::string_view name, std::string_view value) {
          back.record.headers.push_back({std::string(name), ToText(value)});
        });
        return true;
      });
  EXPECT_TRUE(read.ok()) << read.message();
  return all;
}

std::vector<std::string> ReadValues(const std::string& topic, int32_t partition) {
  std::vector<std::string> values;
  for (const ReadBack& back : ReadAll(topic, partition))
    values.push_back(back.record.value.value_or("null"));
  return values;
}

Offset CommittedOf(const std::string& group, const std::string& topic, int32_t partition) {
  Result<std::vector<Offset>> offsets = TestAdmin().Committed(group, {{topic, partition}});
  const bool known = Eventually([&] {
    if (!offsets.ok()) offsets = TestAdmin().Committed(group, {{topic, partition}});
    return offsets.ok();
  });
  FRACAS_CHECK(known, offsets.status().message());
  return (*offsets)[0];
}

}  // namespace fracas::broker_test
