#include "tests/sim/scene.h"

#include <utility>

#include "contract/contract.h"
#include "core/check.h"
#include "core/text.h"

namespace fracas::sim {

namespace {

constexpr std::string_view kSchema =
    R"({"type":"object","properties":{"v":{"type":"integer"},"id":{"type":"string"}},"required":["v"]})";

// What a person has made of it after the first holds: any value of v.
constexpr std::string_view kLenient =
    R"({"type":"object","properties":{"v":{},"id":{"type":"string"}},"required":["v"]})";

std::shared_ptr<const contract::Contract> Compile(std::string_view schema) {
  contract::Rules rules;
  rules.report_drift = true;
  contract::Compiled compiled = contract::CompileBytes(std::string(schema), "", rules, {});
  FRACAS_CHECK(compiled.contract != nullptr, "the simulation's schema");
  return compiled.contract;
}

// Contracts are immutable: thousands of scenes share two.
std::shared_ptr<const contract::Contract> Compiled(std::string_view schema) {
  static const auto kStrict = Compile(kSchema);
  static const auto kMended = Compile(kLenient);
  return schema == kSchema ? kStrict : kMended;
}

}  // namespace

std::string Scene::DocumentOf(Plant plant, const std::string& id) {
  switch (plant) {
    case Plant::kGood:
    case Plant::kPoison: return Cat(R"({"v":1,"id":")", id, R"("})");
    case Plant::kWarned: return Cat(R"({"v":1,"id":")", id, R"(","x":2})");
    case Plant::kRejected: return Cat(R"({"v":1,"id":")", id);
    case Plant::kHeld: return Cat(R"({"v":"one","id":")", id, R"("})");
  }
  return "";
}

Scene::Scene(Broker* broker, Random* random, bool identified)
    : broker_(broker), random_(random), identified_(identified), lenient_(Compiled(kLenient)) {
  const std::map<std::string, int32_t> sources = {{"a", 3}, {"b", 2}, {"c", 2}};
  for (const auto& [topic, partitions] : sources) {
    broker_->CreateTopic(topic, partitions);
    auto stream = std::make_shared<pipeline::StreamPlan>();
    stream->index = static_cast<StreamIndex>(streams_.size());
    stream->pipeline = "p";
    stream->id = topic;
    stream->mode = topic == "c" ? pipeline::PublishMode::kNone : pipeline::PublishMode::kCopy;
    stream->contract = Compiled(kSchema);
    if (identified_) stream->business_id = {pipeline::IdentitySource::Kind::kHeader, kIdHeader, 0};
    stream->batch = {.records = 4 + random_->Below(12), .bytes = 100'000, .interval_ms = 30};
    stream->outputs = [](const std::string& source) {
      return pipeline::OutputNames{source + ".out", source + ".dlq"};
    };
    if (stream->mode == pipeline::PublishMode::kCopy) {
      broker_->CreateTopic(topic + ".out", partitions);
      broker_->CreateTopic(topic + ".dlq", partitions);
    }
    streams_.push_back(std::move(stream));
  }
  broker_->CreateTopic("failures", 2);
  broker_->CreateTopic("batches", 2);
  for (const char* topic : {"control", "state", "ledger", "journal"})
    broker_->CreateTopic(topic, 1);
}

std::shared_ptr<const pipeline::Plan> Scene::MakePlan(const std::string& instance,
                                                      const std::string& version,
                                                      uint32_t mended) const {
  auto plan = std::make_shared<pipeline::Plan>();
  plan->group = "g";
  plan->instance = instance;
  plan->config_sha256 = std::string(64, '0');
  plan->program_version = version;
  plan->failures_topic = "failures";
  plan->batches_topic = "batches";
  plan->control_topic = "control";
  plan->streams = streams_;
  for (auto& stream : plan->streams) {
    if ((mended >> ToInt(stream->index) & 1) == 0) continue;
    auto changed = std::make_shared<pipeline::StreamPlan>(*stream);
    changed->contract = lenient_;
    stream = std::move(changed);
  }
  plan->stream_of = [](const std::string& topic) -> std::optional<StreamIndex> {
    return static_cast<StreamIndex>(topic[0] - 'a');
  };
  return plan;
}

void Scene::Append(const Shares& shares, int count) {
  for (; count > 0; --count) AppendOne(shares);
}

void Scene::AppendOne(const Shares& shares) {
  const std::vector<TopicPartition> all = {{"a", 0}, {"a", 1}, {"a", 2}, {"b", 0},
                                           {"b", 1}, {"c", 0}, {"c", 1}};
  const TopicPartition& partition = all[random_->Below(all.size())];
  PartitionLog& log = broker_->log(partition);
  while (random_->Chance(shares.gaps)) {
    log.push_back({random_->Chance(500) ? Entry::State::kAborted : Entry::State::kMarker, {}});
  }
  Plant plant = Plant::kGood;
  if (random_->Chance(shares.rejected)) plant = Plant::kRejected;
  if (random_->Chance(shares.warned)) plant = Plant::kWarned;
  if (random_->Chance(shares.held)) plant = Plant::kHeld;
  if (shares.poison > 0 && partition.topic != "c" && random_->Chance(shares.poison)) {
    plant = Plant::kPoison;
  }
  const auto offset = static_cast<Offset>(log.size());
  Record record{std::string("k\0", 2) + Cat(offset % 3),
                DocumentOf(plant, ToString(partition, offset)),
                {{"h", "1"}, {"h", std::nullopt}, {"", "\xff"}},
                1'690'000'000'000 + offset};
  if (plant == Plant::kGood && random_->Chance(100)) record.value = std::nullopt;
  if (random_->Chance(100)) record.key = std::nullopt;
  if (identified_) record.headers.push_back({kIdHeader, Cat("b", random_->Below(kBusinessIds))});
  AppendRecord(partition, std::move(record), plant);
}

void Scene::AppendRecord(const TopicPartition& partition, Record record, Plant plant) {
  if (plant == Plant::kPoison) record.headers.push_back({kPoisonHeader, "1"});
  planted_[partition][broker_->AppendPlain(partition, std::move(record))] = plant;
}

}  // namespace fracas::sim
