#pragma once

#include <string>
#include <string_view>

#include "core/status.h"
#include "tools/live_state.h"

// Live state as JSON: the answers of GET /state/… and what `--output json` prints. Stable: members are only
// added, readers ignore those that they do not know. Schema: schemas/outputs/state.schema.json.
//
//   /state/streams, `fracas status --output json`:
//   { "v": "1.0", "group": text, "instance": text | null (folded from the topic), "state_offset": n,
//     "time": RFC 3339, "cluster_unanswered_since": time | null, "cluster_trouble": text | null,
//     "control": null | {"active", "restored", "restore_position", "restore_target", "lag_ms"},
//     "streams": [stream] }
//   stream := { "stream": "pipeline/stream", "breaker": breaker,
//     "quarantine": {"entries", "expired", "oldest": time | null},
//     "local": null | {"lag", "consumed", "published", "dead_lettered", "masked", "observed",
//       "last_record": time | null, "contract": sha256, "held": [{"topic", "partition", "code", "reason"}]},
//     "lag": n | null, "stalled_since": time | null,
//     "dead_letters": null | {"open", "open_masked", "resolved", "discarded", "expired",
//       "oldest": time | null, "retention_ends": time | null},
//     "retention": [{"topic", "partition", "from", "low", "lost", "ends": time | null}] }
//   breaker := { "version", "state": "GREEN" | "RED" | "PROBE", "since": time | null, "code": name | null,
//     "reason", "who": text | null, "command": id | null, "control_offset": n, "changed": time | null,
//     "planned", "planned_until": time | null, "contract": sha256 | null, "reload",
//     "pending": [{"topic", "partition", "from", "to", "attempt", "code", "reason", "record": n | null,
//       "record_failures", "oldest": time | null, "since": time | null, "passed"}],
//     "diversion": null | {"codes": [name], "until": time | null, "who", "why", "since": time | null},
//     "retry": {"done", "next": time | null, "exhausted"},
//     "losses": [{"topic", "partition", "from", "to", "who", "why"}] }
//   /state/quarantine, `fracas quarantine ls --output json`:
//   { "items": [{"stream", "id" | "id_base64" | "record", "version", "code", "reason", "owner", "who",
//     "since", "expires": time | null, "expired"}], "next": text | null }

namespace fracas::tools {

std::string ToJson(const LiveState& live);
std::string ToJson(const state::Breaker& breaker);
std::string ToJson(const QuarantineItem& item);
std::string ToJson(const QuarantinePage& page);
std::string ToJson(const state::Ticket& ticket);

// kReject: not what ToJson writes.
Result<LiveState> ReadLiveState(std::string_view json);
Result<QuarantinePage> ReadQuarantinePage(std::string_view json);

}  // namespace fracas::tools
