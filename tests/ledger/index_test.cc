// The fold: letters and resolutions in any order, again, and gone.

#include "ledger/index.h"

#include <gtest/gtest.h>

#include "tests/ledger/letters.h"

namespace fracas::ledger {
namespace {

const TopicPartition kLetters{"raw.dlq", 0};

Letter At(Offset source, int64_t judged_ms = kStartMs, uint32_t code = 2103,
          const std::string& stream = "p/s") {
  Letter letter;
  letter.source = {{"raw", 0}, source};
  letter.stream = stream;
  letter.code = code;
  letter.judged_ms = judged_ms;
  letter.business_id = Cat("id-", source);
  return letter;
}

class Indexes : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(index_.Open().ok()); }
  void Add(Offset place, std::optional<Letter> letter) {
    ASSERT_TRUE(index_.Add({kLetters, place}, std::move(letter)).ok());
  }
  void Resolve(Offset source, state::LetterEnd end) {
    const FakeRecord record = ResolutionRecord({{"raw", 0}, source}, end);
    ASSERT_TRUE(index_.Resolve(record.key, record.value).ok());
  }
  void Commit() { ASSERT_TRUE(index_.Commit({}, kStartMs).ok()); }
  // What the index says, and what one says that is opened on the same store.
  std::string Counts() {
    const std::string counts = CountsOf(index_.tally().Counts());
    Index again(&store_, {"p/s"});
    EXPECT_TRUE(again.Open().ok());
    EXPECT_EQ(CountsOf(again.tally().Counts()), counts) << "after a restart";
    EXPECT_EQ(again.foreign(), index_.foreign()) << "after a restart";
    return counts;
  }
  MemoryStore store_;
  Index index_{&store_, {"p/s"}};
};

TEST_F(Indexes, CountByStreamCodeAndState) {
  Add(0, At(10));
  Add(1, At(11, kStartMs + 1'000));
  Add(2, At(12, kStartMs, 1101));
  Add(3, At(13, kStartMs, 2103, "other/stream"));
  Add(4, std::nullopt);
  EXPECT_EQ(CountsOf(index_.tally().Counts()), "") << "nothing counts before it is in the store";
  Commit();
  EXPECT_EQ(Counts(),
            "(other) 2103 open 1 resolved 0 discarded 0 expired 0\n"
            "p/s 1101 open 1 resolved 0 discarded 0 expired 0\n"
            "p/s 2103 open 2 resolved 0 discarded 0 expired 0");
  EXPECT_EQ(index_.foreign(), 1u);
}

TEST_F(Indexes, AResolutionMayComeBeforeOrAfterItsLetter) {
  Resolve(10, state::LetterEnd::kResolved);
  Commit();
  Add(0, At(10));
  Add(1, At(11));
  Commit();
  Resolve(11, state::LetterEnd::kDiscarded);
  Commit();
  // Both in one batch, either way round.
  Add(2, At(12));
  Resolve(12, state::LetterEnd::kResolved);
  Resolve(13, state::LetterEnd::kResolved);
  Add(3, At(13));
  Commit();
  EXPECT_EQ(Counts(), "p/s 2103 open 0 resolved 3 discarded 1 expired 0");
}

// Somebody resolves it again, or discards it twice: a store that is built anew knows the last end
// alone.
TEST_F(Indexes, TheSameEndOnceMoreIsTheLastOne) {
  Add(0, At(10));
  Resolve(10, state::LetterEnd::kDiscarded);
  Commit();
  state::LetterResolution later;
  later.stamp.time_ms = kStartMs + 60'000;
  later.end = state::LetterEnd::kDiscarded;
  ASSERT_TRUE(index_.Resolve(ResolutionKey({{"raw", 0}, 10}), state::Encode(later)).ok());
  Commit();
  EXPECT_EQ(Counts(), "p/s 2103 open 0 resolved 0 discarded 1 expired 0");
  const Result<std::optional<Letter>> known = index_.At({kLetters, 0});
  ASSERT_TRUE(known.ok() && known->has_value());
  EXPECT_EQ((*known)->ended_ms, later.stamp.time_ms);
}

TEST_F(Indexes, AResolutionThatIsTakenBackOpensTheLetter) {
  Add(0, At(10));
  Resolve(10, state::LetterEnd::kResolved);
  Commit();
  ASSERT_TRUE(index_.Resolve(ResolutionKey({{"raw", 0}, 10}), "").ok());
  Commit();
  EXPECT_EQ(Counts(), "p/s 2103 open 1 resolved 0 discarded 0 expired 0");
  Resolve(10, state::LetterEnd::kDiscarded);
  Resolve(10, state::LetterEnd::kDiscarded);
  Commit();
  EXPECT_EQ(Counts(), "p/s 2103 open 0 resolved 0 discarded 1 expired 0");
}

TEST_F(Indexes, WhatIsReadAgainCountsOnce) {
  Add(0, At(10));
  Add(1, std::nullopt);
  Commit();
  Add(0, At(10));
  Add(1, std::nullopt);
  Add(2, At(11));
  Commit();
  EXPECT_EQ(Counts(), "p/s 2103 open 2 resolved 0 discarded 0 expired 0");
  EXPECT_EQ(index_.foreign(), 1u);
}

TEST_F(Indexes, AnAbandonedBatchLeavesNothing) {
  Add(0, At(10));
  Resolve(10, state::LetterEnd::kResolved);
  index_.Abandon();
  Add(1, At(11));
  Commit();
  EXPECT_EQ(Counts(), "p/s 2103 open 1 resolved 0 discarded 0 expired 0");
}

TEST_F(Indexes, RetentionTakesWhatLiesBelow) {
  for (Offset place = 0; place < 6; ++place) Add(place, At(10 + place));
  Add(6, std::nullopt);
  Resolve(11, state::LetterEnd::kResolved);
  Resolve(12, state::LetterEnd::kDiscarded);
  Resolve(15, state::LetterEnd::kResolved);
  Commit();
  const Result<bool> more = index_.Expire(kLetters, 4, kStartMs + 1);
  ASSERT_TRUE(more.ok() && !*more);
  Commit();
  // 10 and 13 were open; 11 and 12 were at an end and are gone; 14 and 15 are there.
  EXPECT_EQ(Counts(), "p/s 2103 open 1 resolved 1 discarded 0 expired 2");
  ASSERT_TRUE(index_.Expire(kLetters, 7, kStartMs + 2).ok());
  Commit();
  EXPECT_EQ(Counts(), "p/s 2103 open 0 resolved 0 discarded 0 expired 3");
  EXPECT_EQ(index_.foreign(), 0u);
  // One that expired and is resolved after all was not lost.
  Resolve(13, state::LetterEnd::kResolved);
  Commit();
  EXPECT_EQ(Counts(), "p/s 2103 open 0 resolved 0 discarded 0 expired 2");
  ASSERT_TRUE(index_.Purge(kStartMs + 2 + limits::kLedgerExpiredKeptMs).ok());
  Commit();
  EXPECT_EQ(Counts(), "");
  EXPECT_EQ(std::count_if(store_.data.begin(), store_.data.end(),
                          [](const auto& entry) { return entry.first[0] == 's'; }),
            0)
      << "no way leads to a letter that is not there";
}

TEST_F(Indexes, ForgettingAPartitionLeavesTheOthers) {
  Add(0, At(10));
  Add(1, std::nullopt);
  ASSERT_TRUE(index_.Add({{"raw.dlq", 1}, 0}, At(99)).ok());
  Commit();
  ASSERT_TRUE(index_.Forget(kLetters).ok());
  Commit();
  EXPECT_EQ(Counts(), "p/s 2103 open 1 resolved 0 discarded 0 expired 0");
  EXPECT_FALSE(index_.last().contains(kLetters));
  EXPECT_TRUE(index_.last().contains({"raw.dlq", 1}));
}

TEST_F(Indexes, KnowTheOldestOpenOne) {
  Add(0, At(10, kStartMs + 9'000));
  Add(1, At(11, kStartMs + 5'000));
  Add(2, At(12, kStartMs + 5'000));
  Commit();
  EXPECT_EQ(index_.tally().Counts()[0].oldest_open_ms, kStartMs + 5'000);
  Resolve(11, state::LetterEnd::kResolved);
  Resolve(12, state::LetterEnd::kResolved);
  Commit();
  EXPECT_EQ(index_.tally().Counts()[0].oldest_open_ms, kStartMs + 9'000);
  Resolve(10, state::LetterEnd::kResolved);
  Commit();
  EXPECT_EQ(index_.tally().Counts()[0].oldest_open_ms, 0);
}

TEST_F(Indexes, FindALetterByItsRecord) {
  Add(0, At(10));
  Add(1, At(100));  // its coordinates begin like the others'
  Resolve(10, state::LetterEnd::kResolved);
  Commit();
  Result<std::vector<Index::Found>> found = index_.Find({{"raw", 0}, 10});
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].letter.state, LetterState::kResolved);
  EXPECT_EQ((*found)[0].letter.ended_ms, kStartMs + 7'000);
  EXPECT_EQ((*found)[0].letter.place, (Place{kLetters, 0}));
  ASSERT_TRUE((*found)[0].resolution.has_value());
  EXPECT_EQ((*found)[0].resolution->who, "ada");
  EXPECT_TRUE(index_.Find({{"raw", 0}, 1})->empty());
  ASSERT_TRUE(index_.Expire(kLetters, 2, kStartMs).ok());
  Commit();
  EXPECT_EQ((*index_.Find({{"raw", 0}, 100}))[0].letter.state, LetterState::kExpired);
}

TEST_F(Indexes, ListByFiltersPageByPage) {
  for (Offset place = 0; place < 10; ++place) {
    Add(place, At(10 + place, kStartMs + place, place % 2 == 0 ? 2103 : 1101));
  }
  Resolve(12, state::LetterEnd::kResolved);
  Commit();
  ASSERT_TRUE(index_.Expire(kLetters, 2, kStartMs).ok());
  Commit();
  const auto list = [&](Index::Query query) {
    std::string seen;
    int pages = 0;
    do {
      const Result<Index::Page> page = index_.List(query);
      EXPECT_TRUE(page.ok()) << page.status().message();
      if (!page.ok()) return seen;
      EXPECT_LE(page->letters.size(), query.limit);
      for (const Letter& letter : page->letters) {
        AppendTo(&seen, seen.empty() ? "" : " ", letter.source.offset);
      }
      query.after = page->next;
    } while (!query.after.empty() && ++pages < 20);
    return seen;
  };
  EXPECT_EQ(list({}), "12 13 14 15 16 17 18 19 10 11");
  EXPECT_EQ(list({.limit = 1}), "12 13 14 15 16 17 18 19 10 11");
  EXPECT_EQ(list({.limit = 3}), "12 13 14 15 16 17 18 19 10 11");
  EXPECT_EQ(list({.state = LetterState::kOpen, .limit = 2}), "13 14 15 16 17 18 19");
  EXPECT_EQ(list({.state = LetterState::kResolved}), "12");
  EXPECT_EQ(list({.state = LetterState::kExpired, .limit = 1}), "10 11");
  EXPECT_EQ(list({.code = 1101}), "13 15 17 19 11");
  EXPECT_EQ(list({.stream = "p/other"}), "");
  EXPECT_EQ(list({.business_id = "id-17"}), "17");
  EXPECT_EQ(list({.from_ms = kStartMs + 4, .to_ms = kStartMs + 6}), "14 15");
  EXPECT_EQ(index_.List({.after = "zz"}).status().action(), Action::kReject);
  EXPECT_EQ(index_.List({.after = "6c00"}).status().action(), Action::kReject);
}

// A source topic that was made anew: two records had the same coordinates.
TEST_F(Indexes, TwoLettersOfOneCoordinatesAreTwo) {
  Add(0, At(10));
  Add(5, At(10, kStartMs + 1'000));
  Commit();
  EXPECT_EQ(Counts(), "p/s 2103 open 2 resolved 0 discarded 0 expired 0");
  EXPECT_EQ(index_.Find({{"raw", 0}, 10})->size(), 2u);
  Resolve(10, state::LetterEnd::kResolved);
  Commit();
  EXPECT_EQ(Counts(), "p/s 2103 open 0 resolved 2 discarded 0 expired 0");
}

TEST_F(Indexes, AStoreOfAnotherFormatIsEmptied) {
  Add(0, At(10));
  Commit();
  store_.data["v"] = "0";
  store_.positions[kLetters] = 1;
  Index again(&store_, {"p/s"});
  ASSERT_TRUE(again.Open().ok());
  EXPECT_EQ(again.tally().Counts().size(), 0u);
  EXPECT_EQ(store_.Position(kLetters), 0);
  ASSERT_TRUE(again.Commit({}, kStartMs).ok());
  EXPECT_EQ(store_.data["v"], "1");
}

TEST_F(Indexes, BytesThatAreNoLetterEmptyTheStore) {
  Add(0, At(10));
  Commit();
  store_.data[PlaceKey({kLetters, 3})] = "\x01garbage";
  Index again(&store_, {"p/s"});
  ASSERT_TRUE(again.Open().ok());
  EXPECT_TRUE(store_.data.empty());
}

TEST_F(Indexes, OtherEntitiesOfTheLedgerAreIgnored) {
  ASSERT_TRUE(index_.Resolve("m-some-mode", "bytes").ok());
  ASSERT_TRUE(index_.Resolve("", "bytes").ok());
  const FakeRecord record = ResolutionRecord({{"raw", 0}, 10}, state::LetterEnd::kResolved);
  ASSERT_TRUE(index_.Resolve(record.key, "no resolution").ok());
  Add(0, At(10));
  Commit();
  EXPECT_EQ(Counts(), "p/s 2103 open 1 resolved 0 discarded 0 expired 0");
}

TEST(Letters, EveryMemberComesBack) {
  Letter letter = At(7);
  letter.place = {kLetters, 3};
  letter.timestamp_ms = -1;
  letter.attempt = 4;
  letter.replay_count = 2;
  letter.fingerprint = "f";
  letter.state = LetterState::kDiscarded;
  letter.ended_ms = 99;
  const Result<Letter> back = DecodeLetter(Encode(letter));
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(*back, letter);
  const std::string bytes = Encode(letter);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeLetter(bytes.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(DecodeLetter(bytes + "x").ok());
}

TEST(Letters, LongTextsAreCut) {
  Letter letter = At(7);
  letter.stream = std::string(100'000, 'x');
  letter.business_id = std::string(100'000, 'y');
  const Result<Letter> back = DecodeLetter(Encode(letter));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->stream.size(), limits::kIdBytesMax);
}

TEST(Letters, KeysSortByTheirNumbers) {
  EXPECT_LT(PlaceKey({kLetters, 9}), PlaceKey({kLetters, 10}));
  EXPECT_LT(ExpiredKey(9, {kLetters, 5}), ExpiredKey(10, {kLetters, 0}));
  EXPECT_EQ(ExpiredMsOf(ExpiredKey(1'767'225'600'123, {kLetters, 5})), 1'767'225'600'123);
  EXPECT_EQ(PlaceOf(PlaceKey({kLetters, 12})), (Place{kLetters, 12}));
  EXPECT_TRUE(PlaceKey({kLetters, 12}).starts_with(PlacePrefix(kLetters)));
  EXPECT_FALSE(PlaceKey({{"raw.dlq", 1}, 12}).starts_with(PlacePrefix(kLetters)));
  EXPECT_FALSE(PlaceKey({{"raw.dlq2", 0}, 12}).starts_with(PlacePrefix(kLetters)));
}

}  // namespace
}  // namespace fracas::ledger
