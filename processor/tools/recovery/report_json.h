#pragma once

#include <string>

#include "tools/recovery/evidence.h"
#include "tools/recovery/verdict.h"

namespace fracas::tools {

// One stream's verification; schema: schemas/outputs/verification.schema.json ("streams" of
// `fracas verify --output json`).
//
//   { "stream": "pipeline/stream", "verified": bool, "state": "GREEN" | "RED" | "PROBE",
//     "since": RFC 3339, "incident": null | {"begin", "cause": name | null, "reason",
//       "who": text | null, "planned", "reset": time | null, "reset_by": text | null,
//       "contract": sha256 | null, "end": time | null,
//       "ranges": [{"topic", "partition", "from", "to"}], "ranges_cut": bool},
//     "checks": [{"check": "quality" | "conservation" | "freshness" | "failure_mode" | "reader",
//       "answer": "yes" | "no" | "not_yet", "found": text, "next": text | null}],
//     "counts": {"published", "dead_lettered", "masked", "observed"}, "codes": {name: n},
//     "modes": [{"code", "fingerprint", "of_incident", "held", "before", "since", "last": time}] }
std::string ToJson(const Evidence& evidence, const Verdict& verdict);

}  // namespace fracas::tools
