#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/status.h"

// What is written to <group>.journal, once for each command and fact that was read, and for each
// transition by the authority's timer: the audit trail. Key: the command's id. Value: JSON,
//
//   { "v": "1.0", "id": command id, "type": "breaker.reset", "stream": …, "who": …, "why": …,
//     "time": RFC 3339 (the authority's clock), "control_offset": n | null,
//     "result": "applied" | "refused", "because": text (refused: why, with what changed meanwhile;
//     applied: one sentence of what it did), "version": n (of the entity, afterwards), "before": {
//     … } | null, "after": { … } | null }      summaries of the entity, JSON objects
//
// Schema: schemas/outputs/journal.schema.json.

namespace fracas::wire {

struct JournalEntry {
  std::string id;
  std::string type;
  std::string stream;
  std::string who;
  std::string why;
  int64_t time_ms = 0;
  Offset control_offset = kNoOffset;
  bool applied = false;
  std::string because;
  uint64_t version = 0;
  std::string before_json;  // "" null
  std::string after_json;
};

void Encode(const JournalEntry& entry, std::string* out);
Result<JournalEntry> DecodeJournalEntry(std::string_view bytes);

}  // namespace fracas::wire
