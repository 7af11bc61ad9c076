#include "pipeline/mask.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "contract/contract.h"
#include "core/classify.h"
#include "core/limits.h"
#include "gtest/gtest.h"
#include "pipeline/examiner.h"
#include "wire/replay.h"

namespace fracas::pipeline {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr StreamIndex kStream{0};
const TopicPartition kSource{"t", 0};
constexpr int64_t kNow = 1'700'000'000'000;

class TestLease : public PayloadLease {
 public:
  std::map<uint32_t, Headers> headers;
  void VisitHeaders(uint32_t index,
                    const std::function<void(std::string_view, std::string_view)>& visit) const override {
    const auto found = headers.find(index);
    if (found == headers.end()) return;
    for (const auto& [name, value] : found->second) visit(name, value);
  }
};

class TestQuarantine : public Quarantine {
 public:
  std::map<std::string, state::QuarantineEntry, std::less<>> entries;
  mutable int finds = 0;
  bool broken = false;
  bool AnyId(std::string_view) const override { return !entries.empty(); }
  uint64_t SeedOf(std::string_view) const override { return 1; }
  // Maybe: also for ids that only look alike.
  bool MaybeId(uint64_t, std::string_view id) const override { return id.starts_with("c-"); }
  Status FindIds(std::string_view stream, const std::vector<std::string_view>& ids,
                 std::vector<state::QuarantineEntry>* found) const override {
    EXPECT_EQ(stream, "p/s");
    ++finds;
    if (broken) return Status::Stop("the store is gone");
    for (const std::string_view id : ids) {
      const auto at = entries.find(id);
      found->push_back(at == entries.end() ? state::QuarantineEntry() : at->second);
    }
    return {};
  }
};

state::QuarantineEntry Entry(std::string reason) {
  state::QuarantineEntry entry;
  entry.stamp.version = 1;
  entry.code = Code::kQuarantined;
  entry.reason = std::move(reason);
  entry.owner = "crm-team";
  entry.who = "ada";
  entry.since_ms = kNow;
  return entry;
}

class MaskTest : public testing::Test {
 protected:
  MaskTest() {
    contract::Rules rules;
    rules.captures = {"/id"};
    rules.has_event_time = true;
    rules.event_time.pointer = "/at";
    rules.event_time.format = contract::TimeFormat::kUnixMilliseconds;
    rules.event_time.max_age_ms = 1'000;
    stream_->pipeline = "p";
    stream_->id = "s";
    stream_->contract = contract::CompileBytes(
        R"({"properties":{"v":{"type":"integer"}},"required":["v"]})", "", rules, {}).contract;
    stream_->business_id = {IdentitySource::Kind::kPointer, "/id", 0};
    plan_->streams = {stream_};
  }

  // Record i has offset 10 + i.
  void Add(std::string value, Headers headers = {}) {
    const auto index = static_cast<uint32_t>(values_.size());
    values_.push_back(std::move(value));
    lease().headers[index] = std::move(headers);
  }

  state::Ticket& AddTicket(const std::string& id, const std::string& value, const std::string& business_id) {
    auto ticket = std::make_shared<state::Ticket>();
    ticket->id = id;
    ticket->stream = "p/s";
    ticket->business_id = business_id;
    ticket->digest = wire::ReplayDigest({}, value);
    ticket->original_timestamp_ms = 0;
    ticket->replay_count = 1;
    ticket->expires_ms = kNow + 1'000;
    (*tickets_)[id] = ticket;
    return *ticket;
  }

  void Judge() {
    if (board_ == nullptr) board_ = std::make_unique<ControlBoard>(plan_);
    StateSnapshot state;
    state.breakers = {nullptr};
    state.tickets = tickets_;
    state.records = records_;
    state.quarantine = &quarantine_;
    board_->SetState(std::move(state));
    view_ = board_->Current();
    round_.wall_ms = kNow;
    batch_.Reset();
    batch_.id = {kStream, kSource, 10, 10 + static_cast<Offset>(values_.size()), 1};
    for (size_t i = 0; i < values_.size(); ++i) {
      batch_.records.Append(10 + static_cast<Offset>(i), kNow, {}, values_[i], static_cast<uint32_t>(i));
    }
    Mask mask(limits::kMiB);
    Replays replays(board_.get());
    mask.ByCoordinates(*view_, &batch_);
    replays.Find(*view_, round_, &batch_);
    examiner_.Examine(*stream_, lease(), kNow, &batch_);
    status_ = mask.ById(*view_, round_, &batch_);
    batch_.classified = Classify(stream_->dispositions, batch_.findings, Publishing::kCopy,
                                 &batch_.records, batch_.treatments);
  }

  TestLease& lease() { return *static_cast<TestLease*>(round_.lease.get()); }
  Outcome outcome(size_t record) const { return batch_.records.outcome[record]; }
  std::string message(size_t record) const {
    const MaskedRecord* masked = batch_.FindMasked(record);
    return masked == nullptr ? "" : masked->message;
  }
  bool Says(size_t record, std::string_view words) const {
    return message(record).find(words) != std::string::npos;
  }

  std::shared_ptr<StreamPlan> stream_ = std::make_shared<StreamPlan>();
  std::shared_ptr<Plan> plan_ = std::make_shared<Plan>();
  std::shared_ptr<TicketsById> tickets_ = std::make_shared<TicketsById>();
  std::shared_ptr<QuarantinedRecords> records_ = std::make_shared<QuarantinedRecords>();
  TestQuarantine quarantine_;
  std::unique_ptr<ControlBoard> board_;
  std::shared_ptr<const ControlView> view_;
  std::vector<std::string> values_;
  Examiner examiner_{limits::kMiB};
  Batch batch_;
  Round round_ = [] {
    Round round;
    round.lease = std::make_unique<TestLease>();
    return round;
  }();
  Status status_;
};

const std::string kGood = R"({"v":1,"id":"c-1"})";
const std::string kBad = R"({"v":"x","id":"c-1"})";

TEST_F(MaskTest, NothingIsQuarantined) {
  Add(kGood);
  Judge();
  EXPECT_EQ(outcome(0), Outcome::kPublished);
  EXPECT_EQ(quarantine_.finds, 0);
}

TEST_F(MaskTest, MasksABusinessIdAndNoOther) {
  quarantine_.entries["c-1"] = Entry("wrong country");
  Add(kGood);
  Add(R"({"v":1,"id":"c-2"})");  // maybe, and is not
  Add(R"({"v":1,"id":"d"})");
  Add(R"({"v":1})");
  Judge();
  EXPECT_EQ(outcome(0), Outcome::kMasked);
  EXPECT_EQ(batch_.records.code[0], Code::kQuarantined);
  for (size_t i = 1; i < 4; ++i) EXPECT_EQ(outcome(i), Outcome::kPublished) << i;
  EXPECT_TRUE(Says(0, "wrong country"));
  EXPECT_TRUE(Says(0, "crm-team"));
  EXPECT_TRUE(Says(0, "fracas replay"));
  EXPECT_TRUE(Says(0, "--re-inject"));
  EXPECT_EQ(quarantine_.finds, 1);  // all of a batch at once
  EXPECT_EQ(batch_.classified.masked, 1u);
  EXPECT_EQ(batch_.classified.records, 3u);
}

TEST_F(MaskTest, FindingsOfAMaskedRecordHoldNothing) {
  quarantine_.entries["c-1"] = Entry("");
  Add(kBad);
  Judge();
  EXPECT_EQ(outcome(0), Outcome::kMasked);
  EXPECT_EQ(batch_.classified.failed(), 0u);
  const Verdict verdict = Audit(stream_->audit, AuditWindow(), batch_.classified, batch_.records,
                                Publishing::kCopy, 0);
  EXPECT_EQ(verdict.action, Verdict::Action::kPublish);
  EXPECT_EQ(verdict.tally.masked, 1u);
}

TEST_F(MaskTest, MasksARecordWithoutLookingAtIt) {
  auto offsets = std::make_shared<QuarantinedOffsets>();
  state::QuarantineEntry entry = Entry("killed a worker");
  entry.code = Code::kPoisonRecord;
  (*offsets)[11] = std::make_shared<const state::QuarantineEntry>(entry);
  (*offsets)[99] = (*offsets)[11];
  (*records_)[kSource] = offsets;
  Add(kGood);
  Add("{");
  Add(kGood);
  Judge();
  EXPECT_EQ(outcome(0), Outcome::kPublished);
  EXPECT_EQ(outcome(1), Outcome::kMasked);
  EXPECT_EQ(batch_.records.code[1], Code::kPoisonRecord);
  EXPECT_EQ(outcome(2), Outcome::kPublished);
  EXPECT_TRUE(batch_.findings.empty());
}

TEST_F(MaskTest, AStreamThatPublishesNothingMasksNothing) {
  stream_->mode = PublishMode::kNone;
  quarantine_.entries["c-1"] = Entry("");
  Add(kGood);
  Judge();
  EXPECT_TRUE(batch_.masked.empty());
}

TEST_F(MaskTest, AFailingStoreStopsTheWorker) {
  quarantine_.entries["c-1"] = Entry("");
  quarantine_.broken = true;
  Add(kGood);
  Judge();
  ASSERT_FALSE(status_.ok());
  EXPECT_EQ(status_.action(), Action::kStop);
}

// --- Replays ----------------------------------------------------------------------------------------------

Headers TicketHeaders(std::string id) {
  return {{"is_replay", "true"}, {std::string(wire::kReplayTicketHeader), std::move(id)}};
}

TEST_F(MaskTest, ATicketLiftsTheMask) {
  quarantine_.entries["c-1"] = Entry("");
  AddTicket("k1", kGood, "c-1");
  Add(kGood, TicketHeaders("k1"));
  Judge();
  EXPECT_EQ(outcome(0), Outcome::kPublished);
  ASSERT_EQ(batch_.replays.size(), 1u);
  EXPECT_TRUE(batch_.replays[0].valid());
}

// A failing replay comes back as a dead letter and turns nothing RED, whatever its code does elsewhere.
TEST_F(MaskTest, AReplayThatFailsIsRejectedAndHoldsNothing) {
  AddTicket("k1", kBad, "c-1");
  Add(kBad, TicketHeaders("k1"));
  Judge();
  ASSERT_EQ(stream_->dispositions.Of(Code::kTypeMismatch), Disposition::kHold);
  EXPECT_EQ(outcome(0), Outcome::kDeadLettered);
  EXPECT_EQ(batch_.records.code[0], Code::kTypeMismatch);
  EXPECT_EQ(batch_.classified.held, 0u);
  EXPECT_EQ(batch_.classified.rejected, 1u);
}

TEST_F(MaskTest, AReplayIsParkedAtTheCap) {
  stream_->replay.count_max = 3;
  AddTicket("k1", kBad, "c-1").replay_count = 2;
  const std::string other = R"({"v":"y","id":"c-1"})";
  AddTicket("k2", other, "c-1").replay_count = 3;
  const std::string good = R"({"v":2,"id":"c-1"})";
  AddTicket("k3", good, "c-1").replay_count = 3;
  Add(kBad, TicketHeaders("k1"));
  Add(other, TicketHeaders("k2"));
  Add(good, TicketHeaders("k3"));
  Judge();
  EXPECT_EQ(batch_.records.code[0], Code::kTypeMismatch);
  EXPECT_EQ(batch_.records.code[1], Code::kReplayParked);
  EXPECT_EQ(outcome(2), Outcome::kPublished);
}

TEST_F(MaskTest, TheAgeOfAReplayIsThatOfItsOriginal) {
  const std::string old = R"({"v":1,"id":"c-1","at":)" + std::to_string(kNow - 100'000) + "}";
  AddTicket("k1", old, "c-1").original_timestamp_ms = kNow - 99'500;
  Add(old, TicketHeaders("k1"));
  Add(old);
  Judge();
  EXPECT_EQ(outcome(0), Outcome::kPublished);
  ASSERT_EQ(batch_.findings.size(), 1u);
  EXPECT_EQ(batch_.findings.items()[0].record, 1u);
  EXPECT_EQ(batch_.findings.items()[0].code, Code::kTsStale);
}

// What keeps a ticket from lifting the mask, and the words that the dead letter has for it.
TEST_F(MaskTest, SaysWhyATicketLiftsNothing) {
  quarantine_.entries["c-1"] = Entry("");
  AddTicket("other-stream", kGood, "c-1").stream = "p/t";
  AddTicket("expired", kGood, "c-1").expires_ms = kNow;
  AddTicket("other-bytes", R"({"v":2,"id":"c-1"})", "c-1");
  AddTicket("other-id", kGood, "c-9");
  Add(kGood, TicketHeaders("none"));
  Add(kGood, TicketHeaders("other-stream"));
  Add(kGood, TicketHeaders("expired"));
  Add(kGood, TicketHeaders("other-bytes"));
  Add(kGood, TicketHeaders("other-id"));
  Add(kGood, {{"is_replay", "true"}});
  Add(kGood, {{"is_replay", "yes"}});
  Judge();
  for (size_t i = 0; i < values_.size(); ++i) EXPECT_EQ(outcome(i), Outcome::kMasked) << i;
  EXPECT_TRUE(Says(0, "no such ticket"));
  EXPECT_TRUE(Says(1, "another stream"));
  EXPECT_TRUE(Says(2, "expired"));
  EXPECT_TRUE(Says(3, "another key or value"));
  EXPECT_TRUE(Says(4, "another business id"));
  EXPECT_TRUE(Says(5, "names no ticket"));
  EXPECT_FALSE(Says(6, "replay, but"));
}

TEST_F(MaskTest, AForgedMarkDoesNothingElse) {
  Add(kGood, {{"is_replay", "true"}});
  Judge();
  EXPECT_EQ(outcome(0), Outcome::kPublished);
  EXPECT_TRUE(batch_.treatments.empty());
}

TEST_F(MaskTest, OneTicketIsForOneRecord) {
  quarantine_.entries["c-1"] = Entry("");
  AddTicket("k1", kGood, "c-1");
  Add(kGood, TicketHeaders("k1"));
  Add(kGood, TicketHeaders("k1"));
  Judge();
  EXPECT_EQ(outcome(0), Outcome::kPublished);
  EXPECT_EQ(outcome(1), Outcome::kMasked);
  EXPECT_TRUE(Says(1, "another copy"));
}

TEST_F(MaskTest, ATicketIsFreeAgainWhenItsRoundIsDropped) {
  quarantine_.entries["c-1"] = Entry("");
  AddTicket("k1", kGood, "c-1");
  Add(kGood, TicketHeaders("k1"));
  Judge();
  Judge();  // the batch was reset
  EXPECT_EQ(outcome(0), Outcome::kPublished);
}

TEST_F(MaskTest, AUsedTicketStaysUsedUntilTheStateShowsIt) {
  quarantine_.entries["c-1"] = Entry("");
  AddTicket("k1", kGood, "c-1");
  Add(kGood, TicketHeaders("k1"));
  Judge();
  batch_.replays[0].claim.Keep();  // committed
  Judge();
  EXPECT_EQ(outcome(0), Outcome::kMasked);
  tickets_ = std::make_shared<TicketsById>();
  Judge();
  EXPECT_TRUE(Says(0, "no such ticket"));
  EXPECT_TRUE(board_->ClaimTicket("k1"));  // forgotten
}

TEST_F(MaskTest, ARoundIsStaleWhenItsTicketsChange) {
  AddTicket("k1", kGood, "c-1");
  Add(kGood, TicketHeaders("k1"));
  Add(R"({"v":2,"id":"c-1"})", TicketHeaders("k2"));
  Judge();
  Round round;
  *round.AddBatch() = std::move(batch_);
  EXPECT_TRUE(Replays::StillHold(*view_, round));
  const auto with = [&](const std::shared_ptr<TicketsById>& tickets) {
    StateSnapshot state;
    state.breakers = {nullptr};
    state.tickets = tickets;
    board_->SetState(std::move(state));
    return Replays::StillHold(*board_->Current(), round);
  };
  EXPECT_TRUE(with(std::make_shared<TicketsById>(*tickets_)));
  auto more = std::make_shared<TicketsById>(*tickets_);
  (*more)["k2"] = (*more)["k1"];  // the one that was not known has come
  EXPECT_FALSE(with(more));
  EXPECT_FALSE(with(nullptr));
}

TEST_F(MaskTest, AStreamMayTrustTheMark) {
  stream_->replay.trust = ReplayRules::Trust::kMark;
  quarantine_.entries["c-1"] = Entry("");
  Add(kGood, {{"is_replay", "false"}, {"is_replay", "true"}});
  Add(kGood, {{"is_replay", "true"}, {"is_replay", "false"}});
  Judge();
  EXPECT_EQ(outcome(0), Outcome::kPublished);
  EXPECT_EQ(outcome(1), Outcome::kMasked);
  EXPECT_TRUE(batch_.treatments.size() == 1);  // the mark is no ticket
}

TEST_F(MaskTest, TheMarkMayBeInTheBody) {
  stream_->replay.trust = ReplayRules::Trust::kMark;
  contract::Rules rules;
  rules.forbid_duplicate_keys = true;
  stream_->replay.mark_contract = contract::CompileBytes(
      R"({"type":"object","required":["r"],"properties":{"r":{"enum":[true,"true"]}}})", "", rules, {})
      .contract;
  quarantine_.entries["c-1"] = Entry("");
  Add(R"({"v":1,"id":"c-1","r":true})");
  Add(R"({"v":1,"id":"c-1","r":"true"})");
  Add(R"({"v":1,"id":"c-1","r":false})");
  Add(R"({"v":1,"id":"c-1"})", {{"is_replay", "true"}});
  Add(R"({"v":1,"id":"c-1","r":true,"r":false})");
  Judge();
  EXPECT_EQ(outcome(0), Outcome::kPublished);
  EXPECT_EQ(outcome(1), Outcome::kPublished);
  for (size_t i = 2; i < 5; ++i) EXPECT_EQ(outcome(i), Outcome::kMasked) << i;
}

TEST_F(MaskTest, ADuplicateIdentityIsAFinding) {
  Add(R"({"v":1,"id":"c-2","id":"c-1"})");
  Judge();
  ASSERT_EQ(batch_.findings.size(), 1u);
  EXPECT_EQ(batch_.findings.items()[0].code, Code::kDuplicateKey);
}

}  // namespace
}  // namespace fracas::pipeline
