#include "kafka/settings.h"

#include <gtest/gtest.h>

#include <set>

#include "kafka/client.h"

namespace fracas::kafka {
namespace {

Connection Offline() {
  Connection connection;
  connection.common = {{"bootstrap.servers", "127.0.0.1:9"}};
  return connection;
}

std::string InForce(const Client& client, const char* name) {
  char value[512] = "";
  size_t size = sizeof(value);
  rd_kafka_conf_get(rd_kafka_conf(client.get()), name, value, &size);
  return value;
}

TEST(Settings, AreKnownToLibrdkafkaOrNamed) {
  EXPECT_TRUE(CheckSetting("compression.codec", "lz4").ok());
  EXPECT_TRUE(CheckSetting("sasl.username", "anyone").ok());
  const Status unknown = CheckSetting("compresion.codec", "lz4");
  EXPECT_EQ(unknown.action(), Action::kReject);
  EXPECT_NE(unknown.message().find("compresion.codec"), std::string_view::npos);
  const Status value = CheckSetting("compression.codec", "rar");
  EXPECT_EQ(value.action(), Action::kReject);
  EXPECT_NE(value.message().find("compression.codec"), std::string_view::npos);
}

TEST(Settings, NeverRepeatAValueThatMayBeASecret) {
  const Status refused = CheckSetting("sasl.mechanism", "hunter2-hunter2");
  EXPECT_EQ(refused.message().find("hunter2-hunter2"), std::string_view::npos) << refused.message();
  const Status number = CheckSetting("session.timeout.ms", "s3cret-s3cret");
  ASSERT_FALSE(number.ok());
  EXPECT_EQ(number.message().find("s3cret-s3cret"), std::string_view::npos) << number.message();
}

TEST(Settings, OfOursAreAcceptedByLibrdkafka) {
  for (const ClientKind kind :
       {ClientKind::kConsumer, ClientKind::kProducer, ClientKind::kAdmin, ClientKind::kLogReader}) {
    std::set<std::string_view> names;
    for (const EnforcedSetting& setting : EnforcedSettings(kind)) {
      EXPECT_TRUE(CheckSetting(std::string(setting.name), std::string(setting.value)).ok())
          << setting.name;
      EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
      EXPECT_FALSE(setting.why.empty()) << setting.name;
    }
    EXPECT_FALSE(names.empty());
  }
}

// Whatever a user writes, and wherever: what a guarantee rests on stays.
TEST(Settings, ThatAreEnforcedWin) {
  Connection connection = Offline();
  connection.common["isolation.level"] = "read_uncommitted";
  connection.consumer = {{"isolation.level", "read_uncommitted"},
                         {"auto.offset.reset", "latest"},
                         {"enable.auto.commit", "true"},
                         {"group.id", "another"}};
  const auto client = Client::Create({.kind = ClientKind::kConsumer,
                                      .connection = &connection,
                                      .name = "test",
                                      .defaults = {{"fetch.wait.max.ms", "50"}},
                                      .identity = {{"group.id", "ours"}}});
  ASSERT_TRUE(client.ok()) << client.status().message();
  EXPECT_EQ(InForce(**client, "isolation.level"), "read_committed");
  EXPECT_EQ(InForce(**client, "auto.offset.reset"), "error");
  EXPECT_EQ(InForce(**client, "enable.auto.commit"), "false");
  EXPECT_EQ(InForce(**client, "group.id"), "ours");
  EXPECT_EQ(InForce(**client, "client.id"), "test");
}

// A handle that joins no group must not fall over a poll interval that is shorter than the session
// which it does not have.
TEST(Settings, OfAMemberDoNotConcernWhoeverJoinsNoGroup) {
  Connection connection = Offline();
  for (const Settings& user :
       {Settings{{"max.poll.interval.ms", "7000"}}, Settings{{"session.timeout.ms", "400000"}}}) {
    connection.consumer = user;
    const auto reader = Client::Create(
        {.kind = ClientKind::kLogReader, .connection = &connection, .name = "reader"});
    EXPECT_TRUE(reader.ok()) << reader.status().message();
    const auto member = Client::Create({.kind = ClientKind::kConsumer,
                                        .connection = &connection,
                                        .name = "member",
                                        .identity = {{"group.id", "ours"}}});
    ASSERT_FALSE(member.ok());
    EXPECT_NE(member.status().message().find("member"), std::string_view::npos)
        << member.status().message();
  }
}

TEST(Settings, OfAUserReplaceOurDefaults) {
  Connection connection = Offline();
  connection.common["fetch.wait.max.ms"] = "60";
  connection.consumer["fetch.min.bytes"] = "7";
  const auto client =
      Client::Create({.kind = ClientKind::kConsumer,
                      .connection = &connection,
                      .name = "test",
                      .defaults = {{"fetch.wait.max.ms", "50"}, {"fetch.min.bytes", "1"}}});
  ASSERT_TRUE(client.ok());
  EXPECT_EQ(InForce(**client, "fetch.wait.max.ms"), "60");
  EXPECT_EQ((*client)->IntegerSetting("fetch.min.bytes"), 7);
}

TEST(Settings, NeedBrokers) {
  const Connection nothing;
  const auto client =
      Client::Create({.kind = ClientKind::kAdmin, .connection = &nothing, .name = "test"});
  ASSERT_FALSE(client.ok());
  EXPECT_EQ(client.status().action(), Action::kReject);
  EXPECT_NE(client.status().message().find("bootstrap.servers"), std::string_view::npos);
}

TEST(Settings, ThatContradictEachOtherAreRefused) {
  Connection connection = Offline();
  connection.producer = {{"message.timeout.ms", "9000"}, {"transaction.timeout.ms", "5000"}};
  const auto client = Client::Create({.kind = ClientKind::kProducer,
                                      .connection = &connection,
                                      .name = "test",
                                      .identity = {{"transactional.id", "t"}}});
  ASSERT_FALSE(client.ok());
  EXPECT_EQ(client.status().action(), Action::kReject);
}

TEST(MemberNames, AreStableAndDistinct) {
  EXPECT_EQ(MemberName("fracas", "node-1", 0), "fracas-node-1-0");
  EXPECT_NE(MemberName("fracas", "node-1", 0), MemberName("fracas", "node-1", 1));
}

TEST(Clients, CloseTwice) {
  const Connection connection = Offline();
  const auto client =
      Client::Create({.kind = ClientKind::kAdmin, .connection = &connection, .name = "test"});
  ASSERT_TRUE(client.ok());
  EXPECT_TRUE((*client)->Close());
  EXPECT_TRUE((*client)->Close());
}

TEST(Clients, SayWhoDidNotAnswer) {
  const Connection connection = Offline();
  const auto client =
      Client::Create({.kind = ClientKind::kAdmin, .connection = &connection, .name = "test"});
  ASSERT_TRUE(client.ok());
  const Status status = (*client)->Connect(300);
  EXPECT_EQ(status.action(), Action::kRetry);
  EXPECT_NE(status.message().find("127.0.0.1:9"), std::string_view::npos) << status.message();
}

}  // namespace
}  // namespace fracas::kafka
