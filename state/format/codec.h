#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/status.h"
#include "state/format/entities.h"

// The bytes of <group>.state, <group>.ledger and of the store's data keys: the same in all three, so that
// store = fold(topic) can be compared byte for byte.
//
//   key    := kind, components      kind 1 byte: 'g' genesis, 'c' cursor, 'b' breaker, 'q' quarantine,
//                                   't' ticket, 'l' dead-letter resolution
//     g, c: nothing more            b: text stream            t: text ticket id
//     q: text stream, scope 1 byte, text id                   l: text topic, i32 partition, i64 offset
//     In keys a text is its bytes with 0x00 written as 0x00 0xFF, ended by 0x00 0x00, and numbers are big
//     endian with the sign bit flipped: keys sort by their components.
//   value  := major 1 byte, minor 1 byte, fields      format 1.0
//     In values: unsigned numbers are varints (7 bits a byte, low first), signed ones zigzag varints, texts
//     and lists their length as a varint and their content, in the order of the structs' members.
//     Behind the fields that this program knows, a newer minor version may have more: they are ignored.
//     Otherwise there is one way to write each value: padded numbers, flags beyond 1, bytes behind the end
//     are refused.
//   an empty value (a tombstone) deletes the key.
//
// A change of any of this needs a version, never a new golden.

namespace fracas::state {

inline constexpr uint8_t kFormatMajor = 1;
inline constexpr uint8_t kFormatMinor = 0;

std::string GenesisKey();
std::string CursorKey();
std::string BreakerKey(std::string_view stream);
std::string QuarantineKeyBytes(const QuarantineKey& key);
// The keys of all entries of a stream begin with it.
std::string QuarantinePrefix(std::string_view stream);
std::string TicketKey(std::string_view id);
std::string LetterKey(const TopicPartition& letter, Offset offset);

// REQUIRES: texts within kTextBytesMax, lists within limits::kStateListItemsMax (callers check commands and
// facts before they become state).
std::string Encode(const Genesis& value);
std::string Encode(const Cursor& value);
std::string Encode(const Breaker& value);
std::string Encode(const QuarantineEntry& value);
std::string Encode(const Ticket& value);
std::string Encode(const LetterResolution& value);

// Every decoder is total: any bytes give an entity or a Status, kReject for bytes that are none of ours,
// kStop for what a newer program wrote (another major version, a failure code that is not known here). The
// message names the entity and the member; the caller puts in front where the bytes are.
enum class Kind : uint8_t {
  kGenesis = 'g', kCursor = 'c', kBreaker = 'b', kQuarantine = 'q', kTicket = 't', kLetter = 'l',
};
// Only the first byte; kReject if it is none of ours.
Result<Kind> KindOf(std::string_view key);
Result<std::string> DecodeBreakerKey(std::string_view key);  // the stream
Result<QuarantineKey> DecodeQuarantineKey(std::string_view key);
Result<std::string> DecodeTicketKey(std::string_view key);   // the id
struct LetterCoordinates {
  TopicPartition source;
  Offset offset = 0;
};
Result<LetterCoordinates> DecodeLetterKey(std::string_view key);

Result<Genesis> DecodeGenesis(std::string_view value);
Result<Cursor> DecodeCursor(std::string_view value);
Result<Breaker> DecodeBreaker(std::string_view value);
Result<QuarantineEntry> DecodeQuarantineEntry(std::string_view value);
Result<Ticket> DecodeTicket(std::string_view value);
Result<LetterResolution> DecodeLetterResolution(std::string_view value);

}  // namespace fracas::state
