#include "tools/recovery/verdict.h"

#include <algorithm>
#include <cstdio>

#include "core/limits_tools.h"
#include "core/text.h"
#include "core/timestamp.h"

namespace fracas::tools {

namespace {

std::string Percent(double ratio) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f %%", ratio * 100);
  return text;
}

std::string Seconds(int64_t ms) {
  if (ms < 10'000) return Cat(ms, " ms");
  if (ms < 600'000) return Cat(ms / 1000, " s");
  return Cat(ms / 60'000, " min");
}

std::string Count(uint64_t count, std::string_view one, std::string_view many) {
  return Cat(count, " ", count == 1 ? one : many);
}

class Judging {
 public:
  Judging(const config::Stream& stream, const Bounds& bounds, const Evidence& evidence,
          const std::string& config_file)
      : stream_(stream),
        bounds_(bounds),
        evidence_(evidence),
        options_(Cat(" -c ", config_file, " --stream ", evidence.stream)) {}

  Verdict Run() {
    Verdict verdict;
    verdict.flowing = evidence_.breaker.state == state::BreakerState::kGreen;
    verdict.ticks = {Quality(), Conservation(), Freshness(), Mode(), Reader()};
    return verdict;
  }

 private:
  // The tightest of the bounds that the stream has; 1: none.
  double RatioMax() const {
    if (bounds_.failed_ratio_max >= 0) return bounds_.failed_ratio_max;
    double most = 1;
    if (stream_.audit.max_failed_ratio >= 0) most = std::min(most, stream_.audit.max_failed_ratio);
    if (stream_.alerts.pass_ratio >= 0) most = std::min(most, 1 - stream_.alerts.pass_ratio);
    return most;
  }
  std::string Since() const {
    return Cat("since ", FormatTimestamp(evidence_.since_ms).substr(0, 19), "Z");
  }

  Tick Quality() const;
  Tick Conservation() const;
  std::string Broken(const PartitionEvidence& partition) const;
  // Held, and not read to its end yet: a sentence; "" otherwise.
  std::string Unread(const PartitionEvidence& partition) const;
  Tick Freshness() const;
  // What an open transaction keeps every reader from; "" nothing.
  std::string Held() const;
  Tick Mode() const;
  Tick Reader() const;

  const config::Stream& stream_;
  const Bounds& bounds_;
  const Evidence& evidence_;
  const std::string options_;
};

// Masked records are somebody's decision, not a failure of the data that flows.
Tick Judging::Quality() const {
  Tick tick{.check = Check::kQuality};
  const Tally& counts = evidence_.counts;
  const uint64_t judged = counts.Sum() - counts.masked;
  if (judged == 0) {
    tick.found = Cat("no record was judged ", Since());
    // Nothing to read, nothing to judge: a quiet stream is well, unless it was just stopped.
    const bool idle =
        std::all_of(evidence_.partitions.begin(), evidence_.partitions.end(),
                    [](const PartitionEvidence& at) { return at.IsRead(); });
    const bool held = evidence_.incident.has_value() && !evidence_.incident->ranges.empty();
    if (idle && !held) {
      tick.answer = Answer::kYes;
      tick.found += ", and none waits";
      return tick;
    }
    tick.next = Cat("send a record, or wait until the source does; `fracas status", options_,
                    "` shows whether an instance reads");
    return tick;
  }
  const double ratio = static_cast<double>(counts.dead_lettered) / static_cast<double>(judged);
  tick.found =
      Cat(Percent(1 - ratio), " of ", Count(judged, "record", "records"), " passed ", Since());
  const double most = RatioMax();
  if (most < 1) tick.found += Cat(" (at least ", Percent(1 - most), ")");
  if (counts.masked > 0) tick.found += Cat(", ", counts.masked, " masked");
  tick.answer = ratio <= most ? Answer::kYes : Answer::kNo;
  if (tick.answer == Answer::kNo) {
    tick.next = Cat("`fracas dlq stats", options_, "` shows what fails");
  }
  return tick;
}

// The published ranges of a partition stand one behind the other, from what was held on, and the
// group's offset is the end of one of them.
std::string Judging::Broken(const PartitionEvidence& partition) const {
  if (partition.ranges.empty()) return {};
  const std::string name = Cat(partition.source.topic, "/", partition.source.partition);
  if (partition.held.has_value() && partition.held->from < partition.held->to &&
      evidence_.incident->reset_ms == evidence_.since_ms &&
      partition.ranges.front().from != partition.held->from) {
    return Cat(name, " was held from ", partition.held->from, " and went on at ",
               partition.ranges.front().from);
  }
  Offset reached = partition.ranges.front().from;
  bool at_end = partition.committed == reached;
  for (const wire::SummaryRange& range : partition.ranges) {
    if (range.from != reached) {
      return Cat(name, ": a range begins at ", range.from, ", the one before ended at ", reached);
    }
    reached = range.to;
    at_end = at_end || range.to == partition.committed;
  }
  if (at_end) return {};
  return Cat(name, ": the group stands at ", partition.committed, ", the summaries end at ",
             reached);
}

std::string Judging::Unread(const PartitionEvidence& partition) const {
  if (!partition.held.has_value() || partition.held->from == partition.held->to) return {};
  if (partition.committed >= partition.held->to || partition.IsRead()) return {};
  return Cat(partition.source.topic, "/", partition.source.partition, " was held to ",
             partition.held->to, " and is read to ", std::max<Offset>(0, partition.committed));
}

Tick Judging::Conservation() const {
  Tick tick{.check = Check::kConservation};
  std::string broken = evidence_.broken_summary;
  std::string unread;
  uint64_t records = 0;
  uint64_t gaps = 0;
  for (const PartitionEvidence& partition : evidence_.partitions) {
    if (broken.empty()) broken = Broken(partition);
    if (unread.empty()) unread = Unread(partition);
    for (const wire::SummaryRange& range : partition.ranges) {
      records += range.records;
      gaps += range.gaps;
    }
  }
  const Tally& counts = evidence_.counts;
  if (broken.empty() && records != counts.Sum()) {
    broken = Cat(records, " records were read and ", counts.Sum(), " have an outcome");
  }
  if (!broken.empty()) {
    tick.answer = Answer::kNo;
    tick.found = broken;
    tick.next = "keep topic and logs as they are and report it: records may be missing or doubled";
    return tick;
  }
  if (!unread.empty()) {
    tick.found = unread;
    tick.next = Cat("`fracas status", options_, "` says what it waits for");
    return tick;
  }
  tick.answer = Answer::kYes;
  tick.found = Cat(Count(records, "record", "records"), " in = ", counts.published, " published + ",
                   counts.dead_lettered, " dead letters + ", counts.masked, " masked + ",
                   counts.observed, " observed");
  if (gaps > 0) tick.found += Cat("; ", Count(gaps, "offset", "offsets"), " without a record");
  return tick;
}

std::string Judging::Held() const {
  for (const PartitionEvidence& at : evidence_.partitions) {
    if (!at.IsHeldByTransaction()) continue;
    const Offset from = std::max({at.committed, at.low, at.stable});
    return Cat("an open transaction holds the last stable offset of ", at.source.topic, "/",
               at.source.partition, " at ", at.stable, ": ",
               Count(static_cast<uint64_t>(at.high - from), "offset", "offsets"),
               " behind it cannot be read, how old they are is not known");
  }
  return {};
}

Tick Judging::Freshness() const {
  Tick tick{.check = Check::kFreshness};
  const bool has_sla = stream_.max_silence_ms != config::kOff;
  const int64_t most_ms = has_sla ? stream_.max_silence_ms : limits::kVerifyUnreadMsMax;
  uint64_t unread = 0;
  int64_t oldest_ms = 0;
  for (const PartitionEvidence& at : evidence_.partitions) {
    const Offset from = std::max(at.committed, at.low);
    if (!at.IsRead()) unread += static_cast<uint64_t>(at.high - from);
    if (at.oldest_unread_ms == 0) continue;
    oldest_ms = oldest_ms == 0 ? at.oldest_unread_ms : std::min(oldest_ms, at.oldest_unread_ms);
  }
  const int64_t age_ms = oldest_ms == 0 ? 0 : evidence_.now_ms - oldest_ms;
  const std::string bound =
      Cat(has_sla ? "freshness.max_silence is " : "no freshness.max_silence, so at most ",
          Seconds(most_ms));
  if (age_ms > most_ms) {
    tick.answer = Answer::kNotYet;
    tick.found =
        Cat("the oldest of ", unread, " unread offsets is ", Seconds(age_ms), " old; ", bound);
    tick.next =
        Cat("it is catching up if `fracas status", options_, "` shows a falling lag; look again");
    return tick;
  }
  if (std::string held = Held(); !held.empty()) {
    tick.answer = Answer::kNotYet;
    tick.found = std::move(held);
    tick.next = Cat("look again; when it does not go away, `fracas doctor", options_,
                    "` says whose it is");
    return tick;
  }
  const int64_t silence_ms = evidence_.now_ms - evidence_.last_output_ms;
  if (has_sla && (evidence_.last_output_ms == 0 || silence_ms > most_ms)) {
    tick.answer = Answer::kNo;
    tick.found = evidence_.last_output_ms == 0
                     ? Cat("nothing came out for longer than ", Seconds(most_ms))
                     : Cat("nothing came out for ", Seconds(silence_ms), "; ", bound);
    tick.next = "ask the source's owner whether it sends";
    return tick;
  }
  tick.answer = Answer::kYes;
  tick.found = unread == 0 ? "everything is read"
                           : Cat(unread, " unread offsets, the oldest ", Seconds(age_ms), " old");
  tick.found += Cat("; ", bound);
  return tick;
}

Tick Judging::Mode() const {
  Tick tick{.check = Check::kMode};
  std::string names;
  uint64_t since = 0;
  const ModeSeen* worst = nullptr;
  const bool known = evidence_.asked.has_value() ||
                     std::any_of(evidence_.modes.begin(), evidence_.modes.end(),
                                 [](const ModeSeen& mode) { return mode.of_incident; });
  for (const ModeSeen& mode : evidence_.modes) {
    if (known ? !mode.of_incident : !mode.held) continue;
    AppendTo(&names, names.empty() ? "" : ", ", Info(mode.code).name, " ",
             mode.fingerprint.substr(0, 8));
    since += mode.rows_since;
    if (mode.rows_since > 0 && (worst == nullptr || mode.rows_since > worst->rows_since))
      worst = &mode;
  }
  if (since == 0) {
    tick.answer = Answer::kYes;
    if (names.empty() && evidence_.asked.has_value()) names = Info(*evidence_.asked).name;
    tick.found = names.empty() ? Cat("nothing held the stream ", Since())
                               : Cat("none of ", names, " ", Since());
    return tick;
  }
  tick.answer = Answer::kNo;
  tick.found = Cat(Count(since, "record", "records"), " of ", names, " ", Since());
  if (worst != nullptr && !worst->message.empty()) tick.found += Cat(": ", worst->message);
  tick.next = Cat("the cause is still there: `fracas codes ",
                  worst == nullptr ? std::string_view("") : Info(worst->code).name,
                  "` explains it; quarantine the records or mend contract or source");
  return tick;
}

Tick Judging::Reader() const {
  Tick tick{.check = Check::kReader};
  std::string proof;
  for (const PartitionEvidence& at : evidence_.partitions) {
    if (at.target.topic.empty()) {
      tick.answer = Answer::kYes;
      tick.found = "mode none: nothing is published";
      return tick;
    }
    const std::string name = Cat(at.target.topic, "/", at.target.partition);
    if (at.target_stable < at.target_high) {
      tick.answer = Answer::kNotYet;
      tick.found = Cat("an open transaction keeps read_committed readers of ", name, " at ",
                       at.target_stable, " of ", at.target_high);
      tick.next = Cat("`fracas doctor", options_, "` says whose it is");
      return tick;
    }
    const bool must = at.held.has_value() || !at.ranges.empty();
    if (!must) continue;
    if (!at.witness.has_value()) {
      tick.found =
          Cat("no record at or behind ",
              ToString(at.source, at.held.has_value() ? at.held->from : at.ranges.back().from),
              " was found on ", name, " (", at.scanned, " read)");
      const bool published = evidence_.counts.published > 0;
      tick.next = published
                      ? "if every record of it was bad, the next good one proves it: look again"
                      : "nothing was published since: look again when a good record came";
      // The last range may hold bad records only; what was held must come out.
      if (at.held.has_value() || evidence_.counts.published == 0) return tick;
      continue;
    }
    if (!proof.empty() && !at.held.has_value()) continue;
    proof = Cat(ToString(at.source, at.witness->source), " is read at ",
                ToString(at.target, at.witness->published));
  }
  tick.answer = Answer::kYes;
  tick.next.clear();
  tick.found = proof.empty() ? "a read_committed reader reaches the end of the published topic"
                             : Cat("read_committed: ", proof);
  return tick;
}

}  // namespace

std::string_view Name(Check check) {
  switch (check) {
    case Check::kQuality: return "quality";
    case Check::kConservation: return "conservation";
    case Check::kFreshness: return "freshness";
    case Check::kMode: return "failure mode";
    case Check::kReader: return "reader";
  }
  return "";
}

std::string_view Name(Answer answer) {
  switch (answer) {
    case Answer::kYes: return "yes";
    case Answer::kNo: return "no";
    case Answer::kNotYet: return "not yet";
  }
  return "";
}

bool Verdict::verified() const {
  return flowing && std::all_of(ticks.begin(), ticks.end(),
                                [](const Tick& tick) { return tick.answer == Answer::kYes; });
}

bool Verdict::refuted() const {
  return std::any_of(ticks.begin(), ticks.end(),
                     [](const Tick& tick) { return tick.answer == Answer::kNo; });
}

Verdict Judge(const config::Stream& stream, const Bounds& bounds, const Evidence& evidence,
              const std::string& config_file) {
  return Judging(stream, bounds, evidence, config_file).Run();
}

}  // namespace fracas::tools
