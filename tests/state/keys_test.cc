#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/golden/state_examples.h"

namespace fracas::state {
namespace {

// Texts that a sloppy encoding would sort or join wrongly.
std::vector<std::string> AwkwardTexts() {
  using std::string_literals::operator""s;
  return {""s,   "\0"s, "\0\0"s, "\0\xFF"s, "\0a"s,  "a"s,      "a\0"s,     "a\0b"s,
          "aa"s, "ab"s, "b"s,    "\xFE"s,   "\xFF"s, "\xFF\0"s, "\xFF\xFF"s};
}

TEST(StateKeys, ComeBack) {
  for (const std::string& text : AwkwardTexts()) {
    EXPECT_EQ(*DecodeBreakerKey(BreakerKey(text)), text);
    EXPECT_EQ(*DecodeTicketKey(TicketKey(text)), text);
    for (const std::string& id : AwkwardTexts()) {
      const QuarantineKey key{.stream = text, .scope = QuarantineScope::kRecord, .id = id};
      EXPECT_EQ(*DecodeQuarantineKey(QuarantineKeyBytes(key)), key);
      EXPECT_TRUE(QuarantineKeyBytes(key).starts_with(QuarantinePrefix(text)));
    }
    const Result<LetterCoordinates> letter = DecodeLetterKey(LetterKey({text, -3}, -9));
    EXPECT_EQ(letter->source, (TopicPartition{text, -3}));
    EXPECT_EQ(letter->offset, -9);
  }
}

TEST(StateKeys, SortAsTheirComponents) {
  for (const std::string& left : AwkwardTexts()) {
    for (const std::string& right : AwkwardTexts()) {
      EXPECT_EQ(BreakerKey(left) < BreakerKey(right), left < right);
      for (const std::string& id : AwkwardTexts()) {
        const QuarantineKey a{.stream = left, .scope = QuarantineScope::kRecord, .id = id};
        const QuarantineKey b{.stream = right, .scope = QuarantineScope::kId, .id = left};
        EXPECT_EQ(QuarantineKeyBytes(a) < QuarantineKeyBytes(b), a < b);
      }
    }
  }
}

TEST(StateKeys, NumbersSortToo) {
  const std::vector<int64_t> offsets = {
      std::numeric_limits<int64_t>::min(), -256, -1, 0, 1, 255, 256,
      std::numeric_limits<int64_t>::max()};
  const std::vector<int32_t> partitions = {std::numeric_limits<int32_t>::min(), -1, 0, 9, 10, 256,
                                           std::numeric_limits<int32_t>::max()};
  std::vector<std::string> keys;
  for (const int32_t partition : partitions) {
    for (const int64_t offset : offsets) keys.push_back(LetterKey({"t", partition}, offset));
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
}

TEST(StateKeys, NoStreamsEntriesBeginAsAnothers) {
  const QuarantineKey key{.stream = "p/streams", .scope = QuarantineScope::kId, .id = "1"};
  EXPECT_FALSE(QuarantineKeyBytes(key).starts_with(QuarantinePrefix("p/stream")));
}

TEST(StateKeys, KindsAreTheFirstByte) {
  EXPECT_EQ(*KindOf(GenesisKey()), Kind::kGenesis);
  EXPECT_EQ(*KindOf(CursorKey()), Kind::kCursor);
  EXPECT_EQ(*KindOf(BreakerKey("s")), Kind::kBreaker);
  EXPECT_EQ(*KindOf(QuarantinePrefix("s")), Kind::kQuarantine);
  EXPECT_EQ(*KindOf(TicketKey("t")), Kind::kTicket);
  EXPECT_EQ(*KindOf(LetterKey({"t", 0}, 0)), Kind::kLetter);
  for (int byte = 0; byte < 256; ++byte) {
    const std::string key(1, static_cast<char>(byte));
    EXPECT_EQ(KindOf(key).ok(), std::string("gcbqtl").find(key) != std::string::npos) << byte;
  }
  EXPECT_FALSE(KindOf("").ok());
}

TEST(StateKeys, OtherKindsAndCutsAreRefused) {
  const std::string key = QuarantineKeyBytes(ExampleQuarantineKey());
  EXPECT_FALSE(DecodeBreakerKey(key).ok());
  for (size_t size = 0; size < key.size(); ++size)
    EXPECT_FALSE(DecodeQuarantineKey(key.substr(0, size)).ok());
  EXPECT_FALSE(DecodeQuarantineKey(key + "x").ok());
  std::string scope = key;
  scope[QuarantinePrefix(ExampleQuarantineKey().stream).size()] = 3;
  EXPECT_FALSE(DecodeQuarantineKey(scope).ok());
  EXPECT_FALSE(DecodeLetterKey(LetterKey({"t", 1}, 2).substr(0, 10)).ok());
  EXPECT_FALSE(DecodeTicketKey(TicketKey(std::string(kTextBytesMax + 2, 'x'))).ok());
}

}  // namespace
}  // namespace fracas::state
