#include "app/live/state_view.h"

#include <algorithm>
#include <utility>

#include "core/base64.h"
#include "core/text.h"
#include "state/format/codec.h"

namespace fracas::app {

namespace {

// A group that has not moved for so long although records wait stands still.
constexpr int64_t kStalledMs = 60'000;

using LocalViews = std::map<std::string, tools::LocalView, std::less<>>;

// The cells of all workers, by stream.
LocalViews FoldMeters(const Meters& meters) {
  LocalViews views;
  meters.Visit(
      [&](const StreamCell& cell) {
        tools::LocalView& view = views[Cat(cell.pipeline, "/", cell.stream)];
        const auto read = [](const MeterCounter& counter) { return counter.load(std::memory_order_relaxed); };
        view.published += read(cell.published);
        view.dead_lettered += read(cell.dead_lettered);
        view.masked += read(cell.masked);
        view.observed += read(cell.observed);
        view.consumed += read(cell.consumed);
        view.lag += std::max<int64_t>(0, cell.lag.load(std::memory_order_relaxed));
        view.last_record_ms = std::max(view.last_record_ms, cell.last_record_ms.load());
      },
      [](const WorkerCell&) {});
  return views;
}

void AddPipeline(const StateInputs& inputs, LocalViews* views) {
  if (inputs.view == nullptr) return;
  for (size_t i = 0; i < inputs.streams.size(); ++i) {
    tools::LocalView& view = (*views)[inputs.streams[i]];
    view.contract = inputs.view->stream(static_cast<StreamIndex>(i)).contract->sha256();
  }
  for (const pipeline::PartitionHold& hold : inputs.holds) {
    const std::optional<StreamIndex> stream = inputs.view->plan().stream_of(hold.partition.topic);
    if (!stream.has_value() || ToInt(*stream) >= inputs.streams.size()) continue;
    (*views)[inputs.streams[ToInt(*stream)]].held.push_back({hold.partition, hold.code, hold.reason});
  }
}

// The cluster was asked a while ago: what no longer waits, or waits elsewhere, is nobody's any more.
bool Waits(const tools::SourceRetention& retention, const state::Breaker& breaker) {
  const auto range = std::find_if(breaker.pending.begin(), breaker.pending.end(),
                                  [&](const auto& each) { return each.source == retention.source; });
  if (range != breaker.pending.end()) return range->from == retention.from;
  return breaker.state == state::BreakerState::kRed;
}

void AddRetention(const std::vector<tools::SourceRetention>& asked, tools::StreamLive* stream) {
  for (const tools::SourceRetention& retention : asked) {
    if (Waits(retention, stream->breaker)) stream->retention.push_back(retention);
  }
}

tools::StreamLive StreamOf(const StateInputs& inputs, const std::string& name) {
  tools::StreamLive stream;
  stream.stream = name;
  const control::Snapshot& snapshot = *inputs.snapshot;
  if (const auto breaker = snapshot.breakers.find(name); breaker != snapshot.breakers.end()) {
    stream.breaker = *breaker->second;
  }
  if (const auto size = snapshot.quarantine.find(name); size != snapshot.quarantine.end()) {
    stream.quarantine = {size->second.entries, size->second.expired, size->second.oldest_ms};
  }
  if (inputs.cluster != nullptr) {
    const auto asked = inputs.cluster->streams.find(name);
    if (asked != inputs.cluster->streams.end()) {
      stream.lag = asked->second.lag;
      const int64_t stands_ms = asked->second.stands_ms;
      const bool stalled = stream.lag.value_or(0) > 0 && inputs.now_ms - stands_ms >= kStalledMs;
      if (stalled) stream.stalled_ms = stands_ms;
      AddRetention(asked->second.retention, &stream);
    }
  }
  if (const auto letters = inputs.letters.find(name); letters != inputs.letters.end()) {
    stream.letters = letters->second;
  }
  return stream;
}

Result<tools::QuarantineItem> ItemOf(std::string_view key, std::string_view value) {
  Result<state::QuarantineKey> decoded = state::DecodeQuarantineKey(key);
  if (!decoded.ok()) return decoded.status();
  Result<state::QuarantineEntry> entry = state::DecodeQuarantineEntry(value);
  if (!entry.ok()) return entry.status();
  return tools::QuarantineItem{std::move(*decoded), std::move(*entry)};
}

}  // namespace

tools::LiveState LiveStateOf(const StateInputs& inputs) {
  tools::LiveState live;
  live.group = inputs.group;
  live.instance = inputs.instance;
  live.state_offset = inputs.snapshot->offset;
  live.time_ms = inputs.now_ms;
  live.lane = inputs.lane;
  if (inputs.cluster != nullptr) {
    live.unanswered_ms = inputs.cluster->unanswered_ms;
    live.unanswered = inputs.cluster->unanswered;
  }
  LocalViews locals = FoldMeters(*inputs.meters);
  AddPipeline(inputs, &locals);
  for (const std::string& name : inputs.streams) {
    live.streams.push_back(StreamOf(inputs, name));
    if (inputs.view != nullptr) live.streams.back().local = std::move(locals[name]);
  }
  // Streams that only the state knows: of another version of the configuration.
  const auto add = [&](const std::string& name) {
    if (tools::Find(live, name) == nullptr) live.streams.push_back(StreamOf(inputs, name));
  };
  for (const auto& [name, breaker] : inputs.snapshot->breakers) add(name);
  for (const auto& [name, size] : inputs.snapshot->quarantine) {
    if (size.entries > 0) add(name);
  }
  return live;
}

Result<tools::QuarantinePage> QuarantinePageOf(const StateStore& store, const PageQuery& query) {
  std::string after;
  if (!DecodeBase64(query.after, &after)) {
    return Status::Reject("after: not what a page ended with (`next`)");
  }
  const std::string all(1, static_cast<char>(state::Kind::kQuarantine));
  const std::string prefix = query.stream.empty() ? all : state::QuarantinePrefix(query.stream);
  tools::QuarantinePage page;
  Status broken;
  std::string last;
  Status visited = store.VisitAfter(prefix, after, [&](std::string_view key, std::string_view value) {
    if (page.items.size() == query.limit) {
      page.next = Base64(last);
      return false;
    }
    Result<tools::QuarantineItem> item = ItemOf(key, value);
    if (!item.ok()) {
      broken = item.status();
      return false;
    }
    last = key;
    if (!query.expired || item->entry.expired) page.items.push_back(std::move(*item));
    return true;
  });
  if (!visited.ok()) return visited;
  if (!broken.ok()) return broken;
  return page;
}

Result<tools::QuarantinePage> QuarantineEntryOf(const StateStore& store, const state::QuarantineKey& key) {
  tools::QuarantinePage page;
  const std::string bytes = state::QuarantineKeyBytes(key);
  std::string value;
  Result<bool> found = store.Get(bytes, &value);
  if (!found.ok()) return found.status();
  if (!*found) return page;
  Result<tools::QuarantineItem> item = ItemOf(bytes, value);
  if (!item.ok()) return item.status();
  page.items.push_back(std::move(*item));
  return page;
}

}  // namespace fracas::app
