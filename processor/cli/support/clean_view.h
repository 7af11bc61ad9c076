#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "tools/patch/clean.h"
#include "tools/patch/replay_watch.h"

// What secure-clean shows.

namespace fracas::cli {

struct CleanedRecord {
  const tools::Specimen* specimen = nullptr;
  std::optional<tools::Cleaned> cleaned{};
  std::string failed{};     // why it could not be mended
  bool superseded = false;  // a newer dead letter of the same record stands for it
  bool may_go() const { return cleaned.has_value() && cleaned->may_go(); }
};

struct SentRecord {
  size_t record = 0;  // which one
  const tools::ReplayDraft* draft = nullptr;
  Offset offset = kNoOffset;
  tools::ReplayFate fate{};
};

// What was done, the differences, and whether it passes.
void PrintCleaned(const CleanedRecord& record, std::FILE* out);
// What is about to be sent.
void PrintPlan(const std::vector<tools::ReplayDraft>& drafts,
               const std::vector<std::string>& holding);
void PrintFate(const SentRecord& sent, const std::string& config_file, const std::string& stream);
// Of one that nobody waited for: where it is, and how to ask what became of it.
void PrintNotAwaited(const SentRecord& sent, const std::string& config_file);
// Everything. Schema: schemas/outputs/clean.schema.json.
std::string CleanJson(const std::vector<CleanedRecord>& records,
                      const std::vector<SentRecord>& sent, uint64_t older_discarded);

}  // namespace fracas::cli
