// What the index knows. While a batch is being folded, what it has changed stands before the store.

#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "ledger/index.h"
#include "state/format/codec.h"

namespace fracas::ledger {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

std::string ToHex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    text.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
  return text;
}

Result<std::string> FromHex(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    const size_t high = std::string_view(kDigits).find(text[i]);
    const size_t low = std::string_view(kDigits).find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) break;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  if (bytes.empty() || bytes.size() * 2 != text.size() || (bytes[0] != 'd' && bytes[0] != 'x')) {
    return Status::Reject("`after` is not the `next` of a page before");
  }
  return bytes;
}

bool Matches(const Index::Query& query, const Letter& letter) {
  if (!query.stream.empty() && letter.stream != query.stream) return false;
  if (query.code.has_value() && letter.code != *query.code) return false;
  if (query.state.has_value() && letter.state != *query.state) return false;
  if (!query.business_id.empty() && letter.business_id != query.business_id) return false;
  if (query.from_ms != 0 && letter.judged_ms < query.from_ms) return false;
  return query.to_ms == 0 || letter.judged_ms < query.to_ms;
}

}  // namespace

Result<bool> Index::Get(std::string_view key, std::string* value) const {
  const auto pending = pending_.find(key);
  if (pending == pending_.end()) return store_->Get(key, value);
  if (pending->second.empty()) return false;
  *value = pending->second;
  return true;
}

Status Index::VisitPending(
    std::string_view prefix,
    const std::function<void(const std::string&, const std::string&)>& visit) const {
  std::map<std::string, std::string> merged;
  const Status visited = store_->Visit(prefix, [&](std::string_view key, std::string_view value) {
    merged.emplace(key, value);
    return true;
  });
  if (!visited.ok()) return visited;
  for (auto at = pending_.lower_bound(prefix); at != pending_.end() && at->first.starts_with(prefix);
       ++at) {
    merged[at->first] = at->second;
  }
  for (const auto& [key, value] : merged) {
    if (!value.empty()) visit(key, value);
  }
  return {};
}

Status Index::ResolutionOf(const Place& source,
                           std::optional<state::LetterResolution>* resolution) const {
  std::string value;
  const Result<bool> known = Get(ResolutionKey(source), &value);
  if (!known.ok()) return known.status();
  if (!*known) return {};
  Result<state::LetterResolution> decoded = state::DecodeLetterResolution(value);
  if (decoded.ok()) *resolution = std::move(*decoded);
  return {};
}

Result<std::optional<Letter>> Index::At(const Place& place) const {
  std::string value;
  const Result<bool> known = store_->Get(PlaceKey(place), &value);
  if (!known.ok()) return known.status();
  if (!*known || value == kForeign) return std::optional<Letter>();
  Result<Letter> letter = DecodeLetter(value);
  if (!letter.ok()) return letter.status();
  return std::optional<Letter>(std::move(*letter));
}

Result<Index::Page> Index::List(const Query& query) const {
  std::string after;
  if (!query.after.empty()) {
    Result<std::string> key = FromHex(query.after);
    if (!key.ok()) return key.status();
    after = std::move(*key);
  }
  Page page;
  Status damage;
  size_t looked = 0;
  const auto look = [&](std::string_view key, std::string_view value) {
    if (page.letters.size() >= query.limit || looked >= limits::kLedgerScanMax) {
      page.next = ToHex(after);
      return false;
    }
    ++looked;
    after = key;
    if (value == kForeign) return true;
    Result<Letter> letter = DecodeLetter(value);
    if (!letter.ok()) damage = letter.status();
    if (letter.ok() && Matches(query, *letter)) page.letters.push_back(std::move(*letter));
    return letter.ok();
  };
  const bool only_expired = query.state == LetterState::kExpired;
  if (!only_expired && (after.empty() || after[0] == 'd')) {
    // A copy: `after` moves along.
    const std::string from = after;
    if (Status visited = store_->VisitAfter("d", from, look); !visited.ok()) return visited;
  }
  const bool expired_too = query.state.value_or(LetterState::kExpired) == LetterState::kExpired;
  if (page.next.empty() && damage.ok() && expired_too) {
    const std::string from = after.starts_with('x') ? after : "x";
    if (Status visited = store_->VisitAfter("x", from, look); !visited.ok()) return visited;
  }
  if (!damage.ok()) return damage;
  return page;
}

Result<std::vector<Index::Found>> Index::Find(const Place& source) const {
  std::vector<std::string> entries;
  Status visited = store_->Visit(SourcePrefix(source), [&](std::string_view, std::string_view entry) {
    entries.emplace_back(entry);
    return entries.size() < limits::kLedgerPageMax;
  });
  if (!visited.ok()) return visited;
  std::optional<state::LetterResolution> resolution;
  std::string value;
  const Result<bool> resolved = store_->Get(ResolutionKey(source), &value);
  if (!resolved.ok()) return resolved.status();
  if (*resolved) {
    Result<state::LetterResolution> decoded = state::DecodeLetterResolution(value);
    if (decoded.ok()) resolution = std::move(*decoded);
  }
  std::vector<Found> found;
  for (const std::string& entry : entries) {
    const Result<bool> known = store_->Get(entry, &value);
    if (!known.ok()) return known.status();
    if (!*known) continue;  // it changed between the two looks
    Result<Letter> letter = DecodeLetter(value);
    if (!letter.ok()) return letter.status();
    found.push_back({std::move(*letter), resolution});
  }
  return found;
}

}  // namespace fracas::ledger
