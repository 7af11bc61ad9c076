#include "tests/sim/stage.h"

#include <utility>

#include "core/check.h"

namespace fracas::sim {

Stage::Stage(Change change, CrashLogs crash_logs) : crash_logs_(std::move(crash_logs)) {
  plan_ = std::make_shared<pipeline::Plan>(*scene.MakePlan("i", "p0"));
  for (auto& stream : plan_->streams) {
    auto changed = std::make_shared<pipeline::StreamPlan>(*stream);
    changed->batch.records = 10;
    if (change) change(changed.get());
    stream = std::move(changed);
  }
  Start();
}

Stage::~Stage() = default;

void Stage::Start() {
  board = std::make_unique<pipeline::ControlBoard>(plan_);
  Follow();
  pipeline::WorkerOptions worker;
  worker.source = std::make_unique<SimSource>(&broker, &random, &faults, "g-i-0",
                                              std::vector<std::string>{"a", "b", "c"});
  worker.transaction = std::make_unique<SimTransaction>(SimTransaction::Options{
      &broker, &random, &faults, "g-i-0", &crashed_, [] {}, [](const std::string&) {}});
  worker.board = board.get();
  worker.clock = &clock;
  worker.crash_logs = std::move(crash_logs_);
  worker.meters.worker = meters.AddWorker(0);
  for (const auto& stream : plan_->streams) {
    worker.meters.streams.push_back(meters.AddStream(stream->pipeline, stream->id));
  }
  worker.make_lane = [this](pipeline::Publisher* publisher) {
    auto lane = std::make_unique<StepLane>(publisher);
    lane_ = lane.get();
    return lane;
  };
  worker_ = std::make_unique<pipeline::Worker>(std::move(worker));
}

void Stage::Follow() {
  if (follows) state_ = authority.end();
  board->SetState({.state_offset = state_, .breakers = authority.at(state_), .tickets = tickets,
                   .records = records, .quarantine = &quarantine,
                   .followed_ms = followed_ms});
}

void Stage::Restart() {
  worker_.reset();
  Start();
}

void Stage::Append(const TopicPartition& partition, std::string value, std::vector<Header> headers,
                   std::string key) {
  broker.log(partition).push_back(
      {Entry::State::kCommitted, {std::move(key), std::move(value), std::move(headers), 1'000}});
}

void Stage::Run(int turns) {
  for (; turns > 0; --turns) {
    clock.Advance(40);
    if (applies) authority.Turn();
    if (turns % 5 == 0) Follow();
    const Status status = worker_->RunRound();
    FRACAS_CHECK(status.ok(), status.message());
    lane_->Step();
  }
}

Offset Stage::Committed(const TopicPartition& partition) const {
  return broker.Committed(partition)->offset;
}

std::vector<std::string> Stage::Published(const TopicPartition& partition) const {
  std::vector<std::string> values;
  for (const Record& record : broker.Visible({partition.topic + ".out", partition.partition})) {
    values.push_back(*record.value);
  }
  return values;
}

std::vector<Stage::Letter> Stage::Letters(const TopicPartition& partition) const {
  std::vector<Letter> letters;
  for (const Record& record : broker.Visible({partition.topic + ".dlq", partition.partition})) {
    std::vector<HeaderView> headers;
    for (const Header& header : record.headers) {
      headers.push_back({header.name, header.value ? std::string_view(*header.value)
                                                   : std::string_view()});
    }
    const auto decoded = wire::DecodeDeadLetter(headers);
    FRACAS_CHECK(decoded.ok() && decoded->has_value(), "a dead letter has its block");
    letters.push_back({**decoded, record});
  }
  return letters;
}

std::vector<wire::FailureEvent> Stage::Events() const {
  std::vector<wire::FailureEvent> events;
  for (int32_t i = 0; i < broker.Partitions("failures"); ++i) {
    for (const Record& record : broker.Visible({"failures", i})) {
      events.push_back(*wire::DecodeFailureEvent(*record.value));
    }
  }
  return events;
}

std::vector<wire::Summary> Stage::Summaries() const {
  std::vector<wire::Summary> summaries;
  for (int32_t i = 0; i < broker.Partitions("batches"); ++i) {
    for (const Record& record : broker.Visible({"batches", i})) {
      summaries.push_back(*wire::DecodeSummary(*record.value));
    }
  }
  return summaries;
}

int Stage::Seen(const std::string& fact) const {
  const auto found = authority.seen().find(fact);
  return found == authority.seen().end() ? 0 : found->second;
}

}  // namespace fracas::sim
