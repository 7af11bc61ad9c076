#include "app/plan_builder.h"

#include <map>
#include <span>
#include <utility>

#include "config/topic_template.h"
#include "contract/topic_pattern.h"
#include "core/text.h"
#include "json/pointer.h"
#include "json/writer.h"
#include "tools/contract_rules.h"

// Configuration → plan. What can be wrong here and was not seen by the reader is a contract or a pattern.

namespace fracas::app {

namespace {

pipeline::PublishMode ModeOf(config::PublishMode mode) {
  switch (mode) {
    case config::PublishMode::kCopy: return pipeline::PublishMode::kCopy;
    case config::PublishMode::kNone: return pipeline::PublishMode::kNone;
  }
  return pipeline::PublishMode::kNone;
}

pipeline::Framing FramingOf(config::Framing framing) {
  switch (framing) {
    case config::Framing::kNone: return pipeline::Framing::kNone;
    case config::Framing::kConfluent: return pipeline::Framing::kConfluent;
  }
  return pipeline::Framing::kNone;
}

std::string_view StageName(config::Stage stage) {
  switch (stage) {
    case config::Stage::kIngestion: return "ingestion";
    case config::Stage::kStandardized: return "standardized";
    case config::Stage::kCurated: return "curated";
  }
  return "ingestion";
}

pipeline::IdentitySource BusinessIdOf(const config::IdSource& source, int capture) {
  using Kind = pipeline::IdentitySource::Kind;
  pipeline::IdentitySource identity;
  identity.name = source.name;
  switch (source.kind) {
    case config::IdSource::Kind::kNone: identity.kind = Kind::kNone; break;
    case config::IdSource::Kind::kPointer:
      identity.kind = Kind::kPointer;
      identity.capture = static_cast<uint32_t>(capture);
      break;
    case config::IdSource::Kind::kHeader: identity.kind = Kind::kHeader; break;
    case config::IdSource::Kind::kKey: identity.kind = Kind::kKey; break;
    case config::IdSource::Kind::kKeyPointer: identity.kind = Kind::kKeyPointer; break;
  }
  return identity;
}

// The schema of documents that carry the mark: true, or its text, at the pointer.
std::string MarkSchema(std::span<const std::string> tokens) {
  std::string schema;
  json::Writer writer(&schema);
  for (const std::string& token : tokens) {
    writer.BeginObject().Member("type", "object");
    writer.Key("required").BeginArray().String(token).EndArray();
    writer.Key("properties").BeginObject().Key(token);
  }
  writer.BeginObject().Key("enum").BeginArray().Bool(true).String("true").EndArray().EndObject();
  for (size_t i = 0; i < tokens.size(); ++i) writer.EndObject().EndObject();
  return schema;
}

pipeline::ReplayRules ReplayOf(const config::Replay& replay) {
  using Trust = pipeline::ReplayRules::Trust;
  pipeline::ReplayRules rules;
  switch (replay.trust) {
    case config::ReplayTrust::kTicket: rules.trust = Trust::kTicket; break;
    case config::ReplayTrust::kMark: rules.trust = Trust::kMark; break;
  }
  rules.count_max = replay.count_max;
  if (!replay.mark_in_body) {
    rules.mark_header = replay.mark_name;
    return rules;
  }
  rules.mark_header.clear();
  std::vector<std::string> tokens;
  if (!json::SplitPointer(replay.mark_name, &tokens)) tokens.clear();  // the reader has checked it
  contract::Rules plain;
  plain.forbid_duplicate_keys = true;  // which of two marks counts must not be a matter of taste
  rules.mark_contract = contract::CompileBytes(MarkSchema(tokens), "", plain, {}).contract;
  return rules;
}

// What SameShape compares: where records come from and where they go.
std::string RoutingText(const config::Stream& stream) {
  std::string text = stream.topics_pattern.value;
  for (const config::Text& topic : stream.topics) AppendTo(&text, "\n", topic.value);
  AppendTo(&text, "\n> ", stream.publish_topic.value, "\n> ", stream.dead_letter_topic.value);
  return text;
}

void AppendProblems(const config::Stream& stream, const std::vector<contract::Problem>& problems,
                    std::string* text) {
  for (const contract::Problem& problem : problems) {
    AppendTo(text, text->empty() ? "" : "\n", tools::ToString(problem, config::QualifiedName(stream)));
  }
}

// How a stream recognises its topics and names its outputs. Shared by copies of the functions below.
struct Routing {
  config::Stream stream;
  std::string group;
  std::unique_ptr<const contract::TopicPattern> pattern;  // null: named topics

  bool Takes(const std::string& topic, std::vector<std::string>* captures) const {
    if (pattern != nullptr) return pattern->Match(topic, captures);
    for (const config::Text& name : stream.topics) {
      if (name.value == topic) return true;
    }
    return false;
  }

  pipeline::OutputNames Outputs(const std::string& topic) const {
    pipeline::OutputNames names;
    std::vector<std::string> captures;
    if (stream.mode == config::PublishMode::kNone || !Takes(topic, &captures)) return names;
    const config::TopicNames parts{.topic = topic,
                                   .stream = stream.id,
                                   .dataset = stream.dataset,
                                   .pipeline = stream.pipeline,
                                   .group = group,
                                   .captures = captures};
    // A name that cannot be made stays empty: the engine holds the partition and says which it is.
    if (auto published = config::ExpandTopic(stream.publish_topic.value, parts); published.ok()) {
      names.published = std::move(*published);
    }
    if (auto rejected = config::ExpandTopic(stream.dead_letter_topic.value, parts); rejected.ok()) {
      names.dead_letters = std::move(*rejected);
    }
    return names;
  }
};

void CompileContracts(const config::Stream& stream, pipeline::StreamPlan* plan,
                      std::string* problems) {
  contract::Compiled value = tools::CompileContract(stream);
  AppendProblems(stream, value.problems, problems);
  plan->contract = std::move(value.contract);
  if (stream.identity.business_id.kind == config::IdSource::Kind::kKeyPointer) {
    contract::Rules rules;
    rules.has_schema = false;
    rules.captures = {stream.identity.business_id.name};
    contract::Compiled key = contract::CompileRules(rules);
    AppendProblems(stream, key.problems, problems);
    plan->key_contract = std::move(key.contract);
  }
}

void SplitDataset(const std::string& dataset, pipeline::StreamPlan* plan) {
  const size_t dot = dataset.rfind('.');
  plan->dataset_namespace = dot == std::string::npos ? "" : dataset.substr(0, dot);
  plan->dataset_name = dot == std::string::npos ? dataset : dataset.substr(dot + 1);
}

// Everything but contracts and routing.
std::shared_ptr<pipeline::StreamPlan> PlainPlan(const config::Stream& stream, size_t index) {
  auto plan = std::make_shared<pipeline::StreamPlan>();
  plan->index = static_cast<StreamIndex>(index);
  plan->pipeline = stream.pipeline;
  plan->id = stream.id;
  plan->stage = StageName(stream.stage);
  SplitDataset(stream.dataset, plan.get());
  plan->owner = stream.owners.source;
  plan->mode = ModeOf(stream.mode);
  plan->framing = FramingOf(stream.framing);
  plan->tombstones_pass = stream.tombstones == config::TombstonePolicy::kPublish;
  plan->record_bytes_max = stream.record_bytes_max;
  plan->business_id = BusinessIdOf(stream.identity.business_id,
                                   tools::ContractOf(stream).captures.business_id);
  plan->replay = ReplayOf(stream.replay);
  plan->routing = RoutingText(stream);
  plan->batch = {.records = stream.batch.records,
                 .bytes = stream.batch.bytes,
                 .interval_ms = stream.batch.interval_ms};
  plan->audit = {.window_ms = stream.audit.window_ms,
                 .max_failed_ratio = stream.audit.max_failed_ratio,
                 .min_records = static_cast<uint64_t>(stream.audit.min_records),
                 .max_failed_records = stream.audit.max_failed_records};
  for (const auto& [code, disposition] : stream.dispositions) plan->dispositions.Set(code, disposition);
  return plan;
}

Result<std::shared_ptr<const Routing>> RoutingOf(const config::Stream& stream, const std::string& group) {
  auto routing = std::make_shared<Routing>();
  routing->stream = stream;
  routing->group = group;
  if (!stream.topics_pattern.value.empty()) {
    auto pattern = contract::TopicPattern::Compile(stream.topics_pattern.value);
    if (!pattern.ok()) {
      return pattern.status().WithPrefix(Cat(config::QualifiedName(stream), ".topics_pattern: "));
    }
    routing->pattern = std::move(*pattern);
  }
  return std::shared_ptr<const Routing>(std::move(routing));
}

// The first stream that takes a topic owns it; that two take it is found by lint and `topics --check`.
std::function<std::optional<StreamIndex>(const std::string&)> StreamOf(
    std::vector<std::shared_ptr<const Routing>> routings) {
  return [routings = std::move(routings)](const std::string& topic) -> std::optional<StreamIndex> {
    for (size_t index = 0; index < routings.size(); ++index) {
      if (routings[index]->Takes(topic, nullptr)) return static_cast<StreamIndex>(index);
    }
    return std::nullopt;
  };
}

}  // namespace

Result<BuiltPlan> BuildPlan(const config::Config& config, const std::string& program_version,
                            const std::string& config_sha256, Facts facts) {
  BuiltPlan built;
  auto plan = std::make_shared<pipeline::Plan>();
  std::string problems;
  std::vector<std::shared_ptr<const Routing>> routings;
  for (size_t index = 0; index < config.streams.size(); ++index) {
    const config::Stream& stream = config.streams[index];
    std::shared_ptr<pipeline::StreamPlan> stream_plan = PlainPlan(stream, index);
    CompileContracts(stream, stream_plan.get(), &problems);
    Result<std::shared_ptr<const Routing>> routing = RoutingOf(stream, config.group);
    if (!routing.ok()) return routing.status();
    stream_plan->outputs = [shared = *routing](const std::string& topic) { return shared->Outputs(topic); };
    routings.push_back(*routing);
    StreamParts parts{.plan = stream_plan, .topics = {}, .topics_pattern = stream.topics_pattern.value};
    for (const config::Text& topic : stream.topics) parts.topics.push_back(topic.value);
    built.streams.push_back(std::move(parts));
    plan->streams.push_back(std::move(stream_plan));
  }
  if (!problems.empty()) return Status::Reject(std::move(problems));
  plan->group = config.group;
  plan->instance = config.instance;
  plan->program_version = program_version;
  plan->config_sha256 = config_sha256;
  plan->failures_topic = config.topics.failures;
  plan->batches_topic = config.topics.batches;
  if (facts == Facts::kWritten) plan->control_topic = config.topics.control;
  plan->stream_of = StreamOf(std::move(routings));
  built.plan = std::move(plan);
  return built;
}

}  // namespace fracas::app
