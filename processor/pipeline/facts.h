#pragma once

#include <vector>

#include "pipeline/round.h"
#include "wire/command.h"

namespace fracas::pipeline {

// What the authority must learn of a batch: that it was abandoned (tripped), that it ends a probed range
// (probe_passed), that it carries out an accepted loss, that it publishes a replay under a ticket, that a
// record in it had killed its worker. Appends to `facts`; instance and worker are the
// caller's to fill. Equal batches give equal facts, ids included: a repetition is merged once.
void AppendFacts(const Batch& batch, const Round& round, std::vector<wire::Fact>* facts);

}  // namespace fracas::pipeline
