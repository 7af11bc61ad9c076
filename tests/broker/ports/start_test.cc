// What is wrong at the start is said within 15 s, with the thing's name and the next step.

#include <gtest/gtest.h>

#include <chrono>

#include "tests/broker/ports/acls.h"
#include "tests/broker/ports/worker.h"

namespace fracas::broker_test {
namespace {

using std::chrono::steady_clock;

bool Says(const Status& status, std::string_view what) {
  return !status.ok() && status.message().find(what) != std::string_view::npos;
}

// A port of this machine that nobody listens on (discard).
constexpr const char* kNobody = "127.0.0.1:9";

kafka::Connection Nobody() {
  kafka::Connection connection;
  connection.common = {{"bootstrap.servers", kNobody}};
  return connection;
}

TEST(Start, NamesBrokersThatDoNotAnswer) {
  const auto begin = steady_clock::now();
  kafka::SourceOptions options = GroupOf("g", "g-1", {"t"});
  options.connection = Nobody();
  const auto source = kafka::OpenSource(options);
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(15));
  EXPECT_TRUE(Says(source.status(), kNobody)) << source.status().message();
  EXPECT_TRUE(Says(source.status(), "bootstrap.servers")) << source.status().message();
}

TEST(Start, OfATransactionNamesBrokersThatDoNotAnswer) {
  const auto begin = steady_clock::now();
  const auto transaction = kafka::NewTransaction(
      {.connection = Nobody(), .transactional_id = "id", .record_bytes_max = 1'000});
  const Status claimed = transaction->Recreate();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(15));
  EXPECT_TRUE(Says(claimed, kNobody)) << claimed.message();
  EXPECT_FALSE(transaction->Begin().ok());
  EXPECT_FALSE(transaction->Commit(nullptr, {}).committed());
}

TEST(Start, NamesEverySourceTopicThatIsMissing) {
  const std::string there = MakeTopic("there");
  const std::string first = UniqueName("missing");
  const std::string second = UniqueName("missing");
  const auto source = kafka::OpenSource(GroupOf("g", "g-1", {first, there, second}));
  EXPECT_TRUE(Says(source.status(), first) && Says(source.status(), second))
      << source.status().message();
  EXPECT_FALSE(Says(source.status(), there));
  EXPECT_EQ(source.status().action(), Action::kStop);
}

TEST(Start, RefusesWrongSettingsByName) {
  kafka::SourceOptions options = GroupOf("g", "g-1", {"t"});
  options.connection.consumer["fetch.max.byte"] = "1";
  const auto source = kafka::OpenSource(options);
  EXPECT_TRUE(Says(source.status(), "fetch.max.byte")) << source.status().message();
  EXPECT_EQ(source.status().action(), Action::kReject);
  options.connection.consumer = {{"fetch.max.bytes", "1000"},
                                 {"receive.message.max.bytes", "1000"}};
  const Status contradiction = kafka::OpenSource(options).status();
  EXPECT_TRUE(Says(contradiction, "fetch.max.bytes")) << contradiction.message();
}

TEST(Start, SaysThatCredentialsAreWrong) {
  if (SaslBrokers().empty()) GTEST_SKIP() << "no SASL listener";
  kafka::Connection connection = ConnectLimited();
  connection.common["sasl.password"] = "wrong-password";
  const auto begin = steady_clock::now();
  const auto admin = kafka::OpenAdmin(connection, "test");
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(15));
  EXPECT_TRUE(Says(admin.status(), "sasl")) << admin.status().message();
  EXPECT_EQ(admin.status().action(), Action::kStop);
  EXPECT_FALSE(Says(admin.status(), "wrong-password"));
}

TEST(Start, SaysThatTheGroupIsNotAllowed) {
  if (SaslBrokers().empty()) GTEST_SKIP() << "no SASL listener";
  const std::string topic = MakeTopic("source");
  AllowLimited(AclOn::kTopic, topic, AclTo::kRead);
  const std::string group = UniqueName("group");
  kafka::SourceOptions options = GroupOf(group, group, {topic});
  options.connection = ConnectLimited();
  auto source = kafka::OpenSource(options);
  ASSERT_TRUE(source.ok()) << source.status().message();
  std::vector<SourceEvent> events;
  ASSERT_TRUE(Eventually([&] {
    (*source)->Poll({.records_max = 0, .bytes_max = 0, .wait_ms = 100}, nullptr, &events);
    return !events.empty();
  }));
  EXPECT_EQ(events[0].kind, SourceEvent::Kind::kFailed);
  EXPECT_EQ(events[0].status.action(), Action::kStop);
  EXPECT_TRUE(Says(events[0].status, group)) << events[0].status.message();
}

TEST(Start, ClosingTwiceIsClosingOnce) {
  const std::string topic = MakeTopic("source");
  const std::string group = UniqueName("group");
  auto source = kafka::OpenSource(GroupOf(group, group, {topic}));
  ASSERT_TRUE(source.ok());
  (*source)->Close();
  (*source)->Close();
}

}  // namespace
}  // namespace fracas::broker_test
