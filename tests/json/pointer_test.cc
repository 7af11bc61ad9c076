#include "json/pointer.h"

#include <gmock/gmock.h>

namespace fracas::json {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Pointer, SplitsTheExamplesOfItsSpecification) {
  std::vector<std::string> tokens = {"stale"};
  ASSERT_TRUE(SplitPointer("", &tokens));
  EXPECT_THAT(tokens, IsEmpty());
  ASSERT_TRUE(SplitPointer("/foo/0", &tokens));
  EXPECT_THAT(tokens, ElementsAre("foo", "0"));
  ASSERT_TRUE(SplitPointer("/", &tokens));
  EXPECT_THAT(tokens, ElementsAre(""));
  ASSERT_TRUE(SplitPointer("/a~1b/m~0n/~01", &tokens));
  EXPECT_THAT(tokens, ElementsAre("a/b", "m~n", "~1"));
  ASSERT_TRUE(SplitPointer("/a//b/", &tokens));
  EXPECT_THAT(tokens, ElementsAre("a", "", "b", ""));
  ASSERT_TRUE(SplitPointer(std::string("/a\0b", 4), &tokens));
  EXPECT_THAT(tokens, ElementsAre(std::string("a\0b", 3)));
}

TEST(Pointer, RefusesWhatIsNone) {
  std::vector<std::string> tokens;
  for (const char* text : {"a", "#/a", "/~", "/~2", "/a~/b", " /a"}) {
    EXPECT_FALSE(SplitPointer(text, &tokens)) << text;
  }
}

TEST(Pointer, AppendedTokensSplitBack) {
  const std::vector<std::string> written = {"", "~", "/", "~1", "a/b~c", "\xF0\x9F\x98\x80", " "};
  std::string pointer;
  for (const std::string& token : written) AppendToken(token, &pointer);
  EXPECT_EQ(pointer, "//~0/~1/~01/a~1b~0c/\xF0\x9F\x98\x80/ ");
  std::vector<std::string> read;
  ASSERT_TRUE(SplitPointer(pointer, &read));
  EXPECT_EQ(read, written);
}

}  // namespace
}  // namespace fracas::json
