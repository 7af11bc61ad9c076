#include <gtest/gtest.h>

#include "letter_record.h"

namespace fracas::formats {
namespace {

constexpr int64_t kTimestamp = 1'769'860'800'123;

void AddException(LetterRecord* record, const std::string& prefix, std::string_view fqcn,
                  std::string_view cause) {
  record->Add(prefix + "exception-fqcn", fqcn)
      .Add(prefix + "exception-cause-fqcn", cause)
      .Add(prefix + "exception-message", "Listener failed; no such customer")
      .Add(prefix + "exception-stacktrace",
           std::string(fqcn) + ": Listener failed\n\tat a.B.c(B.java:1)\nCaused by: " +
               std::string(cause) + ": no\nCaused by: java.sql.SQLException: no such customer\n");
}

void AddOrigin(LetterRecord* record, const std::string& prefix, std::string_view topic,
               int partition, int64_t offset) {
  record->Add(prefix + "original-topic", topic)
      .AddBigEndian(prefix + "original-partition", partition, 4)
      .AddBigEndian(prefix + "original-offset", offset, 8)
      .AddBigEndian(prefix + "original-timestamp", kTimestamp, 8)
      .Add(prefix + "original-timestamp-type", "CreateTime")
      .Add("kafka_dlt-original-consumer-group", "billing");
}

void AddRetry(LetterRecord* record, int attempts) {
  record->AddBigEndian("retry_topic-attempts", attempts, 4)
      .AddBigEndian("retry_topic-original-timestamp", kTimestamp, 6)
      .AddBigEndian("retry_topic-backoff-timestamp", kTimestamp + 1000, 6);
}

constexpr char kListener[] = "org.springframework.kafka.listener.ListenerExecutionFailedException";
constexpr char kDeserialization[] =
    "org.springframework.kafka.support.serializer.DeserializationException";

TEST(SpringLetter, ReadsBinaryNumbers) {
  LetterRecord record;
  record.Add("tenant", "7");
  AddException(&record, "kafka_dlt-", kListener, "com.example.OrderException");
  AddOrigin(&record, "kafka_dlt-", "orders", 258, 0x0102030405060708);
  const LetterOrigin origin = record.Read(1);
  EXPECT_EQ(origin.system, LetterSystem::kSpring);
  EXPECT_EQ(origin.source.partition, 258);
  EXPECT_EQ(origin.offset, 0x0102030405060708);
  EXPECT_EQ(origin.timestamp_ms, kTimestamp);
  EXPECT_EQ(origin.component, "consumer group billing");
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kClaimed);
  EXPECT_EQ(origin.cause_class, "java.sql.SQLException");
  EXPECT_EQ(origin.own_headers, 1u);
}

// The same four bytes are a number here and would be text elsewhere: the name decides.
TEST(SpringLetter, FourBytesThatLookLikeDigitsAreANumber) {
  LetterRecord record;
  AddException(&record, "kafka_dlt-", kListener, "x.Y");
  AddOrigin(&record, "kafka_dlt-", "orders", 0x30303030, 5);
  EXPECT_EQ(record.Read().source.partition, 0x30303030);
}

TEST(SpringLetter, WhatWasDeserializedIsNotTheOriginal) {
  LetterRecord record;
  AddException(&record, "kafka_dlt-", kListener, "com.example.OrderException");
  AddOrigin(&record, "kafka_dlt-", "orders", 0, 5);
  record.Add("__TypeId__", "com.example.Order").Add("__Key_TypeId__", "com.example.OrderKey");
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.value, ByteTrust::kRewritten);
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kClaimed);
  const ReplayToOrigin replay = CanReplay(origin);
  EXPECT_TRUE(replay.possible);
  EXPECT_FALSE(replay.exact);
  EXPECT_NE(replay.why.find("byte for byte"), std::string::npos);
}

TEST(SpringLetter, WhatCouldNotBeDeserializedIsTheOriginal) {
  LetterRecord record;
  AddException(&record, "kafka_dlt-", kDeserialization, kDeserialization);
  AddOrigin(&record, "kafka_dlt-", "orders", 0, 5);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.value, ByteTrust::kOriginal);
  EXPECT_EQ(origin.key, ByteTrust::kRewritten);
  EXPECT_EQ(origin.stage, "value deserializer");
  EXPECT_FALSE(CanReplay(origin).exact);
}

// The JSON document null is deserialized to null, and null is what Spring sends on.
TEST(SpringLetter, ANullNeedNotHaveBeenOne) {
  LetterRecord record;
  record.key_null = record.value_null = true;
  AddException(&record, "kafka_dlt-", kListener, "x.Y");
  AddOrigin(&record, "kafka_dlt-", "orders", 0, 5);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.key, ByteTrust::kUnknown);
  EXPECT_EQ(origin.value, ByteTrust::kUnknown);
  EXPECT_TRUE(CanReplay(origin).possible);
  EXPECT_FALSE(CanReplay(origin).exact);
}

void AddKeyError(LetterRecord* record) {
  record->Add("kafka_dlt-key-exception-fqcn", kDeserialization)
      .Add("kafka_dlt-key-exception-message", "failed to deserialize")
      .Add("kafka_dlt-key-exception-stacktrace", "");
}

TEST(SpringLetter, AKeysErrorInFrontOfTheValuesMayBePlanted) {
  LetterRecord record;
  AddKeyError(&record);
  AddException(&record, "kafka_dlt-", kDeserialization, kDeserialization);
  AddOrigin(&record, "kafka_dlt-", "orders", 0, 5);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.key, ByteTrust::kUnknown);
  EXPECT_EQ(origin.value, ByteTrust::kOriginal);
  EXPECT_EQ(origin.stage, "key and value deserializer");
}

TEST(SpringLetter, AKeysErrorBesideTheListenersIsPlanted) {
  LetterRecord record;
  AddKeyError(&record);
  AddException(&record, "kafka_dlt-", kListener, "x.Y");
  AddOrigin(&record, "kafka_dlt-", "orders", 0, 5);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.key, ByteTrust::kRewritten);
  EXPECT_EQ(origin.stage, "");
  EXPECT_EQ(origin.own_headers, 3u);
}

TEST(SpringLetter, NamesOfRetryTopicsInFrontAreNotBelieved) {
  LetterRecord record;
  AddException(&record, "kafka_", kDeserialization, "Planted");
  AddOrigin(&record, "kafka_", "payments", 0, 1);
  AddException(&record, "kafka_dlt-", kListener, "x.Y");
  AddOrigin(&record, "kafka_dlt-", "orders", 2, 5);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.system, LetterSystem::kSpring);
  EXPECT_EQ(ToString(origin.source, origin.offset), "orders/2/5");
  EXPECT_EQ(origin.value, ByteTrust::kRewritten);
}

// A retry topic's own origin has its count behind it; a planted one has the error.
TEST(SpringLetter, DoubtsAnOriginWithoutItsCount) {
  LetterRecord record;
  AddOrigin(&record, "kafka_", "payments", 0, 1);
  AddException(&record, "kafka_", kListener, "x.Y");
  AddRetry(&record, 2);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kDoubtful);
  EXPECT_EQ(origin.own_headers, 6u);
  EXPECT_EQ(origin.component, "");
}

// The first hop's error is gone from the second's letter: only names are left to compare.
TEST(SpringLetter, DoubtsAnOriginThatItsTopicIsNotNamedAfter) {
  LetterRecord record;
  AddOrigin(&record, "kafka_", "orders", 2, 5);
  AddRetry(&record, 2);
  AddException(&record, "kafka_", kListener, "x.Y");
  AddRetry(&record, 3);
  for (const char* topic : {"", "orders-dlt", "orders-retry-1", "us.orders-dlt", "orders_DLT"}) {
    EXPECT_EQ(record.Read(1, topic).coordinates, CoordinateTrust::kClaimed) << topic;
  }
  for (const char* topic : {"payments-dlt", "orders", "reorders-dlt", "orders2-dlt"}) {
    EXPECT_EQ(record.Read(1, topic).coordinates, CoordinateTrust::kDoubtful) << topic;
  }
}

// The second hop carries what the first one has written.
TEST(SpringLetter, OnlyTheFirstHopCarriesTheOriginal) {
  LetterRecord record;
  AddOrigin(&record, "kafka_", "orders", 2, 5);
  AddRetry(&record, 2);
  AddException(&record, "kafka_", kDeserialization, kDeserialization);
  AddRetry(&record, 3);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kClaimed);
  EXPECT_EQ(origin.value, ByteTrust::kUnknown);
}

TEST(SpringLetter, AKeyAloneThatFailed) {
  LetterRecord record;
  record.Add("kafka_dlt-key-exception-fqcn", kDeserialization)
      .Add("kafka_dlt-exception-cause-fqcn", kDeserialization)
      .Add("kafka_dlt-key-exception-message", "failed to deserialize")
      .Add("kafka_dlt-key-exception-stacktrace", "");
  AddOrigin(&record, "kafka_dlt-", "orders", 0, 5);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.key, ByteTrust::kOriginal);
  EXPECT_EQ(origin.value, ByteTrust::kRewritten);
  EXPECT_EQ(origin.error_class, kDeserialization);
  EXPECT_EQ(origin.error_message, "failed to deserialize");
}

TEST(SpringLetter, TakesTheLastOriginThatWasAppended) {
  LetterRecord record;
  AddOrigin(&record, "kafka_dlt-", "payments", 0, 1);  // planted, or an earlier hop
  AddException(&record, "kafka_dlt-", kListener, "x.Y");
  AddOrigin(&record, "kafka_dlt-", "orders", 2, 5);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(ToString(origin.source, origin.offset), "orders/2/5");
  EXPECT_EQ(origin.blocks, 2u);
  EXPECT_EQ(origin.own_headers, 6u);
}

TEST(SpringLetter, RetryTopicsCountTheirAttempts) {
  LetterRecord record;
  record.Add("tenant", "7");
  AddOrigin(&record, "kafka_", "orders", 2, 5);
  AddRetry(&record, 2);
  AddRetry(&record, 3);
  record.Add("__TypeId__", "com.example.Order");
  AddException(&record, "kafka_", kListener, "x.Y");
  AddRetry(&record, 4);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.system, LetterSystem::kSpringRetry);
  EXPECT_EQ(ToString(origin.source, origin.offset), "orders/2/5");
  EXPECT_EQ(origin.attempts, 3u);  // the dead-letter topic counts as one more
  EXPECT_EQ(origin.timestamp_ms, kTimestamp);
  EXPECT_EQ(origin.own_headers, 1u);
  EXPECT_EQ(origin.error_class, kListener);
}

TEST(SpringLetter, AttemptsOfEarlyVersionsAreOneByte) {
  LetterRecord record;
  AddException(&record, "kafka_", kListener, "x.Y");
  AddOrigin(&record, "kafka_", "orders", 2, 5);
  record.Add("retry_topic-attempts", "\xC8");
  EXPECT_EQ(record.Read().attempts, 199u);
}

// A retry topic writes the origin only where there is none: what a producer planted stays.
TEST(SpringLetter, DoubtsAnOriginApartFromTheRest) {
  LetterRecord record;
  AddOrigin(&record, "kafka_", "payments", 0, 1);
  record.Add("tenant", "7");
  AddException(&record, "kafka_", kListener, "x.Y");
  AddRetry(&record, 2);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kDoubtful);
  EXPECT_TRUE(HasNote(origin, "stands apart"));
}

TEST(SpringLetter, NumbersOfAnotherSizeNameNothing) {
  LetterRecord record;
  AddException(&record, "kafka_dlt-", kListener, "x.Y");
  record.Add("kafka_dlt-original-topic", "orders")
      .Add("kafka_dlt-original-partition", "2")
      .Add("kafka_dlt-original-offset", "5");
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.system, LetterSystem::kSpring);
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kNone);
}

TEST(SpringLetter, ANegativePartitionNamesNothing) {
  LetterRecord record;
  AddException(&record, "kafka_dlt-", kListener, "x.Y");
  AddOrigin(&record, "kafka_dlt-", "orders", -1, 5);
  EXPECT_EQ(record.Read().coordinates, CoordinateTrust::kNone);
}

// A listener of letters that failed after Connect had given the record up: the last to write it
// counts.
TEST(SpringLetter, BehindABlockOfConnectItCounts) {
  LetterRecord record;
  AddConnect(&record, "orders.raw", 3, 1042);
  AddException(&record, "kafka_dlt-", kListener, "x.Y");
  AddOrigin(&record, "kafka_dlt-", "orders.dlq", 0, 8);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.system, LetterSystem::kSpring);
  EXPECT_EQ(origin.own_headers, 10u);
}

}  // namespace
}  // namespace fracas::formats
