#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/codes.h"
#include "core/ids.h"
#include "core/status.h"

// What is written to <group>.control: commands (a person's requests) and facts (what workers
// report). Key: "pipeline/stream" ("" for the genesis). Value: JSON,
//
//   { "v": "1.0", "kind": "command", "id": text, "type": "breaker.reset", "stream":
//   "pipeline/stream",
//     "who": text, "why": text, "time": RFC 3339, "not_after": RFC 3339 | absent,
//     "expected_version": n | absent, "args": { … } }
//   { "v": "1.0", "kind": "fact", "id": text, "type": "tripped", "stream": …, "time": …,
//     "instance": text, "worker": n, "args": { … } }
//   { "v": "1.0", "kind": "genesis", "uuid": 32 hex digits, "group": text, "time": … }   the first
//   record
//
// Business ids are bytes: those that are valid UTF-8 (NUL included) stand in a member "id", all
// others as base64 in "id_base64" in its place; a ticket's likewise in "business_id" or
// "business_id_base64". Times that mean "never" or "no limit" (0) are absent. Codes are written by
// number.
//
// Schema: schemas/outputs/control.schema.json. Unknown members are ignored; an unknown type or a
// missing argument is kReject (a journal entry, never a halt); an unknown major version is kStop: a
// newer program's facts must not be passed over.

namespace fracas::wire {

// --- Commands
// -------------------------------------------------------------------------------------------

struct BreakerTrip {  // "breaker.trip"
  bool planned = false;
  int64_t planned_until_ms = 0;  // planned: when somebody is paged after all; 0: never
};
struct BreakerReset {    // "breaker.reset"
  std::string contract;  // sha256 to be tried; "": whichever is loaded
  bool reload = false;
  std::vector<Code> divert;   // empty: no diversion
  int64_t divert_for_ms = 0;  // 0: for the pending ranges only
};
struct DivertEnd {};  // "breaker.divert_end": ends a diversion before its time
struct QuarantineTarget {
  bool record = false;  // id is "topic/partition/offset"
  std::string id;
  // Of its entry, as the sender has seen it; 0: there was none. Absent: whatever it is.
  std::optional<uint64_t> version{};
};
struct QuarantineAdd {                    // "quarantine.add"
  std::vector<QuarantineTarget> targets;  // 1 … limits::kCommandTargetsMax
  std::string owner;
  int64_t expires_ms = 0;   // 0: never
  Code code = Code::kNone;  // kNone: QUARANTINED
};
struct QuarantineRelease {  // "quarantine.release"
  std::vector<QuarantineTarget> targets;
};
struct TicketCreate {     // "ticket.create"
  std::string ticket;     // its id
  TopicPartition letter;  // source coordinates of the dead letter
  Offset letter_offset = 0;
  std::string business_id;
  std::string digest;
  int64_t original_timestamp_ms = 0;
  int32_t replay_count = 1;
  int64_t expires_ms = 0;
  // The open ticket of the letter that it may take the place of, as its sender has seen it; "": there was
  // none. Another one is there: refused. Absent: it takes the place of any.
  std::optional<std::string> instead_of = std::nullopt;
};
// How such a refusal begins.
inline constexpr std::string_view kReplayUnderWay = "a replay of it is under way";
struct LetterDiscard {  // "letter.discard"
  struct Letter {
    TopicPartition source;
    Offset offset = 0;
  };
  std::vector<Letter> letters;  // 1 … limits::kCommandTargetsMax
};
struct AcceptLoss {  // "offsets.accept_loss"
  TopicPartition source;
  Offset from = 0;  // where the group stands, as the person saw it
  Offset to = 0;
};
struct Note {};  // "note": nothing but a journal entry (a tool's verified recovery, a reveal)

using CommandArgs = std::variant<BreakerTrip, BreakerReset, DivertEnd, QuarantineAdd,
                                 QuarantineRelease, TicketCreate, LetterDiscard, AcceptLoss, Note>;

struct Command {
  std::string id;      // unique; tools make 32 random hex digits
  std::string stream;  // "pipeline/stream"
  std::string who;
  std::string why;
  int64_t time_ms = 0;
  int64_t not_after_ms = 0;                  // 0: no limit. Refused when it is read later than that
  std::optional<uint64_t> expected_version;  // of the stream's breaker
  CommandArgs args;
};

// --- Facts
// ----------------------------------------------------------------------------------------------

struct Tripped {  // "tripped"
  TopicPartition source;
  Offset from = 0;
  Offset to = 0;  // == from: stuck by itself
  int32_t attempt = 1;
  Code cause = Code::kNone;
  std::string reason;  // one sentence, without values of records
  Offset record = kNoOffset;
  int64_t oldest_ms = 0;
};
struct ProbePassed {  // "probe_passed"
  TopicPartition source;
  Offset from = 0;
  Offset to = 0;
  int32_t attempt = 1;
};
struct ReplayPublished {  // "replay_published"
  std::string ticket;
  TopicPartition source;  // of the replay
  Offset offset = 0;
};
struct LossAccepted {  // "loss_accepted": the order was carried out in the same transaction
  TopicPartition source;
  Offset from = 0;
  Offset to = 0;
};
struct PoisonFound {  // "poison_found": a record that killed its worker limits::kPoisonDeathsMax
                      // times
  TopicPartition source;
  Offset offset = 0;
};

using FactArgs = std::variant<Tripped, ProbePassed, ReplayPublished, LossAccepted, PoisonFound>;

struct Fact {
  std::string id;  // equal for equal facts: "tripped:topic/partition/from#attempt"
  std::string stream;
  std::string instance;
  uint32_t worker = 0;
  int64_t time_ms = 0;
  FactArgs args;
};

struct ControlGenesis {
  std::string uuid;
  std::string group;
  int64_t time_ms = 0;
};

using ControlMessage = std::variant<Command, Fact, ControlGenesis>;

std::string_view TypeName(const CommandArgs& args);  // "breaker.reset"
std::string_view TypeName(const FactArgs& args);

// Append JSON to `out`.
void Encode(const Command& command, std::string* out);
void Encode(const Fact& fact, std::string* out);
void Encode(const ControlGenesis& genesis, std::string* out);
// Total. kReject: refused with its message, also beyond limits::kControlBytesMax; kStop: a newer
// major.
Result<ControlMessage> DecodeControl(std::string_view bytes);

// What can be told of bytes that DecodeControl has refused, so that their sender finds the refusal
// under the id that it waits for. Empty where it cannot be read; texts are cut at
// limits::kCommandTextBytesMax.
struct ControlHead {
  std::string id;
  std::string type;
  std::string stream;
  std::string who;
  std::string why;
};
ControlHead PeekControl(std::string_view bytes);

// "topic/partition/offset" as ToString(source, offset) writes it; false for any other spelling of
// it too.
[[nodiscard]] bool ParseRecordId(std::string_view text, TopicPartition* source, Offset* offset);

}  // namespace fracas::wire
