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

// One transaction of a replay: records of a topic, dead letters (each needs a ticket first), bytes. A single
// larger record goes alone.
inline constexpr size_t kReplayChunkRecords = 10'000;
inline constexpr size_t kReplayChunkLetters = 500;
inline constexpr size_t kReplayChunkBytes = 8 * 1024 * 1024;
// Records that are passed over before a job writes down how far it has come.
inline constexpr uint64_t kReplayIdleRecords = 200'000;
// Partitions that one job reads, and the bytes of its progress, which must fit into one record; more is
// refused.
inline constexpr size_t kReplayRangesMax = 5'000;
inline constexpr size_t kReplayProgressBytesMax = 900'000;
// Of the description of what a job replays; the rest is cut.
inline constexpr size_t kReplayTextBytesMax = 1'024;
// A replay waits when so many offsets of its target are not judged yet: what it sent shall be known before it
// sends much more.
inline constexpr int64_t kReplayAheadMax = 100'000;
// Failures of what was sent before their share can stop a job.
inline constexpr uint64_t kReplayFailedMin = 10;
// Records that were replayed so often are parked where no stream of ours has a replay.count_max.
inline constexpr int32_t kReplayCountMaxDefault = 3;
// Records that a dry run shows.
inline constexpr size_t kReplaySamplesMax = 5;
// A transaction that was not committed is sent again so often.
inline constexpr int kReplayTriesMax = 5;
// Records whose replay failed again that a replay of dead letters tells apart, in memory.
inline constexpr size_t kLineageMax = 2'000'000;
// How long the ticket of a replayed dead letter is good.
inline constexpr int64_t kReplayTicketMs = 7 * 24 * 3'600'000LL;
// Jobs with a made name that were done before: the same command goes on behind them.
inline constexpr int kReplayRoundsMax = 1'000;

// Records that secure-clean mends and sends at once, and how long the ticket of each is good; what a command
// line or a file may give as one value (--set, --patch); differences and samples that are shown of a record.
inline constexpr size_t kPatchRecordsMax = 10'000;
inline constexpr int64_t kPatchTicketMs = 7 * 24 * 3'600'000LL;
inline constexpr size_t kPatchFileBytesMax = 16 * 1024 * 1024;
inline constexpr size_t kPatchHunksMax = 40;
// Failure events that are read to tell how often a mode occurred: the newest of each partition.
inline constexpr int64_t kModeEventsMax = 200'000;

// How long doctor waits: for a first broker, for the answer to one question, for an instance that answers
// but has not read the state to its end; in total at most kDoctorAwayMsMax when nobody answers.
inline constexpr int64_t kDoctorConnectMsMax = 4'000;
inline constexpr int64_t kDoctorCallMsMax = 3'000;
inline constexpr int64_t kDoctorInstanceMsMax = 5'000;
inline constexpr int64_t kDoctorAwayMsMax = 15'000;
// Between its two looks: what did not move in so long is called stuck; and how often it looks meanwhile.
inline constexpr int64_t kDoctorWatchMs = 3'000;
inline constexpr int64_t kDoctorWatchEveryMs = 200;
// A transaction that is open for longer is named: longer than ours may be.
inline constexpr int64_t kDoctorTransactionMsMax = 10'000;
// How long it reads the coordinators' topic, and transactions that it tells of.
inline constexpr int64_t kDoctorTransactionLogMsMax = 10'000;
inline constexpr size_t kDoctorTransactionsMax = 100;
// What is said of a clock that surely differs by more; commands expire after a minute.
inline constexpr int64_t kDoctorSkewMsWarning = 1'000;
inline constexpr int64_t kDoctorSkewMsMax = 30'000;
// Certificates: days before their end when it is told, bytes of a file, certificates of one file beyond which
// it is a bundle of authorities (whose members expire unnoticed), and presented ones that are kept.
inline constexpr int64_t kDoctorCertificateMsWarning = 30 * 24 * 3'600'000LL;
inline constexpr size_t kCertificateFileBytesMax = 4 * 1024 * 1024;
inline constexpr size_t kCertificateBundleMin = 20;
inline constexpr size_t kDoctorCertificatesMax = 100;
// Free space of state.dir below which it is told.
inline constexpr uint64_t kDoctorFreeBytesWarning = 1024ULL * 1024 * 1024;

// A transactional id in the coordinators' topic, and topics or partitions of one transaction; more is damage.
inline constexpr size_t kTransactionalIdBytesMax = 32 * 1024;
inline constexpr size_t kTransactionPartitionsMax = 100'000;

}  // namespace fracas::limits
