#include "core/timestamp.h"

#include <gtest/gtest.h>

namespace fracas {
namespace {

TEST(Timestamp, RoundTrip) {
  EXPECT_EQ(FormatTimestamp(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTimestamp(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatTimestamp(951'782'400'000), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(FormatTimestamp(INT64_MIN), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTimestamp(INT64_MAX), "9999-12-31T23:59:59.999Z");
  for (const int64_t ms : {int64_t{0}, int64_t{-1}, int64_t{1'769'860'800'123},
                           int64_t{-62'167'219'200'000}, int64_t{253'402'300'799'999}}) {
    int64_t back = 1;
    ASSERT_TRUE(ParseTimestamp(FormatTimestamp(ms), &back));
    EXPECT_EQ(back, ms);
  }
  int64_t ms = 0;
  for (const char* bad :
       {"", "2026-01-31T12:00:00Z", "2026-02-30T12:00:00.000Z", "2026-01-31T24:00:00.000Z",
        "2026-01-31T12:60:00.000Z", "2026-01-31T12:00:60.000Z", "2026-01-31t12:00:00.000Z",
        "2026-01-31T12:00:00.000+", "+026-01-31T12:00:00.000Z", "2026-00-31T12:00:00.000Z"}) {
    EXPECT_FALSE(ParseTimestamp(bad, &ms)) << bad;
  }
}

}  // namespace
}  // namespace fracas
