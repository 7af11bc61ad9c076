#include "config/values/value.h"

#include <gtest/gtest.h>

#include "config/values/number.h"
#include "config/values/spelling.h"

namespace fracas::config {
namespace {

Value ReadAs(Type type, const std::string& text, Bounds bounds = {0, INT64_MAX}) {
  Key key{"k", type, "", "", "EXAMPLE", bounds};
  Value value;
  const Complaint complaint = ReadScalar(key, {text, false, false}, &value);
  EXPECT_EQ(complaint.message, "") << text;
  return value;
}

Complaint Refused(Type type, const std::string& text, bool quoted = false) {
  Key key{"k", type, "", "", "EXAMPLE", {0, 1'000'000}};
  Value value;
  Complaint complaint = ReadScalar(key, {text, quoted, false}, &value);
  EXPECT_NE(complaint.message, "") << text;
  EXPECT_NE(complaint.next_step, "") << text;
  return complaint;
}

TEST(Duration, EveryUnitInMilliseconds) {
  EXPECT_EQ(ReadAs(Type::kDuration, "100ms").integer, 100);
  EXPECT_EQ(ReadAs(Type::kDuration, "90s").integer, 90'000);
  EXPECT_EQ(ReadAs(Type::kDuration, "5m").integer, 300'000);
  EXPECT_EQ(ReadAs(Type::kDuration, "1h").integer, 3'600'000);
  EXPECT_EQ(ReadAs(Type::kDuration, "7d").integer, 604'800'000);
  EXPECT_EQ(ReadAs(Type::kDuration, "2w").integer, 1'209'600'000);
}

TEST(Duration, RefusesWhatHasNoOneMeaning) {
  for (const char* text : {"", "100", "1.5h", "-1s", "+1s", "1 s", "1S", "ms", "01s", "1h30m",
                           "1:30", "99999999999999999999s", "9223372036854775807w"}) {
    Refused(Type::kDuration, text);
  }
}

TEST(Duration, ABareNumberIsAnsweredWithItsUnits) {
  EXPECT_EQ(Refused(Type::kDuration, "100").next_step,
            "write 100ms, 100s, 100m, 100h or 100d, whichever is meant");
}

TEST(Size, EveryUnitInBytes) {
  EXPECT_EQ(ReadAs(Type::kSize, "512B").integer, 512);
  EXPECT_EQ(ReadAs(Type::kSize, "64KiB").integer, 65'536);
  EXPECT_EQ(ReadAs(Type::kSize, "8MiB").integer, 8'388'608);
  EXPECT_EQ(ReadAs(Type::kSize, "1GiB").integer, 1'073'741'824);
  for (const char* text : {"1MB", "1k", "1", "1mib", "MiB", "1.5MiB", "9223372036854775807GiB"}) {
    Refused(Type::kSize, text);
  }
}

TEST(Rate, CountAndTime) {
  const Value value = ReadAs(Type::kRate, "20/h");
  EXPECT_EQ(value.integer, 20);
  EXPECT_EQ(value.per_ms, 3'600'000);
  for (const char* text : {"20", "20/", "/h", "20/ms", "020/h", "-1/h", "20 / h"})
    Refused(Type::kRate, text);
}

TEST(Integer, RefusesSpellingsThatReadersDisagreeOn) {
  EXPECT_EQ(ReadAs(Type::kInteger, "12").integer, 12);
  EXPECT_EQ(ReadAs(Type::kInteger, "-12", {-20, 20}).integer, -12);
  for (const char* text : {"010", "0o10", "0x10", "0b1", "1_000", "1e3", "1.0", "+1", "", "one",
                           "1:30", "99999999999999999999"}) {
    Refused(Type::kInteger, text);
  }
  Refused(Type::kInteger, "12", true);
}

TEST(Integer, WhatWasSubstitutedTakesItsType) {
  Key key{"k", Type::kInteger, "", "", "", {0, 9}};
  Value value;
  EXPECT_EQ(ReadScalar(key, {"7", true, true}, &value).message, "");
  EXPECT_EQ(value.integer, 7);
}

TEST(Fraction, IsFiniteDecimal) {
  EXPECT_EQ(ReadAs(Type::kRatio, "0.05").number, 0.05);
  EXPECT_EQ(ReadAs(Type::kRatio, "1").number, 1);
  for (const char* text : {"5%", "1.01", "-0.1", ".5", "nan", "inf", "1e400", "0x1p1"}) {
    Refused(Type::kRatio, text);
  }
}

TEST(Boolean, OnlyTrueAndFalse) {
  EXPECT_TRUE(ReadAs(Type::kBoolean, "true").boolean);
  EXPECT_FALSE(ReadAs(Type::kBoolean, "false").boolean);
  for (const char* text : {"yes", "no", "on", "off", "1", "True", "TRUE", ""})
    Refused(Type::kBoolean, text);
  Refused(Type::kBoolean, "true", true);
}

TEST(Text, PlainWordsThatOtherReadersTakeForSomethingElse) {
  for (const char* text : {"yes", "No", "ON", "off", "y", "N", "true", "17", "1.5", "010", "0x1F",
                           "1_000", "1:30", "12:30:45", ".inf"}) {
    Refused(Type::kText, text);
    Key key{"k", Type::kText, "", "", ""};
    Value value;
    EXPECT_EQ(ReadScalar(key, {text, true, false}, &value).message, "") << text << " in quotes";
  }
  for (const char* text : {"crm-team", "v1", "1st", "2026-01-31", "a:b", "nobody"})
    ReadAs(Type::kText, text);
}

TEST(Pointer, IsRfc6901) {
  for (const char* text : {"/a", "/a/b/0", "/a~1b~0c", "/", "/ü", "//"})
    ReadAs(Type::kPointer, text);
  for (const char* text : {"", "a", "$.a", "#/a", "/a~", "/a~2"}) Refused(Type::kPointer, text);
}

TEST(IdSource, EveryKind) {
  for (const char* text : {"/a", "header:h", "key", "key:/a"}) ReadAs(Type::kIdSource, text);
  for (const char* text : {"a", "header:", "key:", "key:a", "header", "body:/a"})
    Refused(Type::kIdSource, text);
}

TEST(Address, HostAndPort) {
  EXPECT_EQ(ReadAs(Type::kAddress, "127.0.0.1:9464").integer, 9464);
  EXPECT_EQ(ReadAs(Type::kAddress, "[::1]:0").integer, 0);
  for (const char* text :
       {"9464", ":9464", "::1:9464", "a:", "a:65536", "a:080", "a b:1", "http://a:1", "[]:1"}) {
    Refused(Type::kAddress, text);
  }
}

TEST(Start, TimesAreExact) {
  EXPECT_EQ(ReadAs(Type::kStart, "1970-01-01T00:00:00Z").integer, 0);
  EXPECT_EQ(ReadAs(Type::kStart, "2026-01-31T02:00:00.25+02:00").integer, 1'769'817'600'250);
  for (const char* text :
       {"now", "2026-01-31", "2026-01-31T00:00:00", "2026-02-30T00:00:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T00:00:00.Z", "2026-1-31T00:00:00Z"}) {
    Refused(Type::kStart, text);
  }
}

TEST(Zone, UtcOrAnOffset) {
  EXPECT_EQ(ReadAs(Type::kZone, "UTC").integer, 0);
  EXPECT_EQ(ReadAs(Type::kZone, "+02:00").integer, 120);
  EXPECT_EQ(ReadAs(Type::kZone, "-05:30").integer, -330);
  for (const char* text : {"CET", "Europe/Berlin", "+2", "+24:00", "02:00"})
    Refused(Type::kZone, text);
}

TEST(Off, OnlyWhereTheKeyTakesIt) {
  Key key{"k", Type::kDuration, "", "", ""};
  Value value;
  EXPECT_NE(ReadScalar(key, {"off", false, false}, &value).message, "");
  key.takes_off = true;
  EXPECT_EQ(ReadScalar(key, {"off", false, false}, &value).message, "");
  EXPECT_TRUE(value.off);
  EXPECT_EQ(ReadScalar(key, {"false", false, false}, &value).next_step, "write off");
}

TEST(Every, NulIsRefusedByEveryType) {
  for (int type = 0; type <= static_cast<int>(Type::kSettings); ++type) {
    Refused(static_cast<Type>(type), std::string("a\0b", 3));
  }
}

TEST(Nearest, FindsSlipsAndNothingElse) {
  const std::vector<std::string_view> names{"audit", "batch", "interval", "max_failed_ratio",
                                            "topics"};
  EXPECT_EQ(Nearest("bacth", names), "batch");
  EXPECT_EQ(Nearest("Audit", names), "audit");
  EXPECT_EQ(Nearest("max-failed-ratio", names), "max_failed_ratio");
  EXPECT_EQ(Nearest("topic", names), "topics");
  EXPECT_EQ(Nearest("intervall", names), "interval");
  EXPECT_EQ(Nearest("quarantine", names), "");
  EXPECT_EQ(Nearest("", names), "");
  EXPECT_EQ(Nearest(std::string(100'000, 'a'), names), "");
}

}  // namespace
}  // namespace fracas::config
