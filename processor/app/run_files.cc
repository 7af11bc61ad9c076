#include "app/run_files.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "app/plan_builder.h"
#include "app/signals.h"
#include "app/system_clock.h"
#include "cli/terminal.h"
#include "config/environment.h"
#include "config/find_stream.h"
#include "config/reader.h"
#include "core/text.h"
#include "files/file_source.h"
#include "files/output_folder.h"
#include "json/writer.h"
#include "observability/log.h"
#include "pipeline/engine.h"

// One stream, one worker, files on both sides. Everything between is what runs on Kafka.

namespace fracas::app {

namespace {

constexpr char kPublished[] = "published";
constexpr char kDeadLetters[] = "dlq";
constexpr char kFailures[] = "failures";
constexpr char kBatches[] = "batches";
constexpr int kTickMs = 100;

files::OutputFolder::Role RoleOf(const std::string& topic) {
  using Role = files::OutputFolder::Role;
  if (topic == kPublished) return Role::kPublished;
  if (topic == kDeadLetters) return Role::kDeadLetters;
  return topic == kFailures ? Role::kFailures : Role::kBatches;
}

// The chosen stream alone, whatever its topics are called: every file is one of them.
std::shared_ptr<const pipeline::Plan> PlanForFiles(const BuiltPlan& built, size_t stream) {
  auto stream_plan = std::make_shared<pipeline::StreamPlan>(*built.streams[stream].plan);
  const bool copies = stream_plan->mode == pipeline::PublishMode::kCopy;
  stream_plan->index = StreamIndex{0};
  stream_plan->outputs = [copies](const std::string&) {
    return copies ? pipeline::OutputNames{.published = kPublished, .dead_letters = kDeadLetters}
                  : pipeline::OutputNames{};
  };
  auto plan = std::make_shared<pipeline::Plan>(*built.plan);
  plan->streams = {std::move(stream_plan)};
  plan->failures_topic = kFailures;
  plan->batches_topic = kBatches;
  plan->stream_of = [](const std::string&) { return std::optional<StreamIndex>(StreamIndex{0}); };
  return plan;
}

// A file's topic is its name; a second file of the same name gets a number.
std::vector<files::InputFile> InputsOf(const std::vector<std::string>& paths) {
  std::vector<files::InputFile> inputs;
  std::set<std::string> taken;
  for (const std::string& path : paths) {
    const std::string name = path == "-" ? "stdin" : std::filesystem::path(path).filename().string();
    std::string topic = name;
    for (int number = 2; !taken.insert(topic).second; ++number) topic = Cat(name, ".", number);
    inputs.push_back({.path = path, .topic = topic});
  }
  return inputs;
}

class FileRun {
 public:
  FileRun(const cli::RunRequest& request, const std::string& version)
      : request_(request), version_(version) {}

  Result<int> Run() {
    if (Status s = Prepare(); !s.ok()) return s;
    if (Status s = Drain(); !s.ok()) return s;
    std::string summary;
    const bool held = Summarise(&summary);
    if (Status s = folder_->Finish(summary); !s.ok()) return s;
    Print(summary, held);
    return held ? cli::kExitFindings : cli::kExitDone;
  }

 private:
  Status Prepare() {
    Result<config::Config> config = config::Load(request_.config_file, config::ProcessEnvironment());
    if (!config.ok()) return config.status();
    Result<size_t> stream = config::FindStream(*config, request_.stream);
    if (!stream.ok()) return stream.status();
    Result<BuiltPlan> built = BuildPlan(*config, version_, "");
    if (!built.ok()) return built.status();
    plan_ = PlanForFiles(*built, *stream);
    observability::LogOptions options;
    options.level = LogLevel::kWarning;
    if (!request_.log_level.empty()) {
      Result<LogLevel> level = observability::ParseLogLevel(request_.log_level);
      if (!level.ok()) return level.status();
      options.level = *level;
    }
    log_ = std::make_unique<observability::Log>(options, clock_);
    Result<std::unique_ptr<Source>> source = files::OpenFiles(InputsOf(request_.inputs), &read_);
    if (!source.ok()) return source.status();
    source_ = std::move(*source);
    Result<std::unique_ptr<files::OutputFolder>> folder = files::OutputFolder::Create(request_.out_dir);
    if (!folder.ok()) return folder.status();
    folder_ = std::move(*folder);
    return {};
  }

  // Until everything is read and committed, or a signal: then nothing is left behind.
  Status Drain() {
    pipeline::EngineOptions options;
    options.plan = plan_;
    options.make_ports = [this](uint32_t) -> Result<pipeline::WorkerPorts> {
      return pipeline::WorkerPorts{.source = std::move(source_),
                                   .transaction = files::NewTransaction(folder_.get(), RoleOf),
                                   .crash_logs = {}};
    };
    options.clock = &clock_;
    options.meters = &meters_;
    options.log = log_->sink();
    options.stop_at_end = true;
    Result<std::unique_ptr<pipeline::Engine>> started = pipeline::Engine::Start(std::move(options));
    if (!started.ok()) return started.status();
    engine_ = std::move(*started);
    cli::Progress progress("running", "bytes");
    while (engine_->Wait(kTickMs) == pipeline::Engine::Phase::kRunning) {
      progress.Update(read_.bytes.load(), read_.bytes_total.load());
      if (Signals::Wait(0) == Signals::Kind::kStop) {
        return Status::Stop(Cat("interrupted; nothing was left in ", request_.out_dir));
      }
    }
    const Status status = engine_->status();
    readiness_ = engine_->readiness();
    if (Status s = engine_->Stop(); !s.ok()) return s;
    return status;
  }

  // True when the stream was held.
  bool Summarise(std::string* text) const {
    json::Writer writer(text);
    writer.BeginObject().Member("v", "1.0").Member("program", version_);
    meters_.Visit([&](const StreamCell& cell) { WriteCell(cell, &writer); }, [](const WorkerCell&) {});
    const bool held = !readiness_.red.empty() || !readiness_.held.empty();
    writer.Member("state", held ? "RED" : "GREEN");
    writer.Key("held").BeginArray();
    for (const pipeline::StreamState& red : readiness_.red) {
      for (const state::PendingRange& range : red.pending) {
        writer.BeginObject()
            .Member("file", range.source.topic)
            .Member("from", range.from)
            .Member("to", range.to)
            .Member("code", Info(range.cause).name)
            .Member("reason", red.reason)
            .EndObject();
      }
    }
    for (const pipeline::PartitionHold& hold : readiness_.held) {
      writer.BeginObject().Member("file", hold.partition.topic).Member("reason", hold.reason).EndObject();
    }
    writer.EndArray().EndObject();
    text->push_back('\n');
    return held;
  }

  static void WriteCell(const StreamCell& cell, json::Writer* writer) {
    writer->Member("stream", Cat(cell.pipeline, "/", cell.stream));
    writer->Member("records", cell.consumed.load())
        .Member("published", cell.published.load())
        .Member("dead_lettered", cell.dead_lettered.load())
        .Member("masked", cell.masked.load())
        .Member("observed", cell.observed.load())
        .Member("would_hold_batches", cell.would_hold.load());
    writer->Key("failures").BeginObject();
    for (const CodeInfo& info : AllCodes()) {
      const uint64_t count = cell.failures[Index(info.code)].load();
      if (count > 0) writer->Member(info.name, count);
    }
    writer->EndObject();
  }

  void Print(const std::string& summary, bool held) const {
    if (request_.json) {
      std::fwrite(summary.data(), 1, summary.size(), stdout);
      return;
    }
    using cli::WithThousands;
    meters_.Visit(
        [&](const StreamCell& cell) {
          std::printf("%s/%s: %s records, %s published, %s dead letters, %s observed\n",
                      cell.pipeline.c_str(), cell.stream.c_str(),
                      WithThousands(cell.consumed.load()).c_str(),
                      WithThousands(cell.published.load()).c_str(),
                      WithThousands(cell.dead_lettered.load()).c_str(),
                      WithThousands(cell.observed.load()).c_str());
        },
        [](const WorkerCell&) {});
    std::printf("results in %s\n", folder_->path().c_str());
    if (!held) return;
    for (const pipeline::StreamState& red : readiness_.red) {
      std::printf("%s %s\n", cli::Styled(stdout, cli::Style::kBad, "held:").c_str(),
                  red.reason.c_str());
    }
    for (const pipeline::PartitionHold& hold : readiness_.held) {
      std::printf("%s %s: %s\n", cli::Styled(stdout, cli::Style::kBad, "held:").c_str(),
                  hold.partition.topic.c_str(), hold.reason.c_str());
    }
  }

  const cli::RunRequest& request_;
  const std::string& version_;
  SystemClock clock_;
  Meters meters_;
  files::ReadProgress read_;
  std::shared_ptr<const pipeline::Plan> plan_;
  std::unique_ptr<observability::Log> log_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<files::OutputFolder> folder_;
  pipeline::Readiness readiness_;
  std::unique_ptr<pipeline::Engine> engine_;  // last: it uses the others
};

}  // namespace

int RunFiles(const cli::RunRequest& request, const std::string& program_version) {
  Result<int> code = FileRun(request, program_version).Run();
  if (code.ok()) return *code;
  cli::PrintError(code.status().message());
  return code.status().action() == Action::kReject ? cli::kExitUsage : cli::kExitFailed;
}

}  // namespace fracas::app
