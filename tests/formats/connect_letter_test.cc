#include <gtest/gtest.h>

#include "letter_record.h"

namespace fracas::formats {
namespace {

TEST(ConnectLetter, ReadsTheBlockOfTen) {
  LetterRecord record;
  record.Add("trace", "abc").AddNull("").Add("trace", "abc");
  AddConnect(&record, "orders.raw", 3, 1042);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.system, LetterSystem::kConnect);
  EXPECT_EQ(ToString(origin.source, origin.offset), "orders.raw/3/1042");
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kClaimed);
  EXPECT_EQ(origin.key, ByteTrust::kOriginal);
  EXPECT_EQ(origin.value, ByteTrust::kOriginal);
  EXPECT_EQ(origin.component, "jdbc-sink task 0");
  EXPECT_EQ(origin.stage, "VALUE_CONVERTER");
  EXPECT_EQ(origin.error_class, "org.apache.kafka.connect.errors.DataException");
  EXPECT_EQ(origin.timestamp_ms, 1'769'860'800'123);
  EXPECT_EQ(origin.own_headers, 3u);
  EXPECT_TRUE(origin.notes.empty());
}

TEST(ConnectLetter, FindsTheCauseThatTheMessageDoesNotTell) {
  LetterRecord record;
  AddConnect(&record, "orders.raw", 0, 0);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.cause_class, "com.fasterxml.jackson.core.JsonParseException");
  EXPECT_EQ(origin.cause_message, "Unexpected character ('}' (code 125))");
}

TEST(ConnectLetter, TakesTheLastOfTwoHops) {
  LetterRecord record;
  AddConnect(&record, "orders.raw", 3, 1042);
  AddConnect(&record, "orders.dlq", 0, 7);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(ToString(origin.source, origin.offset), "orders.dlq/0/7");
  EXPECT_EQ(origin.blocks, 2u);
  EXPECT_EQ(origin.own_headers, 10u);
  EXPECT_TRUE(HasNote(origin, "last of 2 blocks"));
}

TEST(ConnectLetter, IsNotMisledByAPlantedFirstBlock) {
  LetterRecord record;
  record.Add("__connect.errors.topic", "payments")
      .Add("__connect.errors.partition", "0")
      .Add("__connect.errors.offset", "1");
  AddConnect(&record, "orders.raw", 3, 1042);
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(ToString(origin.source, origin.offset), "orders.raw/3/1042");
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kClaimed);
  EXPECT_EQ(origin.own_headers, 3u);
}

TEST(ConnectLetter, DoubtsABlockThatSomethingStandsBehind) {
  LetterRecord record;
  AddConnect(&record, "payments", 0, 1);
  record.Add("app", "1");
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kDoubtful);
  EXPECT_TRUE(HasNote(origin, "may have planted"));
  EXPECT_FALSE(CanReplay(origin).possible);
}

TEST(ConnectLetter, PassesOverTraceHeadersThatAClientAppends) {
  LetterRecord record;
  AddConnect(&record, "orders.raw", 3, 1042);
  record.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_EQ(record.Read().coordinates, CoordinateTrust::kClaimed);
}

TEST(ConnectLetter, WithoutContextHeadersThereIsNoTrace) {
  LetterRecord record;
  record.Add("trace", "abc");
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.system, LetterSystem::kUnknown);
  EXPECT_EQ(origin.coordinates, CoordinateTrust::kNone);
  EXPECT_EQ(origin.own_headers, 1u);
  EXPECT_TRUE(HasNote(origin, "errors.deadletterqueue.context.headers.enable"));
  EXPECT_FALSE(CanReplay(origin).possible);
}

TEST(ConnectLetter, ANullMessageIsNone) {
  LetterRecord record;
  record.Add("__connect.errors.topic", "t")
      .Add("__connect.errors.partition", "0")
      .Add("__connect.errors.offset", "9")
      .Add("__connect.errors.connector.name", "c")
      .Add("__connect.errors.task.id", "1")
      .Add("__connect.errors.stage", "TASK_PUT")
      .Add("__connect.errors.class.name", "org.apache.kafka.connect.sink.SinkTask")
      .Add("__connect.errors.exception.class.name", "java.lang.NullPointerException")
      .AddNull("__connect.errors.exception.message")
      .Add("__connect.errors.exception.stacktrace",
           "java.lang.NullPointerException\n\tat a.B.c(B.java:1)\n");
  const LetterOrigin origin = record.Read();
  EXPECT_EQ(origin.error_message, "");
  EXPECT_EQ(origin.cause_class, "java.lang.NullPointerException");
  EXPECT_TRUE(CanReplay(origin).exact);
}

TEST(ConnectLetter, NumbersThatAreNoneNameNothing) {
  for (const char* bad : {"", "-1", "1x", "99999999999999999999", "0x1", " 1"}) {
    LetterRecord record;
    record.Add("__connect.errors.topic", "t")
        .Add("__connect.errors.partition", "0")
        .Add("__connect.errors.offset", bad)
        .Add("__connect.errors.connector.name", "c")
        .Add("__connect.errors.task.id", "1")
        .Add("__connect.errors.stage", "TASK_PUT")
        .Add("__connect.errors.class.name", "x");
    const LetterOrigin origin = record.Read();
    EXPECT_EQ(origin.system, LetterSystem::kConnect) << bad;
    EXPECT_EQ(origin.coordinates, CoordinateTrust::kNone) << bad;
    EXPECT_EQ(origin.offset, kNoOffset) << bad;
  }
}

TEST(ConnectLetter, OurOwnBlockIsNotConnects) {
  LetterRecord record;
  record.Add("__connect.errors.topic", "t")
      .Add("__connect.errors.partition", "0")
      .Add("__connect.errors.offset", "1")
      .Add("__connect.errors.stage", "VALUE_CONVERTER")
      .Add("__connect.errors.exception.class.name", "fracas.TYPE_MISMATCH")
      .Add("__connect.errors.exception.message", "expected integer")
      .Add("fracas.code", "2103");
  EXPECT_EQ(record.Read().system, LetterSystem::kUnknown);
}

}  // namespace
}  // namespace fracas::formats
