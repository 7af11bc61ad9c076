#include "ledger/dead_letters_json.h"

#include <algorithm>
#include <charconv>

#include "core/codes.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"

namespace fracas::ledger {
namespace {

// A time, or null for 0.
void Time(std::string_view name, int64_t ms, json::Writer* writer) {
  writer->Key(name);
  if (ms == 0) {
    writer->Null();
  } else {
    writer->String(FormatTimestamp(ms));
  }
}

void CodeOf(uint32_t number, json::Writer* writer) {
  const CodeInfo* const info = FindCode(Cat(number));
  writer->Member("code", number);
  writer->Member("name", info == nullptr ? std::string_view("UNKNOWN") : info->name);
}

void Coordinates(const Place& place, json::Writer* writer) {
  writer->Member("topic", place.partition.topic).Member("partition", place.partition.partition);
  writer->Member("offset", place.offset);
}

void Members(const Letter& letter, json::Writer* writer) {
  Coordinates(letter.place, writer);
  writer->Key("source").BeginObject();
  Coordinates(letter.source, writer);
  writer->EndObject().Member("stream", letter.stream);
  CodeOf(letter.code, writer);
  writer->Member("state", Name(letter.state));
  Time("judged", letter.judged_ms, writer);
  Time("timestamp", letter.timestamp_ms, writer);
  writer->Member("attempt", letter.attempt).Member("replay_count", letter.replay_count);
  writer->Key("business_id");
  if (letter.business_id.empty()) {
    writer->Null();
  } else {
    writer->String(letter.business_id);
  }
  writer->Member("fingerprint", letter.fingerprint);
  Time("ended", letter.ended_ms, writer);
}

void Resolution(const state::LetterResolution& resolution, json::Writer* writer) {
  writer->Key("resolution").BeginObject().Member("ticket", resolution.ticket).Key("published");
  if (resolution.published_offset == kNoOffset) {
    writer->Null();
  } else {
    writer->BeginObject();
    Coordinates({resolution.published, resolution.published_offset}, writer);
    writer->EndObject();
  }
  writer->Member("who", resolution.who).Member("why", resolution.why);
  Time("time", resolution.stamp.time_ms, writer);
  writer->EndObject();
}

template <typename T>
bool ParseNumber(std::string_view text, T* number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && stop == text.data() + text.size();
}

// "topic/partition/offset".
Result<Place> ParsePlace(const std::string& text) {
  const size_t last = text.rfind('/');
  const size_t first = last == std::string::npos || last == 0 ? last : text.rfind('/', last - 1);
  Place place;
  if (first == std::string::npos || first == 0 || last == 0 ||
      !ParseNumber(std::string_view(text).substr(first + 1, last - first - 1),
                   &place.partition.partition) ||
      !ParseNumber(std::string_view(text).substr(last + 1), &place.offset)) {
    return Status::Reject(Cat("record: '", text, "' is not topic/partition/offset"));
  }
  place.partition.topic = text.substr(0, first);
  return place;
}

Status ParseState(const std::string& text, std::optional<LetterState>* state) {
  if (text.empty()) return {};
  for (const LetterState known : {LetterState::kOpen, LetterState::kResolved, LetterState::kDiscarded,
                                  LetterState::kExpired}) {
    if (text == Name(known)) *state = known;
  }
  if (state->has_value()) return {};
  return Status::Reject(Cat("state: '", text, "' is none of open, resolved, discarded, expired"));
}

Status ParseTime(std::string_view name, const std::string& text, int64_t* ms) {
  if (text.empty() || ParseTimestamp(text, ms)) return {};
  return Status::Reject(Cat(name, ": '", text, "' is not a time like 2026-01-31T12:00:00.000Z"));
}

Result<Index::Query> ParseQuery(
    const std::function<std::string(std::string_view name)>& parameter) {
  Index::Query query;
  query.stream = parameter("stream");
  query.business_id = parameter("business_id");
  query.after = parameter("after");
  if (const std::string code = parameter("code"); !code.empty()) {
    const CodeInfo* const info = FindCode(code);
    if (info == nullptr) {
      return Status::Reject(Cat("code: there is no code '", code, "'; `fracas codes` lists them"));
    }
    query.code = info->number;
  }
  if (const std::string limit = parameter("limit");
      !limit.empty() && (!ParseNumber(limit, &query.limit) || query.limit == 0)) {
    return Status::Reject(Cat("limit: a number from 1 to ", limits::kLedgerPageMax));
  }
  query.limit = std::min(query.limit, limits::kLedgerPageMax);
  for (Status parsed : {ParseState(parameter("state"), &query.state),
                        ParseTime("from", parameter("from"), &query.from_ms),
                        ParseTime("to", parameter("to"), &query.to_ms)}) {
    if (!parsed.ok()) return parsed;
  }
  return query;
}

}  // namespace

std::string ToJson(const LedgerFacts& facts) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject().Member("foreign", facts.foreign).Member("unreadable", facts.unreadable);
  writer.Member("unseen", facts.unseen).Member("restored", facts.restored);
  writer.Member("restore_target", facts.restore_target).Member("trouble", facts.trouble);
  writer.Key("counts").BeginArray();
  for (const LedgerFacts::Row& row : facts.rows) {
    writer.BeginObject().Member("stream", row.stream);
    CodeOf(row.code, &writer);
    writer.Member("open", row.open).Member("resolved", row.resolved);
    writer.Member("discarded", row.discarded).Member("expired", row.expired);
    Time("oldest_open", row.oldest_open_ms, &writer);
    Time("ends", row.ends_ms, &writer);
    writer.EndObject();
  }
  writer.EndArray().EndObject();
  return text;
}

std::string ToJson(const Index::Page& page) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject().Key("letters").BeginArray();
  for (const Letter& letter : page.letters) {
    writer.BeginObject();
    Members(letter, &writer);
    writer.EndObject();
  }
  writer.EndArray().Key("next");
  if (page.next.empty()) {
    writer.Null();
  } else {
    writer.String(page.next);
  }
  writer.EndObject();
  return text;
}

std::string ToJson(const std::vector<Index::Found>& found) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject().Key("letters").BeginArray();
  for (const Index::Found& one : found) {
    writer.BeginObject();
    Members(one.letter, &writer);
    if (one.resolution.has_value()) Resolution(*one.resolution, &writer);
    writer.EndObject();
  }
  writer.EndArray().Key("next").Null().EndObject();
  return text;
}

Result<std::string> Answer(const Ledger& ledger,
                           const std::function<std::string(std::string_view name)>& parameter) {
  if (const std::string record = parameter("record"); !record.empty()) {
    const Result<Place> source = ParsePlace(record);
    if (!source.ok()) return source.status();
    const Result<std::vector<Index::Found>> found = ledger.index().Find(*source);
    if (!found.ok()) return found.status();
    return ToJson(*found);
  }
  if (parameter("list") != "true") return ToJson(ledger.facts());
  const Result<Index::Query> query = ParseQuery(parameter);
  if (!query.ok()) return query.status();
  const Result<Index::Page> page = ledger.index().List(*query);
  if (!page.ok()) return page.status();
  return ToJson(*page);
}

}  // namespace fracas::ledger
