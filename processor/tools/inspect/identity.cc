#include "tools/inspect/identity.h"

#include <array>
#include <utility>

#include "contract/concealment.h"
#include "core/text.h"
#include "json/tree.h"
#include "tools/inspect/document_walk.h"
#include "tools/inspect/redaction.h"
#include "tools/inspect/specimen.h"

namespace fracas::tools {

namespace {

using Names = std::array<std::string_view, 2>;

std::optional<std::string> FromSource(const config::IdSource& source, const IdentityInput& input,
                                      std::string* pointer) {
  switch (source.kind) {
    case config::IdSource::Kind::kNone: return std::nullopt;
    case config::IdSource::Kind::kPointer:
      *pointer = source.name;
      return TextAt(input.document, source.name);
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

struct UsualNames {
  Names headers;
  Names members;
};

std::optional<std::string> Usual(const IdentityInput& input, const UsualNames& names,
                                 std::string* pointer) {
  for (const std::string_view name : names.headers) {
    const auto value = HeaderOf(*input.headers, name);
    if (value.has_value() && !value->empty()) return std::string(*value);
  }
  for (const std::string_view name : names.members) {
    *pointer = std::string("/").append(name);
    std::optional<std::string> value = TextAt(input.document, *pointer);
    if (value.has_value() && !value->empty()) return value;
  }
  pointer->clear();
  return std::nullopt;
}

std::vector<std::string> SensitiveOf(const config::Stream* stream) {
  std::vector<std::string> sensitive;
  if (stream == nullptr) return sensitive;
  for (const config::Text& each : stream->sensitive) sensitive.push_back(each.value);
  return sensitive;
}

// Keeps what stands in front of a value that somebody else's message may quote.
void CutQuoted(std::string* message) {
  const size_t quoted = message->find_first_of("\"'`{[(=<");
  if (quoted != std::string::npos) *message = Cat(message->substr(0, quoted), kHiddenMark);
}

// The letter has its record, and nothing in it is hidden: nobody can have quoted that.
bool HoldsNoSecret(const Letter& letter, const std::vector<std::string>& sensitive) {
  if (!letter.has_value()) return false;
  return !letter.value.has_value() || !Redaction(*letter.value, sensitive).any();
}

// Ours may be of an earlier program, which knew less about what is sensitive.
void HideMessages(const std::vector<std::string>& sensitive, Letter* letter) {
  if (sensitive.empty()) return;
  std::string& message = letter->origin.error_message;
  if (letter->code_name.empty()) {
    if (HoldsNoSecret(*letter, sensitive)) return;
    CutQuoted(&message);
    return CutQuoted(&letter->origin.cause_message);
  }
  constexpr std::string_view kFound = ", found ";
  const size_t found = message.find(kFound);
  if (!letter->ours.has_value() || found == std::string::npos) return;
  const size_t value = message.find(' ', found + kFound.size());
  if (value == std::string::npos || message.find("(redacted)", value) == value + 1) return;
  const std::string_view excerpt = std::string_view(message).substr(value + 1);
  if (!contract::Concealment(sensitive).HidesValue(letter->ours->pointer) &&
      !contract::HoldsDocument(excerpt)) {
    return;
  }
  message.resize(value);
  message.append(" (redacted)");
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
    if (text) return TextOf(document, token);
    const std::string_view scalar = document.substr(token.begin, token.end - token.begin);
    const bool number = scalar.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
    return number ? std::optional<std::string>(scalar) : std::nullopt;
  }
  return std::nullopt;
}

RecordIds FindIds(const config::Stream* stream, const IdentityInput& input) {
  RecordIds ids;
  if (stream != nullptr) {
    const config::Identity& identity = stream->identity;
    ids.message_id = FromSource(identity.message_id, input, &ids.message_id_pointer);
    ids.idempotency_key = FromSource(identity.idempotency_key, input, &ids.idempotency_key_pointer);
    ids.business_id = FromSource(identity.business_id, input, &ids.business_id_pointer);
  }
  if (!ids.message_id.has_value()) {
    ids.message_id = Usual(
        input, {{"original_message_id", "message_id"}, {"messageId", "message_id"}},
        &ids.message_id_pointer);
  }
  if (!ids.idempotency_key.has_value()) {
    ids.idempotency_key = Usual(
        input, {{"idempotency_key", "Idempotency-Key"}, {"idempotency_key", "idempotencyKey"}},
        &ids.idempotency_key_pointer);
  }
  return ids;
}

bool HidesBusinessId(const config::Stream* stream) {
  if (stream == nullptr) return false;
  const config::IdSource& source = stream->identity.business_id;
  return source.kind == config::IdSource::Kind::kPointer &&
         contract::Concealment(SensitiveOf(stream)).HidesValue(source.name);
}

void HideSensitive(const config::Stream* stream, const std::vector<const config::Stream*>& sources,
                   Letter* letter) {
  std::vector<std::string> sensitive = SensitiveOf(stream);
  for (const config::Stream* source : sources) {
    for (const std::string& each : SensitiveOf(source)) sensitive.push_back(each);
  }
  HideMessages(sensitive, letter);
  if (HidesBusinessId(stream) && !letter->business_id.empty()) letter->business_id = kHiddenMark;
  if (letter->ours.has_value())
    letter->ours->pointer = ShownPointer(SensitiveOf(stream), letter->ours->pointer);
}

}  // namespace fracas::tools
