#include "tools/replay/filter.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "core/timestamp.h"
#include "json/pointer.h"
#include "tools/inspect/document_walk.h"
#include "tools/inspect/identity.h"

namespace fracas::tools {

namespace {

constexpr size_t kConfluentPrefixBytes = 5;  // a zero byte, a schema id

bool IsWord(std::string_view text) { return text == "true" || text == "false" || text == "null"; }

// TextAt looks for ids, and none is called true or null.
bool HasWord(std::string_view document, std::string_view pointer, std::string_view word) {
  DocumentWalk walk(document);
  WalkToken token;
  while (walk.Next(&token) && walk.reliable()) {
    if (token.kind != WalkToken::Kind::kScalar || walk.Pointer() != pointer) continue;
    return document.substr(token.begin, token.end - token.begin) == word;
  }
  return false;
}

bool HasValue(std::string_view document, std::string_view pointer, const std::string& value) {
  return TextAt(document, pointer) == value || (IsWord(value) && HasWord(document, pointer, value));
}

}  // namespace

std::string_view BehindFraming(const config::Stream* stream, std::string_view value) {
  const bool framed = stream != nullptr && stream->framing == config::Framing::kConfluent;
  if (!framed || value.size() < kConfluentPrefixBytes || value.front() != '\0') return value;
  return value.substr(kConfluentPrefixBytes);
}

Result<RecordFilter> RecordFilter::Parse(const FilterText& text, const config::Stream* identity) {
  RecordFilter filter;
  for (const std::string& term : text.headers) {
    const size_t equals = term.find('=');
    HeaderTerm header{.name = term.substr(0, equals), .value = std::nullopt};
    if (header.name.empty()) return Status::Reject("--header wants NAME or NAME=VALUE");
    if (equals != std::string::npos) header.value = term.substr(equals + 1);
    filter.headers_.push_back(std::move(header));
  }
  for (const std::string& term : text.pointers) {
    const size_t equals = term.find('=');
    PointerTerm pointer{.pointer = term.substr(0, equals), .value = ""};
    std::vector<std::string> tokens;
    const bool usable = equals != std::string::npos && json::SplitPointer(pointer.pointer, &tokens);
    if (!usable || tokens.empty()) {
      return Status::Reject(Cat("--where ", term, ": written /pointer=value, as in /country=SE"));
    }
    pointer.value = term.substr(equals + 1);
    filter.pointers_.push_back(std::move(pointer));
  }
  if (!text.business_id.empty()) {
    using Kind = config::IdSource::Kind;
    if (identity == nullptr || identity->identity.business_id.kind == Kind::kNone) {
      return Status::Reject(
          "--id: nothing says where these records have a business id (identity.business_id of "
          "their "
          "stream); use --where /pointer=value");
    }
    filter.business_id_ = text.business_id;
  }
  filter.identity_ = identity;
  return filter;
}

bool RecordFilter::HasHeader(const HeaderTerm& term, const FeedRecord& record) const {
  return std::any_of(record.headers.begin(), record.headers.end(), [&](const HeaderView& header) {
    return header.name == term.name && (!term.value.has_value() || header.value == *term.value);
  });
}

bool RecordFilter::HasId(const FeedRecord& record) const {
  const std::vector<LetterHeader> headers = CopyHeaders(record);
  IdentityInput input{.document = BehindFraming(identity_, record.value), .headers = &headers};
  if (record.key.data() != nullptr) input.key = record.key;
  return FindIds(identity_, input).business_id == business_id_;
}

bool RecordFilter::Matches(const FeedRecord& record) const {
  if (since_ms_ != 0 && record.timestamp_ms < since_ms_) return false;
  if (until_ms_ != 0 && record.timestamp_ms >= until_ms_) return false;
  for (const HeaderTerm& term : headers_) {
    if (!HasHeader(term, record)) return false;
  }
  for (const PointerTerm& term : pointers_) {
    if (!HasValue(BehindFraming(identity_, record.value), term.pointer, term.value)) return false;
  }
  return business_id_.empty() || HasId(record);
}

std::string RecordFilter::Describe() const {
  std::string text;
  const auto add = [&](const std::string& term) {
    AppendTo(&text, text.empty() ? "" : " and ", term);
  };
  for (const HeaderTerm& term : headers_) {
    add(Cat("header ", term.name, term.value.has_value() ? "=" : "", term.value.value_or("")));
  }
  for (const PointerTerm& term : pointers_) add(Cat(term.pointer, "=", term.value));
  if (!business_id_.empty()) add(Cat("business id ", business_id_));
  if (since_ms_ != 0) add(Cat("at or after ", FormatTimestamp(since_ms_)));
  if (until_ms_ != 0) add(Cat("before ", FormatTimestamp(until_ms_)));
  return text;
}

}  // namespace fracas::tools
