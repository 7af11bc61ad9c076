#include "tools/codes.h"

#include <gtest/gtest.h>

namespace fracas::tools {
namespace {

std::vector<std::string_view> Names(const std::vector<const CodeInfo*>& codes) {
  std::vector<std::string_view> names;
  for (const CodeInfo* each : codes) names.push_back(each->name);
  return names;
}

using Expected = std::vector<std::string_view>;

TEST(FindCodes, ByNumberNameAndAnyCase) {
  for (const char* query :
       {"2103", "TYPE_MISMATCH", "type_mismatch", "type-mismatch", "Type Mismatch"}) {
    EXPECT_EQ(Names(FindCodes(query).codes), Expected{"TYPE_MISMATCH"}) << query;
  }
}

TEST(FindCodes, ByTheBeginningOfNumbersAndNames) {
  EXPECT_EQ(FindCodes("").codes.size(), AllCodes().size());
  EXPECT_EQ(Names(FindCodes("cde").codes), (Expected{"CDE_MISSING", "CDE_NULL"}));
  EXPECT_EQ(Names(FindCodes("511").codes), Expected{});
  EXPECT_EQ(FindCodes("31").codes.size(), 6u);
  for (const CodeInfo* each : FindCodes("2").codes) EXPECT_EQ(LayerOf(*each), "record content");
}

TEST(FindCodes, SuggestsTheNearestAndOnlyWhatIsNear) {
  EXPECT_EQ(Names(FindCodes("TYPE_MISSMATCH").suggestions).front(), "TYPE_MISMATCH");
  EXPECT_EQ(Names(FindCodes("jsn_malformed").suggestions).front(), "JSON_MALFORMED");
  EXPECT_EQ(Names(FindCodes("mismatch").suggestions), Expected{"TYPE_MISMATCH"});
  EXPECT_TRUE(FindCodes("2113").codes.empty());
  EXPECT_FALSE(FindCodes("2113").suggestions.empty());
  EXPECT_LE(FindCodes("A").suggestions.size(), 3u);
  EXPECT_TRUE(FindCodes("xqzwkvjyxqzwkvjy").suggestions.empty());
  EXPECT_TRUE(FindCodes(std::string(1'000'000, 'A')).suggestions.empty());
  EXPECT_TRUE(FindCodes(std::string_view("\0\xFF", 2)).codes.empty());
}

TEST(FindCodes, EveryCodeHasALayer) {
  for (const CodeInfo& info : AllCodes()) EXPECT_FALSE(LayerOf(info).empty());
  EXPECT_EQ(LayerOf(Info(Code::kUnknown)), "unknown");
  EXPECT_EQ(LayerOf(Info(Code::kJsonMalformed)), "record form");
}

}  // namespace
}  // namespace fracas::tools
