#include "observability/control_table.h"

#include <algorithm>
#include <array>

namespace fracas::observability {

namespace {

using Value = std::optional<double>;

constexpr MetricType kCounter = MetricType::kCounter;
constexpr MetricType kGauge = MetricType::kGauge;

Value Count(uint64_t count) { return static_cast<double>(count); }
Value Flag(bool on) { return on ? 1.0 : 0.0; }
Value Time(int64_t ms) { return ms == 0 ? Value() : static_cast<double>(ms) / 1'000; }
Value Left(int64_t ends_ms, int64_t now_ms) {
  return ends_ms == 0 ? Value()
                      : static_cast<double>(std::max<int64_t>(0, ends_ms - now_ms)) / 1'000;
}
Value Kept(int64_t kept_ms) { return kept_ms == 0 ? Value() : static_cast<double>(kept_ms) / 1'000; }
Value Letters(const StreamFacts& facts, uint64_t StreamFacts::Letters::*count) {
  return facts.letters.has_value() ? Count((*facts.letters).*count) : Value();
}

constexpr MetricInfo kRetention = {
    "fracas_retention_left_seconds", kGauge, "stream, of", "seconds",
    "Until retention may take what waits in the source (of=\"source\") or the oldest open dead "
    "letter "
    "(of=\"dead_letters\"). Absent while nothing waits or nothing is ever taken."};
constexpr MetricInfo kKept = {
    "fracas_retention_seconds", kGauge, "stream, of", "seconds",
    "How long that topic keeps a record. Absent where fracas_retention_left_seconds is."};
constexpr MetricInfo kReadersHeld = {
    "fracas_open_transaction_timestamp_seconds", kGauge, "stream, topics", "seconds since 1970",
    "Since when an open transaction has been seen to hold read_committed readers up: of the sources "
    "(topics=\"source\": the pipeline itself waits) or of what is published (topics=\"published\"). "
    "Absent while none does. Looked at every 15 s."};
constexpr MetricInfo kLetters = {
    "fracas_dead_letters", kGauge, "stream, state", "records",
    "Dead letters by what became of them: open, resolved by a published replay, "
    "discarded, expired by retention."};

using S = const StreamFacts&;
const std::array kStreamFactMetrics = {
    StreamFactMetric{
        {"fracas_breaker_state", kGauge, "stream", "state",
         "0 GREEN (flows), 1 RED (stopped), 2 PROBE (what waits is being tried). From the instance "
         "that holds the authority, as all metrics of breakers, retention, quarantine and dead "
         "letters."},
        "",
        "",
        [](S s, int64_t) { return Value(static_cast<double>(s.state)); }},
    StreamFactMetric{
        {"fracas_breaker_since_timestamp_seconds", kGauge, "stream", "seconds since 1970",
         "When the breaker came into its state; probes that nobody ordered do not begin a new one. Absent "
         "when it never tripped."},
        "",
        "",
        [](S s, int64_t) { return Time(s.since_ms); }},
    StreamFactMetric{
        {"fracas_breaker_planned", kGauge, "stream", "0 or 1",
         "1 while the stream is stopped for maintenance that has not run out: pages nobody."},
        "",
        "",
        [](S s, int64_t) { return Flag(s.planned); }},
    StreamFactMetric{{"fracas_breaker_pending_ranges", kGauge, "stream", "ranges",
                      "Ranges of source records that wait to be tried again."},
                     "",
                     "",
                     [](S s, int64_t) { return Count(s.pending); }},
    StreamFactMetric{{"fracas_breaker_retries_exhausted", kGauge, "stream", "0 or 1",
                      "1 when trying again by itself has not helped so often as the stream's "
                      "policy says; it goes "
                      "on at the longest interval."},
                     "",
                     "",
                     [](S s, int64_t) { return Flag(s.retry_exhausted); }},
    StreamFactMetric{{"fracas_breaker_diversion", kGauge, "stream", "0 or 1",
                      "1 while failures that should hold the stream become dead letters by an "
                      "operator's order."},
                     "",
                     "",
                     [](S s, int64_t) { return Flag(s.diversion); }},
    StreamFactMetric{kRetention, "of", "source",
                     [](S s, int64_t now_ms) { return Left(s.source_ends_ms, now_ms); }},
    StreamFactMetric{kRetention, "of", "dead_letters",
                     [](S s, int64_t now_ms) { return Left(s.letters_end_ms, now_ms); }},
    StreamFactMetric{kKept, "of", "source", [](S s, int64_t) { return Kept(s.source_kept_ms); }},
    StreamFactMetric{kKept, "of", "dead_letters", [](S s, int64_t) { return Kept(s.letters_kept_ms); }},
    StreamFactMetric{{"fracas_source_lost_offsets", kGauge, "stream", "offsets",
                      "Offsets that wait to be read and are gone from the source: `fracas offsets "
                      "accept-loss`."},
                     "",
                     "",
                     [](S s, int64_t) { return Value(static_cast<double>(s.lost)); }},
    StreamFactMetric{{"fracas_quarantine_entries", kGauge, "stream", "entries",
                      "Ids and single records that are masked."},
                     "",
                     "",
                     [](S s, int64_t) { return Count(s.quarantined); }},
    StreamFactMetric{{"fracas_quarantine_expired", kGauge, "stream", "entries",
                      "Of these, those that are past their time; they stay masked until released."},
                     "",
                     "",
                     [](S s, int64_t) { return Count(s.quarantine_expired); }},
    StreamFactMetric{{"fracas_quarantine_oldest_timestamp_seconds", kGauge, "stream",
                      "seconds since 1970", "Since when the oldest of these is in."},
                     "",
                     "",
                     [](S s, int64_t) { return Time(s.quarantine_oldest_ms); }},
    StreamFactMetric{kReadersHeld, "topics", "source",
                     [](S s, int64_t) { return Time(s.held.source_since_ms); }},
    StreamFactMetric{kReadersHeld, "topics", "published",
                     [](S s, int64_t) { return Time(s.held.published_since_ms); }},
    StreamFactMetric{kLetters, "state", "open",
                     [](S s, int64_t) { return Letters(s, &StreamFacts::Letters::open); }},
    StreamFactMetric{kLetters, "state", "resolved",
                     [](S s, int64_t) { return Letters(s, &StreamFacts::Letters::resolved); }},
    StreamFactMetric{kLetters, "state", "discarded",
                     [](S s, int64_t) { return Letters(s, &StreamFacts::Letters::discarded); }},
    StreamFactMetric{kLetters, "state", "expired",
                     [](S s, int64_t) { return Letters(s, &StreamFacts::Letters::expired); }},
    StreamFactMetric{{"fracas_dead_letters_open_masked", kGauge, "stream", "records",
                      "Of the open dead letters, those of quarantined records: known, and waiting for a "
                      "person. What alerts on dead letters leaves them out."},
                     "",
                     "",
                     [](S s, int64_t) { return Letters(s, &StreamFacts::Letters::open_masked); }},
    StreamFactMetric{
        {"fracas_dead_letters_oldest_timestamp_seconds", kGauge, "stream", "seconds since 1970",
         "When the oldest open dead letter was written."},
        "",
        "",
        [](S s, int64_t) { return s.letters.has_value() ? Time(s.letters->oldest_ms) : Value(); }},
};

constexpr MetricInfo kCommands = {
    "fracas_commands_total", kCounter, "outcome", "commands",
    "Commands and facts that this instance's authority has applied, refused, or "
    "recognised as repetitions."};
constexpr MetricInfo kTransactions = {
    "fracas_control_transactions_total", kCounter, "outcome", "transactions",
    "Transactions of this instance's authority: committed, or failed (and begun "
    "again)."};

using C = const ControlFacts&;
const std::array kControlMetrics = {
    ControlMetric{{"fracas_state_restored", kGauge, "", "0 or 1",
                   "1 once this instance has read the group's state up to the log's end."},
                  "",
                  "",
                  [](C c) { return Flag(c.restored); }},
    ControlMetric{{"fracas_state_restore_position_offsets", kGauge, "", "offsets",
                   "How far this instance has read the state at its start."},
                  "",
                  "",
                  [](C c) { return Value(static_cast<double>(c.restore_position)); }},
    ControlMetric{{"fracas_state_restore_target_offsets", kGauge, "", "offsets",
                   "How far it had to read it then."},
                  "",
                  "",
                  [](C c) { return Value(static_cast<double>(c.restore_target)); }},
    ControlMetric{
        {"fracas_state_lag_seconds", kGauge, "", "seconds",
         "Since this instance last stood at the end of the state's log. From 30 s on it holds "
         "everything."},
        "",
        "",
        [](C c) { return Value(static_cast<double>(c.lag_ms) / 1'000); }},
    ControlMetric{{"fracas_authority_active", kGauge, "", "0 or 1",
                   "1 on the instance that applies commands; the sum over a group is 1."},
                  "",
                  "",
                  [](C c) { return Flag(c.active); }},
    ControlMetric{kCommands, "outcome", "applied", [](C c) { return Count(c.applied); }},
    ControlMetric{kCommands, "outcome", "refused", [](C c) { return Count(c.refused); }},
    ControlMetric{kCommands, "outcome", "repeated", [](C c) { return Count(c.repeated); }},
    ControlMetric{kTransactions, "outcome", "committed", [](C c) { return Count(c.transactions); }},
    ControlMetric{kTransactions, "outcome", "failed",
                  [](C c) { return Count(c.transactions_failed); }},
    ControlMetric{{"fracas_replay_tickets", kGauge, "", "tickets",
                   "Open tickets for replays, from the instance that holds the authority."},
                  "",
                  "",
                  [](C c) { return c.active ? Count(c.tickets) : Value(); }},
};

}  // namespace

std::span<const StreamFactMetric> StreamFactMetrics() { return kStreamFactMetrics; }
std::span<const ControlMetric> ControlMetrics() { return kControlMetrics; }

}  // namespace fracas::observability
