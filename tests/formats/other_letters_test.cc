#include <gtest/gtest.h>

#include "letter_record.h"

// Kafka Streams, share groups, Confluent rules.

namespace fracas::formats {
namespace {

void AddStreams(LetterRecord* record, std::string_view topic, std::string_view partition,
                std::string_view offset) {
  record->Add("__streams.errors.exception", "java.lang.IllegalStateException")
      .AddNull("__streams.errors.message")
      .Add("__streams.errors.stacktrace",
           "java.lang.IllegalStateException\n\tat a.B.c(B.java:1)\n");
  topic.data() == nullptr ? record->AddNull("__streams.errors.topic")
                          : record->Add("__streams.errors.topic", topic);
  record->Add("__streams.errors.partition", partition).Add("__streams.errors.offset", offset);
}

TEST(StreamsLetter, ReadsTheBlockOfSix) {
  LetterRecord record;
  record.Add("tenant", "7");
  AddStreams(&record, "orders", "3", "1042");
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.system, LetterSystem::kStreams);
  EXPECT_EQ(ToString(origin.source, origin.offset), "orders/3/1042");
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kClaimed);
  EXPECT_EQ(origin.error_class, "java.lang.IllegalStateException");
  EXPECT_EQ(origin.error_message, "");
  EXPECT_EQ(origin.own_headers, 1u);
  EXPECT_TRUE(CanReplay(origin).exact);
}

TEST(StreamsLetter, APunctuatorHasNoRecord) {
  LetterRecord record;
  record.key_null = record.value_null = true;
  AddStreams(&record, {}, "-1", "-1");
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kNone);
  EXPECT_EQ(origin.value, ByteTrust::kLeftOut);
  EXPECT_TRUE(HasNote(origin, "punctuator"));
  EXPECT_FALSE(CanReplay(origin).possible);
}

TEST(StreamsLetter, ARecordTooLargeIsNotCarried) {
  LetterRecord record;
  record.key_null = record.value_null = true;
  AddStreams(&record, "orders", "3", "1042");
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.value, ByteTrust::kLeftOut);
  EXPECT_NE(CanReplay(origin).why.find("orders/3/1042"), std::string::npos);
}

TEST(StreamsLetter, ARepartitionTopicIsNoPlaceToReplayTo) {
  LetterRecord record;
  AddStreams(&record, "shop-KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition", "0", "5");
  const LetterOrigin origin = record.Read();
  EXPECT_TRUE(origin.named());
  EXPECT_TRUE(HasNote(origin, "internal"));
  EXPECT_FALSE(CanReplay(origin).possible);
}

TEST(StreamsLetter, VariantsAreReadAndDoubted) {
  LetterRecord record;
  record.Add("__streams.errors.topic", "orders")
      .Add("__streams.errors.partition", "3")
      .Add("__streams.errors.offset", "1042")
      .Add("__streams.errors.description", "could not be enriched")
      .Add("__streams.errors.exception.class.name", "com.example.Enrich")
      .Add("__streams.errors.exception.stack_trace", "com.example.Enrich: x\n");
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.system, LetterSystem::kStreams);
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kDoubtful);
  EXPECT_EQ(origin.error_class, "com.example.Enrich");
  EXPECT_EQ(origin.error_message, "could not be enriched");
  EXPECT_EQ(origin.cause_message, "x");
}

void AddShare(LetterRecord* record) {
  record->Add("__dlq.errors.topic", "orders")
      .Add("__dlq.errors.partition", "3")
      .Add("__dlq.errors.offset", "1042")
      .Add("__dlq.errors.group", "workers")
      .Add("__dlq.errors.delivery.count", "5")
      .Add("__dlq.errors.message", "Offset delivery count exceeded the threshold.");
}

TEST(ShareGroupLetter, WithoutACopyOnlyTheCoordinatesLeadBack) {
  LetterRecord record;
  record.key_null = record.value_null = true;
  AddShare(&record);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.system, LetterSystem::kShareGroup);
  EXPECT_EQ(ToString(origin.source, origin.offset), "orders/3/1042");
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kClaimed);
  EXPECT_EQ(origin.attempts, 5u);
  EXPECT_EQ(origin.component, "share group workers");
  EXPECT_EQ(origin.timestamp_ms, kNoTime);
  EXPECT_EQ(origin.value, ByteTrust::kLeftOut);
  EXPECT_FALSE(origin.headers_kept);
  EXPECT_FALSE(CanReplay(origin).possible);
}

TEST(ShareGroupLetter, ACopyIsExactButForItsHeaders) {
  LetterRecord record;
  AddShare(&record);
  const ReplayToOrigin replay = CanReplay(record.Read());
  EXPECT_TRUE(replay.exact);
  EXPECT_EQ(replay.partition, 3);
  EXPECT_NE(replay.why.find("headers are lost"), std::string::npos);
}

TEST(ShareGroupLetter, HeadersInFrontOfItAreASignOfPlanting) {
  LetterRecord record;
  record.Add("tenant", "7");
  AddShare(&record);
  EXPECT_EQ(record.Read().coordinates, CoordinateTrust::kDoubtful);
}

TEST(ConfluentRulesLetter, NamesATopicAndARule) {
  LetterRecord record;
  record.Add("tenant", "7")
      .Add("__rule.name", "checkSsn")
      .Add("__rule.mode", "WRITE")
      .Add("__rule.subject", "orders-value")
      .Add("__rule.topic", "orders")
      .Add("__rule.exception", "Expr failed: 'message.ssn.matches(…)'");
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.system, LetterSystem::kConfluentRules);
  EXPECT_EQ(origin.source.topic, "orders");
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kNone);
  EXPECT_EQ(origin.component, "rule checkSsn of subject orders-value");
  EXPECT_EQ(origin.value, ByteTrust::kRewritten);
  EXPECT_EQ(origin.own_headers, 1u);
  const ReplayToOrigin replay = CanReplay(origin);
  EXPECT_TRUE(replay.possible);
  EXPECT_EQ(replay.partition, -1);
  EXPECT_FALSE(replay.exact);
}

TEST(ForeignLetter, NoBytesOfAnyHeaderAreTooMuch) {
  const std::vector<std::string> names = {"__connect.errors.topic",
                                          "kafka_dlt-original-offset",
                                          "kafka_original-topic",
                                          "retry_topic-attempts",
                                          "__streams.errors.offset",
                                          "__dlq.errors.group",
                                          "__rule.name",
                                          ""};
  const std::vector<std::string> values = {"", std::string(1, '\0'), "\xFF\xFE",
                                           std::string(100'000, 'x'), "9223372036854775808"};
  for (const std::string& name : names) {
    for (const std::string& value : values) {
      LetterRecord record;
      record.Add(name, value).AddNull(name).Add(name, value);
      const LetterOrigin origin = record.Read();
      EXPECT_FALSE(origin.named()) << name;
      EXPECT_LE(origin.own_headers, record.headers.size());
    }
  }
}

}  // namespace
}  // namespace fracas::formats
