#include "cli/control_session.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "config/environment.h"
#include "config/find_stream.h"
#include "config/reader.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"

namespace fracas::cli {

namespace {

constexpr int64_t kFollowMsMax = 20'000;
constexpr int64_t kFollowPauseMs = 50;
constexpr int64_t kSettleMs = 2'000;  // where no instance can be asked

}  // namespace

CLI::Option* AddGroupOptions(CLI::App* command, GroupArguments* arguments,
                             const std::string& stream_help) {
  AddConfigFile(command, &arguments->config_file)->required();
  CLI::Option* stream = nullptr;
  if (!stream_help.empty()) {
    stream = command->add_option("--stream", arguments->stream, stream_help)->type_name("STREAM");
  }
  AddOutput(command, &arguments->output);
  return stream;
}

void AddFromTopic(CLI::App* command, GroupArguments* arguments) {
  command->add_flag("--from-topic", arguments->from_topic,
                    "Read the state from its topic even where an instance runs");
}

void AddChangeOptions(CLI::App* command, ChangeArguments* arguments) {
  command->add_option("--why,--reason", arguments->why, "Why: it is kept in the journal")
      ->required()
      ->type_name("TEXT");
  command->add_option("--who", arguments->who, "Who, instead of you on this machine")
      ->type_name("NAME");
  command->add_flag("--dry-run", arguments->dry_run, "Show what would be sent; change nothing");
}

Result<std::unique_ptr<ControlSession>> ControlSession::Open(const Services& services,
                                                             const GroupArguments& arguments) {
  Result<config::Config> config = config::Load(arguments.config_file, config::ProcessEnvironment());
  if (!config.ok()) return config.status();
  std::unique_ptr<ControlSession> session(new ControlSession(services, std::move(*config)));
  tools::LivePorts ports;
  ports.get = services.http_get;
  ports.admin = [raw = session.get()] { return raw->admin(); };
  ports.reader = [raw = session.get()] { return raw->reader(); };
  ports.brief_reader = [raw = session.get()] {
    return raw->services_.open_brief_reader(raw->config_);
  };
  ports.clock = services.clock;
  ports.progress = [raw = session.get()](uint64_t done, uint64_t total) {
    if (raw->progress_ == nullptr)
      raw->progress_ = std::make_unique<Progress>("reading the state", "offsets");
    raw->progress_->Update(done, total);
    if (done + 1 >= total) raw->progress_.reset();
  };
  session->live_ =
      std::make_unique<tools::LiveReader>(session->config_, std::move(ports), arguments.from_topic);
  return session;
}

Result<Admin*> ControlSession::admin() {
  if (admin_ == nullptr) {
    Result<std::unique_ptr<Admin>> connected = services_.connect(config_, "");
    if (!connected.ok()) return connected.status();
    admin_ = std::move(*connected);
  }
  return admin_.get();
}

Result<ClusterProbe*> ControlSession::probe() {
  if (probe_ == nullptr) {
    Result<std::unique_ptr<ClusterProbe>> opened = services_.open_probe(config_);
    if (!opened.ok()) return opened.status();
    probe_ = std::move(*opened);
  }
  return probe_.get();
}

Result<std::string> ControlSession::StreamName(const std::string& name) const {
  Result<size_t> index = config::FindStream(config_, name);
  if (!index.ok()) return index.status();
  return config::QualifiedName(config_.streams[*index]);
}

void ControlSession::HintSource() const {
  if (live_->why_topic().empty()) return;
  PrintHint(Cat("read from topic ", config_.topics.state, " (", live_->why_topic(),
                "): pass rates and dead letters are known to running instances only"));
}

wire::Command ControlSession::NewCommand(const std::string& stream,
                                         const ChangeArguments& change) const {
  wire::Command command;
  command.id = services_.new_id();
  command.stream = stream;
  command.time_ms = now_ms();
  command.not_after_ms = command.time_ms + limits::kCommandWaitMsMax;
  command.who = change.who.empty() ? services_.user : change.who;
  command.why = change.why;
  return command;
}

Result<std::unique_ptr<tools::CommandClient>> ControlSession::Client() {
  Result<Admin*> cluster = admin();
  if (!cluster.ok()) return cluster.status();
  Result<std::unique_ptr<LogTail>> tail = services_.open_tail(config_);
  if (!tail.ok()) return tail.status();
  Result<std::unique_ptr<Outbox>> outbox = services_.open_outbox(config_);
  if (!outbox.ok()) return outbox.status();
  journal_ = std::move(*tail);
  outbox_ = std::move(*outbox);
  const tools::CommandPorts ports{.outbox = outbox_.get(),
                                  .journal = journal_.get(),
                                  .admin = *cluster,
                                  .clock = services_.clock};
  return std::make_unique<tools::CommandClient>(ports, config_.topics.control,
                                                config_.topics.journal);
}

Result<wire::JournalEntry> ControlSession::Send(wire::Command command) {
  Result<std::unique_ptr<tools::CommandClient>> client = Client();
  if (!client.ok()) return client.status();
  Progress progress("waiting for the authority", "ms");
  return (*client)->Send(std::move(command), [&](int64_t elapsed_ms) {
    progress.Update(static_cast<uint64_t>(elapsed_ms),
                    static_cast<uint64_t>(limits::kCommandWaitMsMax));
  });
}

Result<std::unique_ptr<tools::BreakerWatch>> ControlSession::Watch(const std::string& stream) {
  Result<Admin*> cluster = admin();
  if (!cluster.ok()) return cluster.status();
  Result<std::unique_ptr<LogTail>> tail = services_.open_tail(config_);
  if (!tail.ok()) return tail.status();
  state_ = std::move(*tail);
  const tools::WatchPorts ports{.tail = state_.get(), .admin = *cluster, .clock = services_.clock};
  auto watch = std::make_unique<tools::BreakerWatch>(ports, config_.topics.state, stream);
  if (Status s = watch->Begin(); !s.ok()) return s;
  return watch;
}

Result<tools::ReplaysUnderWay> ControlSession::ReadUnderWay(
    std::function<void(uint64_t done, uint64_t total)> progress) {
  Result<Admin*> asked = admin();
  if (!asked.ok()) return asked.status();
  Result<std::unique_ptr<LogReader>> opened = reader();
  if (!opened.ok()) return opened.status();
  return tools::ReplaysUnderWay::Read({.group = config_.group,
                                       .state_topic = config_.topics.state,
                                       .reader = opened->get(),
                                       .admin = *asked,
                                       .stream = {},
                                       .progress = std::move(progress)},
                                      now_ms());
}

Status ControlSession::AwaitState() {
  Result<Admin*> cluster = admin();
  if (!cluster.ok()) return cluster.status();
  Result<Watermarks> ends = (*cluster)->Query({config_.topics.state, 0});
  if (!ends.ok()) return ends.status();
  const int64_t begin_ms = services_.clock->MonotonicMs();
  while (true) {
    Result<tools::LiveState> live = live_->Streams();
    if (!live.ok()) return live.status();
    if (live->instance.empty()) {
      Pause(kSettleMs);
      return {};
    }
    if (live->state_offset >= ends->high) return {};
    if (services_.clock->MonotonicMs() - begin_ms > kFollowMsMax) {
      return Status::Retry(Cat("the instance ", live->instance, " does not follow the state (it is at ",
                               live->state_offset, " of ", ends->high, "): `fracas status` says more"));
    }
    Pause(kFollowPauseMs);
  }
}

void PrintDryRun(const wire::Command& command) {
  std::string text;
  wire::Encode(command, &text);
  std::printf("%s\n", text.c_str());
  PrintHint("--dry-run: nothing was sent");
}

int PrintEntry(const wire::JournalEntry& entry, bool json) {
  if (json) {
    std::string text = "{\"journal\":";
    wire::Encode(entry, &text);
    std::printf("%s}\n", text.c_str());
  } else if (entry.applied) {
    std::printf("%s %s\n", Styled(stdout, Style::kGood, "applied:").c_str(),
                Clean(entry.because).c_str());
  }
  if (entry.applied) return kExitDone;
  PrintError(Cat("refused: ", entry.because));
  return kExitFailed;
}

std::string TimeText(int64_t time_ms) {
  if (time_ms == 0) return "-";
  std::string text = FormatTimestamp(time_ms).substr(0, 19);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

std::string SpanText(int64_t from_ms, int64_t to_ms) {
  if (from_ms == 0 || to_ms == 0) return "-";
  return DurationText(std::max<int64_t>(0, to_ms - from_ms));
}

}  // namespace fracas::cli
