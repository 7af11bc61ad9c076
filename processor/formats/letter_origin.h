#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/record.h"

// Where a dead letter says that it came from, whoever wrote it. Headers are claims: a producer can
// plant any of them, and every system carries what was planted. So each part says how far it can be
// believed.

namespace fracas::formats {

enum class LetterSystem : uint8_t {
  kUnknown,  // no block that we know: its origin left no trace (Connect's default)
  kFracas,
  kConnect,         // Kafka Connect sinks, errors.deadletterqueue.context.headers.enable
  kSpring,          // Spring Kafka, DeadLetterPublishingRecoverer
  kSpringRetry,     // Spring Kafka, @RetryableTopic: its retry topics and their DLT
  kStreams,         // Kafka Streams 4.2 and later
  kShareGroup,      // share groups, Kafka 4.4 and later
  kConfluentRules,  // Confluent Schema Registry, rules with the action DLQ
};
// "Kafka Connect"; for people.
std::string_view Title(LetterSystem system);
// "connect"; for machines and for options.
std::string_view Name(LetterSystem system);
// False: no such name.
[[nodiscard]] bool FindSystem(std::string_view name, LetterSystem* system);

// How far topic, partition and offset can be believed.
enum class CoordinateTrust : uint8_t {
  kNone,      // none are named, or not all of them
  kDoubtful,  // named, but not as the system writes them: out of order, or something foreign behind
              // them
  kClaimed,   // as the system writes them; a producer could have planted the same
  kProven,    // written by us, or the record there was read and is the same
};
std::string_view Name(CoordinateTrust trust);  // "none", "doubtful", "claimed", "proven"

// Whether a key or a value is, byte for byte, what the original record had.
enum class ByteTrust : uint8_t {
  kOriginal,   // the system carries the bytes as they were
  kRewritten,  // deserialized and serialized again, or redacted: unknown members may be gone
  kLeftOut,    // not carried
  kUnknown,    // the system does not say
};
std::string_view Name(ByteTrust trust);  // "original", "rewritten", "left_out", "unknown"

struct LetterOrigin {
  LetterSystem system = LetterSystem::kUnknown;
  // Of the record that became the dead letter; "", -1 and kNoOffset where they are not named.
  TopicPartition source{.topic = "", .partition = -1};
  Offset offset = kNoOffset;
  int64_t timestamp_ms = kNoTime;  // of that record, as far as the letter has it
  CoordinateTrust coordinates = CoordinateTrust::kNone;
  ByteTrust key = ByteTrust::kUnknown;
  ByteTrust value = ByteTrust::kUnknown;
  bool headers_kept = true;   // the record's own headers stand in front
  std::string component{};    // connector and task, consumer group, rule: who gave up on it
  std::string stage{};        // where: VALUE_CONVERTER, TASK_PUT, …
  std::string error_class{};  // as the system names it: often only the wrapper's
  std::string error_message{};
  std::string stack_trace{};
  std::string cause_class{};    // the innermost cause, from the stack trace where there is one
  std::string cause_message{};  // "" when it is not known
  uint32_t attempts = 0;        // deliveries before it was given up; 0: not said
  // The headers [0, own_headers) are the record's own, except those of earlier hops.
  size_t own_headers = 0;
  uint32_t blocks = 0;  // complete blocks of this system: earlier hops, or planted ones
  // What cannot be trusted or is missing, a sentence each. Never values of the record.
  std::vector<std::string> notes{};

  bool named() const { return !source.topic.empty() && source.partition >= 0 && offset >= 0; }
};

// Whether the letter can be sent to where it came from as what it was.
struct ReplayToOrigin {
  bool possible = false;
  bool exact = false;        // key and value are the original's, byte for byte
  std::string topic{};       // where to; "" when it is not possible
  Partition partition = -1;  // -1: any
  std::string why{};         // why not, or what is not the original's; "" when exact
};
ReplayToOrigin CanReplay(const LetterOrigin& origin);

}  // namespace fracas::formats
