#pragma once

#include <cstddef>
#include <cstdint>

// Bounds of the support team's tools (processor/tools); everything else is in core/limits.h.

namespace fracas::limits {

// Documents that a selection may hold in memory at once; more are streamed or refused.
inline constexpr size_t kSelectionMax = 100'000;
// Of a header's text in another system's dead letter (a stack trace); the rest is cut.
inline constexpr size_t kForeignTextBytesMax = 64 * 1024;
// An archive's lines that wait in memory: of one folder, and of all; and the longest line that is read back
// (a record of the largest size, escaped).
inline constexpr size_t kArchiveFrameBytes = 4 * 1024 * 1024;
inline constexpr size_t kArchivePendingBytesMax = 64 * 1024 * 1024;
inline constexpr size_t kArchiveLineBytesMax = size_t{2} * 1024 * 1024 * 1024;

// What a verification of a recovery looks at: the newest journal entries of a stream, failure modes told
// apart, records of the source that would prove that reading got past the incident, and records of the
// published topic in which one of them is looked for.
inline constexpr size_t kVerifyJournalMax = 10'000;
inline constexpr size_t kVerifyModesMax = 1'000;
inline constexpr size_t kVerifyWitnessesMax = 2'000;
inline constexpr uint64_t kVerifyScanMax = 200'000;
// How old what is unread may be where a stream has no freshness.max_silence.
inline constexpr int64_t kVerifyUnreadMsMax = 5 * 60'000;

// Records that secure-clean mends and sends at once, and how long the ticket of each is good; what a command
// line or a file may give as one value (--set, --patch); differences and samples that are shown of a record.
inline constexpr size_t kPatchRecordsMax = 1'000;
inline constexpr int64_t kPatchTicketMs = 7 * 24 * 3'600'000LL;
inline constexpr size_t kPatchFileBytesMax = 16 * 1024 * 1024;
inline constexpr size_t kPatchHunksMax = 40;
// Failure events that are read to tell how often a mode occurred: the newest of each partition.
inline constexpr int64_t kModeEventsMax = 200'000;

}  // namespace fracas::limits
