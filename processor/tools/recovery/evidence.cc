#include "tools/recovery/evidence.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/limits_tools.h"
#include "core/text.h"
#include "tools/journal.h"
#include "tools/topics.h"
#include "wire/failure_event.h"
#include "wire/replay.h"

namespace fracas::tools {

namespace {

// Clocks of instances, brokers and of this machine differ a little.
constexpr int64_t kSlackMs = 60'000;
constexpr int64_t kHourMs = 3'600'000;

class Gatherer {
 public:
  Gatherer(const EvidenceQuestion& question, const EvidencePorts& ports)
      : question_(question), ports_(ports), config_(*question.config), stream_(*question.stream) {}

  Result<Evidence> Gather();

 private:
  using Visit = std::function<void(const ConsumedRecord&)>;

  Status ReadIncident();
  Status ReadPartitions();
  Status ReadPositions(PartitionEvidence* partition);
  Status LookAgain();
  Status ReadSummaries();
  void TakeSummary(const wire::Summary& summary);
  Status ReadModes();
  void TakeEvent(const wire::FailureEvent& event);
  bool IsOfIncident(const wire::FailureEvent& event) const;
  Status FindWitnesses();
  Status FindWitness(PartitionEvidence* partition);
  Result<bool> StampsItself(const std::string& topic);
  Result<Offset> LookFrom(const PartitionEvidence& partition, bool itself, Offset low);
  uint64_t RecordsSince(const TopicPartition& target) const;
  // The records of this stream's key in a topic of the group, from about `from_ms` on.
  Status ReadSince(const std::string& topic, const std::string& what, int64_t from_ms,
                   const Visit& visit);
  void Tell(const std::string& what, uint64_t done, uint64_t total) const {
    if (ports_.progress) ports_.progress(what, done, total);
  }

  const EvidenceQuestion& question_;
  const EvidencePorts& ports_;
  const config::Config& config_;
  const config::Stream& stream_;
  Evidence evidence_;
  std::set<std::string> events_;               // ids that were taken
  std::map<std::string, bool> stamps_itself_;  // published topics: message.timestamp.type
};

Status Gatherer::ReadIncident() {
  JournalQuery query{.topic = config_.topics.journal,
                     .id = "",
                     .stream = evidence_.stream,
                     .last = limits::kVerifyJournalMax,
                     .progress = [this](uint64_t done, uint64_t total) {
                       Tell("reading the journal", done, total);
                     }};
  Result<std::vector<wire::JournalEntry>> journal = ReadJournal(query, ports_.admin, ports_.reader);
  if (!journal.ok()) return journal.status();
  evidence_.incident = LastIncident(*journal);
  if (question_.since_ms.has_value()) {
    evidence_.since_ms = *question_.since_ms;
  } else if (evidence_.incident.has_value() && evidence_.incident->reset_ms > 0) {
    evidence_.since_ms = evidence_.incident->reset_ms;
  } else if (evidence_.incident.has_value() && evidence_.incident->end_ms == 0) {
    evidence_.since_ms = evidence_.incident->begin_ms;
  } else {
    evidence_.since_ms = evidence_.now_ms - kHourMs;
  }
  return {};
}

Status Gatherer::ReadPositions(PartitionEvidence* partition) {
  Result<Watermarks> ends = ports_.admin->Query(partition->source);
  if (!ends.ok()) return ends.status();
  partition->low = ends->low;
  partition->high = ends->high;
  const Offset from = std::max(partition->committed, partition->low);
  partition->oldest_unread_ms = 0;
  if (partition->committed == kNoOffset || from >= partition->high) return {};
  Result<Watermarks> stable = ports_.probe->Stable(partition->source);
  if (!stable.ok()) return stable.status();
  partition->stable = stable->high;
  return ports_.reader->Read(partition->source, from, stable->high,
                             [&](const ConsumedRecord& record, const PayloadLease&) {
                               partition->oldest_unread_ms =
                                   std::max<int64_t>(record.timestamp_ms, 1);
                               return false;
                             });
}

// A source of transactions always has one that is open: those that ended meanwhile hold nothing.
Status Gatherer::LookAgain() {
  for (PartitionEvidence& partition : evidence_.partitions) {
    if (!partition.IsHeldByTransaction()) continue;
    const Offset stable = partition.stable;
    const Offset high = partition.high;
    if (Status s = ReadPositions(&partition); !s.ok()) return s;
    // Newer records of a transaction that goes on are no other finding.
    if (partition.stable == stable) partition.high = high;
  }
  return {};
}

// The committed offsets first: what the summaries say afterwards covers them.
Status Gatherer::ReadPartitions() {
  Result<TopicPlan> plan = PlanTopics(config_, ports_.admin);
  if (!plan.ok()) return plan.status();
  std::map<std::string, std::string> target_of;
  for (const PlannedTopic& topic : plan->topics) {
    if (topic.stream != evidence_.stream) continue;
    if (topic.role == TopicRole::kPublished) target_of[topic.source] = topic.name;
    if (topic.role != TopicRole::kSource) continue;
    for (Partition number = 0; number < topic.partitions_min; ++number) {
      evidence_.partitions.push_back({.source = {topic.name, number}});
    }
  }
  if (evidence_.partitions.empty()) {
    return Status::Stop(Cat("stream ", evidence_.stream,
                            " has no source topic on this cluster; `fracas "
                            "topics --check -c ",
                            config_.file, "` says what is missing"));
  }
  std::vector<TopicPartition> sources;
  for (const PartitionEvidence& partition : evidence_.partitions)
    sources.push_back(partition.source);
  Result<std::vector<Offset>> committed = ports_.admin->Committed(config_.group, sources);
  if (!committed.ok()) return committed.status();
  for (size_t i = 0; i < sources.size(); ++i) {
    PartitionEvidence& partition = evidence_.partitions[i];
    partition.committed = (*committed)[i];
    const auto target = target_of.find(partition.source.topic);
    if (target != target_of.end()) partition.target = {target->second, partition.source.partition};
    if (Status s = ReadPositions(&partition); !s.ok()) return s;
    if (!evidence_.incident.has_value()) continue;
    for (const state::PendingRange& range : evidence_.incident->ranges) {
      if (range.source == partition.source) partition.held = range;
    }
  }
  return {};
}

Status Gatherer::ReadSince(const std::string& topic, const std::string& what, int64_t from_ms,
                           const Visit& visit) {
  Result<std::vector<TopicDescription>> described = ports_.admin->Describe({topic});
  if (!described.ok()) return described.status();
  if (described->empty()) {
    return Status::Stop(
        Cat("there is no topic ", topic, " on this cluster: check `group` and the brokers"));
  }
  for (Partition number = 0; number < described->front().partitions; ++number) {
    const TopicPartition partition{topic, number};
    Result<Offset> from = ports_.probe->OffsetAt(partition, from_ms);
    if (!from.ok()) return from.status();
    Result<Watermarks> ends = ports_.admin->Query(partition);
    if (!ends.ok()) return ends.status();
    const Offset begin = std::max(*from, ends->low);
    Status read = ports_.reader->Read(partition, begin, ends->high,
                                      [&](const ConsumedRecord& record, const PayloadLease&) {
                                        Tell(what, static_cast<uint64_t>(record.offset - begin + 1),
                                             static_cast<uint64_t>(ends->high - begin));
                                        if (record.key == evidence_.stream) visit(record);
                                        return true;
                                      });
    if (!read.ok()) return read;
  }
  return {};
}

void Gatherer::TakeSummary(const wire::Summary& summary) {
  const bool put_out = summary.counts.published > 0 || summary.counts.observed > 0;
  if (put_out) evidence_.last_output_ms = std::max(evidence_.last_output_ms, summary.time_ms);
  if (summary.time_ms < evidence_.since_ms) return;
  ++evidence_.summaries;
  evidence_.counts += summary.counts;
  for (const auto& [code, count] : summary.codes) evidence_.codes[code] += count;
  for (const wire::SummaryRange& range : summary.ranges) {
    if (range.verdict != wire::RangeVerdict::kPublish) continue;
    const auto at = std::find_if(
        evidence_.partitions.begin(), evidence_.partitions.end(),
        [&](const PartitionEvidence& partition) { return partition.source == range.source; });
    if (at != evidence_.partitions.end()) at->ranges.push_back(range);
  }
}

// What came out last may lie before `since`: freshness looks back as far as its SLA reaches.
Status Gatherer::ReadSummaries() {
  const int64_t sla_ms = stream_.max_silence_ms == config::kOff ? 0 : stream_.max_silence_ms;
  const int64_t from_ms = std::min(evidence_.since_ms, evidence_.now_ms - sla_ms) - kSlackMs;
  Status read = ReadSince(
      config_.topics.batches, "reading the summaries", from_ms, [&](const ConsumedRecord& record) {
        Result<wire::Summary> summary = wire::DecodeSummary(record.value);
        const std::string problem = summary.ok() ? wire::CheckConservation(*summary)
                                                 : std::string(summary.status().message());
        if (!problem.empty() && evidence_.broken_summary.empty()) {
          evidence_.broken_summary = Cat("the summary at ", config_.topics.batches, " offset ",
                                         record.offset, ": ", problem);
        }
        if (summary.ok()) TakeSummary(*summary);
      });
  for (PartitionEvidence& partition : evidence_.partitions) {
    std::sort(partition.ranges.begin(), partition.ranges.end(),
              [](const auto& a, const auto& b) { return a.from < b.from; });
  }
  return read;
}

bool Gatherer::IsOfIncident(const wire::FailureEvent& event) const {
  if (question_.code.has_value()) {
    return event.code == *question_.code &&
           (question_.fingerprint.empty() || event.fingerprint.starts_with(question_.fingerprint));
  }
  if (!evidence_.incident.has_value() || event.disposition != Disposition::kHold) return false;
  if (event.time_ms >= evidence_.since_ms) return false;
  return std::any_of(evidence_.incident->ranges.begin(), evidence_.incident->ranges.end(),
                     [&](const state::PendingRange& range) {
                       return range.source == event.batch.source && event.batch.from < range.to &&
                              event.batch.to > range.from;
                     });
}

void Gatherer::TakeEvent(const wire::FailureEvent& event) {
  if (event.disposition == Disposition::kWarn || !events_.insert(event.id).second) return;
  auto seen =
      std::find_if(evidence_.modes.begin(), evidence_.modes.end(), [&](const ModeSeen& mode) {
        return mode.code == event.code && mode.fingerprint == event.fingerprint;
      });
  if (seen == evidence_.modes.end()) {
    if (evidence_.modes.size() >= limits::kVerifyModesMax) return;
    seen = evidence_.modes.insert(seen, {.code = event.code, .fingerprint = event.fingerprint});
  }
  seen->of_incident = seen->of_incident || IsOfIncident(event);
  seen->held = seen->held || event.disposition == Disposition::kHold;
  const bool since = event.time_ms >= evidence_.since_ms;
  (since ? seen->rows_since : seen->rows_before) += event.row_count;
  if (!since) seen->contract = event.contract;
  if (event.time_ms < seen->last_ms) return;
  seen->last_ms = event.time_ms;
  seen->message = event.internal_message;
}

Status Gatherer::ReadModes() {
  const int64_t begin_ms =
      evidence_.incident.has_value() ? evidence_.incident->begin_ms : evidence_.since_ms;
  return ReadSince(config_.topics.failures, "reading the failure events",
                   std::min(begin_ms, evidence_.since_ms) - kSlackMs,
                   [&](const ConsumedRecord& record) {
                     Result<wire::FailureEvent> event = wire::DecodeFailureEvent(record.value);
                     if (event.ok()) TakeEvent(*event);
                   });
}

// At most so many records went to a partition of the published topic since; its own partitions of
// other sources included.
uint64_t Gatherer::RecordsSince(const TopicPartition& target) const {
  uint64_t records = 0;
  for (const PartitionEvidence& partition : evidence_.partitions) {
    if (partition.target != target) continue;
    for (const wire::SummaryRange& range : partition.ranges) records += range.records + 2;
  }
  return records;
}

// Where the broker puts its own time on what is appended, nothing of the record's is left but its
// bytes.
Result<bool> Gatherer::StampsItself(const std::string& topic) {
  if (const auto known = stamps_itself_.find(topic); known != stamps_itself_.end())
    return known->second;
  Result<std::vector<TopicDescription>> described = ports_.admin->Describe({topic});
  if (!described.ok()) return described.status();
  bool itself = false;
  if (!described->empty()) {
    const auto& settings = described->front().config;
    const auto type = settings.find("message.timestamp.type");
    itself = type != settings.end() && type->second == "LogAppendTime";
  }
  stamps_itself_[topic] = itself;
  return itself;
}

// Where a reader of the published topic has to look: so many records back as can have come since;
// by the broker's time, not before what is judged, as the same bytes may have been published then.
Result<Offset> Gatherer::LookFrom(const PartitionEvidence& partition, bool itself, Offset low) {
  const auto slack = static_cast<Offset>(RecordsSince(partition.target) + 100);
  const Offset from = std::max(low, partition.target_stable - slack);
  if (!itself) return from;
  Result<Offset> since = ports_.probe->OffsetAt(partition.target, evidence_.since_ms - kSlackMs);
  if (!since.ok()) return since.status();
  return std::max(from, *since);
}

// Published records are the source's bytes with the source's timestamp: the first source record of
// or behind what was held that shows up there is the proof.
Status Gatherer::FindWitness(PartitionEvidence* partition) {
  Result<Watermarks> ends = ports_.admin->Query(partition->target);
  if (!ends.ok()) return ends.status();
  Result<Watermarks> stable = ports_.probe->Stable(partition->target);
  if (!stable.ok()) return stable.status();
  partition->target_high = ends->high;
  partition->target_stable = stable->high;
  if (partition->ranges.empty()) return {};
  Result<bool> itself = StampsItself(partition->target.topic);
  if (!itself.ok()) return itself.status();
  const auto name_of = [&](const ConsumedRecord& record) {
    return Cat(*itself ? 0 : record.timestamp_ms, wire::ReplayDigest(record.key, record.value));
  };
  const Offset wanted =
      partition->held.has_value() ? partition->held->from : partition->ranges.back().from;
  std::unordered_map<std::string, Offset> wanted_records;
  Status read = ports_.reader->Read(partition->source, std::max(wanted, partition->low),
                                    partition->ranges.back().to,
                                    [&](const ConsumedRecord& record, const PayloadLease&) {
                                      wanted_records.emplace(name_of(record), record.offset);
                                      return wanted_records.size() < limits::kVerifyWitnessesMax;
                                    });
  if (!read.ok()) return read;
  Result<Offset> from = LookFrom(*partition, *itself, ends->low);
  if (!from.ok()) return from.status();
  const auto total = static_cast<uint64_t>(std::max<Offset>(0, stable->high - *from));
  return ports_.reader->Read(
      partition->target, *from, stable->high,
      [&](const ConsumedRecord& record, const PayloadLease&) {
        Tell("reading what was published", ++partition->scanned, total);
        if (const auto found = wanted_records.find(name_of(record)); found != wanted_records.end())
          partition->witness = {found->second, record.offset};
        return !partition->witness.has_value() && partition->scanned < limits::kVerifyScanMax;
      });
}

Status Gatherer::FindWitnesses() {
  for (PartitionEvidence& partition : evidence_.partitions) {
    if (partition.target.topic.empty()) continue;
    if (Status s = FindWitness(&partition); !s.ok()) return s;
  }
  return {};
}

Result<Evidence> Gatherer::Gather() {
  evidence_.stream = config::QualifiedName(stream_);
  evidence_.now_ms = ports_.clock->WallMs();
  evidence_.breaker = question_.live.breaker;
  evidence_.asked = question_.code;
  if (Status s = ReadIncident(); !s.ok()) return s;
  if (Status s = ReadPartitions(); !s.ok()) return s;
  if (Status s = ReadSummaries(); !s.ok()) return s;
  if (Status s = ReadModes(); !s.ok()) return s;
  if (Status s = FindWitnesses(); !s.ok()) return s;
  if (Status s = LookAgain(); !s.ok()) return s;
  return std::move(evidence_);
}

}  // namespace

Result<Evidence> GatherEvidence(const EvidenceQuestion& question, const EvidencePorts& ports) {
  return Gatherer(question, ports).Gather();
}

}  // namespace fracas::tools
