#include <gtest/gtest.h>

#include "core/text.h"
#include "core/timestamp.h"
#include "tools/recovery/incident.h"
#include "tools/recovery/verdict.h"

namespace fracas::tools {
namespace {

constexpr int64_t kNow = 1'769'860'800'000;
const TopicPartition kSource{"crm.raw", 0};
const TopicPartition kTarget{"crm", 0};

std::string Breaker(const std::string& state, const std::string& pending) {
  return Cat("{\"state\":\"", state, "\",\"version\":3,\"since\":\"",
             FormatTimestamp(kNow - 900'000),
             "\",\"code\":2103,\"cause\":\"TYPE_MISMATCH\",\"reason\":\"held\",\"pending_count\":",
             pending.empty() ? 0 : 1, ",\"pending\":[", pending, "]}");
}

wire::JournalEntry Entry(int64_t time_ms, std::string before, std::string after) {
  wire::JournalEntry entry;
  entry.time_ms = time_ms;
  entry.applied = true;
  entry.before_json = std::move(before);
  entry.after_json = std::move(after);
  return entry;
}

std::string Range(Offset from, Offset to) {
  return Cat("{\"topic\":\"crm.raw\",\"partition\":0,\"from\":", from, ",\"to\":", to,
             ",\"attempt\":1,\"cause\":\"TYPE_MISMATCH\",\"reason\":\"r\",\"passed\":false}");
}

TEST(IncidentTest, ItIsTheLastTimeThatTheStreamWasStopped) {
  std::vector<wire::JournalEntry> journal = {
      Entry(kNow - 9'000, "", Breaker("RED", Range(1, 2))),
      Entry(kNow - 8'000, Breaker("RED", Range(1, 2)), Breaker("PROBE", Range(1, 2))),
      Entry(kNow - 7'000, Breaker("PROBE", Range(1, 2)), Breaker("GREEN", "")),
      Entry(kNow - 6'000, Breaker("GREEN", ""), Breaker("RED", Range(100, 200))),
      Entry(kNow - 5'000, Breaker("RED", Range(100, 200)), Breaker("PROBE", Range(100, 200))),
      Entry(kNow - 4'000, Breaker("PROBE", Range(100, 200)), Breaker("RED", Range(100, 150))),
  };
  std::optional<Incident> incident = LastIncident(journal);
  ASSERT_TRUE(incident.has_value());
  EXPECT_EQ(incident->reset_ms, 0) << "the trial failed";
  EXPECT_EQ(incident->cause, Code::kTypeMismatch);
  ASSERT_EQ(incident->ranges.size(), 1U);
  EXPECT_EQ(incident->ranges[0].from, 100);
  EXPECT_EQ(incident->ranges[0].to, 200);
  journal.push_back(
      Entry(kNow - 3'000, Breaker("RED", Range(100, 150)), Breaker("PROBE", Range(100, 150))));
  journal.back().who = "anna";
  journal.push_back(Entry(kNow - 2'000, Breaker("PROBE", Range(100, 150)), Breaker("GREEN", "")));
  incident = LastIncident(journal);
  EXPECT_EQ(incident->reset_ms, kNow - 3'000);
  EXPECT_EQ(incident->reset_by, "anna");
  EXPECT_EQ(incident->end_ms, kNow - 2'000);
}

TEST(IncidentTest, WhatIsNoBreakerIsPassedOver) {
  const std::vector<wire::JournalEntry> journal = {
      Entry(1, "", "{\"version\":1}"), Entry(2, "", ""), Entry(3, "{", "[]"),
      Entry(4, "", "{\"state\":\"RED\",\"pending\":3}")};
  EXPECT_FALSE(LastIncident(journal).has_value());
  wire::JournalEntry refused = Entry(5, "", Breaker("RED", ""));
  refused.applied = false;
  EXPECT_FALSE(LastIncident(std::vector{refused}).has_value());
}

TEST(IncidentTest, APersonsStopWithNothingHeldIsOne) {
  const std::vector<wire::JournalEntry> journal = {
      Entry(1'000, Breaker("GREEN", ""), Breaker("RED", "")),
      Entry(2'000, Breaker("RED", ""), Breaker("GREEN", ""))};
  const std::optional<Incident> incident = LastIncident(journal);
  ASSERT_TRUE(incident.has_value());
  EXPECT_TRUE(incident->ranges.empty());
  EXPECT_EQ(incident->reset_ms, 2'000);
  EXPECT_EQ(incident->end_ms, 2'000);
}

class VerdictTest : public testing::Test {
 protected:
  VerdictTest() {
    stream_.id = "contacts";
    stream_.pipeline = "crm";
    stream_.audit.max_failed_ratio = 0.05;
    evidence_.stream = "crm/contacts";
    evidence_.now_ms = kNow;
    evidence_.since_ms = kNow - 60'000;
    evidence_.breaker.state = state::BreakerState::kGreen;
    Incident incident;
    incident.begin_ms = kNow - 600'000;
    incident.reset_ms = evidence_.since_ms;
    incident.end_ms = kNow - 50'000;
    incident.cause = Code::kTypeMismatch;
    state::PendingRange range;
    range.source = kSource;
    range.from = 100;
    range.to = 200;
    incident.ranges = {range};
    evidence_.incident = incident;
    PartitionEvidence partition{.source = kSource};
    partition.high = 300;
    partition.committed = 300;
    partition.held = range;
    partition.target = kTarget;
    partition.target_high = partition.target_stable = 500;
    partition.witness = Witness{.source = 101, .published = 400};
    partition.ranges = {Tile(100, 200), Tile(200, 300)};
    evidence_.partitions = {partition};
    evidence_.summaries = 2;
    evidence_.counts.published = 199;
    evidence_.counts.dead_lettered = 1;
    evidence_.last_output_ms = kNow - 1'000;
    ModeSeen mode{.code = Code::kTypeMismatch, .fingerprint = "abcdef0123"};
    mode.of_incident = mode.held = true;
    mode.rows_before = 7;
    evidence_.modes = {mode};
  }

  static wire::SummaryRange Tile(Offset from, Offset to) {
    wire::SummaryRange range;
    range.source = kSource;
    range.from = from;
    range.to = to;
    range.records = static_cast<uint64_t>(to - from);
    return range;
  }
  PartitionEvidence& partition() { return evidence_.partitions.front(); }
  Verdict Look() const { return Judge(stream_, {}, evidence_, "f.yaml"); }
  Answer Of(Check check) const { return Look().ticks[static_cast<size_t>(check)].answer; }
  std::string Found(Check check) const { return Look().ticks[static_cast<size_t>(check)].found; }

  config::Stream stream_;
  Evidence evidence_;
};

TEST_F(VerdictTest, FiveTicksAreARecovery) {
  const Verdict verdict = Look();
  for (const Tick& tick : verdict.ticks) {
    EXPECT_EQ(tick.answer, Answer::kYes) << Name(tick.check) << ": " << tick.found;
    EXPECT_TRUE(tick.next.empty()) << tick.next;
    EXPECT_FALSE(tick.found.empty());
  }
  EXPECT_TRUE(verdict.verified());
  evidence_.breaker.state = state::BreakerState::kProbe;
  EXPECT_FALSE(Look().verified()) << "it does not flow yet";
}

TEST_F(VerdictTest, TooManyFailuresAreNoRecovery) {
  evidence_.counts = {.published = 180, .dead_lettered = 20, .masked = 0, .observed = 0};
  EXPECT_EQ(Of(Check::kQuality), Answer::kNo);
  EXPECT_EQ(Of(Check::kConservation), Answer::kYes);
  stream_.audit.max_failed_ratio = 0.2;
  EXPECT_EQ(Of(Check::kQuality), Answer::kYes);
  stream_.alerts.pass_ratio = 0.99;
  EXPECT_EQ(Of(Check::kQuality), Answer::kNo) << "the tighter bound counts";
  evidence_.counts = {.published = 180, .dead_lettered = 0, .masked = 20, .observed = 0};
  EXPECT_EQ(Of(Check::kQuality), Answer::kYes) << "masked is somebody's decision";
}

TEST_F(VerdictTest, NothingJudgedSaysNothing) {
  evidence_.counts = {};
  partition().ranges.clear();
  EXPECT_EQ(Of(Check::kQuality), Answer::kNotYet);
  evidence_.incident.reset();
  partition().held.reset();
  EXPECT_EQ(Of(Check::kQuality), Answer::kYes) << "a quiet stream that was never stopped";
}

TEST_F(VerdictTest, AHoleBetweenRangesIsALoss) {
  partition().ranges = {Tile(100, 200), Tile(201, 300)};
  EXPECT_EQ(Of(Check::kConservation), Answer::kNo);
  partition().ranges = {Tile(100, 210), Tile(200, 300)};
  EXPECT_EQ(Of(Check::kConservation), Answer::kNo) << "read twice";
  partition().ranges = {Tile(120, 200), Tile(200, 300)};
  EXPECT_NE(Found(Check::kConservation).find("was held from 100 and went on at 120"),
            std::string::npos);
}

TEST_F(VerdictTest, OffsetsAndCountsMustAgreeWithTheSummaries) {
  partition().committed = 250;
  EXPECT_EQ(Of(Check::kConservation), Answer::kNo) << "no range ends there";
  partition().committed = 200;
  EXPECT_EQ(Of(Check::kConservation), Answer::kYes) << "a newer round was committed meanwhile";
  partition().committed = 300;
  evidence_.counts.published = 198;
  EXPECT_EQ(Of(Check::kConservation), Answer::kNo);
  EXPECT_NE(Found(Check::kConservation).find("200 records were read and 199"), std::string::npos);
  evidence_.counts.published = 199;
  evidence_.broken_summary = "does not add up";
  EXPECT_EQ(Of(Check::kConservation), Answer::kNo);
}

TEST_F(VerdictTest, WhatWasHeldMustBeReadToItsEnd) {
  partition().ranges = {Tile(100, 150)};
  partition().committed = 150;
  evidence_.counts = {.published = 50, .dead_lettered = 0, .masked = 0, .observed = 0};
  EXPECT_EQ(Of(Check::kConservation), Answer::kNotYet);
}

// As after every replay: its transaction's marker is the source's last offset.
TEST_F(VerdictTest, AMarkerAtTheEndIsNoRecord) {
  evidence_.counts = {};
  evidence_.incident.reset();
  partition().ranges.clear();
  partition().held.reset();
  partition().committed = 299;
  partition().stable = 300;
  EXPECT_EQ(Of(Check::kQuality), Answer::kYes);
  EXPECT_NE(Found(Check::kFreshness).find("everything is read"), std::string::npos);
  partition().stable = 299;
  EXPECT_EQ(Of(Check::kQuality), Answer::kNotYet) << "an open transaction may hold records there";
  partition().stable = 300;
  partition().oldest_unread_ms = kNow - 1;
  EXPECT_EQ(Of(Check::kQuality), Answer::kNotYet) << "there is a record";
}

TEST_F(VerdictTest, WhatWasHeldMayEndWithAMarker) {
  partition().ranges = {Tile(100, 199)};
  evidence_.counts = {.published = 99, .dead_lettered = 0, .masked = 0, .observed = 0};
  partition().committed = 199;
  partition().high = partition().stable = 200;
  EXPECT_EQ(Of(Check::kConservation), Answer::kYes);
}

TEST_F(VerdictTest, FreshnessHasAnSla) {
  stream_.max_silence_ms = 10'000;
  EXPECT_EQ(Of(Check::kFreshness), Answer::kYes);
  evidence_.last_output_ms = kNow - 11'000;
  EXPECT_EQ(Of(Check::kFreshness), Answer::kNo);
  stream_.max_silence_ms = config::kOff;
  EXPECT_EQ(Of(Check::kFreshness), Answer::kYes);
  partition().committed = 200;
  partition().oldest_unread_ms = kNow - 400'000;
  EXPECT_EQ(Of(Check::kFreshness), Answer::kNotYet) << "it is catching up";
  partition().oldest_unread_ms = kNow - 2'000;
  EXPECT_EQ(Of(Check::kFreshness), Answer::kYes);
}

TEST_F(VerdictTest, WhatAnOpenTransactionHoldsIsNotFresh) {
  partition().committed = 200;
  partition().stable = 200;
  EXPECT_EQ(Of(Check::kFreshness), Answer::kNotYet);
  EXPECT_EQ(Found(Check::kFreshness),
            "an open transaction holds the last stable offset of crm.raw/0 at 200: 100 offsets behind "
            "it cannot be read, how old they are is not known");
  const std::string next = Look().ticks[static_cast<size_t>(Check::kFreshness)].next;
  EXPECT_NE(next.find("`fracas doctor -c f.yaml --stream crm/contacts`"), std::string::npos) << next;
  EXPECT_FALSE(Look().verified());
  partition().stable = 250;
  partition().oldest_unread_ms = kNow - 2'000;
  EXPECT_EQ(Of(Check::kFreshness), Answer::kYes) << "a reader comes on";
}

TEST_F(VerdictTest, TheModeMustNotComeBack) {
  evidence_.modes[0].rows_since = 2;
  EXPECT_EQ(Of(Check::kMode), Answer::kNo);
  evidence_.modes[0].rows_since = 0;
  evidence_.modes.push_back({.code = Code::kEnumUnknown, .fingerprint = "1234"});
  evidence_.modes[1].rows_since = 5;
  EXPECT_EQ(Of(Check::kMode), Answer::kYes) << "another mode is not this incident's";
  evidence_.modes.erase(evidence_.modes.begin());
  evidence_.modes[0].held = true;
  EXPECT_EQ(Of(Check::kMode), Answer::kNo) << "without a known mode, whatever holds the stream";
  evidence_.asked = Code::kTypeMismatch;
  EXPECT_EQ(Of(Check::kMode), Answer::kYes) << "asked about another one";
}

TEST_F(VerdictTest, AReaderMustGetPastTheIncident) {
  partition().witness.reset();
  EXPECT_EQ(Of(Check::kReader), Answer::kNotYet);
  partition().witness = Witness{.source = 101, .published = 400};
  partition().target_stable = 399;
  EXPECT_EQ(Of(Check::kReader), Answer::kNotYet);
  EXPECT_NE(Found(Check::kReader).find("an open transaction keeps"), std::string::npos);
  partition().target = {};
  EXPECT_EQ(Of(Check::kReader), Answer::kYes) << "mode none publishes nothing";
}

}  // namespace
}  // namespace fracas::tools
