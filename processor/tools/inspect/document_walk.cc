#include "tools/inspect/document_walk.h"

#include <algorithm>

#include "core/limits.h"
#include "core/text.h"
#include "json/pointer.h"
#include "json/token.h"
#include "json/tree.h"
#include "json/utf8.h"

namespace fracas::tools {

namespace {

bool IsStructure(char byte) {
  return byte != '\0' && std::string_view("{}[]:,").find(byte) != std::string_view::npos;
}
bool IsSpace(char byte) { return json::IsWhiteSpace(static_cast<uint8_t>(byte)); }
// What numbers and literals, good or bad, consist of.
bool IsScalar(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z') || byte == '+' || byte == '-' || byte == '.' || byte == '_';
}

// One past the closing quote, or the end.
size_t EndOfText(std::string_view document, size_t begin, bool* closed) {
  for (size_t at = begin + 1; at < document.size(); ++at) {
    if (document[at] == '\\') {
      ++at;
    } else if (document[at] == '"') {
      *closed = true;
      return at + 1;
    }
  }
  *closed = false;
  return document.size();
}

// A name as readers understand it; where it is no JSON string, as it stands.
std::string KeyText(std::string_view inner) {
  std::string plain;
  for (size_t at = 0; at < inner.size();) {
    PlacedCharacter placed;
    VisitCharacters(inner, at, std::min(inner.size(), at + 12), true,
                    [&](const PlacedCharacter& each) {
                      if (placed.size == 0) placed = each;
                    });
    const uint32_t value = placed.character.code_point;
    if (placed.character.valid && !Belongs(CharacterClass::kSurrogate, value)) {
      json::AppendUtf8(value, &plain);
    } else {
      plain.append(inner.substr(placed.begin, placed.size));
    }
    at = placed.begin + placed.size;
  }
  return plain;
}

}  // namespace

bool DocumentWalk::Next(WalkToken* token) {
  if (at_ == document_.size()) return false;
  token->begin = at_;
  token->closed = true;
  Scan(token);
  at_ = token->end;
  Follow(token);
  return true;
}

void DocumentWalk::Scan(WalkToken* token) {
  const auto run = [&](bool (*belongs)(char)) {
    size_t end = at_ + 1;
    while (end < document_.size() && belongs(document_[end])) ++end;
    return end;
  };
  const char byte = document_[at_];
  if (byte == '"') {
    token->kind = WalkToken::Kind::kString;
    token->end = EndOfText(document_, at_, &token->closed);
  } else if (IsStructure(byte)) {
    token->kind = WalkToken::Kind::kStructure;
    token->end = at_ + 1;
  } else if (IsSpace(byte)) {
    token->kind = WalkToken::Kind::kSpace;
    token->end = run(IsSpace);
  } else if (IsScalar(byte)) {
    token->kind = WalkToken::Kind::kScalar;
    token->end = run(IsScalar);
  } else {
    token->kind = WalkToken::Kind::kForeign;
    token->end = at_ + json::DecodeUtf8(document_, at_).size;
  }
}

void DocumentWalk::Follow(WalkToken* token) {
  in_container_ = false;
  switch (token->kind) {
    case WalkToken::Kind::kSpace: return;
    case WalkToken::Kind::kForeign:
      // A mark in front or an invisible character between tokens leaves everything where it seems;
      // what somebody could type there means another notation.
      reliable_ = reliable_ && (document_[token->begin] <= ' ' || document_[token->begin] == 0x7F);
      return;
    case WalkToken::Kind::kStructure: FollowStructure(document_[token->begin]); return;
    case WalkToken::Kind::kString:
    case WalkToken::Kind::kScalar: break;
    case WalkToken::Kind::kKey: return;  // Scan makes none
  }
  const bool text = token->kind == WalkToken::Kind::kString;
  reliable_ = reliable_ && token->closed;
  if (text && (expect_ == Expect::kKey || expect_ == Expect::kKeyOrEnd)) {
    token->kind = WalkToken::Kind::kKey;
    const size_t size = token->end - token->begin;
    levels_.back().key =
        KeyText(document_.substr(token->begin + 1, size - (token->closed ? 2 : 1)));
    expect_ = Expect::kColon;
  } else if (expect_ == Expect::kValue || expect_ == Expect::kValueOrEnd) {
    ValueEnds();
  } else {
    reliable_ = false;
  }
}

void DocumentWalk::FollowStructure(char byte) {
  switch (byte) {
    case '{':
    case '[': Open(byte == '{'); return;
    case '}':
    case ']': Close(byte == '}'); return;
    case ':':
      reliable_ = reliable_ && expect_ == Expect::kColon;
      expect_ = Expect::kValue;
      return;
    case ',': Comma(); return;
    default: return;
  }
}

void DocumentWalk::Open(bool object) {
  reliable_ = reliable_ && (expect_ == Expect::kValue || expect_ == Expect::kValueOrEnd);
  if (levels_.size() >= limits::kJsonDepthMax) {
    reliable_ = false;
    return;
  }
  const size_t outer = prefix_.size();
  if (!levels_.empty()) AppendPlace(levels_.back(), &prefix_);
  levels_.push_back({.object = object, .outer = outer});
  expect_ = object ? Expect::kKeyOrEnd : Expect::kValueOrEnd;
  in_container_ = true;
}

void DocumentWalk::Close(bool object) {
  const bool may_end = expect_ == Expect::kCommaOrEnd || expect_ == Expect::kKeyOrEnd ||
                       expect_ == Expect::kValueOrEnd;
  if (levels_.empty() || levels_.back().object != object || !may_end) reliable_ = false;
  if (!levels_.empty()) {
    prefix_.resize(levels_.back().outer);
    levels_.pop_back();
  }
  ValueEnds();
}

void DocumentWalk::Comma() {
  reliable_ = reliable_ && expect_ == Expect::kCommaOrEnd;
  if (levels_.empty()) return;
  Level& level = levels_.back();
  if (!level.object) ++level.index;
  expect_ = level.object ? Expect::kKey : Expect::kValue;
}

void DocumentWalk::AppendPlace(const Level& level, std::string* pointer) const {
  json::AppendToken(level.object ? level.key : Cat(level.index), pointer);
}

std::string DocumentWalk::Pointer() const {
  std::string pointer = prefix_;
  if (levels_.empty() || in_container_) return pointer;
  const bool between_members = levels_.back().object &&
                               (expect_ == Expect::kKeyOrEnd || expect_ == Expect::kKey);
  if (!between_members) AppendPlace(levels_.back(), &pointer);
  return pointer;
}

void VisitCharacters(std::string_view document, size_t begin, size_t end, bool in_string,
                     const std::function<void(const PlacedCharacter&)>& visit) {
  const std::string_view text = document.substr(0, end);
  const auto quad = [&](size_t at) -> int32_t {
    if (at + 6 > end || text[at] != '\\' || text[at + 1] != 'u') return -1;
    return json::HexQuad(reinterpret_cast<const uint8_t*>(text.data()) + at + 2);
  };
  for (size_t at = begin; at < end;) {
    PlacedCharacter placed{.begin = at};
    if (in_string && text[at] == '\\' && at + 1 < end) {
      placed.character.escaped = true;
      const int32_t first = quad(at);
      const int32_t second = first >= 0xD800 && first <= 0xDBFF ? quad(at + 6) : -1;
      constexpr std::string_view kLetters = "bfnrt";
      constexpr std::string_view kMeant = "\b\f\n\r\t";
      if (second >= 0xDC00 && second <= 0xDFFF) {
        placed.size = 12;
        placed.character.code_point = 0x10000u + (static_cast<uint32_t>(first - 0xD800) << 10) +
                                      static_cast<uint32_t>(second - 0xDC00);
      } else if (first >= 0) {
        placed.size = 6;
        placed.character.code_point = static_cast<uint32_t>(first);
      } else {
        const json::CodePoint behind = json::DecodeUtf8(text, at + 1);
        const size_t known = kLetters.find(text[at + 1]);
        placed.size = 1 + behind.size;
        placed.character.valid = behind.valid;
        placed.character.code_point =
            known == std::string_view::npos ? behind.value : static_cast<uint32_t>(kMeant[known]);
      }
    } else {
      const json::CodePoint point = json::DecodeUtf8(text, at);
      placed.size = point.valid ? point.size : 1;
      placed.character.code_point = point.value;
      placed.character.valid = point.valid;
    }
    visit(placed);
    at += placed.size;
  }
}

std::string TextOf(std::string_view document, const WalkToken& token) {
  const std::string_view whole = document.substr(token.begin, token.end - token.begin);
  if (!whole.starts_with('"')) return std::string(whole);
  return KeyText(whole.substr(1, whole.size() - (token.closed ? 2 : 1)));
}

PlacePointer PointerAt(std::string_view document, size_t byte) {
  DocumentWalk walk(document);
  WalkToken token;
  while (walk.Next(&token)) {
    if (byte < token.end) break;
  }
  if (!walk.reliable()) return {"", false};
  return {walk.Pointer(), true};
}

}  // namespace fracas::tools
