#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/model.h"
#include "config/problem.h"
#include "core/status.h"
#include "ports/admin.h"

// The topics that a configuration needs, as DESIGN fixes them, and the cluster's held against them.

namespace fracas::tools {

enum class TopicRole : uint8_t {
  kSource,
  kPublished,
  kDeadLetters,
  kFailures,
  kBatches,
  kControl,
  kJournal,
  kState,
  kLedger,
  kReplays,
};
std::string_view Name(TopicRole role);

// "<group>.replays": where replay jobs keep their progress. Made by `fracas topics --create` or by the
// first replay; nothing else needs it.
std::string ReplaysTopic(const config::Config& config);

struct PlannedTopic {
  std::string name;
  TopicRole role{};
  std::string stream;             // "pipeline/stream"; "" for topics of the whole group
  std::string source;             // published and dead letters: the source topic they mirror
  int32_t partitions_min = 1;     // the source's
  int32_t partitions_max = 0;     // 1: the order of its records is the order of everything; 0: any
  int64_t message_bytes_min = 0;  // max.message.bytes; 0: any
  int64_t retention_ms_min = 0;   // of a topic that is not compacted; 0: any
  int64_t tombstones_ms_min = 0;  // delete.retention.ms of a compacted topic; 0: any
  std::map<std::string, std::string> settings;  // with which it is created
  config::Mark mark;                            // where the configuration asks for it
};

struct TopicPlan {
  std::vector<PlannedTopic> topics;       // sources first; each name once per role
  std::vector<config::Problem> problems;  // of the sources: missing, claimed twice, a pattern that
                                          // matches nothing or our own outputs
};

// Asks the cluster for the sources (a pattern stream's are those that exist and match) and derives
// the rest. Failure: the cluster did not answer.
Result<TopicPlan> PlanTopics(const config::Config& config, Admin* admin);

// What the configuration names, as far as it needs no cluster: roles and streams, without partitions,
// sizes and the sources of patterns.
std::vector<PlannedTopic> NamedTopics(const config::Config& config);

// Every topic of the plan against the cluster: missing, too few partitions, a size limit, a cleanup
// policy or a retention that would lose data. Each problem's next step is the command that mends
// it. Not the progress of replays, which no instance needs.
Result<std::vector<config::Problem>> CheckTopics(const config::Config& config,
                                                 const TopicPlan& plan, Admin* admin);

// Creates what is missing (never a source, never changes what is there). One answer per planned
// topic that was missing, in order.
struct CreatedTopic {
  std::string name;
  Status status;
};
Result<std::vector<CreatedTopic>> CreateTopics(const config::Config& config, const TopicPlan& plan,
                                               Admin* admin);

}  // namespace fracas::tools
