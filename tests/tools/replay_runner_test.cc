#include <gtest/gtest.h>

#include <deque>

#include "core/limits_tools.h"
#include "core/text.h"
#include "tests/tools/fake_group.h"
#include "tools/replay/job_log.h"
#include "tools/replay/report.h"
#include "tools/replay/runner.h"
#include "wire/replay.h"

namespace fracas::tools {
namespace {

const TopicPartition kSource{"archive", 0};
const TopicPartition kTarget{"again", 0};
const TopicPartition kProgress{"shop.replays", 0};

// Appends to the group's logs when it commits; ends of commits are played in order.
class FakeTransaction : public Transaction {
 public:
  using Kind = CommitResult::Kind;
  enum class End { kCommit, kNotCommitted, kUnknownCommitted, kUnknownLost, kFenced };
  explicit FakeTransaction(FakeGroup* group) : group_(group) {}
  std::deque<End> ends;  // of the next commits; then all commit
  int claims = 0;
  std::vector<std::string> tickets;  // that records named

  Status Recreate() override {
    ++claims;
    held_.clear();
    return {};
  }
  Result<OutputTopic> Open(const std::string& topic) override {
    topics_.push_back(topic);
    return OutputTopic{.index = static_cast<uint32_t>(topics_.size() - 1), .partitions = 1};
  }
  Status Begin() override {
    held_.clear();
    return {};
  }
  Status Forward(OutputTopic, Partition, const ConsumedRecord&, PayloadLease*) override {
    return {};
  }
  Status Produce(OutputTopic topic, Partition partition, const ProducedRecord& record) override {
    held_.push_back(
        {{topics_[topic.index], partition}, std::string(record.key), std::string(record.value)});
    for (const HeaderView& header : record.headers) {
      if (header.name == wire::kReplayTicketHeader) tickets.emplace_back(header.value);
    }
    return {};
  }
  CommitResult Commit(const AssignmentEpoch*, std::span<const OffsetToCommit>) override {
    const End end = ends.empty() ? End::kCommit : ends.front();
    if (!ends.empty()) ends.pop_front();
    if (end == End::kCommit || end == End::kUnknownCommitted) {
      for (const Held& held : held_) group_->Append(held.to, held.key, held.value);
    }
    switch (end) {
      case End::kCommit: return {};
      case End::kNotCommitted: return {.kind = Kind::kNotCommitted, .status = Status::Abort("no")};
      case End::kUnknownCommitted:
      case End::kUnknownLost: return {.kind = Kind::kUnknown, .status = Status::Abort("who knows")};
      case End::kFenced: return {.kind = Kind::kFenced, .status = Status::Abort("fenced")};
    }
    return {};
  }
  CommitResult Abort() override {
    return {.kind = Kind::kNotCommitted, .status = Status::Abort("given up")};
  }
  uint64_t accepted() const override { return held_.size(); }
  uint64_t failed() const override { return 0; }

 private:
  struct Held {
    TopicPartition to;
    std::string key;
    std::string value;
  };
  FakeGroup* const group_;
  std::vector<std::string> topics_;
  std::vector<Held> held_;
};

class ReplayRunnerTest : public testing::Test {
 protected:
  ReplayRunnerTest() : transaction_(&group_), feed_(&group_) {
    config_.group = "shop";
    for (const char* topic : {"archive", "again", "shop.replays"}) group_.AddTopic(topic);
    for (int i = 0; i < 100; ++i) group_.Append(kSource, "k", Cat(i));
    plan_.job.name = "job";
    plan_.job.request = "request";
    plan_.job.to = "again";
    plan_.job.started_ms = plan_.job.updated_ms = group_.clock.WallMs();
    plan_.job.ranges = {{.source = kSource, .from = 0, .to = 100, .next = 0}};
    plan_.partitions = 1;
    policy_.rates.records_per_second = 50;  // ten records a transaction
  }
  Result<ReplayJob> Run() {
    const auto pause = [this](int64_t ms) { group_.clock.moved_ms += ms; };
    ReplaySender sender(
        config_, plan_.job.name, plan_.job.to,
        {.admin = &group_, .reader = &group_, .transaction = &transaction_, .pause = pause});
    ReplayPorts ports;
    ports.feed = &feed_;
    ports.sender = &sender;
    ports.clock = &group_.clock;
    ports.pause = pause;
    return ReplayRunner(plan_, policy_, ports).Run();
  }
  // Every record once, in order.
  void ExpectAllOnce() {
    ASSERT_EQ(group_.logs[kTarget].size(), 100U);
    for (int i = 0; i < 100; ++i)
      EXPECT_EQ(group_.logs[kTarget][static_cast<size_t>(i)].value, Cat(i));
  }

  using End = FakeTransaction::End;
  config::Config config_;
  FakeGroup group_;
  FakeTransaction transaction_;
  TopicFeed feed_;
  ReplayPlan plan_;
  ReplayPolicy policy_;
};

TEST_F(ReplayRunnerTest, EverythingIsSentOnce) {
  Result<ReplayJob> job = Run();
  ASSERT_TRUE(job.ok()) << job.status().message();
  EXPECT_EQ(job->state, JobState::kDone);
  EXPECT_EQ(job->counts.sent, 100U);
  EXPECT_EQ(job->Remaining(), 0U);
  ExpectAllOnce();
  EXPECT_EQ(group_.logs[kProgress].size(), 11U) << "ten chunks and the end";
  // Again: nothing more.
  job = Run();
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->counts.sent, 100U);
  ExpectAllOnce();
}

TEST_F(ReplayRunnerTest, WhateverACommitEndsWithNothingIsLostOrDoubled) {
  transaction_.ends = {End::kCommit,       End::kNotCommitted,    End::kUnknownCommitted,
                       End::kUnknownLost,  End::kUnknownLost,     End::kCommit,
                       End::kNotCommitted, End::kUnknownCommitted};
  Result<ReplayJob> job = Run();
  ASSERT_TRUE(job.ok()) << job.status().message();
  EXPECT_EQ(job->counts.sent, 100U);
  EXPECT_GE(transaction_.claims, 5);
  ExpectAllOnce();
}

TEST_F(ReplayRunnerTest, AJobThatWasTakenOverGoesOnElsewhere) {
  for (const size_t before : {0U, 3U, 6U}) {
    transaction_.ends.clear();
    for (size_t i = 0; i < before; ++i) transaction_.ends.push_back(End::kCommit);
    transaction_.ends.push_back(End::kFenced);
    Result<ReplayJob> job = Run();
    EXPECT_EQ(job.status().action(), Action::kStop);
  }
  EXPECT_EQ(group_.logs[kTarget].size(), 90U);
  ASSERT_TRUE(Run().ok());
  ExpectAllOnce();
}

TEST_F(ReplayRunnerTest, ALimitStopsItAndTheRestFollows) {
  policy_.limit = 25;
  Result<ReplayJob> job = Run();
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->state, JobState::kStopped);
  EXPECT_EQ(job->counts.sent, 25U);
  EXPECT_EQ(job->Remaining(), 75U);
  EXPECT_EQ(group_.logs[kTarget].size(), 25U);
  policy_.limit = 0;
  job = Run();
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->state, JobState::kDone);
  EXPECT_TRUE(job->reason.empty());
  ExpectAllOnce();
}

TEST_F(ReplayRunnerTest, AnotherRequestOfTheSameNameIsRefused) {
  ASSERT_TRUE(Run().ok());
  plan_.job.request = "another";
  EXPECT_EQ(Run().status().action(), Action::kReject);
}

TEST_F(ReplayRunnerTest, SeveralRangesOfOnePartitionAreReadInTurn) {
  plan_.job.ranges = {{.source = kSource, .from = 5, .to = 10, .next = 5},
                      {.source = kSource, .from = 50, .to = 53, .next = 50}};
  Result<ReplayJob> job = Run();
  ASSERT_TRUE(job.ok());
  std::string sent;
  for (const auto& record : group_.logs[kTarget]) AppendTo(&sent, record.value, " ");
  EXPECT_EQ(sent, "5 6 7 8 9 50 51 52 ");
  EXPECT_EQ(job->Remaining(), 0U);
}

TEST_F(ReplayRunnerTest, TheRateIsKept) {
  const int64_t begin_ms = group_.clock.moved_ms;
  ASSERT_TRUE(Run().ok());
  EXPECT_NEAR(static_cast<double>(group_.clock.moved_ms - begin_ms), 2'000, 250);
}

TEST_F(ReplayRunnerTest, ALimitThatFitsIsNoReasonToStop) {
  policy_.limit = 100;
  Result<ReplayJob> job = Run();
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->state, JobState::kDone) << job->reason;
  ExpectAllOnce();
}

TEST_F(ReplayRunnerTest, WhatIsPassedOverIsWrittenDownToo) {
  for (uint64_t i = 0; i < 2 * limits::kReplayIdleRecords; ++i) group_.Append(kSource, "k", "x");
  plan_.job.ranges[0].to = static_cast<Offset>(group_.logs[kSource].size());
  Result<RecordFilter> filter =
      RecordFilter::Parse({.headers = {"no"}, .pointers = {}, .business_id = ""}, nullptr);
  ASSERT_TRUE(filter.ok());
  plan_.rules.filter = *filter;
  Result<ReplayJob> job = Run();
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->counts.sent, 0U);
  EXPECT_EQ(job->counts.filtered, 100 + 2 * limits::kReplayIdleRecords);
  EXPECT_EQ(group_.logs[kProgress].size(), 3U);
}

TEST_F(ReplayRunnerTest, AChunkIsBoundedInRecordsAndBytes) {
  policy_.rates = {};
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(group_.logs[kProgress].size(), 1U) << "a hundred records fit into one";
  plan_.job.name = "bytes";
  group_.Append(kSource, "k", std::string(limits::kReplayChunkBytes, 'x'));
  group_.Append(kSource, "k", "after");
  plan_.job.ranges[0].to = 102;
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(group_.logs[kProgress].size(), 1U + 2U) << "what reaches the limit ends the chunk";
}

TEST_F(ReplayRunnerTest, ItGivesUpAfterSoManyTriesAndGoesOnLater) {
  for (int i = 0; i < limits::kReplayTriesMax; ++i) transaction_.ends.push_back(End::kNotCommitted);
  EXPECT_EQ(Run().status().action(), Action::kRetry);
  EXPECT_TRUE(group_.logs[kTarget].empty());
  ASSERT_TRUE(Run().ok());
  ExpectAllOnce();
}

TEST_F(ReplayRunnerTest, AProgressThatIsNobodysIsNotPassedOver) {
  group_.Append(kProgress, "job", "{\"v\":\"1.0\"}");
  Result<ReplayJob> job = Run();
  EXPECT_EQ(job.status().action(), Action::kStop);
  EXPECT_NE(job.status().message().find("shop.replays/0/0"), std::string::npos);
  EXPECT_TRUE(group_.logs[kTarget].empty());
}

TEST_F(ReplayRunnerTest, ADryRunCountsWhatAReplayWouldSend) {
  Result<DryRun> dry = TryReplay(plan_, 0, 0, &feed_, {});
  ASSERT_TRUE(dry.ok());
  EXPECT_EQ(dry->counts.sent, 100U);
  EXPECT_EQ(dry->samples.size(), limits::kReplaySamplesMax);
  EXPECT_FALSE(dry->would_fail.has_value());
  dry = TryReplay(plan_, 7, 0, &feed_, {});
  ASSERT_TRUE(dry.ok());
  EXPECT_EQ(dry->counts.sent, 7U);
  EXPECT_TRUE(group_.logs[kTarget].empty());
}

// Three dead letters of a stream, and the authority that keeps their tickets.
class TicketTest : public testing::Test, public ReplayFeed {
 protected:
  TicketTest() : transaction_(&group_), tail_(&group_) {
    config_.group = "shop";
    for (const char* topic : {"orders.raw.dlq", "orders.raw", "shop.replays", "shop.control",
                              "shop.journal", "shop.state"}) {
      group_.AddTopic(topic);
    }
    stream_.pipeline = "ingest";
    stream_.id = "orders";
    stream_.replay.mark_name = "is_replay";
    stream_.replay.count_max = 3;
    plan_.letters = true;
    plan_.stream = plan_.identity = &stream_;
    plan_.job = {.name = "job", .request = "request", .to = "orders.raw"};
    plan_.job.ranges = {{.source = {"orders.raw.dlq", 0}, .from = 0, .to = 3, .next = 0}};
    plan_.partitions = 1;
    plan_.rules.to = "orders.raw";
    plan_.rules.count_max = 3;
    group_.authority = [this](const wire::Command& command) {
      const auto& ticket = std::get<wire::TicketCreate>(command.args);
      if (open_.size() >= room_) {
        ++refusals_;
        room_ = 10;  // a replay was published meanwhile
        return Refused(command, "there are too many open tickets");
      }
      open_[ticket.letter_offset] = ticket.ticket;
      return Applied(command);
    };
  }
  Status Visit(const std::vector<ReplayRange>& ranges,
               const std::function<bool(const FeedRecord&)>& visit) override {
    for (Offset offset = ranges[0].next; offset < ranges[0].to; ++offset) {
      Letter letter;
      letter.loaded = true;
      letter.topic = {"orders.raw.dlq", 0};
      letter.offset = offset;
      letter.stream = stream_of_letters_;
      letter.value = "{}";
      letter.origin = {.system = formats::LetterSystem::kFracas,
                       .source = {"orders.raw", 0},
                       .offset = 100 + offset,
                       .coordinates = formats::CoordinateTrust::kProven,
                       .key = formats::ByteTrust::kOriginal,
                       .value = formats::ByteTrust::kOriginal};
      FeedRecord record{.place = letter.topic, .offset = offset, .timestamp_ms = 1, .value = "{}"};
      record.letter = &letter;
      if (!visit(record)) return {};
    }
    return {};
  }
  Result<ReplayJob> Run() {
    const auto pause = [this](int64_t ms) { group_.clock.moved_ms += ms; };
    CommandClient authority(
        {.outbox = &group_, .journal = &tail_, .admin = &group_, .clock = &group_.clock},
        "shop.control", "shop.journal");
    ReplaySender sender(
        config_, "job", "orders.raw",
        {.admin = &group_, .reader = &group_, .transaction = &transaction_, .pause = pause});
    ReplayPorts ports;
    ports.feed = this;
    ports.sender = &sender;
    ports.authority = &authority;
    ports.clock = &group_.clock;
    ports.pause = pause;
    ports.new_id = [this] { return Cat("t", ++ids_); };
    ports.new_command = [this] {
      wire::Command command;
      command.id = Cat("c", ++ids_);
      command.stream = "ingest/orders";
      return command;
    };
    ports.await_tickets = [this] {
      ++awaited_;
      return group_.logs[{"orders.raw", 0}].empty() ? Status() : Status::Stop("sent before");
    };
    return ReplayRunner(plan_, {}, ports).Run();
  }

  config::Config config_;
  config::Stream stream_;
  FakeGroup group_;
  FakeTransaction transaction_;
  FakeTail tail_;
  ReplayPlan plan_;
  std::string stream_of_letters_ = "ingest/orders";
  std::map<Offset, std::string> open_;  // ticket by its letter
  size_t room_ = 10;
  int refusals_ = 0;
  int ids_ = 0;
  int awaited_ = 0;
};

TEST_F(TicketTest, EachLetterGoesUnderATicketThatIsKnownBefore) {
  Result<ReplayJob> job = Run();
  ASSERT_TRUE(job.ok()) << job.status().message();
  EXPECT_EQ(job->counts.sent, 3U);
  EXPECT_EQ(awaited_, 1);
  EXPECT_EQ(transaction_.tickets, (std::vector<std::string>{open_[100], open_[101], open_[102]}));
  const auto& ticket = std::get<wire::TicketCreate>(group_.commands[1].args);
  EXPECT_EQ(ticket.letter, (TopicPartition{"orders.raw", 0}));
  EXPECT_EQ(ticket.letter_offset, 101);
  EXPECT_EQ(ticket.replay_count, 1);
  EXPECT_EQ(ticket.digest, wire::ReplayDigest({}, "{}"));
}

TEST_F(TicketTest, WhereTooManyAreOpenItWaitsAndNamesTheTicketsThatThereAre) {
  room_ = 1;
  Result<ReplayJob> job = Run();
  ASSERT_TRUE(job.ok()) << job.status().message();
  EXPECT_GE(refusals_, 1);
  EXPECT_EQ(transaction_.tickets, (std::vector<std::string>{open_[100], open_[101], open_[102]}));
}

TEST_F(TicketTest, AnAuthorityThatKeepsRefusingEndsIt) {
  group_.authority = [](const wire::Command& command) { return Refused(command, "no room"); };
  Result<ReplayJob> job = Run();
  EXPECT_EQ(job.status().action(), Action::kStop);
  EXPECT_NE(job.status().message().find("no room"), std::string::npos);
  EXPECT_TRUE((group_.logs[{"orders.raw", 0}].empty()));
}

TEST_F(TicketTest, AnotherStreamsLetterHasNone) {
  stream_of_letters_ = "ingest/invoices";
  ASSERT_TRUE(Run().ok());
  EXPECT_TRUE(group_.commands.empty());
  EXPECT_TRUE(transaction_.tickets.empty());
  EXPECT_EQ((group_.logs[{"orders.raw", 0}].size()), 3U);
}

}  // namespace
}  // namespace fracas::tools
