#include "app/worker_ports.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "app/connection.h"
#include "core/limits.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"

namespace fracas::app {

namespace {

kafka::StartPolicy StartOf(const config::Config& config, const BuiltPlan& built,
                           std::string_view topic) {
  using Kind = kafka::StartPolicy::Kind;
  const std::optional<StreamIndex> stream = built.plan->stream_of(std::string(topic));
  if (!stream.has_value()) return {};
  const config::Start& start = config.streams[ToInt(*stream)].start;
  switch (start.kind) {
    case config::Start::Kind::kEarliest: return {.kind = Kind::kEarliest, .time_ms = 0};
    case config::Start::Kind::kLatest: return {.kind = Kind::kLatest, .time_ms = 0};
    case config::Start::Kind::kTime: return {.kind = Kind::kTime, .time_ms = start.time_ms};
  }
  return {};
}

}  // namespace

Result<pipeline::WorkerPorts> MakeWorkerPorts(const config::Config& config, const BuiltPlan& built,
                                              uint32_t worker, const LogSink& log) {
  const std::string member = kafka::MemberName(config.group, config.instance, worker);
  kafka::SourceOptions source;
  source.connection = ConnectionOf(config, "", log);
  source.group = config.group;
  source.member = member;
  size_t record_bytes_max = 0;
  for (const StreamParts& parts : built.streams) {
    source.topics.insert(source.topics.end(), parts.topics.begin(), parts.topics.end());
    if (!parts.topics_pattern.empty()) source.topics.push_back(parts.topics_pattern);
    record_bytes_max = std::max(record_bytes_max, parts.plan->record_bytes_max);
  }
  source.start = [&config, &built](std::string_view topic) { return StartOf(config, built, topic); };
  Result<std::unique_ptr<Source>> opened = kafka::OpenSource(std::move(source));
  if (!opened.ok()) return opened.status();
  kafka::TransactionOptions transaction;
  transaction.connection = ConnectionOf(config, "", log);
  transaction.transactional_id = member;
  transaction.record_bytes_max = record_bytes_max + limits::kDeadLetterOverheadBytes;
  return pipeline::WorkerPorts{.source = std::move(*opened),
                               .transaction = kafka::NewTransaction(std::move(transaction))};
}

}  // namespace fracas::app
