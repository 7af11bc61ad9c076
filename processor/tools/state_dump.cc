#include "tools/state_dump.h"

#include <vector>

#include "core/base64.h"
#include "core/codes.h"
#include "core/text.h"
#include "json/writer.h"
#include "state/format/codec.h"
#include "state/format/fields.h"
#include "tools/state_digest.h"

namespace fracas::tools {

namespace {

using state::Kind;

std::string_view Name(state::LetterEnd end) {
  switch (end) {
    case state::LetterEnd::kResolved: return "resolved";
    case state::LetterEnd::kDiscarded: return "discarded";
  }
  return "";
}

std::string_view Name(state::QuarantineScope scope) {
  switch (scope) {
    case state::QuarantineScope::kId: return "id";
    case state::QuarantineScope::kRecord: return "record";
  }
  return "";
}

// Writes the members of an entity by the list that their bytes are written by.
class MemberWriter {
 public:
  explicit MemberWriter(json::Writer* out) : out_(out) {}

  template <typename T>
  void Take(std::string_view name, const T& value) {
    out_->Key(name);
    Value(value);
  }

  template <typename T>
  requires requires(MemberWriter* port, const T& e) { state::Fields(port, e); }
  void Value(const T& entity) {
    out_->BeginObject();
    state::Fields(this, entity);
    out_->EndObject();
  }

 private:
  void Value(const std::string& text) { out_->String(text); }
  void Value(const bool& flag) { out_->Bool(flag); }
  void Value(const int64_t& number) { out_->Int(number); }
  void Value(const int32_t& number) { out_->Int(number); }
  void Value(const uint64_t& number) { out_->Uint(number); }
  void Value(const uint32_t& number) { out_->Uint(number); }
  void Value(const Code& code) {
    if (code == Code::kNone) {
      out_->Null();
    } else {
      out_->String(Info(code).name);
    }
  }
  void Value(const state::BreakerState& breaker) { out_->String(state::Name(breaker)); }
  void Value(const state::LetterEnd& end) { out_->String(Name(end)); }
  template <typename T>
  void Value(const std::vector<T>& list) {
    out_->BeginArray();
    for (const T& item : list) Value(item);
    out_->EndArray();
  }

  json::Writer* out_;
};

template <typename T>
Status WriteValue(const Result<T>& decoded, json::Writer* out) {
  if (!decoded.ok()) return decoded.status();
  out->Key("value");
  MemberWriter(out).Value(*decoded);
  return {};
}

// Both key and value, or what is wrong with the first that is.
Status WriteEntity(Kind kind, std::string_view key, std::string_view value, json::Writer* out) {
  switch (kind) {
    case Kind::kGenesis: return WriteValue(state::DecodeGenesis(value), out);
    case Kind::kCursor: return WriteValue(state::DecodeCursor(value), out);
    case Kind::kBreaker: {
      const Result<std::string> stream = state::DecodeBreakerKey(key);
      if (!stream.ok()) return stream.status();
      out->Key("key").BeginObject().Member("stream", *stream).EndObject();
      return WriteValue(state::DecodeBreaker(value), out);
    }
    case Kind::kQuarantine: {
      const Result<state::QuarantineKey> entry = state::DecodeQuarantineKey(key);
      if (!entry.ok()) return entry.status();
      out->Key("key").BeginObject().Member("stream", entry->stream);
      out->Member("scope", Name(entry->scope)).Member("id", entry->id).EndObject();
      return WriteValue(state::DecodeQuarantineEntry(value), out);
    }
    case Kind::kTicket: {
      const Result<std::string> id = state::DecodeTicketKey(key);
      if (!id.ok()) return id.status();
      out->Key("key").BeginObject().Member("id", *id).EndObject();
      return WriteValue(state::DecodeTicket(value), out);
    }
    case Kind::kLetter: {
      const Result<state::LetterCoordinates> letter = state::DecodeLetterKey(key);
      if (!letter.ok()) return letter.status();
      out->Key("key").BeginObject().Member("topic", letter->source.topic);
      out->Member("partition", letter->source.partition)
          .Member("offset", letter->offset)
          .EndObject();
      return WriteValue(state::DecodeLetterResolution(value), out);
    }
  }
  return {};
}

}  // namespace

std::string EntityJson(std::string_view key, std::string_view value) {
  std::string text;
  json::Writer out(&text);
  out.BeginObject().Member("kind", KindName(key));
  const Result<Kind> kind = state::KindOf(key);
  Status written = kind.status();
  if (kind.ok()) written = WriteEntity(*kind, key, value, &out);
  if (written.ok()) {
    out.EndObject();
    return text;
  }
  text.clear();
  json::Writer other(&text);
  other.BeginObject().Member("kind", KindName(key)).Member("key_base64", Base64(key));
  other.Member("value_base64", Base64(value)).Member("error", written.message()).EndObject();
  return text;
}

std::string KeyText(std::string_view key) {
  const Result<Kind> kind = state::KindOf(key);
  if (kind.ok()) {
    switch (*kind) {
      case Kind::kGenesis:
      case Kind::kCursor: return "-";
      case Kind::kBreaker:
        if (const auto stream = state::DecodeBreakerKey(key); stream.ok()) return *stream;
        break;
      case Kind::kQuarantine:
        if (const auto entry = state::DecodeQuarantineKey(key); entry.ok()) {
          return Cat(entry->stream, " ", Name(entry->scope), " ", entry->id);
        }
        break;
      case Kind::kTicket:
        if (const auto id = state::DecodeTicketKey(key); id.ok()) return *id;
        break;
      case Kind::kLetter:
        if (const auto letter = state::DecodeLetterKey(key); letter.ok()) {
          return ToString(letter->source, letter->offset);
        }
        break;
    }
  }
  return Cat("base64 ", Base64(key));
}

}  // namespace fracas::tools
