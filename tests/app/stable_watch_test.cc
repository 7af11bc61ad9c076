#include "app/live/stable_watch.h"

#include <gtest/gtest.h>

namespace fracas::app {
namespace {

const TopicPartition kOne{"orders", 0};
const TopicPartition kTwo{"orders", 1};

PartitionEnds Ends(const TopicPartition& partition, Offset stable, Offset high) {
  PartitionEnds ends;
  ends.partition = partition;
  ends.low = 0;
  ends.stable = stable;
  ends.high = high;
  return ends;
}

TEST(StableWatch, CountsFromTheFirstLookAtAnEndThatStandsStill) {
  StableWatch watch;
  watch.Take({Ends(kOne, 10, 12)}, 1'000);
  EXPECT_EQ(watch.SinceMs(kOne), 1'000);
  watch.Take({Ends(kOne, 10, 40)}, 16'000);
  EXPECT_EQ(watch.SinceMs(kOne), 1'000);
  EXPECT_EQ(watch.SinceMs(kTwo), 0);
}

TEST(StableWatch, AnEndThatMovesIsSteadyWriting) {
  StableWatch watch;
  watch.Take({Ends(kOne, 10, 12)}, 1'000);
  watch.Take({Ends(kOne, 30, 33)}, 16'000);
  EXPECT_EQ(watch.SinceMs(kOne), 16'000) << "another transaction";
}

TEST(StableWatch, ForgetsWhatWasEnded) {
  StableWatch watch;
  watch.Take({Ends(kOne, 10, 12), Ends(kTwo, 5, 6)}, 1'000);
  watch.Take({Ends(kOne, 12, 12)}, 16'000);
  EXPECT_EQ(watch.SinceMs(kOne), 0);
  EXPECT_EQ(watch.SinceMs(kTwo), 0) << "its topic is not the group's any more";
}

TEST(StableWatch, KeepsWhatIsKnownWhileNobodyAnswers) {
  StableWatch watch;
  watch.Take({Ends(kOne, 10, 12)}, 1'000);
  PartitionEnds unknown = Ends(kOne, kNoOffset, kNoOffset);
  unknown.status = Status::Retry("no leader");
  watch.Take({unknown}, 16'000);
  watch.Take({Ends(kOne, 10, 12)}, 31'000);
  EXPECT_EQ(watch.SinceMs(kOne), 1'000);
}

}  // namespace
}  // namespace fracas::app
