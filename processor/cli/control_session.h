#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "config/model.h"
#include "core/status.h"
#include "tools/breaker_watch.h"
#include "tools/command_client.h"
#include "tools/live_reader.h"
#include "tools/replay/under_way.h"

// What the commands about a running group share: options, connections that are made when they are needed,
// and the way from a command to what became of it.

namespace fracas::cli {

// Which group and stream, read where.
struct GroupArguments {
  std::string config_file;
  std::string stream;
  std::string output = "table";
  bool from_topic = false;
  bool json() const { return output == "json"; }
};
// `-c`, `--output` and, with `stream_help`, `--stream`, which is returned.
CLI::Option* AddGroupOptions(CLI::App* command, GroupArguments* arguments, const std::string& stream_help);
// `--from-topic`, for commands that read live state.
void AddFromTopic(CLI::App* command, GroupArguments* arguments);

// Who changes something, and why.
struct ChangeArguments {
  std::string why;
  std::string who;
  bool dry_run = false;
};
// `--why` (also called --reason; required), `--who`, `--dry-run`.
void AddChangeOptions(CLI::App* command, ChangeArguments* arguments);

// One command's connections. One thread; `services` outlives it.
class ControlSession {
 public:
  // Reads the configuration; asks nobody yet.
  static Result<std::unique_ptr<ControlSession>> Open(const Services& services,
                                                      const GroupArguments& arguments);

  const config::Config& config() const { return config_; }
  const Services& services() const { return services_; }
  int64_t now_ms() const { return services_.clock->WallMs(); }
  Result<Admin*> admin();
  Result<std::unique_ptr<LogReader>> reader() { return services_.open_reader(config_); }
  Result<ClusterProbe*> probe();
  tools::LiveReader& live() { return *live_; }
  // "stream" or "pipeline/stream" → "pipeline/stream"; kReject if the configuration has no such one.
  Result<std::string> StreamName(const std::string& name) const;
  // Says on standard error where what was shown comes from when no instance answered.
  void HintSource() const;

  // A command without its arguments.
  wire::Command NewCommand(const std::string& stream, const ChangeArguments& change) const;
  Result<std::unique_ptr<tools::CommandClient>> Client();
  // Sends and waits, with progress. kRetry: not known (tools/command_client.h).
  Result<wire::JournalEntry> Send(wire::Command command);
  Result<std::unique_ptr<tools::BreakerWatch>> Watch(const std::string& stream);
  // Until the instance here knows all that the authority has written so far; a while where none can be
  // asked. kRetry: it does not follow; the message names it.
  Status AwaitState();
  // The replays that are not judged yet. Reads the whole state; `progress` in offsets, may be empty.
  Result<tools::ReplaysUnderWay> ReadUnderWay(
      std::function<void(uint64_t done, uint64_t total)> progress = {});

 private:
  ControlSession(const Services& services, config::Config config)
      : services_(services), config_(std::move(config)) {}

  const Services& services_;
  const config::Config config_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<tools::LiveReader> live_;
  std::unique_ptr<Progress> progress_;
  // The client's and the watch's ports.
  std::unique_ptr<Outbox> outbox_;
  std::unique_ptr<LogTail> journal_;
  std::unique_ptr<LogTail> state_;
  std::unique_ptr<ClusterProbe> probe_;
};

// What --dry-run prints: the command as it would be sent.
void PrintDryRun(const wire::Command& command);
// "applied: …" or, on standard error, "refused: …"; as JSON {"journal": entry}. The exit code.
int PrintEntry(const wire::JournalEntry& entry, bool json);
// A time for people: "2026-01-31 12:00:00"; "-" for 0.
std::string TimeText(int64_t time_ms);
// How long ago or ahead; "-" for 0.
std::string SpanText(int64_t from_ms, int64_t to_ms);

}  // namespace fracas::cli
