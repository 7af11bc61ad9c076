#include "tools/inspect/redaction.h"

#include <algorithm>
#include <iterator>

#include "contract/concealment.h"
#include "core/text.h"
#include "json/diagnose.h"
#include "json/utf8.h"
#include "tools/inspect/document_walk.h"

namespace fracas::tools {

namespace {

constexpr char kHex[] = "0123456789ABCDEF";

bool IsInvisible(const Character& character) {
  const uint32_t point = character.code_point;
  if (!character.valid || Belongs(CharacterClass::kControl, point)) return true;
  if (point == 0xA0 || point == 0xAD || point == 0x2028 || point == 0x2029) return true;
  return Belongs(CharacterClass::kZeroWidth, point) || Belongs(CharacterClass::kBidi, point) ||
         Belongs(CharacterClass::kNoncharacter, point);
}

void AppendHex(uint32_t value, int digits, std::string* out) {
  for (int i = digits - 1; i >= 0; --i) out->push_back(kHex[value >> (4 * i) & 0xF]);
}

// As it shall be seen; returns how many characters that takes.
size_t AppendVisible(std::string_view document, const PlacedCharacter& placed, std::string* out) {
  if (!IsInvisible(placed.character)) {
    out->append(document.substr(placed.begin, placed.size));
    return 1;
  }
  const uint32_t point = placed.character.code_point;
  if (point < 0x100 && (point < 0x80 || !placed.character.valid)) {
    out->append("\\x");
    AppendHex(point, 2, out);
    return 4;
  }
  if (point < 0x10000) {
    out->append("\\u");
    AppendHex(point, 4, out);
    return 6;
  }
  out->append("\\U");
  AppendHex(point, 8, out);
  return 10;
}

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// `count` characters before `begin`.
size_t StepBack(std::string_view document, size_t begin, size_t count) {
  for (; count > 0 && begin > 0; --count) {
    --begin;
    for (int i = 0; i < 3 && begin > 0 && IsContinuation(document[begin]); ++i) --begin;
  }
  return begin;
}

// Every value ends where it seems to: at most texts are wrong in themselves.
bool IsSound(std::string_view document) {
  if (document.starts_with("\xEF\xBB\xBF")) document.remove_prefix(3);
  switch (json::Diagnose(document).error) {
    case json::SyntaxError::kNone:
    case json::SyntaxError::kLoneSurrogate:
    case json::SyntaxError::kControlCharacter:
    case json::SyntaxError::kInvalidUtf8: return true;
    default: return false;
  }
}

// Bytes between the values that no JSON has, in whatever encoding the rest is.
bool IsAnotherNotation(std::string_view document, const WalkToken& token) {
  if (token.kind != WalkToken::Kind::kForeign) return false;
  return document[token.begin] == '\0' || !json::DecodeUtf8(document, token.begin).valid;
}

bool IsHidden(std::string_view document, const DocumentWalk& walk, const WalkToken& token,
              const contract::Concealment& concealment) {
  switch (token.kind) {
    case WalkToken::Kind::kStructure:
    case WalkToken::Kind::kSpace: return false;
    case WalkToken::Kind::kKey: {
      // The member's own name is no secret; names below it are.
      const std::string pointer = walk.Pointer();
      return concealment.Covers(std::string_view(pointer).substr(0, pointer.rfind('/')));
    }
    case WalkToken::Kind::kString:
      if (contract::HoldsDocument(document.substr(token.begin, token.end - token.begin)))
        return true;
      break;
    case WalkToken::Kind::kScalar:
    case WalkToken::Kind::kForeign: break;
  }
  return concealment.HidesValue(walk.Pointer());
}

}  // namespace

bool IsSensitive(const std::vector<std::string>& sensitive, std::string_view pointer) {
  return std::any_of(sensitive.begin(), sensitive.end(), [&](const std::string& each) {
    return pointer.starts_with(each) &&
           (pointer.size() == each.size() || pointer[each.size()] == '/');
  });
}

std::string ShownPointer(const std::vector<std::string>& sensitive, std::string_view pointer) {
  size_t shown = std::string_view::npos;
  for (const std::string& each : sensitive) {
    const bool below = pointer.starts_with(Cat(each, "/"));
    if (below) shown = std::min(shown, each.size());
  }
  if (shown == std::string_view::npos) return std::string(pointer);
  return Cat(pointer.substr(0, shown), "/", kHiddenMark);
}

Redaction::Redaction(std::string_view document, const std::vector<std::string>& sensitive) {
  if (sensitive.empty()) return;
  if (json::Diagnose(document).error == json::SyntaxError::kUtf16) {
    Hide(0, document.size());
    return;
  }
  const contract::Concealment concealment(sensitive);
  const bool sound = IsSound(document);
  bool followed = true;
  DocumentWalk walk(document);
  WalkToken token;
  while (walk.Next(&token)) {
    followed = followed && walk.reliable() && !IsAnotherNotation(document, token);
    const bool hide = !followed || IsHidden(document, walk, token, concealment);
    if (!hide) continue;
    Hide(token.begin, token.end);
    // In a broken document a secret may seem to end where it does not.
    followed = followed && sound;
  }
}

void Redaction::Hide(size_t begin, size_t end) {
  if (begin >= end) return;
  const auto behind =
      std::upper_bound(hidden_.begin(), hidden_.end(), begin,
                       [](size_t at, const Range& range) { return at < range.begin; });
  const bool extends = behind != hidden_.begin() && std::prev(behind)->end >= begin;
  const auto range = extends ? std::prev(behind) : hidden_.insert(behind, {begin, end});
  range->end = std::max(range->end, end);
  auto last = std::next(range);
  for (; last != hidden_.end() && last->begin <= range->end; ++last)
    range->end = std::max(range->end, last->end);
  hidden_.erase(std::next(range), last);
}

bool Redaction::Hides(size_t byte) const {
  const auto behind =
      std::upper_bound(hidden_.begin(), hidden_.end(), byte,
                       [](size_t at, const Range& range) { return at < range.begin; });
  return behind != hidden_.begin() && byte < std::prev(behind)->end;
}

Window WindowAt(std::string_view document, const Redaction& redaction,
                const WindowOptions& options) {
  Window window;
  const size_t place = std::min(options.begin, document.size());
  const size_t begin = StepBack(document, place, options.around);
  const size_t place_end = std::min(document.size(), place + options.size);
  if (begin > 0) window.text.append("…");
  size_t column = begin > 0 ? 1 : 0;
  size_t behind = 0;
  bool in_hidden = false;
  window.mark_begin = column;
  // A character has four bytes at most: nothing further away is shown.
  const size_t end = std::min(document.size(), place_end + 4 * (options.around + 2));
  VisitCharacters(document, begin, end, false, [&](const PlacedCharacter& placed) {
    if (behind > options.around) return;
    if (placed.begin == place) window.mark_begin = column;
    const bool marked = placed.begin >= place && placed.begin < place_end;
    const bool hides = redaction.Hides(placed.begin) && !(marked && IsInvisible(placed.character));
    size_t width = 0;
    if (hides && !in_hidden) {
      window.text.append(kHiddenMark);
      width = 3;
    } else if (!hides) {
      width = AppendVisible(document, placed, &window.text);
    }
    window.hidden = window.hidden || hides;
    in_hidden = hides;
    if (marked) window.mark_size += width;
    column += width;
    if (placed.begin >= place_end && ++behind > options.around) window.text.append("…");
  });
  if (place >= document.size()) window.mark_begin = column;
  return window;
}

std::string OneLine(std::string_view text, size_t characters_max) {
  std::string line;
  size_t count = 0;
  VisitCharacters(text, 0, text.size(), false, [&](const PlacedCharacter& placed) {
    if (++count > characters_max) return;
    AppendVisible(text, placed, &line);
  });
  if (count > characters_max) line.append("…");
  return line;
}

}  // namespace fracas::tools
