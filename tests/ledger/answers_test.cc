// The counts as JSON, and what the caller adds to letters.

#include <gtest/gtest.h>

#include "ledger/counts_json.h"
#include "tests/ledger/letters.h"

namespace fracas::ledger {
namespace {

class Answers : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_.topics["g.ledger"];
    cluster_.topics["raw.dlq"].config = {{"retention.ms", Cat(30 * kDayMs)}};
    cluster_.at("raw.dlq").Append(LetterRecord({.source = {{"raw", 2}, 41}, .replay_count = 1}));
    cluster_.at("raw.dlq").Append(LetterRecord({.source = {{"raw", 2}, 42}}));
    cluster_.at("g.ledger").Append(ResolutionRecord({{"raw", 2}, 41}, state::LetterEnd::kDiscarded));
    LedgerOptions options;
    options.ledger_topic = "g.ledger";
    options.letter_topics = []() -> Result<std::vector<LetterTopic>> {
      return std::vector<LetterTopic>{{"raw.dlq", "p/s"}};
    };
    options.streams = {"p/s"};
    options.store = &store_;
    options.tail = &tail_;
    options.admin = &admin_;
    options.clock = &clock_;
    options.pause = [](int) {};
    options.business_id = [](std::string_view stream, const ConsumedRecord& record,
                             std::span<const HeaderView>) { return Cat(stream, ":", record.key); };
    ledger_ = std::make_unique<Ledger>(std::move(options));
    ASSERT_TRUE(ledger_->Restore([] { return true; }).ok());
  }
  FakeCluster cluster_;
  FakeAdmin admin_{&cluster_};
  FakeTail tail_{&cluster_};
  FakeClock clock_;
  MemoryStore store_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(Answers, Counts) {
  EXPECT_EQ(CountsJson(ledger_->facts()),
            R"({"foreign":0,"unreadable":0,"unseen":0,"restored":3,"restore_target":3,"trouble":"",)"
            R"("counts":[{"stream":"p/s","code":2103,"name":"TYPE_MISMATCH","open":1,"resolved":0,)"
            R"("discarded":1,"expired":0,"oldest_open":"2026-01-01T00:00:00.000Z",)"
            R"("ends":"2026-01-31T00:00:00.000Z"}]})");
}

TEST_F(Answers, TheBusinessIdIsTheCallersToTell) {
  const Result<std::vector<Index::Found>> found = ledger_->index().Find({{"raw", 2}, 41});
  ASSERT_TRUE(found.ok() && found->size() == 1);
  EXPECT_EQ((*found)[0].letter.business_id, "p/s:key");
  EXPECT_EQ((*found)[0].letter.replay_count, 1u);
  EXPECT_EQ((*found)[0].letter.timestamp_ms, kStartMs - 5'000);
}

}  // namespace
}  // namespace fracas::ledger
