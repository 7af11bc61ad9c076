#pragma once

#include <string>
#include <string_view>

// How a record says that it is a replay. The marks only name things: what they are worth is written
// in the ticket. Headers of a replay, beside the record's own:
//
//   is_replay             "true"            (or what the stream's replay.mark names)
//   fracas.replay.ticket  the ticket's id
//   fracas.replay.of      "topic/partition/offset" of the dead letter's source record
//   fracas.replay.count   decimal, the dead letter's count + 1 (of dead letters this is the count
//   so far) original_message_id, idempotency_key    kept from the original
//   fracas.replay.who, fracas.replay.why            the person and the reason that the ticket names

namespace fracas::wire {

inline constexpr std::string_view kReplayMarkHeader = "is_replay";
inline constexpr std::string_view kReplayTicketHeader = "fracas.replay.ticket";
inline constexpr std::string_view kReplayOfHeader = "fracas.replay.of";
inline constexpr std::string_view kReplayCountHeader = "fracas.replay.count";
inline constexpr std::string_view kReplayWhoHeader = "fracas.replay.who";
inline constexpr std::string_view kReplayWhyHeader = "fracas.replay.why";
inline constexpr std::string_view kOriginalMessageIdHeader = "original_message_id";
inline constexpr std::string_view kIdempotencyKeyHeader = "idempotency_key";

// What a ticket holds of its replay: SHA-256 over 'k' or 'n' (null), the key's size as 8 bytes big
// endian, the key, the same with the value. 64 hex digits. A view with data() == nullptr is null.
std::string ReplayDigest(std::string_view key, std::string_view value);

}  // namespace fracas::wire
