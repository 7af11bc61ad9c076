// Sending single records: arrived with coordinates, certainly not arrived, or in doubt.

#include <gtest/gtest.h>

#include "core/record.h"
#include "core/text.h"
#include "kafka/outbox.h"
#include "tests/broker/ports/cluster.h"

namespace fracas::broker_test {
namespace {

std::unique_ptr<Outbox> Open(kafka::Connection connection = Connect()) {
  return kafka::NewOutbox(
      {.connection = std::move(connection), .name = "outbox", .record_bytes_max = 2'000'000});
}

TEST(Outboxes, TellWhereARecordIs) {
  const std::string topic = MakeTopic("out", 2);
  const auto outbox = Open();
  const HeaderView headers[] = {{"a", "1"}, {"a", "2"}, {"null", std::string_view()}};
  const Result<Offset> first = outbox->Send({topic, 1}, "key", "value", headers, 1'700'000'000'123);
  ASSERT_TRUE(first.ok()) << first.status().message();
  EXPECT_EQ(*first, 0);
  const Result<Offset> second = outbox->Send({topic, 1}, std::string_view(), "x", {}, kNoTime);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(*second, 1);
  const std::vector<ReadBack> read = ReadAll(topic, 1);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].record, (PlainRecord{.key = "key",
                                         .value = "value",
                                         .timestamp_ms = 1'700'000'000'123,
                                         .headers = {{"a", "1"}, {"a", "2"}, {"null", std::nullopt}}}));
  EXPECT_EQ(read[1].record.key, std::nullopt);
  EXPECT_GT(read[1].record.timestamp_ms, 1'700'000'000'123);
}

TEST(Outboxes, ImportWithoutWaitingForEach) {
  const std::string topic = MakeTopic("import", 1);
  const auto outbox = Open();
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(outbox->Queue({topic, 0}, "k", std::to_string(i), {}, kNoTime).ok());
  }
  const Status flushed = outbox->Flush();
  ASSERT_TRUE(flushed.ok()) << flushed.message();
  const std::vector<std::string> values = ReadValues(topic, 0);
  ASSERT_EQ(values.size(), 20'000u);
  for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], std::to_string(i));
  EXPECT_TRUE(outbox->Flush().ok()) << "nothing is left";
}

TEST(Outboxes, NameWhatIsNotThere) {
  const std::string topic = MakeTopic("out");
  const std::string missing = UniqueName("missing");
  const auto outbox = Open();
  const Status no_topic = outbox->Send({missing, 0}, "k", "v", {}, kNoTime).status();
  EXPECT_EQ(no_topic.action(), Action::kStop);
  EXPECT_NE(no_topic.message().find(missing + " does not exist"), std::string_view::npos)
      << no_topic.message();
  const Status no_partition = outbox->Send({topic, 4}, "k", "v", {}, kNoTime).status();
  EXPECT_EQ(no_partition.action(), Action::kStop);
  EXPECT_NE(no_partition.message().find("no partition 4"), std::string_view::npos)
      << no_partition.message();
  EXPECT_TRUE(outbox->Send({topic, 0}, "k", "v", {}, kNoTime).ok()) << "it goes on";
}

TEST(Outboxes, SayWhatTheTopicRefuses) {
  const std::string topic = MakeTopic("small", 1, {{"max.message.bytes", "1000"}});
  const auto outbox = Open();
  const Status refused =
      outbox->Send({topic, 0}, "k", std::string(5'000, 'x'), {}, kNoTime).status();
  EXPECT_EQ(refused.action(), Action::kStop);
  EXPECT_NE(refused.message().find("MSG_SIZE_TOO_LARGE"), std::string_view::npos)
      << refused.message();
  EXPECT_NE(refused.message().find("max.message.bytes"), std::string_view::npos)
      << refused.message();
  ASSERT_TRUE(outbox->Queue({topic, 0}, "k", "small", {}, kNoTime).ok());
  ASSERT_TRUE(outbox->Queue({topic, 0}, "k", std::string(5'000, 'x'), {}, kNoTime).ok());
  const Status flushed = outbox->Flush();
  EXPECT_EQ(flushed.action(), Action::kStop);
  EXPECT_NE(flushed.message().find("not delivered"), std::string_view::npos) << flushed.message();
}

TEST(Outboxes, AccessThatIsDeniedIsSaid) {
  if (SaslBrokers().empty()) GTEST_SKIP() << "the cluster has no SASL listener";
  const std::string topic = MakeTopic("denied");
  const Status denied = Open(ConnectLimited())->Send({topic, 0}, "k", "v", {}, kNoTime).status();
  EXPECT_EQ(denied.action(), Action::kStop);
  EXPECT_NE(denied.message().find("kafka-acls"), std::string_view::npos) << denied.message();
}

TEST(Outboxes, WithoutABrokerCertainlyNothingWasSent) {
  kafka::Connection connection = Connect();
  connection.common["bootstrap.servers"] = "127.0.0.1:1";
  const Status away = Open(connection)->Send({"any", 0}, "k", "v", {}, kNoTime).status();
  EXPECT_EQ(away.action(), Action::kRetry);
  EXPECT_NE(away.message().find("127.0.0.1:1"), std::string_view::npos) << away.message();
}

}  // namespace
}  // namespace fracas::broker_test
