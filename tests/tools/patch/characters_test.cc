#include "tools/patch/characters.h"

#include <gtest/gtest.h>

namespace fracas::tools {
namespace {

CharacterSet SetOf(std::string_view text) {
  Result<CharacterSet> set = CharacterSet::Parse(text);
  EXPECT_TRUE(set.ok()) << text << ": " << set.status().message();
  return set.ok() ? *set : CharacterSet();
}

bool Has(std::string_view text, uint32_t code_point, bool escaped = false) {
  return SetOf(text).Contains({.code_point = code_point, .valid = true, .escaped = escaped});
}

TEST(CharactersTest, ReadsEscapesRangesAndThemselves) {
  EXPECT_TRUE(Has("\\x1F", 0x1F));
  EXPECT_FALSE(Has("\\x1F", 0x1E));
  EXPECT_TRUE(Has("\\u200B", 0x200B));
  EXPECT_TRUE(Has("U+200B", 0x200B));
  EXPECT_TRUE(Has("\\u{1F600}", 0x1F600));
  EXPECT_TRUE(Has("\\U0001F600", 0x1F600));
  EXPECT_TRUE(Has("€", 0x20AC));
  for (const uint32_t point : {0x00u, 0x08u, 0x0Bu})
    EXPECT_TRUE(Has("\\x00-\\x08\\x0B", point)) << point;
  for (const uint32_t point : {0x09u, 0x0Au, 0x2Du})
    EXPECT_FALSE(Has("\\x00-\\x08\\x0B", point)) << point;
  EXPECT_TRUE(Has("-", '-'));
  EXPECT_TRUE(Has("a-", '-')) << "a hyphen at the end is itself";
  EXPECT_TRUE(Has("\\-", '-'));
  EXPECT_TRUE(Has("\\t\\n", '\t'));
  EXPECT_TRUE(Has("U", 'U')) << "not every U begins a code point";
  EXPECT_TRUE(Has(",", ','));
}

TEST(CharactersTest, ReadsClasses) {
  EXPECT_TRUE(Has("control", 0x1F));
  EXPECT_TRUE(Has("control,zero-width", 0x200B));
  EXPECT_TRUE(Has("bidi", 0x202E));
  EXPECT_TRUE(Has("bom", 0xFEFF));
  EXPECT_TRUE(Has("noncharacter", 0x1FFFE));
  EXPECT_TRUE(Has("surrogate", 0xD800));
  EXPECT_FALSE(Has("bom", 0x200B));
  EXPECT_FALSE(Has("bom", 'b')) << "a class, not its letters";
  EXPECT_TRUE(Has("boms", 'b')) << "no class: its letters";
}

TEST(CharactersTest, TakesOrdinaryWhiteSpaceForControlOnlyWhereItIsRaw) {
  EXPECT_TRUE(Has("control", '\n', false));
  EXPECT_FALSE(Has("control", '\n', true));
  EXPECT_TRUE(Has("\\n", '\n', true)) << "who names it means it";
}

TEST(CharactersTest, TellsBytesFromCharacters) {
  const Character byte{.code_point = 0xE9, .valid = false};
  EXPECT_TRUE(SetOf("invalid").Contains(byte));
  EXPECT_FALSE(SetOf("\\xE9").Contains(byte)) << "U+00E9, not the byte";
  EXPECT_FALSE(Has("invalid", 0xE9));
}

TEST(CharactersTest, RefusesWhatCannotBeRead) {
  for (const std::string_view text :
       {"", "\\x1", "\\xZZ", "\\u20", "\\u{110000}", "\\u{}", "\\q", "\\", "b-a", "\xE9"}) {
    const Result<CharacterSet> set = CharacterSet::Parse(text);
    ASSERT_FALSE(set.ok()) << text;
    EXPECT_EQ(set.status().action(), Action::kReject);
    EXPECT_NE(set.status().message().find("\\x1F"), std::string_view::npos)
        << "shows how it is written";
  }
}

TEST(CharactersTest, KnowsNames) {
  EXPECT_EQ(CharacterName({.code_point = 0x1F}), "U+001F INFORMATION SEPARATOR ONE");
  EXPECT_EQ(CharacterName({.code_point = 0x200B}), "U+200B ZERO WIDTH SPACE");
  EXPECT_EQ(CharacterName({.code_point = 0xE9}), "U+00E9 LATIN SMALL LETTER E WITH ACUTE");
  EXPECT_EQ(CharacterName({.code_point = 0x4E2D}), "U+4E2D CJK UNIFIED IDEOGRAPH");
  EXPECT_EQ(CharacterName({.code_point = 0xFFFE}), "U+FFFE noncharacter");
  EXPECT_EQ(CharacterName({.code_point = 0xD800}), "U+D800 high surrogate");
  EXPECT_EQ(CharacterName({.code_point = 0x0378}), "U+0378") << "not assigned: no name";
  EXPECT_EQ(CharacterName({.code_point = 0xE9, .valid = false}), "byte 0xE9");
}

TEST(CharactersTest, ReadsReplacements) {
  EXPECT_EQ(*ParseCharacters("a\\u20ACb"), U"a€b");
  EXPECT_EQ(*ParseCharacters(""), U"");
  EXPECT_FALSE(ParseCharacters("\\uD800").ok());
}

}  // namespace
}  // namespace fracas::tools
