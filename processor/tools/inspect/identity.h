#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/stream.h"
#include "tools/letters/letter.h"

namespace fracas::tools {

// The names that a record bears.
struct RecordIds {
  std::optional<std::string> message_id{};
  std::optional<std::string> idempotency_key{};
  std::optional<std::string> business_id{};
  // Where in the document each was found; "" elsewhere, or not at all.
  std::string message_id_pointer{};
  std::string idempotency_key_pointer{};
  std::string business_id_pointer{};
};

struct IdentityInput {
  std::string_view document{};  // behind its framing; may be broken
  std::optional<std::string_view> key{};
  const std::vector<LetterHeader>* headers = nullptr;
};
// As the stream's `identity` says. What it does not say, and all of it without a stream, is looked
// for under the usual names: headers original_message_id, message_id and idempotency_key; members
// messageId, message_id, idempotency_key, idempotencyKey at the top. In a broken document as far as
// its structure can be followed.
RecordIds FindIds(const config::Stream* stream, const IdentityInput& input);

// The stream calls its records' business ids sensitive: who did not ask for them sees none. False
// without a stream.
bool HidesBusinessId(const config::Stream* stream);
// A letter's facts for who did not ask: without its business id where that is sensitive, and without
// names below a sensitive pointer. Of messages only what surely quotes no value of a record stays,
// where something in the record is hidden by what `sources`, the streams that it may be of, call
// sensitive, or where its bytes are not there to be asked.
void HideSensitive(const config::Stream* stream, const std::vector<const config::Stream*>& sources,
                   Letter* letter);

// The text of the string or number at a pointer; nullopt: none is there, or it cannot be told.
std::optional<std::string> TextAt(std::string_view document, std::string_view pointer);

}  // namespace fracas::tools
