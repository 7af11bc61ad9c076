#include "tools/live_json.h"

#include <gtest/gtest.h>

namespace fracas::tools {
namespace {

constexpr int64_t kNow = 1'769'860'800'123;

state::Breaker FullBreaker() {
  state::Breaker breaker;
  breaker.stamp = {.version = 7, .control_offset = 41, .command_id = "c0ffee", .time_ms = kNow};
  breaker.state = state::BreakerState::kProbe;
  breaker.since_ms = kNow - 5;
  breaker.cause = Code::kTypeMismatch;
  breaker.reason = "expected \"integer\"\nat /a";
  breaker.who = "anna@host";
  breaker.planned = true;
  breaker.planned_until_ms = kNow + 1;
  breaker.contract = std::string(64, 'a');
  breaker.reload = true;
  breaker.pending = {{.source = {"orders.raw", 3},
                      .from = 100,
                      .to = 200,
                      .attempt = 2,
                      .cause = Code::kTypeMismatch,
                      .reason = "r",
                      .record = 150,
                      .record_failures = 2,
                      .oldest_ms = kNow - 9,
                      .since_ms = kNow - 8,
                      .passed = true},
                     {.source = {"orders.raw", 4},
                      .from = 7,
                      .to = 7,
                      .attempt = 1,
                      .cause = Code::kOffsetOutOfRange,
                      .reason = "",
                      .oldest_ms = 0}};
  breaker.diversion = {
      .codes = {Code::kTypeMismatch}, .until_ms = 0, .who = "w", .why = "y", .since_ms = kNow};
  breaker.retry = {.done = 2, .next_ms = kNow + 3, .exhausted = true};
  breaker.losses = {{{"orders.raw", 4}, 7, 9, "who", "why"}};
  return breaker;
}

LiveState FullState() {
  LiveState live;
  live.group = "shop";
  live.instance = "node-1";
  live.state_offset = 99;
  live.time_ms = kNow;
  live.unanswered_ms = kNow - 3;
  live.unanswered = "no broker answers";
  live.lane = ControlLane{
      .active = true, .restored = true, .restore_position = 8, .restore_target = 9, .lag_ms = 12};
  StreamLive stream;
  stream.stream = "ingest/orders";
  stream.breaker = FullBreaker();
  stream.quarantine = {.entries = 5, .expired = 1, .oldest_ms = kNow - 100};
  stream.local =
      LocalView{.lag = 3,
                .consumed = 10,
                .published = 6,
                .dead_lettered = 2,
                .masked = 1,
                .observed = 1,
                .last_record_ms = kNow - 1,
                .contract = std::string(64, 'b'),
                .held = {{{"orders.raw", 5}, Code::kObjectNotFound, "the topic is gone"}}};
  stream.letters = LetterCounts{.open = 2,
                                .resolved = 3,
                                .discarded = 4,
                                .expired = 5,
                                .oldest_ms = kNow - 7,
                                .ends_ms = kNow + 7};
  stream.retention = {{{"orders.raw", 3}, 100, 130, kNow + 60'000}};
  stream.lag = 1'234;
  stream.stalled_ms = kNow - 90'000;
  live.streams = {stream, StreamLive{.stream = "ingest/other"}};
  return live;
}

TEST(LiveJson, ReadsBackWhatItWrites) {
  const std::string text = ToJson(FullState());
  Result<LiveState> read = ReadLiveState(text);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(ToJson(*read), text);
  state::Breaker wanted = FullBreaker();
  EXPECT_EQ(read->streams[0].breaker, wanted);
  EXPECT_EQ(read->streams[1].breaker, state::Breaker());
  EXPECT_FALSE(read->streams[1].local.has_value());
  EXPECT_FALSE(read->streams[1].lag.has_value());
  EXPECT_EQ(*read->streams[0].lag, 1'234);
  EXPECT_EQ(LostOffsets(read->streams[0]), 30);
  EXPECT_EQ(read->lane->lag_ms, 12);
}

TEST(LiveJson, FromTheTopicThereIsNoInstance) {
  LiveState live = FullState();
  live.instance.clear();
  live.lane.reset();
  Result<LiveState> read = ReadLiveState(ToJson(live));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->instance, "");
  EXPECT_FALSE(read->lane.has_value());
}

TEST(LiveJson, NewerMembersAndCodesAreNobodysBusiness) {
  std::string text = ToJson(FullState());
  const std::string code = "\"code\":\"TYPE_MISMATCH\"";
  text.replace(text.find(code), code.size(), "\"code\":\"OF_TOMORROW\",\"new\":[{}]");
  Result<LiveState> read = ReadLiveState(text);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->streams[0].breaker.cause, Code::kUnknown);
}

TEST(LiveJson, WhatIsNotOursIsRefused) {
  for (const char* text :
       {"", "[]", "{}", "{\"group\":1}", "{\"group\":\"g\",\"state_offset\":1,\"time\":\"x\"}",
        "{\"group\":\"g\",\"state_offset\":1,\"time\":\"2026-01-31T12:00:00.000Z\","
        "\"streams\":[{\"stream\":\"s\",\"breaker\":{\"version\":1,\"state\":\"BLUE\"},"
        "\"quarantine\":{}}]}"}) {
    EXPECT_EQ(ReadLiveState(text).status().action(), Action::kReject) << text;
  }
}

TEST(LiveJson, AnyPrefixIsRefusedAndNothingElseHappens) {
  const std::string text = ToJson(FullState());
  for (size_t size = 0; size < text.size(); ++size) {
    ASSERT_FALSE(ReadLiveState(text.substr(0, size)).ok()) << size;
  }
}

TEST(LiveJson, IdsOfAnyBytes) {
  QuarantinePage page;
  state::QuarantineEntry entry;
  entry.stamp.version = 2;
  entry.code = Code::kQuarantined;
  entry.reason = "wrong tenant";
  entry.owner = "crm";
  entry.who = "anna";
  entry.since_ms = kNow;
  entry.expires_ms = kNow + 1;
  entry.expired = true;
  using state::QuarantineScope;
  page.items = {{{"p/s", QuarantineScope::kId, "C-1"}, entry},
                {{"p/s", QuarantineScope::kId, std::string("\0\xFF\"", 3)}, entry},
                {{"p/s", QuarantineScope::kRecord, "t/0/9"}, {}}};
  page.next = "AA==";
  Result<QuarantinePage> read = ReadQuarantinePage(ToJson(page));
  ASSERT_TRUE(read.ok()) << read.status().message();
  ASSERT_EQ(read->items.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(read->items[i].key, page.items[i].key) << i;
  EXPECT_EQ(read->items[1].entry, entry);
  EXPECT_EQ(read->next, "AA==");
}

TEST(LiveState, TheEarliestEndCounts) {
  StreamLive stream;
  EXPECT_EQ(EarliestEnd(stream), nullptr);
  stream.retention = {{{"t", 0}, 5, 5, 0}, {{"t", 1}, 5, 3, 300}, {{"t", 2}, 5, 9, 200}};
  ASSERT_NE(EarliestEnd(stream), nullptr);
  EXPECT_EQ(EarliestEnd(stream)->ends_ms, 200);
  EXPECT_EQ(LostOffsets(stream), 4);
}

}  // namespace
}  // namespace fracas::tools
