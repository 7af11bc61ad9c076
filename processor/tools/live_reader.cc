#include "tools/live_reader.h"

#include <utility>

#include "core/base64.h"
#include "core/limits.h"
#include "core/percent.h"
#include "core/text.h"
#include "json/tree.h"
#include "tools/cluster_facts.h"
#include "tools/live_json.h"
#include "wire/fields.h"

namespace fracas::tools {

namespace {

constexpr int64_t kBlockedMs = 1'000;

// {"error": text} as our server writes it, or the beginning of whatever it was.
std::string ErrorOf(const HttpAnswer& answer) {
  std::string error;
  const auto document = json::ParseOwned(answer.body, &error);
  if (document != nullptr && document->tree.node(0).kind == json::Kind::kObject) {
    wire::Fields fields("answer", document->tree);
    const std::string text = fields.Text(document->tree.root(), "error");
    if (fields.ok()) return text;
  }
  return answer.body.substr(0, 200);
}

StreamLive FromFold(const std::string& stream, const FoldedState& folded) {
  StreamLive live;
  live.stream = stream;
  if (const auto breaker = folded.breakers.find(stream); breaker != folded.breakers.end()) {
    live.breaker = breaker->second;
  }
  if (const auto counts = folded.quarantine.find(stream); counts != folded.quarantine.end()) {
    live.quarantine = counts->second;
  }
  return live;
}

}  // namespace

std::string AddressOf(const config::ListenAddress& listen) {
  if (listen.port <= 0) return "";
  const bool v6 = listen.host.find(':') != std::string::npos;
  return Cat(v6 ? "[" : "", listen.host, v6 ? "]:" : ":", listen.port);
}

std::string KeyQuery(const state::QuarantineKey& key) {
  const bool record = key.scope == state::QuarantineScope::kRecord;
  return Cat("stream=", PercentEncode(key.stream), record ? "&record=" : "&id_base64=",
             PercentEncode(record ? key.id : Base64(key.id)));
}

Result<std::string> LiveReader::Ask(const std::string& target) {
  if (from_topic_) return Status::Retry(why_topic_.empty() ? "the topic was asked for" : why_topic_);
  const std::string address = AddressOf(config_.http.listen);
  if (address.empty()) {
    why_topic_ = "http.listen of the configuration names no port";
    from_topic_ = true;
    return Status::Retry(why_topic_);
  }
  const char mark = target.find('?') == std::string::npos ? '?' : '&';
  Result<HttpAnswer> answer =
      ports_.get(address, Cat(target, mark, "group=", PercentEncode(config_.group)));
  if (answer.ok() && answer->status == 200) return std::move(answer->body);
  if (answer.ok() && answer->status != 503 && answer->status != 409) {
    return Status::Stop(Cat("http://", address, target, " answers ", answer->status, ": ", ErrorOf(*answer)));
  }
  // Nobody is there, somebody who does not know the state yet (503), or another group's instance (409).
  why_topic_ = answer.ok() ? Cat("the instance at ", address, " does not answer for us: ", ErrorOf(*answer))
                           : std::string(answer.status().message());
  from_topic_ = true;
  return Status::Retry(why_topic_);
}

Result<FoldedState> LiveReader::Fold(FoldOptions::Keep keep, const std::string& stream) {
  Result<Admin*> admin = ports_.admin();
  if (!admin.ok()) return admin.status();
  Result<std::unique_ptr<LogReader>> reader = ports_.reader();
  if (!reader.ok()) return reader.status();
  FoldOptions options;
  options.group = config_.group;
  options.state_topic = config_.topics.state;
  options.reader = reader->get();
  options.admin = *admin;
  options.keep = keep;
  options.stream = stream;
  options.progress = ports_.progress;
  return FoldState(options);
}

Result<LiveState> LiveReader::FromTopic() {
  Result<FoldedState> folded = Fold(FoldOptions::Keep::kCounts, "");
  if (!folded.ok()) return folded.status();
  LiveState live;
  live.group = config_.group;
  live.state_offset = folded->offset;
  live.time_ms = ports_.clock->WallMs();
  for (const config::Stream& stream : config_.streams) {
    live.streams.push_back(FromFold(config::QualifiedName(stream), *folded));
  }
  // Streams that the configuration no longer has, or of a newer one.
  for (const auto& [stream, breaker] : folded->breakers) {
    if (Find(live, stream) == nullptr) live.streams.push_back(FromFold(stream, *folded));
  }
  for (const auto& [stream, counts] : folded->quarantine) {
    if (Find(live, stream) == nullptr) live.streams.push_back(FromFold(stream, *folded));
  }
  return live;
}

Result<LiveState> LiveReader::Streams() {
  Result<std::string> body = Ask("/state/streams");
  if (body.ok()) return ReadLiveState(*body);
  if (!from_topic_) return body.status();
  Result<LiveState> live = FromTopic();
  if (!live.ok()) return live;
  if (Status s = AddFacts(&*live); !s.ok()) return s;
  return live;
}

// Whoever asks waits for one partition at most that an open transaction keeps from being read.
Status LiveReader::AddFacts(LiveState* live) {
  Result<Admin*> admin = ports_.admin();
  if (!admin.ok()) return admin.status();
  RecordLooks looks;
  std::unique_ptr<LogReader> reader;
  bool blocked = false;
  if (ports_.brief_reader) {
    looks.any = [&](const TopicPartition& source, Offset from, Offset to) {
      if (reader == nullptr && !blocked) {
        Result<std::unique_ptr<LogReader>> opened = ports_.brief_reader();
        blocked = !opened.ok();
        if (opened.ok()) reader = std::move(*opened);
      }
      if (blocked) return true;
      const int64_t begin_ms = ports_.clock->MonotonicMs();
      const bool found = HasRecord(reader.get(), source, from, to);
      blocked = ports_.clock->MonotonicMs() - begin_ms > kBlockedMs;
      return found;
    };
  }
  return AddClusterFacts(config_, *admin, looks, live);
}

Result<StreamLive> LiveReader::Stream(const std::string& stream) {
  Result<LiveState> live = Streams();
  if (!live.ok()) return live.status();
  const StreamLive* found = Find(*live, stream);
  if (found != nullptr) return *found;
  StreamLive empty;
  empty.stream = stream;
  return empty;
}

Status LiveReader::Quarantine(const QuarantineQuery& query,
                              const std::function<bool(const QuarantineItem&)>& visit) {
  uint64_t shown = 0;
  const auto show = [&](const QuarantineItem& item) {
    if (query.expired && !item.entry.expired) return true;
    return visit(item) && (query.limit == 0 || ++shown < query.limit);
  };
  std::string after;
  while (!from_topic_) {
    Result<std::string> body =
        Ask(Cat("/state/quarantine?limit=", limits::kHttpPageItemsMax,
                query.stream.empty() ? "" : "&stream=", PercentEncode(query.stream),
                after.empty() ? "" : "&after=", PercentEncode(after)));
    if (!body.ok() && from_topic_ && after.empty()) break;
    if (!body.ok()) return body.status();
    Result<QuarantinePage> page = ReadQuarantinePage(*body);
    if (!page.ok()) return page.status();
    for (const QuarantineItem& item : page->items) {
      if (!show(item)) return {};
    }
    if (page->next.empty()) return {};
    after = page->next;
  }
  Result<FoldedState> folded = Fold(FoldOptions::Keep::kEntries, query.stream);
  if (!folded.ok()) return folded.status();
  for (const auto& [key, entry] : folded->entries) {
    if (!show({key, entry})) return {};
  }
  return {};
}

Result<std::vector<QuarantineItem>> LiveReader::Lookup(const std::vector<state::QuarantineKey>& keys) {
  std::vector<QuarantineItem> found;
  size_t asked = 0;
  for (; asked < keys.size() && !from_topic_; ++asked) {
    Result<std::string> body = Ask(Cat("/state/quarantine?", KeyQuery(keys[asked])));
    if (!body.ok() && from_topic_) break;
    if (!body.ok()) return body.status();
    Result<QuarantinePage> page = ReadQuarantinePage(*body);
    if (!page.ok()) return page.status();
    for (QuarantineItem& item : page->items) found.push_back(std::move(item));
  }
  if (asked == keys.size()) return found;
  found.clear();
  Result<FoldedState> folded = Fold(FoldOptions::Keep::kEntries, keys.front().stream);
  if (!folded.ok()) return folded.status();
  for (const state::QuarantineKey& key : keys) {
    const auto entry = folded->entries.find(key);
    if (entry != folded->entries.end()) found.push_back({key, entry->second});
  }
  return found;
}

Result<uint64_t> LiveReader::OpenLetters(const state::QuarantineKey& key) {
  const Result<std::string> body =
      Ask(Cat("/state/dead_letters?state=open&limit=1&", KeyQuery(key)));
  if (!body.ok()) {
    return Status(body.status().action(),
                  Cat("only a running instance with the role ledger knows which dead letters are open, and ",
                      body.status().message()));
  }
  Result<std::unique_ptr<json::OwnedDocument>> document = wire::ParseObject("list of dead letters", *body);
  if (!document.ok()) return document.status();
  wire::Fields fields("list of dead letters", (*document)->tree);
  const uint64_t open = fields.Count((*document)->tree.root(), "open");
  if (!fields.ok()) return fields.status();
  return open;
}

}  // namespace fracas::tools
