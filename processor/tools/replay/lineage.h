#pragma once

#include <cstddef>
#include <cstdint>

#include "core/limits_tools.h"
#include "core/status.h"
#include "tools/letters/letter_reader.h"
#include "tools/replay/choice.h"

// A replay that fails comes back as a dead letter of its own, and the first one stays open. Both
// are the same record: sent together it would be published twice.

namespace fracas::tools {

// How far the clocks of two instances may be apart, or an instance's and the authority's: what is
// younger than a letter or a ticket is looked for from so much earlier on.
inline constexpr int64_t kClocksApartMs = 3'600'000;

// The source coordinates of dead letters whose replay has failed again, whatever became of the
// newer letter: if that is open, it is the one to send; if it was published, so was the record; if
// it was discarded, so was the record. Only letters that the pipeline itself counted as replays are
// believed. Of the stream of `selected` ("" all of ours), and of letters since its beginning: a
// newer letter is never the earlier one. kStop: they are more than `most`; otherwise as the reader.
Result<RecordPlaces> FindSuperseded(const Selection& selected, LetterReader* reader,
                                    size_t most = limits::kLineageMax);

}  // namespace fracas::tools
