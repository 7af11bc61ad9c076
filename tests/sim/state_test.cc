#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "files/crash_log.h"
#include "gtest/gtest.h"
#include "pipeline/engine.h"
#include "tests/sim/stage.h"
#include "wire/replay.h"

// One worker and the group's state: what a breaker, a quarantine entry, a ticket or an order makes of records.

namespace fracas::sim {
namespace {

using state::BreakerState;

const TopicPartition kA0{"a", 0};
const TopicPartition kB1{"b", 1};
constexpr size_t kA = 0;
constexpr size_t kB = 1;
const std::string kGood = R"({"v":1,"id":"x"})";
const std::string kBad = R"({"v":"one","id":"x"})";   // TYPE_MISMATCH: hold

// --- Breaker ----------------------------------------------------------------------------------------------

TEST(Breaker, AHeldRangeIsProbedUnderTheMendedContract) {
  Stage stage;
  stage.Append(kA0, kGood);
  stage.Run();
  stage.Append(kA0, kBad);
  stage.Append(kA0, kGood);
  stage.Run();
  EXPECT_EQ(stage.StateOf(kA), BreakerState::kRed);
  EXPECT_EQ(stage.Committed(kA0), 1);
  const std::string mended = stage.scene.mended_contract();
  stage.authority.ResetStream(kA, {.contract = mended, .divert = {}, .divert_until_ms = 0});
  stage.Run();
  EXPECT_EQ(stage.StateOf(kA), BreakerState::kProbe);  // nobody has that contract
  EXPECT_EQ(stage.Committed(kA0), 1);
  auto plan = std::make_shared<pipeline::Plan>(stage.board->Current()->plan());
  plan->streams[kA] = stage.scene.MakePlan("i", "p0", 1)->streams[kA];
  ASSERT_TRUE(stage.board->SetPlan(plan).ok());
  stage.Run();
  EXPECT_EQ(stage.StateOf(kA), BreakerState::kGreen);
  EXPECT_EQ(stage.Published(kA0), (std::vector<std::string>{kGood, kBad, kGood}));
}

TEST(Breaker, AttemptsCountOnWhateverDies) {
  Stage stage;
  stage.Append(kA0, kBad);
  stage.Run();
  for (int attempt = 2; attempt <= 4; ++attempt) {
    if (attempt % 2 == 0) stage.Restart();
    stage.authority.ResetStream(kA, {});
    stage.Run();
    EXPECT_EQ(stage.StateOf(kA), BreakerState::kRed);
    EXPECT_EQ(stage.authority.at(stage.authority.end())[kA]->pending[0].attempt, attempt);
  }
  EXPECT_EQ(stage.Seen("tripped"), 4);
  EXPECT_EQ(stage.Committed(kA0), 0);
}

TEST(Breaker, ANewOwnerKnowsOfATripThatTheStateDoesNotShow) {
  Stage stage;
  stage.follows = false;
  stage.Append(kA0, kBad);
  stage.Append({"a", 1}, kGood);
  stage.Run();
  const size_t summaries = stage.Summaries().size();
  stage.Restart();
  EXPECT_FALSE(stage.board->Current()->control(StreamIndex{kA}).red());
  stage.Append({"a", 1}, kGood);
  stage.Run();
  EXPECT_TRUE(stage.board->Current()->control(StreamIndex{kA}).red());
  EXPECT_EQ(stage.Summaries().size(), summaries);
  stage.follows = true;
  stage.Run();
  EXPECT_EQ(stage.StateOf(kA), BreakerState::kRed);
  EXPECT_TRUE(stage.board->Current()->control(StreamIndex{kA}).trips.empty());  // merged
}

// The control topic lost the fact (deleted, retention): without it nobody could reset what is GREEN for the
// authority and RED for the owner.
TEST(Breaker, ATripWhoseFactWasLostIsToldAgainByTheNextOwner) {
  Stage stage;
  stage.applies = false;
  stage.Append(kA0, kBad);
  stage.Run();
  const size_t events = stage.Events().size();
  const size_t summaries = stage.Summaries().size();
  for (Entry& entry : stage.broker.log({"control", 0})) entry.state = Entry::State::kAborted;
  stage.Restart();
  stage.applies = true;
  stage.Run();
  EXPECT_EQ(stage.StateOf(kA), BreakerState::kRed);
  EXPECT_EQ(stage.authority.at(stage.authority.end())[kA]->pending[0].attempt, 1);
  EXPECT_EQ(stage.Seen("tripped"), 1);
  EXPECT_EQ(stage.Committed(kA0), 0);
  EXPECT_EQ(stage.Events().size(), events);
  EXPECT_EQ(stage.Summaries().size(), summaries);
  stage.authority.ResetStream(kA, {});
  stage.Run();
  EXPECT_EQ(stage.authority.at(stage.authority.end())[kA]->pending[0].attempt, 2);
}

TEST(Breaker, WhoCannotFollowTakesNothing) {
  Stage stage;
  stage.board->SetLagging("31 s behind");
  stage.Append(kA0, kGood);
  stage.Run();
  EXPECT_TRUE(stage.Published(kA0).empty());
  stage.board->SetLagging("");
  stage.Run();
  EXPECT_EQ(stage.Published(kA0).size(), 1u);
}

TEST(Breaker, ARangeWithoutRecordsPassesAsGaps) {
  Stage stage;
  stage.Append(kA0, kBad);
  stage.Append(kA0, kBad);
  stage.Run();
  ASSERT_EQ(stage.StateOf(kA), BreakerState::kRed);
  const Offset to = stage.authority.at(stage.authority.end())[kA]->pending[0].to;
  for (Offset offset = 0; offset < to; ++offset) {
    stage.broker.log(kA0)[static_cast<size_t>(offset)].state = Entry::State::kAborted;  // compacted
  }
  stage.Append(kA0, kGood);
  stage.authority.ResetStream(kA, {});
  stage.Run();
  EXPECT_EQ(stage.StateOf(kA), BreakerState::kGreen);
  EXPECT_EQ(stage.Published(kA0).size(), 1u);
  uint64_t gaps = 0;
  for (const wire::Summary& summary : stage.Summaries()) {
    for (const wire::SummaryRange& range : summary.ranges) {
      if (range.verdict == wire::RangeVerdict::kPublish) gaps += range.gaps;
    }
  }
  EXPECT_EQ(gaps, static_cast<uint64_t>(to));
}

TEST(Breaker, ADivertedHoldIsADeadLetter) {
  Stage stage;
  stage.Append(kA0, kBad);
  stage.Run();
  stage.authority.ResetStream(kA, {.contract = "", .divert = {Code::kTypeMismatch}, .divert_until_ms = 0});
  stage.Run();
  EXPECT_EQ(stage.StateOf(kA), BreakerState::kGreen);
  ASSERT_EQ(stage.Letters(kA0).size(), 1u);
  EXPECT_EQ(stage.Letters(kA0)[0].context.code, Code::kTypeMismatch);
  bool as_applied = false;
  for (const auto& event : stage.Events()) as_applied |= event.disposition == Disposition::kDeadLetter;
  EXPECT_TRUE(as_applied);
  stage.Append(kA0, kBad);  // behind the range
  stage.Run();
  EXPECT_EQ(stage.StateOf(kA), BreakerState::kRed);
}

TEST(Breaker, ADiversionForATimeIsForAllBatches) {
  Stage stage;
  stage.Append(kA0, kBad);
  stage.Run();
  stage.authority.ResetStream(kA, {.contract = "", .divert = {Code::kTypeMismatch}, .divert_until_ms = 1});
  stage.Append(kA0, kBad);
  stage.Append({"a", 1}, kBad);
  stage.Run();
  EXPECT_EQ(stage.StateOf(kA), BreakerState::kGreen);
  EXPECT_EQ(stage.Letters(kA0).size(), 2u);
  EXPECT_EQ(stage.Letters({"a", 1}).size(), 1u);
}

// --- Stuck partitions and losses ------------------------------------------------------------------------------

TEST(Stuck, AResetLetsThePartitionTryAgain) {
  Stage stage;
  stage.faults.lost = kB1;
  stage.Append(kB1, kGood);
  stage.Run();
  ASSERT_EQ(stage.StateOf(kB), BreakerState::kRed);
  EXPECT_EQ(stage.board->Holds().size(), 1u);
  stage.authority.ResetStream(kB, {});
  stage.Run();
  EXPECT_EQ(stage.StateOf(kB), BreakerState::kRed);  // still the same
  EXPECT_EQ(stage.Seen("probe_passed"), 1);
  EXPECT_EQ(stage.Seen("tripped"), 2);
  stage.faults.lost = {};
  stage.authority.ResetStream(kB, {});
  stage.Run();
  EXPECT_EQ(stage.StateOf(kB), BreakerState::kGreen);
  EXPECT_EQ(stage.Published(kB1).size(), 1u);
  EXPECT_TRUE(stage.board->Holds().empty());
}

// The report that it passed moves no offset: the group cannot tell whether it was committed.
TEST(Stuck, AResetWhoseReportIsInDoubtLetsThePartitionTryAgain) {
  Stage stage;
  stage.faults.lost = kB1;
  stage.Append(kB1, kGood);
  stage.Run();
  ASSERT_EQ(stage.StateOf(kB), BreakerState::kRed);
  stage.faults.lost = {};
  stage.authority.ResetStream(kB, {});
  stage.faults.unknown_committed = 1'000;
  stage.Run();
  stage.faults.unknown_committed = 0;
  stage.Run();
  EXPECT_EQ(stage.StateOf(kB), BreakerState::kGreen);
  EXPECT_EQ(stage.Published(kB1).size(), 1u);
  EXPECT_TRUE(stage.board->Holds().empty());
}

TEST(Stuck, AnAcceptedLossMovesTheOffsetAndIsCounted) {
  Stage stage;
  stage.Append(kB1, kGood);
  stage.Run();
  stage.faults.lost = kB1;
  for (int i = 0; i < 5; ++i) stage.Append(kB1, R"({"v":)" + std::to_string(i) + "}");
  stage.Restart();
  stage.Run();
  ASSERT_EQ(stage.StateOf(kB), BreakerState::kRed);
  stage.authority.AcceptLoss(kB, {kB1, 3, 5, "ada", "retention"});  // not where it stands
  stage.Run();
  EXPECT_EQ(stage.Committed(kB1), 1);
  stage.authority.AcceptLoss(kB, {kB1, 1, 4, "ada", "retention"});
  stage.Run();
  EXPECT_EQ(stage.Committed(kB1), 4);
  EXPECT_EQ(stage.Seen("loss_accepted"), 1);
  EXPECT_EQ(stage.Published(kB1).size(), 1u);
  uint64_t lost = 0;
  for (const auto& event : stage.Events()) {
    if (event.disposition == Disposition::kDeadLetter) lost += event.row_count;
  }
  EXPECT_EQ(lost, 3u);
  stage.faults.lost = {};
  stage.authority.ResetStream(kB, {});
  stage.Run();
  EXPECT_EQ(stage.StateOf(kB), BreakerState::kGreen);
  EXPECT_EQ(stage.Published(kB1), (std::vector<std::string>{kGood, R"({"v":3})", R"({"v":4})"}));
}

TEST(Stuck, AnAcceptedLossMayLeadBack) {
  Stage stage;
  for (int i = 0; i < 3; ++i) stage.Append(kB1, kGood);
  stage.Run();
  ASSERT_EQ(stage.Committed(kB1), 3);
  stage.authority.AcceptLoss(kB, {kB1, 3, 0, "ada", "the topic was made anew"});
  stage.Run();
  EXPECT_EQ(stage.Seen("loss_accepted"), 1);
  EXPECT_EQ(stage.Committed(kB1), 3);  // and came here again
  EXPECT_EQ(stage.Published(kB1).size(), 6u);
}

// The producer was thrown away, and the broker is slow to tell of the topics: they are looked for until it does.
TEST(Outputs, ALookThatGetsNoAnswerIsNotTheEndOfATopic) {
  Stage stage;
  stage.Run(40);
  stage.faults.unknown_aborted = 1'000;
  stage.faults.open_fails = 700;
  stage.Append(kA0, kGood);
  stage.Run(60);
  stage.faults.unknown_aborted = stage.faults.open_fails = 0;
  stage.Run(900);
  EXPECT_EQ(stage.Published(kA0).size(), 1u);
  EXPECT_EQ(stage.StateOf(kA), BreakerState::kGreen);
}

// --- Quarantine and replays ----------------------------------------------------------------------------------

state::QuarantineEntry Entry() {
  state::QuarantineEntry entry;
  entry.stamp.version = 1;
  entry.code = Code::kQuarantined;
  entry.reason = "wrong country";
  return entry;
}

void ById(pipeline::StreamPlan* stream) {
  stream->business_id = {pipeline::IdentitySource::Kind::kKey, "", 0};
}

void AddTicket(Stage* stage, const std::string& id, const std::string& key, const std::string& value,
               int32_t count = 1) {
  auto ticket = std::make_shared<state::Ticket>();
  ticket->id = id;
  ticket->stream = "p/a";
  ticket->business_id = key;
  ticket->digest = wire::ReplayDigest(key, value);
  ticket->replay_count = count;
  auto tickets = std::make_shared<pipeline::TicketsById>(*stage->tickets);
  (*tickets)[id] = ticket;
  stage->tickets = std::move(tickets);
}

std::vector<Header> UnderTicket(const std::string& id) {
  return {{"is_replay", "true"}, {std::string(wire::kReplayTicketHeader), id}};
}

TEST(Quarantined, GoesToTheDeadLettersOnceAndWhole) {
  Stage stage(ById);
  stage.quarantine.entries["bad"] = Entry();
  stage.Append(kA0, kGood, {{"h", "1"}}, "good");
  stage.Append(kA0, kBad, {{"h", "2"}}, "bad");
  stage.Append(kA0, kGood, {}, "good");
  stage.Run();
  EXPECT_EQ(stage.StateOf(kA), BreakerState::kGreen);
  EXPECT_EQ(stage.Published(kA0).size(), 2u);
  const auto letters = stage.Letters(kA0);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].context.code, Code::kQuarantined);
  EXPECT_EQ(letters[0].context.offset, 1);
  EXPECT_EQ(letters[0].record.value, kBad);
  EXPECT_EQ(letters[0].record.headers[0], (Header{"h", "2"}));
  EXPECT_NE(letters[0].context.message.find("wrong country"), std::string::npos);
  EXPECT_EQ(letters[0].context.fingerprint.size(), 16u);
  ASSERT_EQ(stage.Summaries().size(), 1u);
  EXPECT_EQ(stage.Summaries()[0].counts.masked, 1u);
  EXPECT_EQ(stage.Summaries()[0].codes.at(Code::kQuarantined), 1u);
  EXPECT_TRUE(stage.Events().empty());
}

TEST(Replayed, UnderItsTicketIsPublishedOnceAndResolves) {
  Stage stage(ById);
  stage.quarantine.entries["bad"] = Entry();
  AddTicket(&stage, "k1", "bad", kGood);
  stage.Append(kA0, kGood, UnderTicket("k1"), "bad");
  stage.Append(kA0, kGood, UnderTicket("k1"), "bad");
  stage.Run();
  stage.Append(kA0, kGood, UnderTicket("k1"), "bad");  // the state still shows the ticket
  stage.Run();
  EXPECT_EQ(stage.Published(kA0).size(), 1u);
  EXPECT_EQ(stage.Seen("replay_published"), 1);
  const auto letters = stage.Letters(kA0);
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_NE(letters[0].context.message.find("another copy"), std::string::npos);
}

TEST(Replayed, ACopyThatIsMaskedByItsCoordinatesLeavesTheTicketToTheOther) {
  Stage stage(ById);
  stage.quarantine.entries["bad"] = Entry();
  auto offsets = std::make_shared<pipeline::QuarantinedOffsets>();
  (*offsets)[0] = std::make_shared<const state::QuarantineEntry>(Entry());
  auto records = std::make_shared<pipeline::QuarantinedRecords>();
  (*records)[kA0] = std::move(offsets);
  stage.records = std::move(records);
  AddTicket(&stage, "k1", "bad", kGood);
  stage.Append(kA0, kGood, UnderTicket("k1"), "bad");
  stage.Append(kA0, kGood, UnderTicket("k1"), "bad");
  stage.Run();
  EXPECT_EQ(stage.Published(kA0).size(), 1u);
  EXPECT_EQ(stage.Seen("replay_published"), 1);
  EXPECT_EQ(stage.Letters(kA0).size(), 1u);
}

// Its tool has asked another instance whether it knows the ticket.
TEST(Replayed, WaitsForTheStateWhereItsTicketIsNotKnownYet) {
  Stage stage(ById);
  stage.quarantine.entries["bad"] = Entry();
  stage.followed_ms = 0;
  stage.Append(kA0, kGood, UnderTicket("k1"), "bad");
  stage.Append({"b", 0}, kGood, {}, "x");
  stage.Run(20);
  EXPECT_TRUE(stage.board->awaited());
  EXPECT_TRUE(stage.Letters(kA0).empty());
  EXPECT_EQ(stage.Committed(kA0), 0);
  AddTicket(&stage, "k1", "bad", kGood);
  stage.Run(20);
  EXPECT_EQ(stage.Committed(kA0), 0) << "it is there, but who knows whether it is the newest";
  stage.followed_ms = stage.clock.MonotonicMs();
  stage.Run(20);
  EXPECT_EQ(stage.Published(kA0).size(), 1u);
  EXPECT_EQ(stage.Seen("replay_published"), 1);
  EXPECT_TRUE(stage.Letters(kA0).empty());
}

TEST(Replayed, ByAForgedTicketIsJudgedOnceTheStateIsFollowed) {
  Stage stage(ById);
  stage.quarantine.entries["bad"] = Entry();
  stage.followed_ms = 0;
  stage.Append(kA0, kGood, UnderTicket("forged"), "bad");
  stage.Append(kA0, kGood, {}, "good");
  stage.Run(20);
  EXPECT_EQ(stage.Committed(kA0), 0);
  stage.followed_ms = stage.clock.MonotonicMs();
  stage.Run(20);
  EXPECT_EQ(stage.Published(kA0).size(), 1u);
  EXPECT_EQ(stage.Letters(kA0).size(), 1u);
  EXPECT_FALSE(stage.board->awaited());
}

TEST(Replayed, ThatFailsComesBackCountedAndIsParkedAtTheCap) {
  Stage stage(ById);
  AddTicket(&stage, "k1", "x", kBad, 2);
  AddTicket(&stage, "k2", "y", kBad, 3);
  stage.Append(kA0, kBad, UnderTicket("k1"), "x");
  stage.Append(kA0, kBad, UnderTicket("k2"), "y");
  stage.Run();
  EXPECT_EQ(stage.StateOf(kA), BreakerState::kGreen);
  EXPECT_EQ(stage.Seen("replay_published"), 0);
  const auto letters = stage.Letters(kA0);
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[0].context.code, Code::kTypeMismatch);
  EXPECT_EQ(letters[0].context.replay_count, 2u);
  EXPECT_EQ(letters[1].context.code, Code::kReplayParked);
  EXPECT_EQ(letters[1].context.replay_count, 3u);
  EXPECT_NE(letters[1].context.message.find("parked"), std::string::npos);
}

TEST(Replayed, InARoundThatIsNotCommittedIsPublishedAfterAll) {
  Stage stage(ById);
  stage.quarantine.entries["bad"] = Entry();
  AddTicket(&stage, "k1", "bad", kGood);
  stage.faults.not_committed = 1'000;
  stage.Append(kA0, kGood, UnderTicket("k1"), "bad");
  stage.Run(20);
  EXPECT_TRUE(stage.Published(kA0).empty());
  stage.faults.not_committed = 0;
  stage.Run(600);
  EXPECT_EQ(stage.Published(kA0).size(), 1u);
  EXPECT_TRUE(stage.Letters(kA0).empty());
}

// --- Poison ---------------------------------------------------------------------------------------------------

// Tells when its thread is at work.
class ToldLog : public CrashLog {
 public:
  ToldLog(std::unique_ptr<CrashLog> log, bool* working) : log_(std::move(log)), working_(working) {}
  std::vector<CrashRange> Deaths() const override { return log_->Deaths(); }
  void Begin(const TopicPartition& source, Offset from, Offset to) override {
    log_->Begin(source, from, to);
    *working_ = true;
  }
  void At(Offset offset) override { log_->At(offset); }
  void End() override {
    *working_ = false;
    log_->End();
  }
  void Forget(const TopicPartition& source, Offset offset) override { log_->Forget(source, offset); }

 private:
  const std::unique_ptr<CrashLog> log_;
  bool* const working_;
};

// A process that dies at the record with the header "kill": when it is judged, or when it is described.
class Poison : public testing::TestWithParam<bool> {
 protected:
  Poison() { Unlink(); }
  ~Poison() override { Unlink(); }
  void Unlink() const {
    for (const char* whose : {"worker", "publisher"}) unlink((path_ + whose).c_str());
  }
  std::unique_ptr<CrashLog> Open(const char* whose) const {
    auto log = files::OpenCrashLog(path_ + whose);
    EXPECT_TRUE(log.ok());
    return log.ok() ? std::move(*log) : nullptr;
  }

  void Run(Stage** running) {
    stage_ = std::make_unique<Stage>(
        [](pipeline::StreamPlan* stream) {
          stream->business_id = {pipeline::IdentitySource::Kind::kHeader, "id", 0};
        },
        CrashLogs{std::make_unique<ToldLog>(Open("worker"), &judging_),
                  std::make_unique<ToldLog>(Open("publisher"), &describing_)});
    stage_->faults.headers_read = [this](const Record& record) {
      const bool reads = GetParam() ? describing_ && deadly_ : judging_;
      if (reads && record.headers[0].name == "kill") kill(getpid(), SIGKILL);
    };
    for (int i = 0; i < 9; ++i) {
      // What is described has failed.
      const bool fails = i == 5 && GetParam();
      const std::string value = fails ? R"({"v":5,)" : R"({"v":)" + std::to_string(i) + "}";
      stage_->Append(kA0, value, {{i == 5 ? "kill" : "id", "x"}});
      stage_->Append({"a", 1}, kGood, {{"id", "x"}});
    }
    stage_->Run();
    *running = stage_.get();
  }

  const std::string path_ = testing::TempDir() + "poison_" + std::to_string(getpid());
  bool judging_ = false;
  bool describing_ = false;
  bool deadly_ = true;  // its headers go into its letter, too: not the text of what is wrong with it
  std::unique_ptr<Stage> stage_;
};

TEST_P(Poison, ARecordThatKillsItsWorkerThreeTimesIsMasked) {
  Stage* stage = nullptr;
  for (int death = 0; death < 3; ++death) {
    const pid_t child = fork();
    if (child == 0) {
      Run(&stage);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "death " << death;
  }
  deadly_ = false;
  Run(&stage);
  EXPECT_EQ(stage->Committed(kA0), 9);
  EXPECT_EQ(stage->Published(kA0).size(), 8u);
  EXPECT_EQ(stage->Published({"a", 1}).size(), 9u);
  const auto letters = stage->Letters(kA0);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].context.code, Code::kPoisonRecord);
  EXPECT_EQ(letters[0].context.offset, 5);
  EXPECT_EQ(stage->Seen("poison_found"), 1);
  ASSERT_EQ(stage->Events().size(), 1u);
  EXPECT_EQ(stage->Events()[0].code, Code::kPoisonRecord);
  EXPECT_EQ(stage->Events()[0].row_count, 1u);
  stage_.reset();
  EXPECT_TRUE(Open("worker")->Deaths().empty());
  EXPECT_TRUE(Open("publisher")->Deaths().empty());
}

INSTANTIATE_TEST_SUITE_P(Threads, Poison, testing::Bool(),
                         [](const auto& made) { return made.param ? "Describing" : "Judging"; });

}  // namespace
}  // namespace fracas::sim
