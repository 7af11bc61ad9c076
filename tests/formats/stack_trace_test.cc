#include "formats/stack_trace.h"

#include <gtest/gtest.h>

namespace fracas::formats {
namespace {

TEST(InnermostCause, IsTheLastCausedBy) {
  const Cause cause = InnermostCause(
      "a.Outer: outer: with a colon\n\tat a.B.c(B.java:1)\n"
      "Caused by: a.Middle: middle\n\t... 3 more\n"
      "Caused by: a.Inner$1: inner: detail\n second line\n\tat x\n");
  EXPECT_EQ(cause.class_name, "a.Inner$1");
  EXPECT_EQ(cause.message, "inner: detail");
}

TEST(InnermostCause, IsTheFirstLineWithoutOne) {
  EXPECT_EQ(InnermostCause("java.lang.NullPointerException\n\tat a.B.c(B.java:1)\n").class_name,
            "java.lang.NullPointerException");
  EXPECT_EQ(InnermostCause("java.lang.NullPointerException").message, "");
}

TEST(InnermostCause, PassesOverSuppressedOnes) {
  const Cause cause = InnermostCause(
      "a.Outer: o\n\tSuppressed: a.Closing: c\n\tCaused by: a.Deep: d\nCaused by: a.Real: r\r\n");
  EXPECT_EQ(cause.class_name, "a.Real");
  EXPECT_EQ(cause.message, "r");
}

TEST(InnermostCause, IsEmptyWhereThereIsNoTrace) {
  EXPECT_EQ(InnermostCause("").class_name, "");
  EXPECT_EQ(InnermostCause("what a pity").class_name, "");
  EXPECT_EQ(InnermostCause("Caused by: ").class_name, "");
}

}  // namespace
}  // namespace fracas::formats
