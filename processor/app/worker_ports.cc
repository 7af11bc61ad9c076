#include "app/worker_ports.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "app/connection.h"
#include "core/limits.h"
#include "core/text.h"
#include "files/crash_log.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"
#include "wire/offset_metadata.h"

namespace fracas::app {

namespace {

// `start` is about what was there before the group came. What is added later is read from its beginning.
kafka::StartPolicy StartOf(const config::Config& config, const BuiltPlan& built,
                           const kafka::Beginning& beginning) {
  using Kind = kafka::StartPolicy::Kind;
  const auto& [partition, first] = beginning;
  const std::optional<StreamIndex> stream = built.plan->stream_of(partition.topic);
  if (!stream.has_value()) return {};
  if (first.offset != kNoOffset && wire::AddedLater(partition.partition, first.metadata)) return {};
  const config::Start& start = config.streams[ToInt(*stream)].start;
  switch (start.kind) {
    case config::Start::Kind::kEarliest: return {.kind = Kind::kEarliest, .time_ms = 0};
    case config::Start::Kind::kLatest: return {.kind = Kind::kLatest, .time_ms = 0};
    case config::Start::Kind::kTime: return {.kind = Kind::kTime, .time_ms = start.time_ms};
  }
  return {};
}

Result<CrashLogs> OpenCrashLogs(const config::Config& config, uint32_t worker) {
  std::error_code failed;  // what is wrong with the folder shows when the file is opened
  std::filesystem::create_directories(config.state_dir, failed);
  auto judging = files::OpenCrashLog(Cat(config.state_dir, "/worker-", worker, ".crash"));
  if (!judging.ok()) return judging.status();
  auto describing = files::OpenCrashLog(Cat(config.state_dir, "/publisher-", worker, ".crash"));
  if (!describing.ok()) return describing.status();
  return CrashLogs{std::move(*judging), std::move(*describing)};
}

}  // namespace

Result<pipeline::WorkerPorts> MakeWorkerPorts(const config::Config& config, const BuiltPlan& built,
                                              uint32_t worker, const ClientSinks& sinks) {
  const LogSink& log = sinks.log;
  const std::string member = kafka::MemberName(config.group, config.instance, worker);
  kafka::SourceOptions source;
  source.connection = ConnectionOf(config, "", log);
  source.connection.statistics = sinks.statistics;
  source.group = config.group;
  source.member = member;
  size_t record_bytes_max = 0;
  for (const StreamParts& parts : built.streams) {
    source.topics.insert(source.topics.end(), parts.topics.begin(), parts.topics.end());
    if (!parts.topics_pattern.empty()) source.topics.push_back(parts.topics_pattern);
    record_bytes_max = std::max(record_bytes_max, parts.plan->record_bytes_max);
  }
  source.start = [&config, &built](const kafka::Beginning& beginning) {
    return StartOf(config, built, beginning);
  };
  Result<std::unique_ptr<Source>> opened = kafka::OpenSource(std::move(source));
  if (!opened.ok()) return opened.status();
  kafka::TransactionOptions transaction;
  transaction.connection = ConnectionOf(config, "", log);
  transaction.connection.statistics = sinks.statistics;
  transaction.transactional_id = member;
  transaction.record_bytes_max = record_bytes_max + limits::kDeadLetterOverheadBytes;
  Result<CrashLogs> crash_logs = OpenCrashLogs(config, worker);
  if (!crash_logs.ok()) return crash_logs.status();
  return pipeline::WorkerPorts{.source = std::move(*opened),
                               .transaction = kafka::NewTransaction(std::move(transaction)),
                               .crash_logs = std::move(*crash_logs)};
}

}  // namespace fracas::app
