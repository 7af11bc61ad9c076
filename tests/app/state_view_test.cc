#include "app/live/state_view.h"

#include <gtest/gtest.h>

#include <map>

#include "app/live/state_routes.h"
#include "core/base64.h"
#include "core/text.h"
#include "state/format/codec.h"
#include "tools/live_json.h"

namespace fracas::app {
namespace {

using state::QuarantineScope;

class FakeStore : public StateStore {
 public:
  std::map<std::string, std::string, std::less<>> data;

  Status Apply(const std::vector<StateChange>&, const std::map<TopicPartition, Offset>&, int64_t) override {
    return {};
  }
  Offset Position(const TopicPartition&) const override { return 0; }
  int64_t AppliedMs() const override { return 0; }
  Result<bool> Get(std::string_view key, std::string* value) const override {
    const auto found = data.find(key);
    if (found == data.end()) return false;
    *value = found->second;
    return true;
  }
  Status MultiGet(const std::vector<std::string>&, std::vector<std::string>*,
                  std::vector<bool>*) const override {
    return {};
  }
  Status Visit(std::string_view prefix,
               const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    for (const auto& [key, value] : data) {
      if (key.starts_with(prefix) && !visit(key, value)) break;
    }
    return {};
  }
  Status Wipe() override { return {}; }

  void Put(const std::string& stream, QuarantineScope scope, const std::string& id, bool expired = false) {
    state::QuarantineEntry entry;
    entry.expired = expired;
    data[state::QuarantineKeyBytes({stream, scope, id})] = state::Encode(entry);
  }
};

class StateViewTest : public testing::Test {
 protected:
  StateViewTest() {
    state::Breaker breaker;
    breaker.stamp.version = 3;
    breaker.state = state::BreakerState::kRed;
    state::PendingRange range;
    range.source = {"orders.raw", 0};
    range.from = 100;
    range.to = 200;
    breaker.pending = {range};
    snapshot_.offset = 7;
    snapshot_.breakers["p/orders"] = std::make_shared<const state::Breaker>(breaker);
    snapshot_.quarantine["p/gone"].entries = 2;
    for (int i = 0; i < 5; ++i) store_.Put("p/orders", QuarantineScope::kId, Cat("C-", i), i == 3);
    store_.Put("p/orders", QuarantineScope::kRecord, "orders.raw/0/9");
    store_.Put("p/other", QuarantineScope::kId, "X");
    store_.data["b"] = "no entry of the quarantine";
  }

  StateInputs Inputs() const {
    StateInputs inputs;
    inputs.group = "shop";
    inputs.instance = "node-1";
    inputs.now_ms = 1'769'860'800'000;
    inputs.snapshot = std::make_shared<const control::Snapshot>(snapshot_);
    inputs.streams = {"p/orders", "p/other"};
    inputs.meters = &meters_;
    return inputs;
  }

  api::Response Get(const std::string& path, std::vector<std::pair<std::string, std::string>> query = {}) {
    StateSources sources;
    sources.group = "shop";
    sources.inputs = [this] { return restored_ ? std::optional(Inputs()) : std::nullopt; };
    sources.store = [this]() -> const StateStore* { return restored_ ? &store_ : nullptr; };
    sources.digest = [](Offset at_least) -> Result<std::string> {
      if (at_least > 7) return Status::Retry("not so far yet");
      return std::string("{}");
    };
    for (const api::Route& route : StateRoutes(sources)) {
      const std::string stem = route.path.substr(0, route.path.find('*'));
      if (stem.size() == route.path.size() ? route.path == path : path.starts_with(stem)) {
        EXPECT_EQ(route.audience, api::Audience::kOperator);
        return route.handler({.method = "GET", .path = path, .query = std::move(query), .body = ""});
      }
    }
    return api::ErrorResponse(404, "no route");
  }

  control::Snapshot snapshot_;
  FakeStore store_;
  Meters meters_;
  bool restored_ = true;
};

TEST_F(StateViewTest, ConfiguredStreamsFirstThenWhatOnlyTheStateKnows) {
  const tools::LiveState live = LiveStateOf(Inputs());
  ASSERT_EQ(live.streams.size(), 3u);
  EXPECT_EQ(live.streams[0].breaker.stamp.version, 3u);
  EXPECT_EQ(live.streams[1].breaker, state::Breaker());
  EXPECT_EQ(live.streams[2].stream, "p/gone");
  EXPECT_EQ(live.streams[2].quarantine.entries, 2u);
  EXPECT_EQ(live.state_offset, 7);
  EXPECT_FALSE(live.streams[0].local.has_value()) << "no pipeline runs here";
  EXPECT_FALSE(live.streams[0].lag.has_value()) << "nobody was asked yet";
}

TEST_F(StateViewTest, RetentionOfWhatNoLongerWaitsIsForgotten) {
  StateInputs inputs = Inputs();
  auto cluster = std::make_shared<ClusterView>();
  cluster->streams["p/orders"].lag = 5;
  cluster->streams["p/orders"].retention = {{{"orders.raw", 0}, 100, 150, 9}, {{"orders.raw", 0}, 50, 60, 9},
                                            {{"orders.raw", 1}, 100, 150, 9}};
  inputs.cluster = cluster;
  const tools::LiveState live = LiveStateOf(inputs);
  EXPECT_EQ(live.streams[0].lag, 5);
  ASSERT_EQ(live.streams[0].retention.size(), 2u) << "the pending range, and what stands beside it";
  EXPECT_EQ(tools::LostOffsets(live.streams[0]), 100);
}

TEST_F(StateViewTest, AGroupThatHasNotMovedForAMinuteIsStalled) {
  StateInputs inputs = Inputs();
  auto cluster = std::make_shared<ClusterView>();
  cluster->streams["p/orders"] = {
      .lag = 5, .stands = 100, .stands_ms = inputs.now_ms - 60'000, .retention = {}};
  cluster->unanswered_ms = 7;
  cluster->unanswered = "no broker";
  inputs.cluster = cluster;
  const tools::LiveState live = LiveStateOf(inputs);
  EXPECT_EQ(live.streams[0].stalled_ms, inputs.now_ms - 60'000);
  EXPECT_EQ(live.unanswered_ms, 7);
  EXPECT_EQ(live.unanswered, "no broker");
  cluster->streams["p/orders"].stands_ms += 1;
  EXPECT_EQ(LiveStateOf(inputs).streams[0].stalled_ms, 0) << "not for a minute yet";
  cluster->streams["p/orders"] = {.lag = 0, .stands = 100, .stands_ms = 1, .retention = {}};
  EXPECT_EQ(LiveStateOf(inputs).streams[0].stalled_ms, 0) << "nothing waits";
}

TEST_F(StateViewTest, PagesMeetWithoutHoleOrOverlap) {
  for (size_t limit = 1; limit <= 7; ++limit) {
    std::string ids;
    PageQuery query{.stream = "p/orders", .limit = limit};
    for (int pages = 0; pages < 10; ++pages) {
      Result<tools::QuarantinePage> page = QuarantinePageOf(store_, query);
      ASSERT_TRUE(page.ok());
      for (const tools::QuarantineItem& item : page->items) AppendTo(&ids, item.key.id, " ");
      query.after = page->next;
      if (page->next.empty()) break;
    }
    EXPECT_EQ(ids, "C-0 C-1 C-2 C-3 C-4 orders.raw/0/9 ") << limit;
  }
  EXPECT_EQ(QuarantinePageOf(store_, {.limit = 100})->items.size(), 7u) << "of all streams";
  EXPECT_EQ(QuarantinePageOf(store_, {.expired = true, .limit = 100})->items.size(), 1u);
  EXPECT_EQ(QuarantinePageOf(store_, {.after = "!", .limit = 1}).status().action(), Action::kReject);
}

TEST_F(StateViewTest, Routes) {
  Result<tools::LiveState> live = tools::ReadLiveState(Get("/state/streams", {{"group", "shop"}}).body);
  ASSERT_TRUE(live.ok()) << live.status().message();
  EXPECT_EQ(live->streams.size(), 3u);
  EXPECT_NE(Get("/state/breakers/p/orders").body.find("\"version\":3"), std::string::npos);
  EXPECT_EQ(Get("/state/breakers/p/nothing").status, 404);
  EXPECT_EQ(Get("/state/tickets").body, "{\"tickets\":[],\"count\":0}\n");
  EXPECT_NE(Get("/state/authority").body.find("\"active\":false"), std::string::npos);
  EXPECT_EQ(Get("/state/digest", {{"at_least", "7"}}).status, 200);
  EXPECT_EQ(Get("/state/digest", {{"at_least", "8"}}).status, 503);
  EXPECT_EQ(Get("/state/digest", {{"at_least", "x"}}).status, 400);
  EXPECT_EQ(Get("/state/dead_letters").status, 503) << "no ledger here";
}

TEST_F(StateViewTest, OneEntryByItsKey) {
  const auto items = [&](std::vector<std::pair<std::string, std::string>> query) {
    const api::Response response = Get("/state/quarantine", std::move(query));
    Result<tools::QuarantinePage> page = tools::ReadQuarantinePage(response.body);
    return page.ok() ? static_cast<int>(page->items.size()) : -response.status;
  };
  EXPECT_EQ(items({{"stream", "p/orders"}, {"id", "C-1"}}), 1);
  EXPECT_EQ(items({{"stream", "p/orders"}, {"id_base64", Base64("C-1")}}), 1);
  EXPECT_EQ(items({{"stream", "p/orders"}, {"record", "orders.raw/0/9"}}), 1);
  EXPECT_EQ(items({{"stream", "p/orders"}, {"id", "orders.raw/0/9"}}), 0) << "another scope";
  EXPECT_EQ(items({{"stream", "p/orders"}, {"id_base64", "!"}}), -400);
  EXPECT_EQ(items({{"id", "C-1"}}), -400);
  EXPECT_EQ(items({{"limit", "2"}}), 2);
  EXPECT_EQ(items({{"limit", "0"}}), 1) << "at least one";
  EXPECT_EQ(items({{"limit", "many"}}), -400);
}

TEST_F(StateViewTest, NobodyIsTakenForAnother) {
  EXPECT_EQ(Get("/state/streams", {{"group", "other"}}).status, 409);
  restored_ = false;
  for (const char* path : {"/state/streams", "/state/breakers/p/orders", "/state/quarantine"}) {
    EXPECT_EQ(Get(path).status, 503) << path;
  }
}

}  // namespace
}  // namespace fracas::app
