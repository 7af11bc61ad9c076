#include "pipeline/control_view.h"

#include <memory>

#include "gtest/gtest.h"

namespace fracas::pipeline {
namespace {

std::shared_ptr<const Plan> TwoStreams() {
  auto plan = std::make_shared<Plan>();
  for (uint32_t i = 0; i < 2; ++i) {
    auto stream = std::make_shared<StreamPlan>();
    stream->index = StreamIndex{i};
    plan->streams.push_back(std::move(stream));
  }
  return plan;
}

TripFact Fact(Partition partition, int32_t attempt = 1) {
  return {{StreamIndex{1}, {"t", partition}, 10, 20, attempt}, Code::kTypeMismatch, "why", 5};
}

TEST(ControlBoard, ATripTurnsOneStreamRed) {
  ControlBoard board(TwoStreams());
  const auto before = board.Current();
  EXPECT_TRUE(board.Trip(Fact(0)));
  const auto after = board.Current();
  EXPECT_FALSE(before->control(StreamIndex{1}).red);  // a view never changes
  EXPECT_TRUE(after->control(StreamIndex{1}).red);
  EXPECT_FALSE(after->control(StreamIndex{0}).red);
  EXPECT_GT(after->state_offset(), before->state_offset());
  EXPECT_EQ(after->control(StreamIndex{1}).pending.at({"t", 0}).to, 20);
}

TEST(ControlBoard, ATripOnRedAddsItsRange) {
  ControlBoard board(TwoStreams());
  EXPECT_TRUE(board.Trip(Fact(0)));
  const uint64_t state = board.Current()->state_offset();
  EXPECT_FALSE(board.Trip(Fact(3)));
  EXPECT_FALSE(board.Trip(Fact(3)));
  EXPECT_EQ(board.Current()->control(StreamIndex{1}).pending.size(), 2u);
  EXPECT_EQ(board.Current()->state_offset(), state);
}

TEST(ControlBoard, HoldsBelongToTheirWorker) {
  ControlBoard board(TwoStreams());
  board.SetHolds(0, {{{"t", 1}, Code::kObjectNotFound, "why"}});
  board.SetHolds(1, {{{"t", 2}, Code::kObjectNotFound, "why"}});
  board.SetHolds(0, {});
  ASSERT_EQ(board.Holds().size(), 1u);
  EXPECT_EQ(board.Holds()[0].partition.partition, 2);
}

}  // namespace
}  // namespace fracas::pipeline
