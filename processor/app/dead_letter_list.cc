#include "app/dead_letter_list.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/base64.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/utf8.h"
#include "json/writer.h"
#include "tools/targets.h"

namespace fracas::app {

namespace {

using ledger::Index;
using ledger::Letter;
using ledger::LetterState;

constexpr int kCountedPagesMax = 200;

std::string Member(const api::Request& request, std::string_view name) {
  std::string value;
  for (const auto& [key, each] : request.query) {
    if (key == name) value = each;
  }
  return value;
}

Status ReadState(const std::string& text, Index::Query* query) {
  if (text.empty()) return {};
  for (const auto state : {LetterState::kOpen, LetterState::kResolved, LetterState::kDiscarded,
                           LetterState::kExpired}) {
    if (ledger::Name(state) != text) continue;
    query->state = state;
    return {};
  }
  return Status::Reject("state: open, resolved, discarded or expired");
}

Status ReadTime(const api::Request& request, std::string_view name, int64_t* time_ms) {
  const std::string text = Member(request, name);
  if (text.empty() || ParseTimestamp(text, time_ms)) return {};
  return Status::Reject(Cat(name, ": a time such as 2026-01-31T12:00:00.000Z"));
}

Result<Index::Query> QueryOf(const api::Request& request) {
  Index::Query query;
  if (Status s = ReadTime(request, "since", &query.from_ms); !s.ok()) return s;
  if (Status s = ReadTime(request, "until", &query.to_ms); !s.ok()) return s;
  query.stream = Member(request, "stream");
  query.after = Member(request, "after");
  query.business_id = Member(request, "id");
  const std::string id = Member(request, "id_base64");
  if (!id.empty() && !DecodeBase64(id, &query.business_id))
    return Status::Reject("id_base64: no base64");
  if (Status s = ReadState(Member(request, "state"), &query); !s.ok()) return s;
  if (const std::string code = Member(request, "code"); !code.empty()) {
    const CodeInfo* info = FindCode(code);
    if (info == nullptr) return Status::Reject(Cat("code: ", code, " is none"));
    query.code = info->number;
  }
  const std::string limit = Member(request, "limit");
  const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), query.limit);
  if (!limit.empty() && (error != std::errc() || end != limit.data() + limit.size())) {
    return Status::Reject("limit: a number");
  }
  query.limit = std::clamp<size_t>(query.limit, 1, limits::kLedgerPageMax);
  return query;
}

void Write(const Letter& letter, json::Writer* writer) {
  const CodeInfo* info = FindCode(Cat(letter.code));
  writer->BeginObject()
      .Member("topic", letter.place.partition.topic)
      .Member("partition", letter.place.partition.partition)
      .Member("offset", letter.place.offset)
      .Member("source", ToString(letter.source.partition, letter.source.offset))
      .Member("stream", letter.stream)
      .Member("code", info == nullptr ? std::string_view("UNKNOWN") : info->name)
      .Member("code_number", letter.code)
      .Member("state", ledger::Name(letter.state))
      .Member("judged", FormatTimestamp(letter.judged_ms))
      .Member("attempt", letter.attempt)
      .Member("replay_count", letter.replay_count)
      .Member("fingerprint", letter.fingerprint);
  const bool text = json::IsUtf8(letter.business_id);
  if (!letter.business_id.empty()) {
    writer->Member(text ? "id" : "id_base64",
                   text ? letter.business_id : Base64(letter.business_id));
  }
  writer->EndObject();
}

std::string Answer(const std::vector<Letter>& letters, const std::string& next,
                   std::optional<uint64_t> open) {
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject().Key("letters").BeginArray();
  for (const Letter& letter : letters) Write(letter, &writer);
  writer.EndArray().Key("next");
  next.empty() ? writer.Null() : writer.String(next);
  writer.Key("open");
  open.has_value() ? writer.Uint(*open) : writer.Null();
  writer.EndObject();
  return body;
}

// All letters of one source record.
Result<std::string> OfRecord(const Index& index, const std::string& text) {
  Result<tools::RecordName> record = tools::ParseRecord(text);
  if (!record.ok()) return record.status();
  Result<std::vector<Index::Found>> found = index.Find({record->source, record->offset});
  if (!found.ok()) return found.status();
  std::vector<Letter> letters;
  uint64_t open = 0;
  for (Index::Found& each : *found) {
    open += each.letter.state == LetterState::kOpen ? 1 : 0;
    letters.push_back(std::move(each.letter));
  }
  return Answer(letters, "", open);
}

Result<uint64_t> CountOpen(const Index& index, Index::Query query) {
  if (query.state.has_value() && *query.state != LetterState::kOpen) return uint64_t{0};
  query.state = LetterState::kOpen;
  query.after.clear();
  query.limit = limits::kLedgerPageMax;
  uint64_t open = 0;
  for (int pages = 0; pages < kCountedPagesMax; ++pages) {
    Result<Index::Page> page = index.List(query);
    if (!page.ok()) return page.status();
    open += page->letters.size();
    if (page->next.empty()) return open;
    query.after = page->next;
  }
  return Status::Retry("there are too many dead letters to count them now: ask for less");
}

// The earlier of two times of which 0 means none.
int64_t Earlier(int64_t a, int64_t b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

// Written because somebody, or the stream's policy, has put the record into quarantine.
bool IsMasked(uint32_t code) {
  return code == static_cast<uint32_t>(Code::kQuarantined) ||
         code == static_cast<uint32_t>(Code::kPoisonRecord);
}

}  // namespace

std::map<std::string, tools::LetterCounts, std::less<>> LetterCountsOf(
    const ledger::LedgerFacts& facts, const std::vector<std::string>& streams) {
  std::map<std::string, tools::LetterCounts, std::less<>> letters;
  for (const std::string& stream : streams) letters[stream];
  for (const ledger::LedgerFacts::Row& row : facts.rows) {
    const auto found = letters.find(row.stream);
    if (found == letters.end()) continue;
    tools::LetterCounts& counts = found->second;
    counts.open += row.open;
    if (IsMasked(row.code)) counts.open_masked += row.open;
    counts.resolved += row.resolved;
    counts.discarded += row.discarded;
    counts.expired += row.expired;
    counts.oldest_ms = Earlier(counts.oldest_ms, row.oldest_open_ms);
    counts.ends_ms = Earlier(counts.ends_ms, row.ends_ms);
  }
  return letters;
}

Result<std::string> DeadLetterList(const ledger::Index& index, const api::Request& request) {
  const std::string record = Member(request, "record");
  if (!record.empty()) return OfRecord(index, record);
  Result<Index::Query> query = QueryOf(request);
  if (!query.ok()) return query.status();
  Result<Index::Page> page = index.List(*query);
  if (!page.ok()) return page.status();
  if (Member(request, "count") == "false") return Answer(page->letters, page->next, std::nullopt);
  Result<uint64_t> open = CountOpen(index, *query);
  if (!open.ok()) return open.status();
  return Answer(page->letters, page->next, *open);
}

}  // namespace fracas::app
