#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/codes.h"
#include "core/ids.h"
#include "state/format/entities.h"
#include "wire/journal.h"

// The last time that a stream was stopped, as its journal tells it: what a recovery is verified
// against. Pure.

namespace fracas::tools {

struct Incident {
  int64_t begin_ms = 0;      // it turned RED
  Code cause = Code::kNone;  // of the first trip; kNone: a person's
  std::string reason;
  std::string who;  // who tripped it; "" a worker
  bool planned = false;
  int64_t reset_ms = 0;  // when the trial that it recovered by began; 0: none is under way
  std::string reset_by;  // "" the authority's timer
  std::string contract;  // that was to be tried; "" any
  int64_t end_ms = 0;    // it turned GREEN; 0: it has not
  // What was held, one range a partition. The journal names the first limits::kJournalRangesMax of
  // each change; `ranges_cut`: there were more.
  std::vector<state::PendingRange> ranges;
  bool ranges_cut = false;
};

// The last incident in one stream's journal (oldest entry first). nullopt: none is in it. Entries
// that this program cannot read are passed over.
std::optional<Incident> LastIncident(std::span<const wire::JournalEntry> journal);

}  // namespace fracas::tools
