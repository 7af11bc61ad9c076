#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/status.h"

// A dead letter as the index remembers it: where it is, whose it was, what became of it; never its
// payload. And the index's keys and values, which are a cache in a store of its own:
//
//   'v'                                    → the format of the rest; another one: all is read again
//   'd' topic, partition, offset           → the letter at that place, or kForeign
//   's' source coordinates, place          → the key of its entry ('d…' or 'x…')
//   'x' i64 expired at, place              → a letter that retention took while it was open
//   'l' source coordinates                 → a resolution, as <group>.ledger has it, byte for byte
//
// Texts and numbers in keys as in state/format/codec.h.

namespace fracas::ledger {

enum class LetterState : uint8_t {
  kOpen = 0,
  kResolved = 1,   // its replay was published
  kDiscarded = 2,  // somebody decided, with a reason
  kExpired = 3,    // retention took it while it was open
};
std::string_view Name(LetterState state);  // "open", "resolved", "discarded", "expired"
inline bool IsKnown(LetterState state) { return state <= LetterState::kExpired; }

struct Place {
  TopicPartition partition;
  Offset offset = 0;
  auto operator<=>(const Place&) const = default;
};

struct Letter {
  Place place;               // on its dead-letter topic
  Place source;              // of the record
  std::string stream;        // "pipeline/stream", as the letter says
  uint32_t code = 0;         // as written; a newer program may know more codes
  int64_t judged_ms = 0;     // when it became a dead letter
  int64_t timestamp_ms = 0;  // the record's own
  int32_t attempt = 1;
  uint32_t replay_count = 0;
  std::string business_id;   // "" when it is not known
  std::string fingerprint;
  LetterState state = LetterState::kOpen;
  int64_t ended_ms = 0;      // resolved, discarded or expired; 0: open
  bool operator==(const Letter&) const = default;
};

inline constexpr std::string_view kForeign = "F";  // a record without a block of ours
inline constexpr std::string_view kVersionKey = "v";
inline constexpr std::string_view kVersion = "1";

std::string PlaceKey(const Place& place);
// The keys of all letters of a partition begin with it.
std::string PlacePrefix(const TopicPartition& partition);
std::string SourceKey(const Place& source, const Place& place);
std::string SourcePrefix(const Place& source);
std::string ExpiredKey(int64_t expired_ms, const Place& place);
std::string ResolutionKey(const Place& source);
// REQUIRES: keys that the functions above have made.
Place PlaceOf(std::string_view place_key);
int64_t ExpiredMsOf(std::string_view expired_key);
Result<Place> SourceOfResolution(std::string_view resolution_key);

// Texts are cut to what a value takes.
std::string Encode(Letter letter);
Result<Letter> DecodeLetter(std::string_view value);

}  // namespace fracas::ledger
