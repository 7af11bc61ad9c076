#include "formats/header_block.h"

#include <charconv>

#include "core/limits_tools.h"
#include "formats/stack_trace.h"
#include "json/utf8.h"

namespace fracas::formats {

namespace {

// Where the block that begins at `at` ends; `at` itself when it is none.
size_t EndOfBlock(std::span<const HeaderView> headers, size_t at,
                  std::span<const BlockField> fields) {
  const size_t begin = at;
  size_t next = 0;
  for (; at < headers.size(); ++at) {
    size_t field = next;
    while (field < fields.size() && fields[field].name != headers[at].name) {
      // A required field was passed over: whatever comes next, this is no block.
      if (fields[field].required) return begin;
      ++field;
    }
    if (field == fields.size()) break;
    next = field + 1;
  }
  for (; next < fields.size(); ++next) {
    if (fields[next].required) return begin;
  }
  return at;
}

bool Names(std::span<const BlockField> fields, std::string_view name) {
  for (const BlockField& field : fields) {
    if (field.name == name) return true;
  }
  return false;
}

}  // namespace

std::optional<Block> FindLastBlock(std::span<const HeaderView> headers,
                                   std::span<const BlockField> fields) {
  std::optional<Block> last;
  for (size_t at = 0; at < headers.size();) {
    if (!Names(fields, headers[at].name)) {
      ++at;
      continue;
    }
    const size_t end = EndOfBlock(headers, at, fields);
    if (end == at) {
      ++at;
      continue;
    }
    last = Block{.begin = at, .end = end, .count = last.has_value() ? last->count + 1 : 1};
    at = end;
  }
  return last;
}

std::optional<std::string_view> LastValue(std::span<const HeaderView> headers,
                                          std::string_view name) {
  for (size_t i = headers.size(); i > 0; --i) {
    if (headers[i - 1].name != name) continue;
    if (headers[i - 1].value.data() == nullptr) return std::nullopt;
    return headers[i - 1].value;
  }
  return std::nullopt;
}

std::string TextOf(std::span<const HeaderView> headers, std::string_view name) {
  std::string_view bytes = LastValue(headers, name).value_or(std::string_view());
  if (bytes.size() > limits::kForeignTextBytesMax)
    bytes = bytes.substr(0, limits::kForeignTextBytesMax);
  if (json::IsUtf8(bytes)) return std::string(bytes);
  // Cut within a character, or no text at all: what cannot be shown is left out.
  std::string text;
  for (const char c : bytes) text.push_back(static_cast<unsigned char>(c) < 0x80 ? c : '?');
  return text;
}

int64_t DecimalOf(std::span<const HeaderView> headers, std::string_view name, int64_t max) {
  const std::string_view text = LastValue(headers, name).value_or(std::string_view());
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && value >= 0 && value <= max ? value : kNoOffset;
}

Found FoundAt(const Block& block, LetterSystem system) {
  Found found;
  found.end = block.end;
  found.origin.system = system;
  found.origin.own_headers = block.begin;
  found.origin.blocks = block.count;
  return found;
}

std::span<const HeaderView> HeadersOf(const LetterFacts& facts, const Block& block) {
  return facts.headers.subspan(block.begin, block.end - block.begin);
}

void ReadPlace(std::span<const HeaderView> headers, const PlaceNames& names, LetterOrigin* origin) {
  origin->source.topic = TextOf(headers, names.topic);
  origin->source.partition = static_cast<Partition>(DecimalOf(headers, names.partition, INT32_MAX));
  origin->offset = DecimalOf(headers, names.offset, INT64_MAX);
}

void ReadCause(LetterOrigin* origin) {
  const Cause cause = InnermostCause(origin->stack_trace);
  origin->cause_class = cause.class_name;
  origin->cause_message = cause.message;
}

void SetClaimed(LetterOrigin* origin) {
  if (origin->named()) {
    origin->coordinates = CoordinateTrust::kClaimed;
    return;
  }
  origin->coordinates = CoordinateTrust::kNone;
  origin->notes.emplace_back(origin->source.topic.empty()
                                 ? "it does not say where it came from"
                                 : "it names a topic, but no partition and offset to look at");
}

ByteTrust TrustOf(bool null, ByteTrust otherwise) {
  return null ? ByteTrust::kOriginal : otherwise;
}

}  // namespace fracas::formats
