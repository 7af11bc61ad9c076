#include "core/codes.h"

#include <gtest/gtest.h>

namespace fracas {
namespace {

TEST(Codes, AreFoundByNameAndNumber) {
  ASSERT_NE(FindCode("TYPE_MISMATCH"), nullptr);
  EXPECT_EQ(FindCode("TYPE_MISMATCH")->code, Code::kTypeMismatch);
  EXPECT_EQ(FindCode("2103"), FindCode("TYPE_MISMATCH"));
  EXPECT_EQ(FindCode("2199"), nullptr);
  EXPECT_EQ(FindCode(""), nullptr);
}

TEST(Codes, EveryCodeHasItsIndex) {
  for (size_t i = 0; i < AllCodes().size(); ++i) EXPECT_EQ(Index(AllCodes()[i].code), i);
}

}  // namespace
}  // namespace fracas
