#pragma once

#include <cstddef>
#include <cstdint>

// Every bound of the program, in one place. Reaching one is a named, tested behaviour; the comment says
// which. Relations between bounds are proved below.

namespace fracas::limits {

inline constexpr size_t kKiB = 1024;
inline constexpr size_t kMiB = 1024 * kKiB;

// --- Records ------------------------------------------------------------------------------------------
// A stream's default for `limits.record` and the most that it may be set to. A record over its limit is
// RECORD_OVERSIZE: its dead letter carries coordinates, size and digest instead of its bytes.
inline constexpr size_t kRecordBytesDefault = 1 * kMiB;
inline constexpr size_t kRecordBytesMax = 256 * kMiB;
// Nesting of JSON containers; deeper is JSON_MALFORMED (a parser of ours never recurses deeper).
inline constexpr size_t kJsonDepthMax = 1024;
// Findings kept for one record; the rest are only counted ("and 12 more").
inline constexpr size_t kFindingsPerRecordMax = 64;
// A JSON pointer in a finding; longer ones are cut at a token and end in "/…".
inline constexpr size_t kPointerBytesMax = 1 * kKiB;
// A business id, message id or idempotency key; a longer one is a finding (FORMAT_INVALID).
inline constexpr size_t kIdBytesMax = 1 * kKiB;
// A key that is read as a JSON document (identity `key:/pointer`); a longer one has no id.
inline constexpr size_t kKeyDocumentBytesMax = 64 * kKiB;

// --- Rounds (memory: at most three rounds per worker are alive) ------------------------------------------
inline constexpr size_t kRoundRecordsMax = 40'000;
inline constexpr size_t kRoundBytesMax = 64 * kMiB;
inline constexpr size_t kBatchRecordsDefault = 10'000;
inline constexpr size_t kBatchBytesDefault = 8 * kMiB;
inline constexpr int64_t kBatchIntervalMsDefault = 100;
inline constexpr size_t kWorkersMax = 64;
inline constexpr size_t kStreamsMax = 1'000;
inline constexpr size_t kPartitionsPerWorkerMax = 10'000;
// One look at the source takes at most so many records: membership, results and stops are served between.
inline constexpr size_t kPollRecordsMax = 4'000;
// Kinds of warnings whose last report is remembered per worker; beyond it all are forgotten, so that each
// is reported on sight once more.
inline constexpr size_t kWarningsRememberedMax = 10'000;
inline constexpr int64_t kWarningEveryMs = 60'000;

// --- State and control --------------------------------------------------------------------------------
// One record of the control topic; a longer one is refused with a journal entry.
inline constexpr size_t kControlBytesMax = 512 * kKiB;
// How often the authority says that it is alive, and after how long without it another instance takes over
// (both bound "within two seconds"); one that does nothing for so long says nothing any more.
inline constexpr int64_t kAuthorityBeatMs = 300;
inline constexpr int64_t kAuthorityPatienceMs = 900;
inline constexpr int64_t kAuthorityStallMsMax = 60'000;
// The index of dead letters: how often it looks for what retention has taken and for new topics, how many
// letters one step of that takes, and how long letters that expired are remembered.
inline constexpr int64_t kLedgerSweepMs = 60'000;
inline constexpr size_t kLedgerSweepMax = 10'000;
inline constexpr int64_t kLedgerExpiredKeptMs = 90 * 24 * 3'600'000LL;
// Letters in one page of a list, and entries that are looked at for it; a page may be short.
inline constexpr size_t kLedgerPageMax = 1'000;
inline constexpr size_t kLedgerScanMax = 100'000;
// Ids or letters in one command; tools split longer lists.
inline constexpr size_t kCommandTargetsMax = 1'000;
// Commands and facts that the authority puts into one transaction.
inline constexpr size_t kAuthorityCommandsMax = 1'000;
// Changes that the authority puts into one transaction, roughly: a command is not taken apart. Commands that
// are left over wait for the next one.
inline constexpr size_t kAuthorityChangesMax = 20'000;
// Bytes of commands and facts that the authority takes at once.
inline constexpr size_t kAuthorityBytesMax = 8 * kMiB;
// Ids of the newest commands that the authority knows again; a repetition is counted and not applied.
inline constexpr size_t kRecentCommandsMax = 10'000;
// After so long without a transaction the authority claims its transactional id again first: brokers forget
// idle ones (transactional.id.expiration.ms, 7 days by default).
inline constexpr int64_t kAuthorityIdleMs = 24 * 3'600'000;
// Partitions of a stream that can be held at a time, and that its breaker remembers; a fact beyond is
// refused.
inline constexpr size_t kBreakerRangesMax = 10'000;
// A pending range's sentence; cut.
inline constexpr size_t kRangeReasonBytesMax = 256;
// Pending ranges in a journal entry.
inline constexpr size_t kJournalRangesMax = 20;
// Expired quarantine entries and tickets that are marked in one transaction.
inline constexpr size_t kExpiredAtOnceMax = 10'000;
// How often a tail asks for its log's end; until the log answers nothing is known to be followed.
inline constexpr int64_t kStateEndEveryMs = 5'000;
// How often a store that nothing changes is told that it is current: it is rebuilt when it gets old.
inline constexpr int64_t kStateTouchMs = 3'600'000;
// Bytes of the quarantine filter; with more entries it says "maybe" more often.
inline constexpr size_t kQuarantineFilterBytesMax = 64 * kMiB;
// Changelog records that are applied to the store at once.
inline constexpr size_t kStateBatchRecordsMax = 10'000;
// An instance that could not follow the changelog for so long holds everything (G4).
inline constexpr int64_t kStateLagMsMax = 30'000;
// Without progress for so long a restore says what it waits for.
inline constexpr int64_t kRestoreStuckMs = 30'000;
// How often the authority looks through the quarantine for what has expired.
inline constexpr int64_t kExpirySweepMs = 60'000;
// How often a tail looks for the oldest quarantine entry again, once the one it knew was released.
inline constexpr int64_t kOldestEveryMs = 60'000;
// Open tickets, and quarantined single records, of a group: kept in memory. A command beyond is refused.
inline constexpr size_t kTicketsMax = 100'000;
inline constexpr size_t kQuarantineRecordsMax = 100'000;
// Texts of commands (who, why, owner, reason): refused when longer.
inline constexpr size_t kCommandTextBytesMax = 2 * kKiB;
// A record that its worker died of so often is isolated (POISON_RECORD).
inline constexpr int kPoisonDeathsMax = 3;
// Until a command line tool gives up waiting for the journal.
inline constexpr int64_t kCommandWaitMsMax = 60'000;
// Free space below which the store refuses to grow.
inline constexpr uint64_t kStateFreeBytesMin = 64 * kMiB;
// Items of one list in a state value (a stream's partitions); a value that claims more is damaged.
inline constexpr size_t kStateListItemsMax = 100'000;
// Damaged or foreign folders of the store that are kept aside; older ones are removed.
inline constexpr size_t kStateFoldersAsideMax = 3;
// Until a write that the store does not take is given up as stuck.
inline constexpr int64_t kStateWriteMsMax = 30'000;

// --- On the wire --------------------------------------------------------------------------------------
// What a dead letter may add to its record (context headers); a DLQ topic's max.message.bytes is the
// source's plus this.
inline constexpr size_t kDeadLetterOverheadBytes = 64 * kKiB;
inline constexpr size_t kHeaderValueBytesMax = 8 * kKiB;
inline constexpr size_t kMessageTextBytesMax = 2 * kKiB;   // a finding described
inline constexpr size_t kSamplesPerFailureMax = 5;
// Distinct (code, fingerprint) pairs reported of one batch; the rest fold into one event per code.
inline constexpr size_t kFailureGroupsPerBatchMax = 100;
inline constexpr size_t kOffsetMetadataBytesMax = 4'096;   // the broker's limit
// The dead letter of an oversize record keeps the record's own headers up to this size.
inline constexpr size_t kOversizeKeptBytesMax = 32 * kKiB;
// Ranges in one summary; a round with more of one stream writes several (a summary stays far below the
// 1 MB that a topic takes by default).
inline constexpr size_t kSummaryRangesMax = 1'000;

// --- Tools --------------------------------------------------------------------------------------------
// A document that `check` keeps in memory; a longer one is RECORD_OVERSIZE and skipped.
inline constexpr size_t kCheckDocumentBytesDefault = 64 * kMiB;

// --- Contracts ----------------------------------------------------------------------------------------
inline constexpr size_t kSchemaFileBytesMax = 16 * kMiB;
inline constexpr size_t kSchemaNodesMax = 1'000'000;
inline constexpr size_t kPatternBytesMax = 4 * kKiB;
inline constexpr size_t kEvaluationDepthMax = 4 * kJsonDepthMax;  // $ref loops without progress
// The fast reader leaves to the complete one: deeper nesting, contracts with more distinct (schema, pointer)
// pairs, longer enumerations.
inline constexpr size_t kProveDepthMax = 64;
inline constexpr size_t kProveNodesMax = 100'000;
inline constexpr size_t kProveEnumMax = 10'000;
inline constexpr size_t kCapturesMax = 8;                    // identity pointers and event time

// --- Configuration ------------------------------------------------------------------------------------
inline constexpr size_t kConfigFileBytesMax = 4 * kMiB;
inline constexpr size_t kConfigDepthMax = 64;
// Nodes of a configuration after its aliases are expanded; more is refused (billion laughs).
inline constexpr size_t kConfigNodesMax = 200'000;
// Problems reported in one run; the rest are only counted.
inline constexpr size_t kConfigProblemsMax = 200;
inline constexpr size_t kConfigTextBytesMax = 64 * kKiB;     // one value, after substitution
inline constexpr size_t kSecretFileBytesMax = 64 * kKiB;
inline constexpr size_t kTopicNameBytesMax = 249;            // the broker's limit

// --- Brokers -----------------------------------------------------------------------------------------
// What one process tells of brokers, and the clients (workers, tools; each new one after it was recreated)
// whose sight of a broker it adds up.
inline constexpr size_t kWatchedBrokersMax = 1'000;
inline constexpr size_t kWatchedClientsMax = 1'000;

// --- HTTP ---------------------------------------------------------------------------------------------
inline constexpr size_t kHttpBodyBytesMax = 64 * kKiB;
inline constexpr int kHttpThreads = 4;
inline constexpr int kHttpTimeoutSeconds = 5;                  // for a whole request, and for its answer
inline constexpr size_t kHttpHeadBytesMax = 8 * kKiB;        // request line and headers: 431 beyond
inline constexpr size_t kHttpHeadersMax = 50;                // 431 beyond
inline constexpr size_t kHttpConnectionsMax = 256;           // a listener; the oldest is closed for a new one
inline constexpr size_t kHttpPathBytesMax = 4 * kKiB;        // with its query (an id): 414 beyond
// An answer that our own client reads; a longer one is refused. Handlers answer in pages below it.
inline constexpr size_t kHttpAnswerBytesMax = 64 * kMiB;
inline constexpr size_t kHttpPageItemsMax = 1'000;

// --- Logs ---------------------------------------------------------------------------------------------
inline constexpr size_t kLogTextBytesMax = 4 * kKiB;         // a message or a field's value; cut
inline constexpr size_t kLogFieldsMax = 32;                  // of an entry; the rest are left out
inline constexpr uint32_t kLogBurst = 20;                    // lines of one event in a window
inline constexpr int64_t kLogWindowMs = 10'000;
inline constexpr size_t kLogEventsMax = 1'024;               // events told apart; the rest share a budget

// --- Time ---------------------------------------------------------------------------------------------
inline constexpr int64_t kShutdownMsMax = 10'000;          // SIGTERM to exit
inline constexpr int64_t kStartMsMax = 15'000;             // to a message about an unreachable broker
inline constexpr int64_t kTransactionMs = 10'000;          // transaction.timeout.ms
inline constexpr int64_t kFencedWindowMs = 60'000;         // fenced twice within: exit
inline constexpr int64_t kBackoffMsMin = 100;
inline constexpr int64_t kBackoffMsMax = 10'000;

// --- Kafka --------------------------------------------------------------------------------------------
inline constexpr int64_t kKafkaConnectMsMax = 10'000;      // until a broker answers
inline constexpr int64_t kKafkaCallMsMax = 5'000;          // one question; a Status after it
// Until the group says where it stands: a transaction in doubt must have ended first (its timeout and the
// coordinator's next look, 10 s later by default).
inline constexpr int64_t kKafkaCommittedMsMax = kTransactionMs + 15'000;
inline constexpr int64_t kKafkaCloseMsMax = 3'000;         // a handle's threads; then they are left behind
inline constexpr int64_t kOutboxMsMax = 20'000;            // until a tool's record is given up
// One question of a tail whether its log still answers: so much longer may a turn take, once a second.
inline constexpr int64_t kTailProbeMs = 500;
inline constexpr int kKafkaDecodeErrorsMax = 3;            // at one offset; then the partition is reported

static_assert(kRecordBytesDefault <= kBatchBytesDefault);
static_assert(kCheckDocumentBytesDefault <= kRecordBytesMax);
static_assert(kBatchBytesDefault <= kRoundBytesMax);
static_assert(kBatchRecordsDefault <= kRoundRecordsMax);
static_assert(kMessageTextBytesMax <= kHeaderValueBytesMax);
static_assert(kHeaderValueBytesMax * 4 <= kDeadLetterOverheadBytes);
static_assert(kKafkaConnectMsMax < kStartMsMax);
static_assert(kKafkaCloseMsMax * 2 < kShutdownMsMax, "a worker closes a consumer and a producer");
static_assert(3 * kIdBytesMax < kHttpPathBytesMax, "an id fits a query");
static_assert(kHttpPathBytesMax < kHttpHeadBytesMax);
static_assert(kProveDepthMax <= kJsonDepthMax);
static_assert(kJsonDepthMax >= 512, "legal nesting of ordinary producers");

}  // namespace fracas::limits
