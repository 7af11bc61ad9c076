#pragma once

#include <concepts>
#include <type_traits>

#include "state/format/entities.h"

// The members of each entity in the order of their bytes, once, for writing and for reading. FROZEN: a new
// member goes behind the last one of its entity and raises kFormatMinor; anything else raises kFormatMajor.
// Entities inside others (a stamp, a pending range) cannot grow within a major version.

namespace fracas::state {

// `E` is T or const T.
template <typename E, typename T>
concept Is = std::same_as<std::remove_const_t<E>, T>;

template <typename Port, Is<TopicPartition> E>
void Fields(Port* port, E& e) {
  port->Take("topic", e.topic);
  port->Take("partition", e.partition);
}

template <typename Port, Is<Stamp> E>
void Fields(Port* port, E& e) {
  port->Take("version", e.version);
  port->Take("control_offset", e.control_offset);
  port->Take("command_id", e.command_id);
  port->Take("time_ms", e.time_ms);
}

template <typename Port, Is<Genesis> E>
void Fields(Port* port, E& e) {
  port->Take("uuid", e.uuid);
  port->Take("group", e.group);
  port->Take("format_major", e.format_major);
  port->Take("format_minor", e.format_minor);
  port->Take("time_ms", e.time_ms);
}

template <typename Port, Is<Cursor> E>
void Fields(Port* port, E& e) {
  port->Take("control_uuid", e.control_uuid);
  port->Take("control_offset", e.control_offset);
  port->Take("time_ms", e.time_ms);
}

template <typename Port, Is<PendingRange> E>
void Fields(Port* port, E& e) {
  port->Take("source", e.source);
  port->Take("from", e.from);
  port->Take("to", e.to);
  port->Take("attempt", e.attempt);
  port->Take("cause", e.cause);
  port->Take("reason", e.reason);
  port->Take("record", e.record);
  port->Take("record_failures", e.record_failures);
  port->Take("oldest_ms", e.oldest_ms);
  port->Take("since_ms", e.since_ms);
  port->Take("passed", e.passed);
}

template <typename Port, Is<MergedFact> E>
void Fields(Port* port, E& e) {
  port->Take("source", e.source);
  port->Take("from", e.from);
  port->Take("attempt", e.attempt);
}

template <typename Port, Is<Diversion> E>
void Fields(Port* port, E& e) {
  port->Take("codes", e.codes);
  port->Take("until_ms", e.until_ms);
  port->Take("who", e.who);
  port->Take("why", e.why);
  port->Take("since_ms", e.since_ms);
}

template <typename Port, Is<RetryState> E>
void Fields(Port* port, E& e) {
  port->Take("done", e.done);
  port->Take("next_ms", e.next_ms);
  port->Take("exhausted", e.exhausted);
}

template <typename Port, Is<AcceptedLoss> E>
void Fields(Port* port, E& e) {
  port->Take("source", e.source);
  port->Take("from", e.from);
  port->Take("to", e.to);
  port->Take("who", e.who);
  port->Take("why", e.why);
}

template <typename Port, Is<Breaker> E>
void Fields(Port* port, E& e) {
  port->Take("stamp", e.stamp);
  port->Take("state", e.state);
  port->Take("since_ms", e.since_ms);
  port->Take("cause", e.cause);
  port->Take("reason", e.reason);
  port->Take("who", e.who);
  port->Take("planned", e.planned);
  port->Take("planned_until_ms", e.planned_until_ms);
  port->Take("contract", e.contract);
  port->Take("reload", e.reload);
  port->Take("pending", e.pending);
  port->Take("merged", e.merged);
  port->Take("diversion", e.diversion);
  port->Take("retry", e.retry);
  port->Take("losses", e.losses);
  port->Take("isolated_ms", e.isolated_ms);
}

template <typename Port, Is<QuarantineEntry> E>
void Fields(Port* port, E& e) {
  port->Take("stamp", e.stamp);
  port->Take("code", e.code);
  port->Take("reason", e.reason);
  port->Take("owner", e.owner);
  port->Take("who", e.who);
  port->Take("since_ms", e.since_ms);
  port->Take("expires_ms", e.expires_ms);
  port->Take("expired", e.expired);
}

template <typename Port, Is<Ticket> E>
void Fields(Port* port, E& e) {
  port->Take("stamp", e.stamp);
  port->Take("id", e.id);
  port->Take("stream", e.stream);
  port->Take("letter", e.letter);
  port->Take("letter_offset", e.letter_offset);
  port->Take("business_id", e.business_id);
  port->Take("digest", e.digest);
  port->Take("original_timestamp_ms", e.original_timestamp_ms);
  port->Take("replay_count", e.replay_count);
  port->Take("who", e.who);
  port->Take("why", e.why);
  port->Take("expires_ms", e.expires_ms);
}

template <typename Port, Is<LetterResolution> E>
void Fields(Port* port, E& e) {
  port->Take("stamp", e.stamp);
  port->Take("stream", e.stream);
  port->Take("letter", e.letter);
  port->Take("letter_offset", e.letter_offset);
  port->Take("end", e.end);
  port->Take("ticket", e.ticket);
  port->Take("published", e.published);
  port->Take("published_offset", e.published_offset);
  port->Take("who", e.who);
  port->Take("why", e.why);
}

}  // namespace fracas::state
