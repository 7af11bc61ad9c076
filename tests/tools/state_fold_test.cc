#include "tools/state_fold.h"

#include <gtest/gtest.h>

#include "state/format/codec.h"
#include "tests/tools/fake_group.h"

namespace fracas::tools {
namespace {

using state::QuarantineScope;

class StateFoldTest : public testing::Test {
 protected:
  StateFoldTest() {
    group_.AddTopic("shop.state");
    Put(state::GenesisKey(), Encode(state::Genesis{.uuid = std::string(32, '1'), .group = "shop"}));
  }

  void Put(std::string key, std::string value) {
    group_.Append({"shop.state", 0}, std::move(key), std::move(value));
  }
  void PutBreaker(const std::string& stream, uint64_t version) {
    state::Breaker breaker;
    breaker.stamp.version = version;
    Put(state::BreakerKey(stream), Encode(breaker));
  }
  void PutId(const std::string& stream, const std::string& id, int64_t since_ms,
             bool expired = false) {
    state::QuarantineEntry entry;
    entry.since_ms = since_ms;
    entry.expired = expired;
    Put(state::QuarantineKeyBytes({stream, QuarantineScope::kId, id}), Encode(entry));
  }
  FoldOptions Options() {
    FoldOptions options;
    options.group = "shop";
    options.state_topic = "shop.state";
    options.reader = &group_;
    options.admin = &group_;
    return options;
  }

  FakeGroup group_;
};

TEST_F(StateFoldTest, TheLastValueOfEachKey) {
  PutBreaker("p/a", 1);
  PutBreaker("p/b", 1);
  PutBreaker("p/a", 2);
  Put(state::BreakerKey("p/b"), "");
  Put(state::CursorKey(), Encode(state::Cursor{.control_uuid = "x", .control_offset = 4}));
  state::Ticket ticket;
  ticket.id = "t1";
  Put(state::TicketKey("t1"), Encode(ticket));
  Result<FoldedState> folded = FoldState(Options());
  ASSERT_TRUE(folded.ok()) << folded.status().message();
  ASSERT_EQ(folded->breakers.size(), 1u);
  EXPECT_EQ(folded->breakers.at("p/a").stamp.version, 2u);
  EXPECT_TRUE(folded->tickets.contains("t1"));
  EXPECT_EQ(folded->offset, 7);
}

TEST_F(StateFoldTest, CountsWithoutKeeping) {
  PutId("p/a", "1", 30);
  PutId("p/a", "2", 20, true);
  PutId("p/a", "3", 10);
  PutId("p/b", "1", 5);
  PutId("p/a", "1", 30, true);  // renewed, not another one
  Put(state::QuarantineKeyBytes({"p/a", QuarantineScope::kId, "3"}), "");
  Result<FoldedState> folded = FoldState(Options());
  ASSERT_TRUE(folded.ok());
  EXPECT_TRUE(folded->entries.empty());
  EXPECT_EQ(folded->quarantine.at("p/a").entries, 2u);
  EXPECT_EQ(folded->quarantine.at("p/a").expired, 2u);
  EXPECT_EQ(folded->quarantine.at("p/a").oldest_ms, 20);
  EXPECT_EQ(folded->quarantine.at("p/b").entries, 1u);
}

TEST_F(StateFoldTest, KeepsTheEntriesOfOneStream) {
  PutId("p/a", "1", 30);
  PutId("p/b", "1", 30);
  FoldOptions options = Options();
  options.keep = FoldOptions::Keep::kEntries;
  options.stream = "p/b";
  Result<FoldedState> folded = FoldState(options);
  ASSERT_TRUE(folded.ok());
  ASSERT_EQ(folded->entries.size(), 1u);
  EXPECT_EQ(folded->entries.begin()->first.stream, "p/b");
}

TEST_F(StateFoldTest, AnotherGroupsStateIsNotTaken) {
  FoldOptions options = Options();
  options.group = "other";
  Result<FoldedState> folded = FoldState(options);
  ASSERT_FALSE(folded.ok());
  EXPECT_EQ(folded.status().action(), Action::kStop);
  EXPECT_NE(folded.status().message().find("group shop"), std::string_view::npos)
      << folded.status().message();
}

TEST_F(StateFoldTest, DamageIsNamedWithItsPlace) {
  Put(state::BreakerKey("p/a"), "\x01");
  Result<FoldedState> folded = FoldState(Options());
  ASSERT_FALSE(folded.ok());
  EXPECT_TRUE(folded.status().message().starts_with("shop.state/0/1: "))
      << folded.status().message();
}

TEST_F(StateFoldTest, NewerKindsAreLeftAlone) {
  Put("zzz", "whatever");
  EXPECT_TRUE(FoldState(Options()).ok());
}

TEST_F(StateFoldTest, NoTopicNoState) {
  group_.topics.clear();
  EXPECT_EQ(FoldState(Options()).status().action(), Action::kStop);
}

}  // namespace
}  // namespace fracas::tools
