#include "pipeline/failures.h"

#include <algorithm>
#include <utility>

#include "core/fingerprint.h"
#include "core/limits.h"
#include "core/text.h"
#include "pipeline/examiner.h"

// Step: findings in, groups with text out. Runs for failures only.

namespace fracas::pipeline {

void FailureGroups::Gather(const StreamPlan& stream, const Batch& batch, Suspects* suspects) {
  groups_.clear();
  by_place_.clear();
  by_mode_.clear();
  if (batch.classified.failed() + batch.classified.warned == 0) return;
  group_of_.assign(batch.records.size(), 0);
  for (size_t i = 0; i < batch.records.size(); ++i) {
    if (batch.records.decider[i] == kNoFinding) continue;
    const Finding& finding = batch.findings.items()[batch.records.decider[i]];
    const Code code = batch.records.code[i];  // a parked replay's is not its finding's
    Disposition disposition = batch.dispositions(stream).Of(code);
    const Replay* replay = batch.FindReplay(i);
    if (replay != nullptr && replay->valid()) {
      disposition = std::min(disposition, Disposition::kDeadLetter);
    }
    const uint32_t index =
        FindGroup(stream, batch, finding, {code, disposition, batch.records.offset[i]}, suspects);
    group_of_[i] = index;
    FailureGroup& group = groups_[index];
    if (++group.rows > limits::kSamplesPerFailureMax) continue;
    group.samples.push_back({batch.id.source.topic, batch.id.source.partition,
                             batch.records.offset[i],
                             std::string(batch.findings.pointer(finding))});
  }
}

uint32_t FailureGroups::FindGroup(const StreamPlan& stream, const Batch& batch,
                                  const Finding& finding, const Judged& judged,
                                  Suspects* suspects) {
  place_.clear();
  AppendTo(&place_, static_cast<uint16_t>(judged.code), "/", finding.rule, "/",
           batch.findings.pointer(finding));
  const auto known = by_place_.find(place_);
  if (known != by_place_.end()) return known->second;

  suspects->Begin(batch.id.source, judged.offset);
  Told told = TellMode(stream, batch, finding);
  suspects->End();
  const bool folds = groups_.size() >= limits::kFailureGroupsPerBatchMax;
  if (folds) told = {std::string(Info(judged.code).summary), "", "", false};
  const std::string fingerprint =
      Fingerprint({judged.code, stream.pipeline, stream.id, told.mode});
  const auto [mode, is_new] =
      by_mode_.try_emplace(fingerprint, static_cast<uint32_t>(groups_.size()));
  if (is_new) {
    groups_.push_back({judged.code, judged.disposition, fingerprint, std::move(told.message), 0, {}});
  }
  by_place_.emplace(place_, mode->second);
  return mode->second;
}

uint64_t WarningGate::Rows(StreamIndex stream, const FailureGroup& group, int64_t now_ms) {
  if (seen_.size() + staged_.size() >= limits::kWarningsRememberedMax) seen_.clear();
  std::string key = Cat(ToInt(stream), "/", group.fingerprint);
  const auto known = seen_.find(key);
  // Within one round the stage knows best: it holds what earlier batches of the round have reported.
  const auto [staged, is_new] =
      staged_.try_emplace(std::move(key), known == seen_.end() ? Seen{INT64_MIN, 0} : known->second);
  Seen& seen = staged->second;
  const bool due = seen.reported_ms == INT64_MIN ||
                   now_ms - seen.reported_ms >= limits::kWarningEveryMs ||
                   now_ms < seen.reported_ms;  // the wall clock was set back
  const uint64_t rows = seen.left_out + group.rows;
  seen = due ? Seen{now_ms, 0} : Seen{seen.reported_ms, rows};
  return due ? rows : 0;
}

void WarningGate::Keep() {
  for (auto& [key, seen] : staged_) seen_.insert_or_assign(key, seen);
  staged_.clear();
}

void WarningGate::Drop() { staged_.clear(); }

std::string AbandonReason(const StreamPlan& stream, const Batch& batch) {
  const Verdict& verdict = batch.verdict;
  const std::string_view name =
      verdict.code == Code::kNone ? std::string_view("NONE") : Info(verdict.code).name;
  switch (verdict.reason) {
    case Verdict::Reason::kPassed:
      return "passed";
    case Verdict::Reason::kHoldCode: {
      const size_t record = verdict.record;
      const Finding& finding = batch.findings.items()[batch.records.decider[record]];
      return Cat(name, " at ", ToString(batch.id.source, batch.records.offset[record]), ": ",
                 TellMode(stream, batch, finding).message);
    }
    case Verdict::Reason::kFailedRatio:
      return Cat(name, ": ", verdict.window_failed, " of ", verdict.window_records,
                 " records failed within ", stream.audit.window_ms / 1000,
                 " s, more than audit.max_failed_ratio allows");
    case Verdict::Reason::kFailedRecords:
      return Cat(name, ": ", verdict.window_failed, " records failed within ",
                 stream.audit.window_ms / 1000, " s, more than audit.max_failed_records = ",
                 stream.audit.max_failed_records, " allows");
    case Verdict::Reason::kSystem:
      return Cat(name, ": ", batch.trouble);
  }
  return "";
}

}  // namespace fracas::pipeline
