#include "tools/inspect/inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "tests/tools/patch/looking.h"
#include "tools/inspect/document_walk.h"

namespace fracas::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(InspectionTest, NamesEveryBadCharacterAndItsPlace) {
  const Inspection seen = Look(
      "{\n \"customer\": {\"note\": \"ab\x1F"
      "c\"},\n \"t\": [\"\", \"x\\u200b\"]}");
  ASSERT_EQ(seen.troubles.size(), 2u);
  EXPECT_EQ(seen.troubles[0].text, "unprintable character U+001F INFORMATION SEPARATOR ONE");
  EXPECT_EQ(seen.troubles[0].code, Code::kUnprintableChars);
  EXPECT_EQ(PlaceText(seen.troubles[0]), "at line 2, column 26, byte 27, /customer/note");
  EXPECT_EQ(seen.troubles[0].window.text.substr(seen.troubles[0].window.mark_begin, 4), "\\x1F");
  EXPECT_EQ(seen.troubles[0].window.mark_size, 4u);
  EXPECT_EQ(seen.troubles[0].fingerprint.size(), 16u);
  EXPECT_THAT(seen.troubles[1].text, HasSubstr("U+200B ZERO WIDTH SPACE (written as an escape)"));
  EXPECT_EQ(seen.troubles[1].pointer, "/t/1");
  EXPECT_FALSE(seen.passes);
  EXPECT_TRUE(seen.mend.complete);
  EXPECT_THAT(seen.mend.options, ElementsAre("--remove-chars '\\x1F\\u200B'"));
}

TEST(InspectionTest, SeesEncodings) {
  const Inspection latin = Look("{\"a\":\"caf\xE9\"}");
  ASSERT_EQ(latin.troubles.size(), 1u);
  EXPECT_EQ(
      latin.troubles[0].text,
      "byte 0xE9, which is not UTF-8 (in cp1252 it is U+00E9 LATIN SMALL LETTER E WITH ACUTE)");
  EXPECT_EQ(latin.troubles[0].code, Code::kEncodingInvalid);
  EXPECT_THAT(latin.mend.options, ElementsAre("--transcode cp1252"));
  EXPECT_TRUE(latin.mend.complete);
  const Inspection wide = Look(std::string("{\0\"\0a\0\"\0:\0001\0}\0", 14));
  ASSERT_EQ(wide.troubles.size(), 1u) << "one finding, not one for each zero byte";
  EXPECT_THAT(wide.mend.options, ElementsAre("--transcode utf-16le"));
  EXPECT_TRUE(wide.mend.complete);
  const Inspection marked = Look("\xEF\xBB\xBF{}");
  EXPECT_THAT(marked.mend.options, ElementsAre("--remove-chars '\\uFEFF'"));
  EXPECT_TRUE(marked.mend.complete);
  const Inspection half = Look(R"({"a":"\ud800"})");
  EXPECT_THAT(half.mend.options, ElementsAre("--replace-chars 'surrogate=\\uFFFD'"));
  const Inspection line = Look("{\"a\":\"x\ny\"}");
  EXPECT_THAT(line.mend.options, ElementsAre("--escape-chars '\\n'"))
      << "the text stays what it is";
  EXPECT_TRUE(line.mend.complete);
}

TEST(InspectionTest, TellsWhatOnlyTheSourceKnows) {
  const Inspection cut = Look("{\"a\":\"x");
  EXPECT_EQ(cut.troubles[0].code, Code::kRecordTruncated);
  EXPECT_THAT(cut.mend.options, IsEmpty());
  EXPECT_THAT(cut.mend.notes, ElementsAre(HasSubstr("only its source has it")));
  EXPECT_FALSE(cut.mend.complete);
}

TEST(InspectionTest, FindsTheSameValueInAnotherDress) {
  config::Stream stream = PlainStream();
  stream.critical = {{"/customerId", {}}};
  const Inspection missing = Look("{\"x\":1}", stream);
  EXPECT_THAT(missing.mend.options, ElementsAre("--set '/customerId=…'"));
  EXPECT_TRUE(missing.mend.open);
  EXPECT_FALSE(missing.mend.complete);
  const Inspection twice = Look("{\"customerId\":\"a\",\"customerId\":\"b\"}", stream);
  EXPECT_THAT(twice.mend.options, ElementsAre("--keep-duplicate last"));
  EXPECT_TRUE(twice.mend.complete);
}

// What a producer sends instead of JSON (an image, an archive) is told as fast as it is read.
TEST(InspectionTest, IsQuickOnBytesThatAreNoText) {
  std::mt19937 random(7);
  std::string value(3'000'000, '\0');
  for (char& byte : value) byte = static_cast<char>(random());
  config::Stream stream = PlainStream();
  stream.record_bytes_max = 4'000'000;
  const std::clock_t start = std::clock();
  const Inspection seen = Look(value, stream);
  EXPECT_LT(std::clock() - start, 20 * CLOCKS_PER_SEC) << "processor time: others may be at work";
  EXPECT_FALSE(seen.passes);
  EXPECT_GE(seen.troubles.size(), 64u);
  EXPECT_GT(seen.more, 100'000u) << "the others are counted";
}

TEST(InspectionTest, IsQuickOnManyElementsDeepDown) {
  const size_t depth = 1'000;
  std::string value(depth, '[');
  for (int i = 0; i < 300'000; ++i) value.append("1,");
  value.append("1").append(depth, ']');
  config::Stream stream = PlainStream();
  stream.sensitive = {{"/email", {}}};
  const std::clock_t start = std::clock();
  EXPECT_TRUE(Look(value, stream).passes);
  EXPECT_LT(std::clock() - start, 20 * CLOCKS_PER_SEC) << "processor time: others may be at work";
}

TEST(DocumentWalkTest, KnowsPointersInBrokenDocuments) {
  EXPECT_EQ(PointerAt("{\"a/b\":{\"c~\":[1,\"x\x01\"]}}", 19).pointer, "/a~1b/c~0/1");
  EXPECT_EQ(PointerAt("{\"a\":1,\"b\":\"\xFF\"}", 12).pointer, "/b");
  EXPECT_FALSE(PointerAt("{\"a\" 1,\"b\":2}", 11).reliable);
  EXPECT_TRUE(PointerAt("", 0).reliable);
}

TEST(DiffTest, ShowsWhatChangedAndWhere) {
  const auto hunks =
      Shown("{\"a\":\"x\x1Fy\",\"b\":1,\"c\":[]}", "{\"a\":\"xy\",\"b\":\"1\",\"c\":[]}");
  ASSERT_EQ(hunks.size(), 2u);
  EXPECT_EQ(hunks[0].pointer, "/a");
  EXPECT_EQ(hunks[0].byte, 7u);
  EXPECT_THAT(hunks[0].before.text, HasSubstr("x\\x1Fy"));
  EXPECT_EQ(hunks[0].after.mark_size, 0u);
  EXPECT_EQ(hunks[1].pointer, "/b");
  EXPECT_EQ(Shown("same", "same").size(), 0u);
}

TEST(DiffTest, NamesTheMemberThatCameOrWent) {
  EXPECT_EQ(Shown("{\"a\":1}", "{\"a\":1,\"b\":2}")[0].pointer, "/b");
  EXPECT_EQ(Shown("{\"a\":1,\"b\":2}", "{\"a\":1}")[0].pointer, "/b");
}

// Applying the hunks to the one gives the other, whatever the two are.
TEST(DiffTest, HunksAddUp) {
  uint32_t seed = 7;
  const auto random = [&] { return (seed = seed * 1664525u + 1013904223u) >> 16; };
  for (int round = 0; round < 2000; ++round) {
    std::string before;
    std::string after;
    for (uint32_t i = random() % 30; i > 0; --i)
      before.push_back(static_cast<char>('a' + random() % 3));
    after = before;
    for (uint32_t i = random() % 6; i > 0; --i) {
      const size_t at = after.empty() ? 0 : random() % after.size();
      if (random() % 2 == 0 && !after.empty()) {
        after.erase(at, 1 + random() % 3);
      } else {
        after.insert(at, "é");
      }
    }
    std::string rebuilt;
    size_t at = 0;
    for (const Hunk& hunk : Differences(before, after)) {
      rebuilt.append(before, at, hunk.before_begin - at);
      rebuilt.append(after, hunk.after_begin, hunk.after_end - hunk.after_begin);
      at = hunk.before_end;
    }
    rebuilt.append(before, at);
    ASSERT_EQ(rebuilt, after) << "from " << before << ", seed 7, round " << round;
  }
}

}  // namespace
}  // namespace fracas::tools
