#include "tools/letters/selection.h"

#include <gtest/gtest.h>

namespace fracas::tools {
namespace {

constexpr int64_t kNow = 1'769'860'800'000;  // 2026-01-31T12:00:00Z

std::string Refused(const SelectionText& text) {
  Result<Selection> selection = ParseSelection(text, config::Config(), kNow);
  return selection.ok() ? "" : std::string(selection.status().message());
}

TEST(OffsetRange, ThreeWaysToName) {
  const auto read = [](std::string_view text) {
    Result<OffsetRange> range = ParseOffsetRange(text);
    return range.ok() ? std::pair(range->from, range->to) : std::pair<Offset, Offset>(-1, -1);
  };
  EXPECT_EQ(read("a.dlq/3/7"), (std::pair<Offset, Offset>(7, 8)));
  EXPECT_EQ(read("a.dlq/3/7-9"), (std::pair<Offset, Offset>(7, 9)));
  EXPECT_EQ(read("a.dlq/3"), (std::pair<Offset, Offset>(0, INT64_MAX)));
  for (const char* bad : {"", "a.dlq", "a.dlq/", "a.dlq/3/", "a.dlq/3/9-7", "a.dlq/3/7-7",
                          "a.dlq/-1/7", "/3/7", "a.dlq/3/9223372036854775807"}) {
    EXPECT_EQ(read(bad).first, -1) << bad;
  }
}

TEST(Times, AMomentOrHowLongAgo) {
  EXPECT_EQ(*ParseTimeOrAge("2026-01-31T13:00:00+01:00", kNow), kNow);
  EXPECT_EQ(*ParseTimeOrAge("2h", kNow), kNow - 7'200'000);
  EXPECT_FALSE(ParseTimeOrAge("yesterday", kNow).ok());
}

TEST(ParseSelection, SaysHowItIsWritten) {
  EXPECT_NE(Refused({.codes = {"TYPE"}}).find("fracas codes"), std::string::npos);
  EXPECT_NE(Refused({.state = "closed"}).find("resolved"), std::string::npos);
  EXPECT_NE(Refused({.state = "unknown"}).find("resolved"), std::string::npos);
  EXPECT_NE(Refused({.system = "kafka"}).find("spring_retry"), std::string::npos);
  EXPECT_NE(Refused({.since = "1h", .until = "2h"}).find("nothing can lie"), std::string::npos);
  EXPECT_NE(Refused({.places = {"a"}}).find("TOPIC/PARTITION"), std::string::npos);
  EXPECT_NE(Refused({.id_base64 = "%"}).find("--id-base64"), std::string::npos);
  EXPECT_EQ(Refused({}), "");
}

TEST(ParseSelection, ATopicOfAPatternIsASource) {
  config::Config config;
  config.streams.emplace_back().topics_pattern.value = "^crm\\.[a-z]+\\.raw$";
  Result<Selection> selection = ParseSelection(
      {.places = {"crm.contacts.raw/3/1042", "crm.contacts.raw.dlq/3/7"}}, config, kNow);
  ASSERT_TRUE(selection.ok()) << selection.status().message();
  ASSERT_EQ(selection->records.size(), 1u);
  EXPECT_EQ(selection->records[0].partition.topic, "crm.contacts.raw");
  ASSERT_EQ(selection->places.size(), 1u);
  EXPECT_EQ(selection->places[0].partition.topic, "crm.contacts.raw.dlq");
}

TEST(ParseSelection, WhatIsNamedTwiceIsMeantOnceAndInOrder) {
  Result<Selection> selection =
      ParseSelection({.places = {"b.dlq/0/9", "b.dlq/0/2-6", "a.dlq/1", "b.dlq/0/4-8", "b.dlq/0/9"},
                      .topics = {"y.dlq", "x.dlq", "y.dlq"},
                      .records = {"raw/0/7", "raw/0/6", "raw/0/7"}},
                     config::Config(), kNow);
  ASSERT_TRUE(selection.ok()) << selection.status().message();
  EXPECT_EQ(selection->Describe(),
            "open dead letters on x.dlq on y.dlq at a.dlq/1 at b.dlq/0/2-8 at b.dlq/0/9 of record "
            "raw/0/6 of record raw/0/7");
}

TEST(Selection, DescribesItself) {
  Result<Selection> selection = ParseSelection(
      {.places = {"a.dlq/0/1-5"}, .codes = {"2103", "JSON_MALFORMED"}, .since = "1h"},
      config::Config(), kNow);
  ASSERT_TRUE(selection.ok());
  EXPECT_EQ(selection->Describe(),
            "open dead letters at a.dlq/0/1-5 with code JSON_MALFORMED, TYPE_MISMATCH since "
            "2026-01-31T11:00:00.000Z");
}

TEST(Selection, LettersWithoutAStateCountAsOpen) {
  Letter letter;
  Selection open;
  open.state = LetterState::kOpen;
  EXPECT_TRUE(open.Matches(letter));
  Selection resolved;
  resolved.state = LetterState::kResolved;
  EXPECT_FALSE(resolved.Matches(letter));
}

}  // namespace
}  // namespace fracas::tools
