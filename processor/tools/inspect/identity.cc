#include "tools/inspect/identity.h"

#include <array>
#include <utility>

#include "json/tree.h"
#include "json/utf8.h"
#include "tools/inspect/document_walk.h"
#include "tools/inspect/specimen.h"

namespace fracas::tools {

namespace {

using Names = std::array<std::string_view, 2>;

std::string PlainText(std::string_view document, const WalkToken& token) {
  std::string text;
  VisitCharacters(document, token.begin + 1, token.end - 1, true,
                  [&](const PlacedCharacter& placed) {
                    const uint32_t point = placed.character.code_point;
                    if (placed.character.valid && !Belongs(CharacterClass::kSurrogate, point)) {
                      json::AppendUtf8(point, &text);
                    } else {
                      text.append(document.substr(placed.begin, placed.size));
                    }
                  });
  return text;
}

std::optional<std::string> FromSource(const config::IdSource& source, const IdentityInput& input) {
  switch (source.kind) {
    case config::IdSource::Kind::kNone: return std::nullopt;
    case config::IdSource::Kind::kPointer: return TextAt(input.document, source.name);
    case config::IdSource::Kind::kHeader: {
      const auto value = HeaderOf(*input.headers, source.name);
      return value.has_value() ? std::optional<std::string>(*value) : std::nullopt;
    }
    case config::IdSource::Kind::kKey:
      return input.key.has_value() ? std::optional<std::string>(*input.key) : std::nullopt;
    case config::IdSource::Kind::kKeyPointer:
      return input.key.has_value() ? TextAt(*input.key, source.name) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> Usual(const IdentityInput& input, const Names& headers,
                                 const Names& members) {
  for (const std::string_view name : headers) {
    const auto value = HeaderOf(*input.headers, name);
    if (value.has_value() && !value->empty()) return std::string(*value);
  }
  for (const std::string_view name : members) {
    std::optional<std::string> value = TextAt(input.document, std::string("/").append(name));
    if (value.has_value() && !value->empty()) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> HeaderOf(const std::vector<LetterHeader>& headers,
                                         std::string_view name) {
  for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
    if (header->name != name) continue;
    return header->value.has_value() ? std::optional<std::string_view>(*header->value)
                                     : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> TextAt(std::string_view document, std::string_view pointer) {
  DocumentWalk walk(document);
  WalkToken token;
  while (walk.Next(&token) && walk.reliable()) {
    const bool text = token.kind == WalkToken::Kind::kString && token.closed;
    if (!text && token.kind != WalkToken::Kind::kScalar) continue;
    if (walk.Pointer() != pointer) continue;
    if (text) return PlainText(document, token);
    const std::string_view scalar = document.substr(token.begin, token.end - token.begin);
    const bool number = scalar.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
    return number ? std::optional<std::string>(scalar) : std::nullopt;
  }
  return std::nullopt;
}

RecordIds FindIds(const config::Stream* stream, const IdentityInput& input) {
  RecordIds ids;
  if (stream != nullptr) {
    ids.message_id = FromSource(stream->identity.message_id, input);
    ids.idempotency_key = FromSource(stream->identity.idempotency_key, input);
    ids.business_id = FromSource(stream->identity.business_id, input);
  }
  if (!ids.message_id.has_value()) {
    ids.message_id =
        Usual(input, {"original_message_id", "message_id"}, {"messageId", "message_id"});
  }
  if (!ids.idempotency_key.has_value()) {
    ids.idempotency_key =
        Usual(input, {"idempotency_key", "Idempotency-Key"}, {"idempotency_key", "idempotencyKey"});
  }
  return ids;
}

}  // namespace fracas::tools
