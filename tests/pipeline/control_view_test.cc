#include "pipeline/control_view.h"

#include <memory>

#include "contract/contract.h"
#include "gtest/gtest.h"
#include "pipeline/engine.h"

namespace fracas::pipeline {
namespace {

using state::BreakerState;

const TopicPartition kSource{"t", 0};
constexpr StreamIndex kStream{1};

std::shared_ptr<Plan> TwoStreams() {
  auto plan = std::make_shared<Plan>();
  for (uint32_t i = 0; i < 2; ++i) {
    auto stream = std::make_shared<StreamPlan>();
    stream->index = StreamIndex{i};
    stream->pipeline = "p";
    stream->id = i == 0 ? "a" : "b";
    stream->contract = contract::CompileRules({}).contract;
    plan->streams.push_back(std::move(stream));
  }
  return plan;
}

TripFact Fact(Partition partition, int32_t attempt = 1) {
  return {{kStream, {"t", partition}, 10, 20, attempt}, Code::kTypeMismatch, "why", 5};
}

// A breaker of the second stream that has merged partition 0's trip at `from`, `attempt`.
state::Breaker Merged(BreakerState state, Offset from = 10, int32_t attempt = 1) {
  state::Breaker breaker;
  breaker.state = state;
  breaker.merged = {{kSource, from, attempt}};
  if (state != BreakerState::kGreen) {
    state::PendingRange range;
    range.source = kSource;
    range.from = from;
    range.to = from + 10;
    range.attempt = attempt;
    breaker.pending = {range};
  }
  return breaker;
}

void SetState(ControlBoard* board, Offset offset, const state::Breaker& breaker) {
  board->SetState({.state_offset = offset,
                   .breakers = {nullptr, std::make_shared<const state::Breaker>(breaker)},
                   .tickets = nullptr,
                   .records = nullptr,
                   .quarantine = nullptr});
}

void SetEmptyState(ControlBoard* board) {
  board->SetState({.state_offset = 1, .breakers = {nullptr, nullptr}, .tickets = nullptr,
                   .records = nullptr, .quarantine = nullptr});
}

TEST(ControlBoard, ATripTurnsOneStreamRed) {
  ControlBoard board(TwoStreams());
  const auto before = board.Current();
  EXPECT_TRUE(board.Trip(Fact(0)));
  const auto after = board.Current();
  EXPECT_FALSE(before->control(kStream).red());  // a view never changes
  EXPECT_TRUE(after->control(kStream).red());
  EXPECT_FALSE(after->control(StreamIndex{0}).red());
  EXPECT_GT(after->state_offset(), before->state_offset());
  EXPECT_GT(after->control(kStream).changed, before->control(kStream).changed);
  EXPECT_EQ(after->control(StreamIndex{0}).changed, before->control(StreamIndex{0}).changed);
  EXPECT_EQ(after->control(kStream).trips.at(kSource).range.to, 20);
}

TEST(ControlBoard, ATripOnRedAddsItsRange) {
  ControlBoard board(TwoStreams());
  EXPECT_TRUE(board.Trip(Fact(0)));
  const Offset state = board.Current()->state_offset();
  EXPECT_FALSE(board.Trip(Fact(3)));
  EXPECT_FALSE(board.Trip(Fact(3)));
  EXPECT_EQ(board.Current()->control(kStream).trips.size(), 2u);
  EXPECT_EQ(board.Current()->state_offset(), state);
}

TEST(ControlBoard, ATripEndsWithItsMerge) {
  ControlBoard board(TwoStreams());
  SetEmptyState(&board);
  board.Trip(Fact(0, 2));
  EXPECT_EQ(board.Current()->state_offset(), 1);  // the state's, not ours
  SetState(&board, 5, Merged(BreakerState::kGreen, 10, 1));
  EXPECT_TRUE(board.Current()->control(kStream).red());  // that was the attempt before
  SetState(&board, 6, Merged(BreakerState::kGreen, 10, 2));
  EXPECT_FALSE(board.Current()->control(kStream).red());
  EXPECT_EQ(board.Current()->state_offset(), 6);
}

TEST(ControlBoard, ATripEndsWithALaterMergeOfItsPartition) {
  ControlBoard board(TwoStreams());
  SetEmptyState(&board);
  board.Trip(Fact(0, 3));
  SetState(&board, 9, Merged(BreakerState::kGreen, 100, 1));
  EXPECT_FALSE(board.Current()->control(kStream).red());
}

TEST(ControlBoard, ATripThatTheAuthorityHasAlreadyAppliedIsNoNews) {
  ControlBoard board(TwoStreams());
  SetState(&board, 5, Merged(BreakerState::kGreen, 10, 1));
  EXPECT_FALSE(board.Trip(Fact(0, 1)));
  EXPECT_FALSE(board.Current()->control(kStream).red());
}

// Somebody has set the group's offsets back: the trip lies below what was merged before, and still holds
// until the authority shows that it has seen it.
TEST(ControlBoard, ATripBelowWhatWasMergedHolds) {
  ControlBoard board(TwoStreams());
  SetState(&board, 5, Merged(BreakerState::kGreen, 100, 1));
  TripFact fact = Fact(0, 2);
  fact.merged_before = state::MergedFact{kSource, 100, 1};
  EXPECT_TRUE(board.Trip(fact));
  SetState(&board, 6, Merged(BreakerState::kGreen, 100, 1));
  EXPECT_TRUE(board.Current()->control(kStream).red());
  SetState(&board, 7, Merged(BreakerState::kGreen, 10, 2));
  EXPECT_FALSE(board.Current()->control(kStream).red());
}

TEST(ControlBoard, OnlyADurableBoardRecalls) {
  ControlBoard board(TwoStreams());
  board.Recall(Fact(0));
  EXPECT_FALSE(board.Current()->control(kStream).red());
  SetEmptyState(&board);
  board.Recall(Fact(0));
  EXPECT_TRUE(board.Current()->control(kStream).red());
}

TEST(ControlBoard, AnUnchangedBreakerIsNoChange) {
  ControlBoard board(TwoStreams());
  const auto breaker = std::make_shared<const state::Breaker>(Merged(BreakerState::kGreen));
  const auto set = [&](Offset offset) {
    board.SetState({.state_offset = offset, .breakers = {nullptr, breaker}, .tickets = nullptr,
                    .records = nullptr, .quarantine = nullptr});
  };
  set(5);
  const uint64_t changed = board.Current()->control(kStream).changed;
  set(6);  // a quarantine entry, say
  EXPECT_EQ(board.Current()->control(kStream).changed, changed);
  EXPECT_EQ(board.Current()->state_offset(), 6);
}

TEST(ControlView, RedHoldsEveryPartition) {
  ControlBoard board(TwoStreams());
  EXPECT_TRUE(board.Current()->GateOf(kStream, kSource, 0).open);
  SetState(&board, 5, Merged(BreakerState::kRed));
  EXPECT_FALSE(board.Current()->GateOf(kStream, kSource, 10).open);
  EXPECT_FALSE(board.Current()->GateOf(kStream, {"t", 1}, 0).open);
  EXPECT_TRUE(board.Current()->GateOf(StreamIndex{0}, {"s", 0}, 0).open);
}

TEST(ControlView, ProbeOpensThePendingRangeOnly) {
  ControlBoard board(TwoStreams());
  state::Breaker breaker = Merged(BreakerState::kProbe);
  SetState(&board, 5, breaker);
  const ControlView::Gate gate = board.Current()->GateOf(kStream, kSource, 10);
  EXPECT_TRUE(gate.open);
  EXPECT_EQ(gate.end, 20);
  EXPECT_TRUE(board.Current()->GateOf(kStream, kSource, 19).open);
  EXPECT_FALSE(board.Current()->GateOf(kStream, kSource, 20).open);  // tried: waits for GREEN
  EXPECT_FALSE(board.Current()->GateOf(kStream, {"t", 1}, 0).open);
  breaker.pending[0].passed = true;
  SetState(&board, 6, breaker);
  EXPECT_FALSE(board.Current()->GateOf(kStream, kSource, 10).open);
}

TEST(ControlView, ProbeWaitsForTheContractThatTheResetNames) {
  ControlBoard board(TwoStreams());
  state::Breaker breaker = Merged(BreakerState::kProbe);
  breaker.contract = std::string(64, '0');
  SetState(&board, 5, breaker);
  EXPECT_FALSE(board.Current()->GateOf(kStream, kSource, 10).open);
  breaker.contract = board.Current()->stream(kStream).contract->sha256();
  SetState(&board, 6, breaker);
  EXPECT_TRUE(board.Current()->GateOf(kStream, kSource, 10).open);
}

TEST(ControlView, WhoCannotFollowTheStateHoldsEverything) {
  ControlBoard board(TwoStreams());
  SetEmptyState(&board);
  board.SetLagging("30 s behind");
  EXPECT_FALSE(board.Current()->GateOf(kStream, kSource, 0).open);
  board.SetLagging("");
  EXPECT_TRUE(board.Current()->GateOf(kStream, kSource, 0).open);
}

TEST(ControlBoard, TakesAnotherContract) {
  ControlBoard board(TwoStreams());
  const uint64_t changed = board.Current()->control(kStream).changed;
  contract::Rules rules;
  rules.critical = {"/id"};
  const auto next = TwoStreams();
  auto stream = std::make_shared<StreamPlan>(*next->streams[1]);
  stream->contract = contract::CompileRules(rules).contract;
  stream->audit.max_failed_records = 3;
  next->streams[1] = stream;
  ASSERT_TRUE(board.SetPlan(next).ok());
  EXPECT_EQ(board.Current()->stream(kStream).contract, stream->contract);
  EXPECT_GT(board.Current()->control(kStream).changed, changed);
}

// Each line of the table makes one plan that is refused, with the word that its message names.
TEST(ControlBoard, RefusesAPlanOfAnotherShape) {
  ControlBoard board(TwoStreams());
  const auto refused = [&](const std::function<void(Plan*, StreamPlan*)>& change) {
    const auto next = TwoStreams();
    auto stream = std::make_shared<StreamPlan>(*next->streams[1]);
    next->streams[1] = stream;
    change(next.get(), stream.get());
    const Status status = board.SetPlan(next);
    return status.ok() ? std::string("taken") : std::string(status.message());
  };
  const auto has = [](const std::string& text, std::string_view word) {
    return text.find(word) != std::string::npos;
  };
  EXPECT_TRUE(has(refused([](Plan* plan, StreamPlan*) { plan->group = "g"; }), "group"));
  EXPECT_TRUE(has(refused([](Plan* plan, StreamPlan*) { plan->instance = "i"; }), "instance"));
  EXPECT_TRUE(has(refused([](Plan* plan, StreamPlan*) { plan->batches_topic = "x"; }), "topics"));
  EXPECT_TRUE(has(refused([](Plan* plan, StreamPlan*) { plan->control_topic = "x"; }), "topics"));
  EXPECT_TRUE(has(refused([](Plan* plan, StreamPlan*) { plan->streams.pop_back(); }), "number"));
  EXPECT_TRUE(has(refused([](Plan*, StreamPlan* stream) { stream->id = "z"; }), "p/z"));
  EXPECT_TRUE(has(refused([](Plan*, StreamPlan* stream) { stream->mode = PublishMode::kNone; }), "mode"));
  EXPECT_TRUE(has(refused([](Plan*, StreamPlan* stream) { stream->routing = "x"; }), "topic of"));
  EXPECT_TRUE(has(refused([](Plan*, StreamPlan* stream) { ++stream->record_bytes_max; }), "limits.record"));
  EXPECT_EQ(refused([](Plan*, StreamPlan* stream) { --stream->record_bytes_max; }), "taken");
  EXPECT_EQ(refused([](Plan*, StreamPlan*) {}), "taken");  // the first is the measure, not the last
}

TEST(StateOf, TellsTheBreakerAndWhatItDoesNotKnowYet) {
  ControlBoard board(TwoStreams());
  state::Breaker breaker = Merged(BreakerState::kRed);
  breaker.reason = "first";
  breaker.cause = Code::kCdeMissing;
  SetState(&board, 5, breaker);
  board.Trip(Fact(3));
  const StreamState state = StateOf(*board.Current(), kStream);
  EXPECT_EQ(state.state, BreakerState::kRed);
  EXPECT_EQ(state.reason, "first");
  EXPECT_EQ(state.cause, Code::kCdeMissing);
  ASSERT_EQ(state.pending.size(), 2u);
  EXPECT_EQ(state.pending[1].source.partition, 3);
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
