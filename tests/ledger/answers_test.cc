// What GET /state/dead_letters says.

#include <gtest/gtest.h>

#include "ledger/dead_letters_json.h"
#include "tests/ledger/fakes.h"

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
  Result<std::string> Ask(std::map<std::string, std::string> parameters) {
    return Answer(*ledger_, [=](std::string_view name) {
      const auto found = parameters.find(std::string(name));
      return found == parameters.end() ? "" : found->second;
    });
  }
  FakeCluster cluster_;
  FakeAdmin admin_{&cluster_};
  FakeTail tail_{&cluster_};
  FakeClock clock_;
  MemoryStore store_;
  std::unique_ptr<Ledger> ledger_;
};

constexpr char kOpenLetter[] =
    R"({"topic":"raw.dlq","partition":0,"offset":1,"source":{"topic":"raw","partition":2,"offset":42},)"
    R"("stream":"p/s","code":2103,"name":"TYPE_MISMATCH","state":"open","judged":"2026-01-01T00:00:00.000Z",)"
    R"("timestamp":"2025-12-31T23:59:55.000Z","attempt":1,"replay_count":0,"business_id":"p/s:key",)"
    R"("fingerprint":"f1","ended":null})";

TEST_F(Answers, Counts) {
  EXPECT_EQ(*Ask({}),
            R"({"foreign":0,"unreadable":0,"unseen":0,"restored":3,"restore_target":3,"trouble":"",)"
            R"("counts":[{"stream":"p/s","code":2103,"name":"TYPE_MISMATCH","open":1,"resolved":0,)"
            R"("discarded":1,"expired":0,"oldest_open":"2026-01-01T00:00:00.000Z",)"
            R"("ends":"2026-01-31T00:00:00.000Z"}]})");
}

TEST_F(Answers, ALetterAndItsEnd) {
  EXPECT_EQ(*Ask({{"record", "raw/2/41"}}),
            R"({"letters":[{"topic":"raw.dlq","partition":0,"offset":0,)"
            R"("source":{"topic":"raw","partition":2,"offset":41},"stream":"p/s","code":2103,)"
            R"("name":"TYPE_MISMATCH","state":"discarded","judged":"2026-01-01T00:00:00.000Z",)"
            R"("timestamp":"2025-12-31T23:59:55.000Z","attempt":1,"replay_count":1,)"
            R"("business_id":"p/s:key","fingerprint":"f1","ended":"2026-01-01T00:00:07.000Z",)"
            R"("resolution":{"ticket":"","published":null,"who":"ada","why":"mended",)"
            R"("time":"2026-01-01T00:00:07.000Z"}}],"next":null})");
  EXPECT_EQ(*Ask({{"record", "raw/2/43"}}), R"({"letters":[],"next":null})");
}

TEST_F(Answers, Lists) {
  EXPECT_EQ(*Ask({{"list", "true"}, {"state", "open"}}),
            Cat(R"({"letters":[)", kOpenLetter, R"(],"next":null})"));
  EXPECT_EQ(*Ask({{"list", "true"},
                  {"code", "TYPE_MISMATCH"},
                  {"business_id", "p/s:key"},
                  {"stream", "p/s"},
                  {"from", "2026-01-01T00:00:00.000Z"},
                  {"to", "2026-01-01T00:00:00.001Z"},
                  {"state", "open"}}),
            Cat(R"({"letters":[)", kOpenLetter, R"(],"next":null})"));
  const std::string first = *Ask({{"list", "true"}, {"limit", "1"}});
  const size_t next = first.find(R"("next":")");
  ASSERT_NE(next, std::string::npos) << first;
  const std::string after = first.substr(next + 8, first.find('"', next + 8) - next - 8);
  EXPECT_EQ(*Ask({{"list", "true"}, {"limit", "1"}, {"after", after}}),
            Cat(R"({"letters":[)", kOpenLetter, R"(],"next":null})"));
}

TEST_F(Answers, WhatCannotBeUnderstoodIsNamed) {
  const std::pair<std::map<std::string, std::string>, std::string> cases[] = {
      {{{"record", "raw/2"}}, "topic/partition/offset"},
      {{{"record", "/2/3"}}, "topic/partition/offset"},
      {{{"record", "raw/x/3"}}, "topic/partition/offset"},
      {{{"record", "raw/2/3x"}}, "topic/partition/offset"},
      {{{"list", "true"}, {"code", "9"}}, "fracas codes"},
      {{{"list", "true"}, {"state", "shut"}}, "open, resolved, discarded, expired"},
      {{{"list", "true"}, {"from", "yesterday"}}, "from: 'yesterday'"},
      {{{"list", "true"}, {"to", "2026-01-01"}}, "to: '2026-01-01'"},
      {{{"list", "true"}, {"limit", "0"}}, "limit"},
      {{{"list", "true"}, {"limit", "many"}}, "limit"},
      {{{"list", "true"}, {"after", "xyz"}}, "next"},
  };
  for (const auto& [parameters, wanted] : cases) {
    const Result<std::string> answer = Ask(parameters);
    ASSERT_FALSE(answer.ok()) << wanted;
    EXPECT_EQ(answer.status().action(), Action::kReject);
    EXPECT_NE(answer.status().message().find(wanted), std::string_view::npos)
        << answer.status().message();
  }
}

}  // namespace
}  // namespace fracas::ledger
