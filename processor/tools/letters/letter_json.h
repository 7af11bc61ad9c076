#pragma once

#include <string>
#include <string_view>

#include "core/status.h"
#include "tools/letters/letter.h"
#include "tools/letters/letter_index.h"

// Dead letters as JSON: `--output json`, exports and archives. Stable: members are only added.
// Schema: schemas/outputs/dead_letter.schema.json.

namespace fracas::tools {

enum class LetterParts : uint8_t {
  kFacts,  // no byte of the record, and no stack trace
  kAll,  // key, value and headers with their names too: texts where they are UTF-8, else "…_base64";
         // null is Kafka's null
};
// One line, without its end.
std::string ToJson(const Letter& letter, LetterParts parts);

// {"counts": [{"stream", "code", "code_number", "open", "resolved", "discarded", "expired",
//  "oldest_open": time | null, "ends": time | null}], "open": n, "resolved": n, "discarded": n,
//  "expired": n}
std::string ToJson(const std::vector<LetterCountRow>& rows);

// Why a letter is one, in the fewest words: what `error_reasons.json` groups by.
struct LetterReason {
  std::string type;  // ours: the code's name; others: the innermost cause's class
  std::string message;
  std::string fingerprint;  // ours only
  TopicPartition source{.topic = "", .partition = -1};
  Offset offset = kNoOffset;
  int64_t judged_ms = 0;
};
LetterReason ReasonOf(const Letter& letter);

// What an archive needs of a line that ToJson(kAll) has written.
struct ArchivedLine {
  TopicPartition topic;
  Offset offset = 0;
  LetterReason reason;
};
Result<ArchivedLine> ReadArchivedLine(std::string_view line);

}  // namespace fracas::tools
