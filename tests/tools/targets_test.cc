#include "tools/targets.h"

#include <gtest/gtest.h>

#include "core/base64.h"
#include "core/limits.h"

namespace fracas::tools {
namespace {

TEST(Targets, RecordsAndPartitions) {
  Result<RecordName> record = ParseRecord("crm.contacts.raw/3/1042");
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->source, (TopicPartition{"crm.contacts.raw", 3}));
  EXPECT_EQ(record->offset, 1042);
  EXPECT_EQ(ParsePartition("a/0")->topic, "a");
  for (const char* text : {"", "a", "a/b", "a/1", "a/1/", "a/1/x", "a/-1/2", "a/1/-2", "a/b/1/2",
                           "/1/2", "a/1/99999999999999999999", "a/9999999999/1", "a/1/2 "}) {
    EXPECT_EQ(ParseRecord(text).status().action(), Action::kReject) << text;
  }
  for (const char* text : {"", "a", "a/", "a/b/1", "/1", "a/1.5"}) {
    EXPECT_FALSE(ParsePartition(text).ok()) << text;
  }
}

TEST(Targets, AttemptsAsLogsNameThem) {
  const BatchId batch{.source = {"crm-x.raw", 2}, .from = 100, .to = 250, .attempt = 3};
  Result<AttemptName> attempt = ParseAttempt(ToString(batch));
  ASSERT_TRUE(attempt.ok()) << attempt.status().message();
  EXPECT_EQ(attempt->source, batch.source);
  EXPECT_EQ(attempt->from, 100);
  EXPECT_EQ(attempt->to, 250);
  EXPECT_EQ(attempt->attempt, 3);
  for (const char* text :
       {"a/1/2-3", "a/1/2-3#0", "a/1/3-2#1", "a/1/2#1", "a/1/-3#1", "2-3#1", "a/1/2-3#"}) {
    EXPECT_FALSE(ParseAttempt(text).ok()) << text;
  }
}

TEST(Targets, DurationsAndTimes) {
  EXPECT_EQ(*ParseDuration("90s"), 90'000);
  EXPECT_EQ(*ParseDuration("30m"), 1'800'000);
  EXPECT_EQ(*ParseDuration("2h"), 7'200'000);
  EXPECT_EQ(*ParseDuration("7d"), 604'800'000);
  for (const char* text : {"", "7", "d", "0d", "-1d", "1.5h", "7 d", "1w", "99999999999d"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
  EXPECT_EQ(*ParseWait("0s"), 0);
  EXPECT_EQ(*ParseWait("5m"), 300'000);
  EXPECT_FALSE(ParseWait("0w").ok());
  EXPECT_EQ(*ParseTime("2026-01-31T12:00:00Z"), 1'769'860'800'000);
  EXPECT_EQ(*ParseTime("2026-01-31T13:00:00+01:00"), 1'769'860'800'000);
  EXPECT_FALSE(ParseTime("tomorrow").ok());
  EXPECT_FALSE(ParseTime("2026-01-31").ok());
}

TEST(Targets, IdsOfAnyBytes) {
  EXPECT_EQ(IdTarget("Zo\xC3\xAB")->id, "Zo\xC3\xAB");
  EXPECT_NE(IdTarget("\xFF").status().message().find("--id-base64"), std::string_view::npos);
  EXPECT_EQ(Base64Target(Base64(std::string("\0\xFF", 2)))->id, std::string("\0\xFF", 2));
  EXPECT_FALSE(Base64Target("not base64").ok());
  EXPECT_FALSE(IdTarget("").ok());
  EXPECT_FALSE(Base64Target("").ok());
  EXPECT_TRUE(IdTarget(std::string(limits::kIdBytesMax, 'x')).ok());
  EXPECT_FALSE(IdTarget(std::string(limits::kIdBytesMax + 1, 'x')).ok());
}

TEST(Targets, LinesOfLists) {
  EXPECT_EQ(LineTarget("C-1")->id, "C-1");
  EXPECT_EQ(LineTarget(R"({"id":"C\u002d1","note":"ignored"})")->id, "C-1");
  EXPECT_EQ(LineTarget(R"({"id": 1e3})")->id, "1e3") << "the digits as they stand";
  EXPECT_EQ(LineTarget(R"({"id_base64":"/w=="})")->id, "\xFF");
  Result<wire::QuarantineTarget> record = LineTarget(R"({"record":"t/0/7"})");
  ASSERT_TRUE(record.ok());
  EXPECT_TRUE(record->record);
  EXPECT_EQ(record->id, "t/0/7");
  for (const char* line :
       {"{", "{}", R"({"id":null})", R"({"id":""})", R"({"record":"t/0"})", R"({"id":{}})"}) {
    EXPECT_FALSE(LineTarget(line).ok()) << line;
  }
}

}  // namespace
}  // namespace fracas::tools
