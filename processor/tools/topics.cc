// The plan comes from the configuration and the sources that exist (topics_check.cc: against the
// cluster).

#include "tools/topics.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "config/topic_template.h"
#include "contract/topic_pattern.h"
#include "core/limits.h"
#include "core/text.h"
#include "tools/topic_settings.h"

namespace fracas::tools {
namespace {

using config::Mark;
using config::Problem;
using config::Severity;
using config::Stream;

constexpr int64_t kDayMs = 24 * 3'600'000LL;
constexpr int64_t kKeptMs = 30 * kDayMs;      // dead letters and failure events
constexpr int64_t kSummariesMs = 7 * kDayMs;  // batch summaries
constexpr int64_t kAuditMs = 90 * kDayMs;     // commands, facts and the journal
constexpr int64_t kTombstonesMs = 7 * kDayMs;
// The authority's records, a tool's longest command, a round's summary and events; Kafka's own default with
// it.
constexpr int64_t kOwnMessageBytes = 1'048'588;
// Compaction leaves the newest segment alone: a small one keeps a restore short.
constexpr int64_t kStateSegmentBytes = 64 * 1024 * 1024;

struct SourceTopic {
  const Stream* stream = nullptr;
  std::string name;
  std::vector<std::string> captures;
  Mark mark;
};

class Planner {
 public:
  Planner(const config::Config& config, Admin* admin) : config_(config), admin_(admin) {}

  Result<TopicPlan> Run();
  // Without asking the cluster.
  TopicPlan RunOnNames();

 private:
  Status FindSources();
  void AddNamed(const Stream& stream);
  void AddMatching(const Stream& stream, const std::vector<std::string>& existing);
  bool IsOurs(const std::string& topic) const;
  void Claim(SourceTopic source);
  void PlanSource(const SourceTopic& source, const TopicDescription* described);
  void PlanOutput(PlannedTopic topic, const SourceTopic& source, const TopicDescription* described);
  void PlanAllOwn();
  void PlanOwn(const std::string& name, TopicRole role, int64_t retention_ms, const char* path);
  void PlanControl(const std::string& name, TopicRole role, const char* path);
  void PlanCompacted(const std::string& name, TopicRole role, const char* path);
  void CheckCircles();
  void Add(PlannedTopic topic);
  Result<std::string> Expand(const SourceTopic& source, const config::Text& text) const;
  void Report(Severity severity, const Mark& mark, std::string message, std::string next_step) {
    plan_.problems.push_back({severity, mark, std::move(message), std::move(next_step)});
  }

  const config::Config& config_;
  Admin* admin_;
  TopicPlan plan_;
  std::vector<SourceTopic> sources_;
  std::map<std::string, const Stream*> owners_;
};

Result<TopicPlan> Planner::Run() {
  if (Status status = FindSources(); !status.ok()) return status;
  std::vector<std::string> names;
  for (const SourceTopic& source : sources_) names.push_back(source.name);
  Result<std::vector<TopicDescription>> described = admin_->Describe(names);
  if (!described.ok()) return described.status();
  std::map<std::string, const TopicDescription*> by_name;
  for (const TopicDescription& topic : *described) by_name[topic.name] = &topic;
  for (const SourceTopic& source : sources_) {
    const auto found = by_name.find(source.name);
    PlanSource(source, found == by_name.end() ? nullptr : found->second);
  }
  PlanAllOwn();
  CheckCircles();
  return std::move(plan_);
}

TopicPlan Planner::RunOnNames() {
  for (const Stream& stream : config_.streams) AddNamed(stream);
  for (const SourceTopic& source : sources_) PlanSource(source, nullptr);
  PlanAllOwn();
  return std::move(plan_);
}

void Planner::PlanAllOwn() {
  PlanOwn(config_.topics.failures, TopicRole::kFailures, kKeptMs, "topics.failures");
  PlanOwn(config_.topics.batches, TopicRole::kBatches, kSummariesMs, "topics.batches");
  PlanControl(config_.topics.control, TopicRole::kControl, "topics.control");
  PlanControl(config_.topics.journal, TopicRole::kJournal, "topics.journal");
  PlanCompacted(config_.topics.state, TopicRole::kState, "topics.state");
  PlanCompacted(config_.topics.ledger, TopicRole::kLedger, "topics.ledger");
  PlanCompacted(ReplaysTopic(config_), TopicRole::kReplays, "group");
  std::stable_sort(plan_.topics.begin(), plan_.topics.end(),
                   [](const PlannedTopic& a, const PlannedTopic& b) { return a.role < b.role; });
}

// Named topics first: a topic that one stream names and another's pattern matches is a conflict
// that is told from the pattern's side.
Status Planner::FindSources() {
  for (const Stream& stream : config_.streams) AddNamed(stream);
  const bool patterns =
      std::any_of(config_.streams.begin(), config_.streams.end(),
                  [](const Stream& s) { return !s.topics_pattern.value.empty(); });
  if (!patterns) return {};
  Result<std::vector<std::string>> existing = admin_->ListTopics();
  if (!existing.ok()) return existing.status();
  std::sort(existing->begin(), existing->end());
  for (const Stream& stream : config_.streams) {
    if (!stream.topics_pattern.value.empty()) AddMatching(stream, *existing);
  }
  return {};
}

void Planner::AddNamed(const Stream& stream) {
  for (const config::Text& topic : stream.topics) Claim({&stream, topic.value, {}, topic.mark});
}

bool Planner::IsOurs(const std::string& topic) const {
  const config::OwnTopics& own = config_.topics;
  for (const std::string* name :
       {&own.failures, &own.batches, &own.control, &own.journal, &own.state, &own.ledger}) {
    if (topic == *name) return true;
  }
  return topic == ReplaysTopic(config_);
}

void Planner::AddMatching(const Stream& stream, const std::vector<std::string>& existing) {
  const Mark& mark = stream.topics_pattern.mark;
  auto pattern = contract::TopicPattern::Compile(stream.topics_pattern.value);
  if (!pattern.ok()) {
    return Report(Severity::kError, mark, Cat("topics_pattern: ", pattern.status().message()), "");
  }
  size_t matches = 0;
  for (const std::string& topic : existing) {
    SourceTopic source{&stream, topic, {}, mark};
    if (topic.starts_with("__") || !(*pattern)->Match(topic, &source.captures)) continue;
    ++matches;
    Claim(std::move(source));
  }
  if (matches == 0) {
    Report(Severity::kWarning, mark,
           Cat("topics_pattern of stream ", config::QualifiedName(stream), " matches no topic yet"),
           "check it, or create the topic; it is taken up as soon as it is there");
  }
}

void Planner::Claim(SourceTopic source) {
  const auto [owner, is_new] = owners_.emplace(source.name, source.stream);
  if (!is_new) {
    return Report(
        Severity::kError, source.mark,
        Cat("topic ", source.name, " would be read by stream ",
            config::QualifiedName(*source.stream), " and is read by ",
            config::QualifiedName(*owner->second)),
        "a source topic belongs to one stream of a group: narrow the pattern or remove the name");
  }
  if (IsOurs(source.name)) {
    return Report(Severity::kError, source.mark,
                  Cat("stream ", config::QualifiedName(*source.stream), " would read ", source.name,
                      ", a topic of our own"),
                  "narrow the pattern");
  }
  sources_.push_back(std::move(source));
}

void Planner::Add(PlannedTopic topic) {
  const auto same =
      std::find_if(plan_.topics.begin(), plan_.topics.end(), [&](const PlannedTopic& other) {
        return other.name == topic.name && other.role == topic.role;
      });
  if (same == plan_.topics.end()) {
    plan_.topics.push_back(std::move(topic));
    return;
  }
  // Several sources feed it: it must do for the largest.
  same->partitions_min = std::max(same->partitions_min, topic.partitions_min);
  if (topic.message_bytes_min > same->message_bytes_min) {
    same->message_bytes_min = topic.message_bytes_min;
    same->settings["max.message.bytes"] = Cat(topic.message_bytes_min);
  }
}

Result<std::string> Planner::Expand(const SourceTopic& source, const config::Text& text) const {
  const Stream& stream = *source.stream;
  return config::ExpandTopic(text.value, {.topic = source.name,
                                          .stream = stream.id,
                                          .dataset = stream.dataset,
                                          .pipeline = stream.pipeline,
                                          .group = config_.group,
                                          .captures = source.captures});
}

void Planner::PlanSource(const SourceTopic& source, const TopicDescription* described) {
  const Stream& stream = *source.stream;
  PlannedTopic topic;
  topic.name = source.name;
  topic.role = TopicRole::kSource;
  topic.stream = config::QualifiedName(stream);
  topic.mark = source.mark;
  topic.partitions_min = described == nullptr ? 1 : described->partitions;
  Add(topic);
  if (described == nullptr) {
    Report(Severity::kError, source.mark,
           Cat("source topic ", source.name, " of stream ", config::QualifiedName(stream),
               " does not exist"),
           "check its name, or create it: sources are not created by fracas");
  }
  if (stream.mode == config::PublishMode::kNone) return;
  if (described != nullptr && !described->config_status.ok()) {
    Report(Severity::kWarning, source.mark,
           Cat(described->config_status.message(), ": whether the copies and dead letters of ",
               source.name, " fit their topics is not known"),
           "let this principal read them (kafka-acls --operation DescribeConfigs)");
  }
  topic.role = TopicRole::kPublished;
  topic.source = source.name;
  PlanOutput(topic, source, described);
  topic.role = TopicRole::kDeadLetters;
  PlanOutput(std::move(topic), source, described);
}

void Planner::PlanOutput(PlannedTopic topic, const SourceTopic& source,
                         const TopicDescription* described) {
  const bool published = topic.role == TopicRole::kPublished;
  const char* path = published ? "publish.topic" : "dead_letters.topic";
  topic.mark = MarkOf(*source.stream, path);
  Result<std::string> name =
      Expand(source, published ? source.stream->publish_topic : source.stream->dead_letter_topic);
  if (!name.ok()) {
    return Report(Severity::kError, topic.mark, std::string(name.status().message()),
                  "check the groups of topics_pattern");
  }
  topic.name = *name;
  const std::optional<int64_t> source_bytes =
      described == nullptr ? std::nullopt : NumberOf(*described, "max.message.bytes");
  if (source_bytes.has_value()) {
    topic.message_bytes_min =
        *source_bytes + (published ? 0 : static_cast<int64_t>(limits::kDeadLetterOverheadBytes));
    topic.settings["max.message.bytes"] = Cat(topic.message_bytes_min);
  }
  if (published) {
    // The copy lives as its source does.
    for (const char* setting : {"cleanup.policy", "retention.ms", "retention.bytes"}) {
      const std::string value = described == nullptr ? "" : TextOf(*described, setting);
      if (!value.empty()) topic.settings[setting] = value;
    }
  } else {
    topic.retention_ms_min = kKeptMs;
    topic.settings["cleanup.policy"] = "delete";
    topic.settings["retention.ms"] = Cat(kKeptMs);
  }
  Add(std::move(topic));
}

void Planner::PlanOwn(const std::string& name, TopicRole role, int64_t retention_ms,
                      const char* path) {
  PlannedTopic topic;
  topic.name = name;
  topic.role = role;
  topic.mark = MarkOf(config_, path);
  topic.retention_ms_min = role == TopicRole::kFailures ? retention_ms : 0;
  topic.message_bytes_min = kOwnMessageBytes;
  topic.settings = {{"cleanup.policy", "delete"},
                    {"retention.ms", Cat(retention_ms)},
                    {"max.message.bytes", Cat(kOwnMessageBytes)}};
  Add(std::move(topic));
}

// What people and workers ask for, and what became of it: the trail of an audit.
void Planner::PlanControl(const std::string& name, TopicRole role, const char* path) {
  PlannedTopic topic;
  topic.name = name;
  topic.role = role;
  topic.mark = MarkOf(config_, path);
  topic.partitions_max = role == TopicRole::kControl ? 1 : 0;
  topic.retention_ms_min = kAuditMs;
  topic.message_bytes_min = kOwnMessageBytes;
  topic.settings = {{"cleanup.policy", "delete"},
                    {"retention.ms", Cat(kAuditMs)},
                    {"retention.bytes", "-1"},
                    {"max.message.bytes", Cat(kOwnMessageBytes)}};
  Add(std::move(topic));
}

// The one truth about the state: the newest value of each key, for ever.
void Planner::PlanCompacted(const std::string& name, TopicRole role, const char* path) {
  PlannedTopic topic;
  topic.name = name;
  topic.role = role;
  topic.mark = MarkOf(config_, path);
  topic.partitions_max = 1;
  topic.tombstones_ms_min = kTombstonesMs;
  topic.message_bytes_min = kOwnMessageBytes;
  topic.settings = {{"cleanup.policy", "compact"},
                    {"delete.retention.ms", Cat(kTombstonesMs)},
                    {"segment.bytes", Cat(kStateSegmentBytes)},
                    {"max.message.bytes", Cat(kOwnMessageBytes)}};
  Add(std::move(topic));
}

// An output that some stream reads again. Only patterns can do that unseen: names were compared
// when the configuration was read.
void Planner::CheckCircles() {
  for (const PlannedTopic& topic : plan_.topics) {
    if (topic.role == TopicRole::kSource) continue;
    const auto owner = owners_.find(topic.name);
    if (owner == owners_.end()) continue;
    Report(Severity::kError, topic.mark,
           Cat(topic.name, " carries the ", Name(topic.role), " of stream ", topic.stream,
               ", and stream ", config::QualifiedName(*owner->second), " reads it"),
           "records would go round in a circle: narrow the pattern or rename the output");
  }
}

}  // namespace

std::string_view Name(TopicRole role) {
  switch (role) {
    case TopicRole::kSource: return "source";
    case TopicRole::kPublished: return "published";
    case TopicRole::kDeadLetters: return "dead letters";
    case TopicRole::kFailures: return "failure events";
    case TopicRole::kBatches: return "batch summaries";
    case TopicRole::kControl: return "commands and facts";
    case TopicRole::kJournal: return "journal";
    case TopicRole::kState: return "state";
    case TopicRole::kLedger: return "ledger";
    case TopicRole::kReplays: return "progress of replays";
  }
  return "";
}

std::string ReplaysTopic(const config::Config& config) { return Cat(config.group, ".replays"); }
std::vector<PlannedTopic> NamedTopics(const config::Config& config) {
  return Planner(config, nullptr).RunOnNames().topics;
}

Result<TopicPlan> PlanTopics(const config::Config& config, Admin* admin) {
  return Planner(config, admin).Run();
}

}  // namespace fracas::tools
