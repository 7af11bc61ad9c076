#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/codes.h"
#include "core/header.h"
#include "core/ids.h"
#include "core/status.h"
#include "formats/letter_origin.h"
#include "ports/source.h"
#include "wire/dead_letter.h"

// A dead letter as it lies on its topic, with what is known about it: whose it was, why it is here,
// what became of it. Ours and other systems'. Owns its bytes.

namespace fracas::tools {

enum class LetterState : uint8_t {
  kOpen,
  kResolved,   // its replay was published
  kDiscarded,  // somebody decided, with a reason
  kExpired,    // retention took it while it was open
  kUnknown,    // of another system, or nobody keeps account of it
};
std::string_view Name(LetterState state);  // "open", "resolved", "discarded", "expired", "unknown"
[[nodiscard]] bool FindLetterState(std::string_view name, LetterState* state);

struct LetterHeader {
  std::string name;
  std::optional<std::string> value;  // nullopt: Kafka's null
};

struct Letter {
  // Where it lies.
  TopicPartition topic{};
  Offset offset = 0;
  int64_t timestamp_ms = 0;  // kNoTime if it has none

  // Its bytes, when `loaded`; without them only what the index knows is filled in.
  bool loaded = false;
  std::optional<std::string> key{};     // nullopt: Kafka's null
  std::optional<std::string> value{};   // nullopt: Kafka's null
  std::vector<LetterHeader> headers{};  // all of them; the record's own first (origin.own_headers)

  formats::LetterOrigin origin{};
  std::optional<wire::DeadLetter> ours{};  // set when loaded and kFracas: every field of our block

  // What both kinds of reading know of ours; empty for other systems.
  std::string stream{};      // "pipeline/stream"
  uint32_t code_number = 0;  // as written; 0: none
  std::string code_name{};
  std::string fingerprint{};  // the failure mode
  std::string business_id{};  // "" when it is not known
  int64_t judged_ms = 0;  // when it became a dead letter; another system's: the letter's timestamp
  int32_t attempt = 0;
  uint32_t replay_count = 0;
  LetterState state = LetterState::kUnknown;
  // Who settled it and why (tools/letters/endings.h); "" nobody, or it was not asked for.
  std::string ended_by{};
  std::string ended_why{};

  // A record to replay or to patch has bytes: the letter carries them.
  bool has_value() const { return loaded && origin.value != formats::ByteTrust::kLeftOut; }
  // "topic/partition/offset" of the letter, and of its source record ("" when it is not named).
  std::string Place() const { return ToString(topic, offset); }
  std::string Source() const;
  Code code() const;  // kUnknown: a newer program's; kNone: another system's
  // The record's own headers, without what the system that gave up on it has appended.
  std::vector<HeaderView> OwnHeaders() const;
  std::vector<HeaderView> AllHeaders() const;
};

// Reads the record's bytes. `trusted`: the topic is written by Fracas alone (one of the
// configuration's dead-letter topics), so that our block at its end proves its coordinates. Never
// fails: what cannot be read is another system's or unknown, and says so in origin.notes.
Letter ReadLetter(const TopicPartition& topic, const ConsumedRecord& record,
                  const PayloadLease& lease, bool trusted);

}  // namespace fracas::tools
