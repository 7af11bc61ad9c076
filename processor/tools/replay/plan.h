#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/model.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/cluster_probe.h"
#include "tools/inspect/judge.h"
#include "tools/letters/selection.h"
#include "tools/replay/choice.h"
#include "tools/replay/filter.h"
#include "tools/replay/job.h"

// From what was typed to what is read, where it goes, and whether it may.

namespace fracas::tools {

// As typed.
struct ReplayRequest {
  // Records: topics, "topic/partition", "topic/partition/offset", ".../from-to". On dead-letter
  // topics of the configuration they name letters. None: dead letters of the configuration.
  std::vector<std::string> what{};
  SelectionText letters{};   // of dead letters; --since and --until also of topics' records
  std::string quarantine{};  // a business id: all its open letters
  FilterText filter{};
  std::string to{};
  std::string job{};  // "" one made from all of this: the same request is the same job
  bool already_published = false;
  bool any_origin = false;
  bool rewritten = false;
  bool force = false;      // also dead letters that somebody else replays at the moment
  int32_t count_max = -1;  // < 0: the stream's
  std::string who{};
  std::string why{};
};

struct ReplayPlan {
  ReplayJob job;           // as it would begin; its ranges come from PlanRanges, or it is known
  bool made_name = false;  // nobody has typed --job
  bool letters = false;    // dead letters, else records of topics
  Selection selection;     // of dead letters
  ChoiceRules rules;
  const config::Stream* stream = nullptr;  // that judges what is sent; nullptr: nobody of ours does
  std::string unjudged;                    // why nobody does, for people
  const config::Stream* identity = nullptr;  // whose identity says where ids are; nullptr: unknown
  std::shared_ptr<Judge> judge;              // of `stream`
  int32_t partitions = 0;                    // of the target
  size_t record_bytes_max = 0;
  // What PlanRanges reads: dead-letter topics and places, or topics and places of records.
  std::vector<std::string> topics;
  std::vector<OffsetRange> places;
  int64_t since_ms = 0;  // of topics' records; 0: no bound
};

struct PlanPorts {
  Admin* admin = nullptr;
  ClusterProbe* probe = nullptr;
  const Clock* clock = nullptr;
};

// What can be told without asking anybody: kReject names what cannot be read, and how it is
// written.
Status CheckRequest(const config::Config& config, const ReplayRequest& request, int64_t now_ms);

// kReject: something that must not be done; the message says what to type instead.
Result<ReplayPlan> PlanReplay(const config::Config& config, const ReplayRequest& request,
                              const PlanPorts& ports);
// Fixes the ranges of a job that begins now: as far as read_committed readers see today.
// kReject: what was named by offset is not there.
Status PlanRanges(const config::Config& config, const PlanPorts& ports, ReplayPlan* plan);
// kStop: retention has taken something that a job which goes on has not read yet.
Status CheckStillThere(const ReplayJob& job, Admin* admin);
// Takes out of the plan what the job `done`, the same request, has been through before.
void PassOver(const ReplayJob& done, ReplayPlan* plan);

// "<group>.replay.<job>": the transactional id, which keeps two processes with the same job apart.
std::string ReplayTransactionalId(const config::Config& config, const std::string& job);

}  // namespace fracas::tools
