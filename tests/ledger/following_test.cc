// Following the topics: restarts, crashes, rebuilds, compaction, retention, topics that change.

#include <gtest/gtest.h>

#include <random>

#include "tests/ledger/letters.h"

namespace fracas::ledger {
namespace {

constexpr char kLedgerTopic[] = "g.ledger";
constexpr char kLetterTopic[] = "raw.dlq";

class Following : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_.topics[kLedgerTopic].config = {{"delete.retention.ms", Cat(7 * kDayMs)}};
    cluster_.topics[kLetterTopic].partitions.resize(2);
    cluster_.topics[kLetterTopic].config = {{"retention.ms", Cat(30 * kDayMs)}};
    Start();
  }
  // A process begins, on whatever the store holds.
  void Start() {
    tail_ = std::make_unique<FakeTail>(&cluster_);
    LedgerOptions options;
    options.ledger_topic = kLedgerTopic;
    options.letter_topics = [this]() -> Result<std::vector<LetterTopic>> { return letter_topics_; };
    options.streams = {"p/s"};
    options.store = &store_;
    options.tail = tail_.get();
    options.admin = &admin_;
    options.clock = &clock_;
    options.pause = [this](int ms) { clock_.now_ms += ms; };
    options.business_id = [this](std::string_view, const ConsumedRecord&, std::span<const HeaderView>) {
      ++looked_into_;
      return std::string();
    };
    options.log = [this](const LogEntry& entry) { logged_ += Cat(entry.event, "\n"); };
    ledger_ = std::make_unique<Ledger>(std::move(options));
  }
  Offset AddLetter(Offset source, Partition partition = 0, Code code = Code::kTypeMismatch) {
    return cluster_.at(kLetterTopic, partition)
        .Append(LetterRecord({.source = {{"raw", partition}, source},
                              .code = code,
                              .judged_ms = clock_.WallMs()}));
  }
  void Resolve(Offset source, Partition partition = 0,
               state::LetterEnd end = state::LetterEnd::kResolved) {
    cluster_.at(kLedgerTopic).Append(ResolutionRecord({{"raw", partition}, source}, end));
  }
  void Restore() {
    const Status restored = ledger_->Restore([] { return true; });
    ASSERT_TRUE(restored.ok()) << restored.message();
  }
  void Turn(int times = 3) {
    for (int i = 0; i < times; ++i) {
      clock_.now_ms += 10;
      const Status turned = ledger_->Turn(10);
      ASSERT_TRUE(turned.ok()) << turned.message();
    }
  }
  void Sweep() {
    clock_.now_ms += limits::kLedgerSweepMs;
    Turn();
  }
  std::string Counts() {
    std::vector<LetterCount> counts;
    for (const LedgerFacts::Row& row : ledger_->facts().rows) counts.push_back(row);
    return CountsOf(counts);
  }

  FakeCluster cluster_;
  FakeAdmin admin_{&cluster_};
  FakeClock clock_;
  MemoryStore store_;
  std::vector<LetterTopic> letter_topics_ = {{kLetterTopic, "p/s"}};
  std::unique_ptr<FakeTail> tail_;
  std::unique_ptr<Ledger> ledger_;
  std::string logged_;
  int looked_into_ = 0;  // payloads
};

// It has killed whoever looked into it.
TEST_F(Following, APoisonRecordIsNotLookedInto) {
  AddLetter(10, 0, Code::kPoisonRecord);
  Restore();
  EXPECT_EQ(looked_into_, 0);
  EXPECT_NE(Counts().find("open 1"), std::string::npos);
  AddLetter(11);
  Turn();
  EXPECT_EQ(looked_into_, 1);
}

TEST_F(Following, APartIsNotTakenForAll) {
  AddLetter(10);
  EXPECT_FALSE(ledger_->facts().complete);
  Restore();
  EXPECT_TRUE(ledger_->facts().complete);
  AddLetter(11);
  Turn();
  EXPECT_TRUE(ledger_->facts().complete);
}

TEST_F(Following, LettersOfAllPartitionsAndTheirEnds) {
  AddLetter(10);
  AddLetter(11);
  AddLetter(10, 1);
  AddLetter(12, 1, Code::kQuarantined);
  Resolve(11);
  Resolve(10, 1, state::LetterEnd::kDiscarded);
  Restore();
  EXPECT_EQ(Counts(),
            Cat("p/s ", static_cast<int>(Code::kTypeMismatch),
                " open 1 resolved 1 discarded 1 expired 0\np/s ", static_cast<int>(Code::kQuarantined),
                " open 1 resolved 0 discarded 0 expired 0"));
  AddLetter(13);
  Resolve(10);
  Turn();
  EXPECT_NE(Counts().find("open 1 resolved 2 discarded 1"), std::string::npos) << Counts();
  EXPECT_EQ(ledger_->facts().trouble, "");
  EXPECT_EQ(ledger_->facts().restored, ledger_->facts().restore_target);
}

TEST_F(Following, ForeignRecordsAreNeverOurs) {
  FakePartition& letters = cluster_.at(kLetterTopic);
  letters.Append({.key = "k", .value = "v", .headers = {}});
  letters.Append({.key = "k", .value = "v", .headers = {{"__connect.errors.topic", "raw"}}});
  FakeRecord newer = LetterRecord({});
  for (auto& [name, value] : newer.headers) {
    if (name == "fracas.format") value = "9.0";
  }
  letters.Append(newer);
  FakeRecord impossible = LetterRecord({});
  for (auto& [name, value] : impossible.headers) {
    if (name == "__connect.errors.topic") value = std::string(300, 'x');
  }
  letters.Append(impossible);
  AddLetter(10);
  Restore();
  const LedgerFacts facts = ledger_->facts();
  EXPECT_EQ(facts.foreign, 4u);
  EXPECT_EQ(facts.unreadable, 1u);
  ASSERT_EQ(facts.rows.size(), 1u);
  EXPECT_EQ(facts.rows[0].open, 1u);
}

TEST_F(Following, ARestartContinuesWhereItStood) {
  for (Offset source = 0; source < 5; ++source) AddLetter(source);
  Restore();
  const std::string before = Counts();
  const auto data = store_.data;
  Start();
  Restore();
  EXPECT_EQ(Counts(), before);
  EXPECT_EQ(store_.data, data);
  AddLetter(5);
  Turn();
  EXPECT_NE(Counts().find("open 6"), std::string::npos) << Counts();
}

TEST_F(Following, ALostStoreIsBuiltAgain) {
  for (Offset source = 0; source < 5; ++source) AddLetter(source);
  Resolve(3);
  Restore();
  const std::string before = Counts();
  const auto data = store_.data;
  ASSERT_TRUE(store_.Wipe().ok());
  Start();
  Restore();
  EXPECT_EQ(Counts(), before);
  EXPECT_EQ(store_.data, data);
}

TEST_F(Following, AnOldStoreMayHaveMissedDeletions) {
  AddLetter(1);
  Resolve(1);
  Restore();
  ASSERT_NE(Counts().find("resolved 1"), std::string::npos);
  // While it was away the resolution was deleted, and compaction has taken the deletion too.
  cluster_.at(kLedgerTopic).records.clear();
  clock_.now_ms += 4 * kDayMs;
  Start();
  Restore();
  EXPECT_NE(Counts().find("open 1 resolved 0"), std::string::npos) << Counts();
  EXPECT_NE(logged_.find("ledger_too_old"), std::string::npos);
}

TEST_F(Following, AStoreThatNothingChangesStaysCurrent) {
  AddLetter(1);
  Restore();
  for (int day = 0; day < 10; ++day) {
    clock_.now_ms += kDayMs;
    Turn();
  }
  Start();
  Restore();
  EXPECT_EQ(logged_.find("ledger_too_old"), std::string::npos);
}

TEST_F(Following, RetentionIsSeenAtTheNextLook) {
  for (Offset source = 0; source < 4; ++source) AddLetter(source);
  Resolve(1);
  Restore();
  FakePartition& letters = cluster_.at(kLetterTopic);
  letters.low = 2;
  letters.records.erase(letters.records.begin(), letters.records.lower_bound(2));
  Sweep();
  EXPECT_NE(Counts().find("open 2 resolved 0 discarded 0 expired 1"), std::string::npos) << Counts();
  EXPECT_EQ(ledger_->facts().unseen, 0u);
}

TEST_F(Following, WhatRetentionTookUnseenIsCountedAsSuch) {
  AddLetter(0);
  Restore();
  for (Offset source = 1; source < 6; ++source) AddLetter(source);
  FakePartition& letters = cluster_.at(kLetterTopic);
  letters.low = 4;
  letters.records.erase(letters.records.begin(), letters.records.lower_bound(4));
  Start();
  Restore();
  EXPECT_NE(Counts().find("open 2 resolved 0 discarded 0 expired 1"), std::string::npos) << Counts();
  EXPECT_EQ(ledger_->facts().unseen, 3u);
  EXPECT_NE(logged_.find("dead_letters_unseen"), std::string::npos);
}

// Deletion overtakes a ledger that is running but slow.
TEST_F(Following, ATailThatIsOvertakenGoesOnBehind) {
  AddLetter(0);
  Restore();
  for (Offset source = 1; source < 6; ++source) AddLetter(source);
  FakePartition& letters = cluster_.at(kLetterTopic);
  letters.low = 4;
  letters.records.erase(letters.records.begin(), letters.records.lower_bound(4));
  Turn(2);
  clock_.now_ms += 2'000;
  Turn(3);
  EXPECT_NE(Counts().find("open 2 resolved 0 discarded 0 expired 1"), std::string::npos) << Counts();
}

TEST_F(Following, ATopicThatWasMadeAnewIsReadAgain) {
  for (Offset source = 0; source < 4; ++source) AddLetter(source);
  Restore();
  // Shorter than before …
  cluster_.at(kLetterTopic) = {};
  AddLetter(50);
  Start();
  Restore();
  EXPECT_NE(Counts().find("open 1 resolved 0"), std::string::npos) << Counts();
  // … longer, with other letters …
  cluster_.at(kLetterTopic) = {};
  for (Offset source = 60; source < 70; ++source) AddLetter(source);
  Start();
  Restore();
  EXPECT_NE(Counts().find("open 10 resolved 0"), std::string::npos) << Counts();
  // … longer, and where the last known one was there is a marker.
  cluster_.at(kLetterTopic) = {};
  for (Offset source = 80; source < 92; ++source) AddLetter(source);
  cluster_.at(kLetterTopic).records.erase(9);
  Start();
  Restore();
  EXPECT_NE(Counts().find("open 11 resolved 0"), std::string::npos) << Counts();
  EXPECT_NE(logged_.find("dead_letter_topic_made_anew"), std::string::npos);
}

TEST_F(Following, ALedgerTopicThatWasMadeAnewIsReadAgain) {
  for (Offset source = 0; source < 4; ++source) AddLetter(source);
  for (Offset source = 0; source < 3; ++source) Resolve(source);
  Restore();
  cluster_.at(kLedgerTopic) = {};
  Resolve(3);
  Start();
  Restore();
  EXPECT_NE(Counts().find("open 3 resolved 1"), std::string::npos) << Counts();
  EXPECT_NE(logged_.find("ledger_topic_made_anew"), std::string::npos);
}

TEST_F(Following, WhatIsReadAgainIsAPartUntilItIsThrough) {
  for (Offset source = 0; source < 4; ++source) AddLetter(source);
  Resolve(3);
  Restore();
  Turn();
  ASSERT_TRUE(ledger_->facts().complete);
  // The ledger topic is made anew while the process lives: the index is emptied.
  cluster_.at(kLedgerTopic) = {};
  tail_->records_max = 1;
  for (int turn = 0; turn < 400 && Counts() != ""; ++turn) Turn(1);
  EXPECT_EQ(Counts(), "");
  EXPECT_FALSE(ledger_->facts().complete);
  for (int turn = 0; turn < 400 && !ledger_->facts().complete; ++turn) Turn(1);
  EXPECT_TRUE(ledger_->facts().complete);
  EXPECT_NE(Counts().find("open 4 resolved 0"), std::string::npos) << Counts();
}

// A broker that has just started may not know of a topic: its letters are missing, not none.
TEST_F(Following, WithoutATopicThatShouldBeThereItIsAPart) {
  AddLetter(1);
  const FakeTopic saved = cluster_.topics[kLetterTopic];
  cluster_.topics.erase(kLetterTopic);
  Restore();
  Turn();
  EXPECT_FALSE(ledger_->facts().complete);
  cluster_.topics[kLetterTopic] = saved;
  Sweep();
  EXPECT_TRUE(ledger_->facts().complete);
  EXPECT_NE(Counts().find("open 1"), std::string::npos) << Counts();
}

TEST_F(Following, ATopicThatIsSurelyMissingHasNoLetters) {
  cluster_.topics.erase(kLetterTopic);
  Restore();
  Turn();
  EXPECT_FALSE(ledger_->facts().complete);
  Sweep();
  Sweep();
  EXPECT_TRUE(ledger_->facts().complete);
}

TEST_F(Following, TopicsAndPartitionsThatAppearAreFollowed) {
  AddLetter(1);
  Restore();
  cluster_.topics[kLetterTopic].partitions.resize(3);
  AddLetter(2, 2);
  cluster_.topics["more.dlq"].partitions.resize(1);
  cluster_.at("more.dlq").Append(LetterRecord({.source = {{"more", 0}, 1}}));
  letter_topics_.push_back({"more.dlq", "p/s"});
  Sweep();
  EXPECT_NE(Counts().find("open 3"), std::string::npos) << Counts();
}

TEST_F(Following, ATopicOfNoStreamIsForgotten) {
  AddLetter(1);
  Restore();
  letter_topics_.clear();
  Sweep();
  EXPECT_EQ(Counts(), "");
  letter_topics_ = {{kLetterTopic, "p/s"}};
  Sweep();
  EXPECT_NE(Counts().find("open 1"), std::string::npos) << "they are read again: " << Counts();
}

// A broker that has just started may not know of a topic: once is not enough.
TEST_F(Following, ADeletedTopicExpiresItsLettersWhenItIsSure) {
  AddLetter(1);
  Restore();
  const FakeTopic saved = cluster_.topics[kLetterTopic];
  cluster_.topics.erase(kLetterTopic);
  Turn(2);
  clock_.now_ms += 2'000;
  Turn(2);
  EXPECT_NE(Counts().find("open 1"), std::string::npos) << Counts();
  cluster_.topics[kLetterTopic] = saved;
  Sweep();
  EXPECT_NE(Counts().find("open 1"), std::string::npos) << Counts();
  cluster_.topics.erase(kLetterTopic);
  Turn(2);
  clock_.now_ms += 2'000;
  Turn(2);
  Sweep();
  Sweep();
  EXPECT_NE(Counts().find("open 0 resolved 0 discarded 0 expired 1"), std::string::npos) << Counts();
}

TEST_F(Following, AClusterThatIsAwayIsWaitedFor) {
  AddLetter(1);
  cluster_.away = true;
  int asked = 0;
  const Status restored = ledger_->Restore([&] {
    if (++asked == 50) cluster_.away = false;
    return true;
  });
  ASSERT_TRUE(restored.ok()) << restored.message();
  EXPECT_NE(Counts().find("open 1"), std::string::npos);
  cluster_.away = true;
  Turn();
  EXPECT_NE(ledger_->facts().trouble, "");
  cluster_.away = false;
  AddLetter(2);
  Turn();
  EXPECT_EQ(ledger_->facts().trouble, "");
  EXPECT_NE(Counts().find("open 2"), std::string::npos);
}

TEST_F(Following, AMissingLedgerTopicIsNamed) {
  cluster_.topics.erase(kLedgerTopic);
  int asked = 0;
  const Status told = ledger_->Restore([&] { return ++asked < 5; });
  EXPECT_EQ(told.action(), Action::kStop);
  EXPECT_NE(ledger_->facts().trouble.find("g.ledger (ledger) does not exist; fracas topics --create"),
            std::string::npos)
      << ledger_->facts().trouble;
}

TEST_F(Following, AStoreThatFailsEndsIt) {
  AddLetter(1);
  Restore();
  store_.fail_after = store_.applies;
  AddLetter(2);
  const Status turned = ledger_->Turn(10);
  EXPECT_EQ(turned.action(), Action::kStop);
  EXPECT_NE(Counts().find("open 1"), std::string::npos) << "it says nothing that is not in the store";
}

TEST_F(Following, TellsUntilWhenTheOldestIsKept) {
  cluster_.topics["short.dlq"].config = {{"retention.ms", Cat(2 * kDayMs)}};
  letter_topics_.push_back({"short.dlq", "p/s"});
  AddLetter(1);
  Restore();
  ASSERT_EQ(ledger_->facts().rows.size(), 1u);
  EXPECT_EQ(ledger_->facts().rows[0].ends_ms, ledger_->facts().rows[0].oldest_open_ms + 2 * kDayMs);
}

// Whatever happens, in whatever order, with a crash at any write: what the index says is what the topics say.
class Random : public Following, public ::testing::WithParamInterface<int> {
 protected:
  int Pick(int below) { return static_cast<int>(engine_() % static_cast<unsigned>(below)); }

  // Straight from the topics, by whoever has never seen them before.
  std::string Expected() {
    std::map<std::string, state::LetterEnd> ends;
    for (const auto& [offset, record] : cluster_.at(kLedgerTopic).records) {
      ends.erase(record.key);
      if (!record.value.empty()) ends[record.key] = state::DecodeLetterResolution(record.value)->end;
    }
    std::map<uint32_t, LetterCount> rows;
    foreign_ = 0;
    for (const FakePartition& partition : cluster_.topics[kLetterTopic].partitions) {
      for (const auto& [offset, record] : partition.records) {
        std::vector<HeaderView> headers;
        for (const auto& [name, value] : record.headers) headers.push_back({name, value});
        const auto decoded = wire::DecodeDeadLetter(headers);
        if (!decoded->has_value()) {
          ++foreign_;
          continue;
        }
        LetterCount& row = rows[(*decoded)->code_number];
        row.stream = "p/s";
        row.code = (*decoded)->code_number;
        const auto end = ends.find(ResolutionKey({(*decoded)->source, (*decoded)->offset}));
        uint64_t& count = end == ends.end()                                  ? row.open
                          : end->second == state::LetterEnd::kResolved ? row.resolved
                                                                             : row.discarded;
        ++count;
      }
    }
    std::vector<LetterCount> counts;
    for (const auto& [code, row] : rows) counts.push_back(row);
    return CountsOf(counts);
  }
  // Expired ones are history: the topics do not tell of them.
  std::string Known() {
    std::vector<LetterCount> counts;
    for (LetterCount row : ledger_->index().tally().Counts()) {
      row.expired = 0;
      if (row.open + row.resolved + row.discarded > 0) counts.push_back(row);
    }
    return CountsOf(counts);
  }
  void Something() {
    const auto partition = static_cast<Partition>(Pick(2));
    FakePartition& letters = cluster_.at(kLetterTopic, partition);
    FakePartition& ledger = cluster_.at(kLedgerTopic);
    switch (Pick(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        AddLetter(next_source_++, partition, Pick(2) == 0 ? Code::kTypeMismatch : Code::kQuarantined);
        break;
      case 4: letters.Append({.key = "k", .value = "foreign", .headers = {}}); break;
      case 5: ++letters.high; break;  // a control marker
      case 6:
      case 7:
        Resolve(Pick(static_cast<int>(next_source_) + 3), partition,
                Pick(2) == 0 ? state::LetterEnd::kResolved : state::LetterEnd::kDiscarded);
        break;
      case 8:
        ledger.Append(ResolutionGone({{"raw", partition}, Pick(static_cast<int>(next_source_) + 1)}));
        break;
      case 9: {  // compaction: of each key the last, deletions stay
        std::map<std::string, Offset> last;
        for (const auto& [offset, record] : ledger.records) last[record.key] = offset;
        std::erase_if(ledger.records,
                      [&](const auto& entry) { return last[entry.second.key] != entry.first; });
        break;
      }
      case 10:  // retention
        letters.low = std::min(letters.high, letters.low + Pick(3));
        letters.records.erase(letters.records.begin(), letters.records.lower_bound(letters.low));
        break;
      case 11:
        if (Pick(8) == 0) letters = {};  // made anew
        break;
    }
  }
  // A process that dies at some write, or at none.
  void Run() {
    Start();
    tail_->records_max = static_cast<size_t>(1 + Pick(4));
    store_.fail_after = Pick(3) == 0 ? store_.applies + Pick(6) : INT32_MAX;
    for (int turn = Pick(10); turn > 0; --turn) {
      clock_.now_ms += Pick(4) == 0 ? limits::kLedgerSweepMs : 1'100;
      if (!ledger_->Turn(10).ok()) return;
      if (Pick(2) == 0) Something();
    }
    if (Pick(20) == 0) static_cast<void>(store_.Wipe());
  }
  std::minstd_rand engine_{static_cast<unsigned>(GetParam()) + 1};
  Offset next_source_ = 0;
  uint64_t foreign_ = 0;
};

TEST_P(Random, CountsAgreeWithTheTopics) {
  for (int round = 0; round < 20; ++round) {
    for (int i = Pick(8); i > 0; --i) Something();
    Run();
  }
  store_.fail_after = INT32_MAX;
  Start();
  Restore();
  Sweep();
  EXPECT_EQ(Known(), Expected());
  EXPECT_EQ(ledger_->index().foreign(), foreign_);
  // The list agrees with the counts.
  size_t listed = 0;
  Index::Query query{.limit = 7};
  do {
    const Result<Index::Page> page = ledger_->index().List(query);
    ASSERT_TRUE(page.ok());
    listed += page->letters.size();
    query.after = page->next;
  } while (!query.after.empty());
  size_t counted = 0;
  for (const LetterCount& row : ledger_->index().tally().Counts()) {
    counted += row.open + row.resolved + row.discarded + row.expired;
  }
  EXPECT_EQ(listed, counted);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Random, ::testing::Range(0, 300));

}  // namespace
}  // namespace fracas::ledger
