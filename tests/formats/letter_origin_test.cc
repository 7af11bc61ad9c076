#include "formats/letter_origin.h"

#include <gtest/gtest.h>

namespace fracas::formats {
namespace {

LetterOrigin Known() {
  LetterOrigin origin;
  origin.system = LetterSystem::kConnect;
  origin.source = {"orders", 3};
  origin.offset = 1042;
  origin.coordinates = CoordinateTrust::kClaimed;
  origin.key = origin.value = ByteTrust::kOriginal;
  return origin;
}

TEST(CanReplay, ExactWhereTheBytesAreTheOriginals) {
  const ReplayToOrigin replay = CanReplay(Known());
  EXPECT_TRUE(replay.possible);
  EXPECT_TRUE(replay.exact);
  EXPECT_EQ(replay.topic, "orders");
  EXPECT_EQ(replay.partition, 3);
  EXPECT_EQ(replay.why, "");
}

TEST(CanReplay, SaysWhichPartIsNotTheOriginals) {
  LetterOrigin origin = Known();
  origin.key = ByteTrust::kRewritten;
  EXPECT_TRUE(CanReplay(origin).why.starts_with("the key may not"));
  origin.value = ByteTrust::kUnknown;
  EXPECT_TRUE(CanReplay(origin).why.starts_with("key and value may not"));
  origin.key = ByteTrust::kOriginal;
  EXPECT_TRUE(CanReplay(origin).why.starts_with("the value may not"));
}

TEST(CanReplay, NotWhereTheOriginCannotBeTrusted) {
  LetterOrigin origin = Known();
  origin.coordinates = CoordinateTrust::kDoubtful;
  EXPECT_FALSE(CanReplay(origin).possible);
  EXPECT_NE(CanReplay(origin).why.find("orders"), std::string::npos);
}

TEST(Names, GoThereAndBack) {
  for (int i = 0; i <= static_cast<int>(LetterSystem::kConfluentRules); ++i) {
    const auto system = static_cast<LetterSystem>(i);
    LetterSystem found{};
    ASSERT_TRUE(FindSystem(Name(system), &found));
    EXPECT_EQ(found, system);
    EXPECT_FALSE(Title(system).empty());
  }
  LetterSystem found{};
  EXPECT_FALSE(FindSystem("kafka", &found));
}

}  // namespace
}  // namespace fracas::formats
