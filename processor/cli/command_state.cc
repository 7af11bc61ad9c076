#include <cstdio>
#include <map>

#include "cli/control_session.h"
#include "core/base64.h"
#include "core/text.h"
#include "json/writer.h"
#include "tools/state_dump.h"
#include "tools/state_verify.h"

// `fracas state verify` and `fracas state dump`.

namespace fracas::cli {

namespace {

struct StateArguments {
  GroupArguments group;
  std::string dir;  // "": the running instance (verify), the topic (dump)
};

// What verify found, and where it looked.
struct Outcome {
  tools::VerifyReport report;
  std::string copy;     // "instance at 127.0.0.1:9464", "the folder /var/lib/fracas"
  std::string damaged;  // the folder cannot be believed: how; "" it can
};

tools::FoldPorts PortsOf(Admin* admin, LogReader* reader, Progress* progress) {
  return {.admin = admin, .reader = reader, .progress = [progress](uint64_t done, uint64_t total) {
            progress->Update(done, total);
          }};
}

Result<Outcome> VerifyFolder(const StateArguments& arguments, const tools::FoldPorts& ports,
                             ControlSession* session) {
  Outcome outcome;
  outcome.copy = Cat("the folder ", arguments.dir);
  Result<InspectedState> folder =
      session->services().inspect_state(session->config(), arguments.dir);
  if (!folder.ok()) return folder.status();
  if (folder->store == nullptr) {
    outcome.damaged = folder->story;
    return outcome;
  }
  Result<tools::VerifyReport> report =
      tools::VerifyStore(ports, {session->config().topics.state, 0}, *folder->store);
  if (!report.ok()) return report.status();
  outcome.report = std::move(*report);
  return outcome;
}

Result<Outcome> VerifyRunning(const tools::FoldPorts& ports, ControlSession* session) {
  const config::Config& config = session->config();
  const std::string address = tools::AddressOf(config.http.listen);
  if (address.empty()) {
    return Status::Reject(
        Cat("http.listen of the configuration names no port to ask an instance at; for one that "
            "does not run, name its folder: --dir ",
            config.state_dir));
  }
  Outcome outcome;
  outcome.copy = Cat("the instance at ", address);
  tools::InstancePort instance;
  instance.wait = Pause;
  instance.ask = [&](Offset at_least) -> Result<tools::StateDigest> {
    Result<tools::StateDigest> digest = tools::AskDigest(
        session->services().http_get, {.address = address, .group = config.group}, at_least);
    if (digest.ok() || digest.status().action() != Action::kStop) return digest;
    return Status::Stop(Cat(digest.status().message(),
                            "; for an instance that does not run, name its folder: --dir ",
                            config.state_dir));
  };
  Result<tools::VerifyReport> report =
      tools::VerifyInstance(ports, {config.topics.state, 0}, instance);
  if (!report.ok()) return report.status();
  outcome.report = std::move(*report);
  return outcome;
}

void AppendSide(std::string_view name, const tools::KeyDifference& difference,
                const std::optional<std::string>& value, json::Writer* writer) {
  writer->Key(name);
  if (value.has_value()) {
    writer->Raw(tools::EntityJson(difference.key, *value));
  } else {
    writer->Null();
  }
}

void PrintJson(const Outcome& outcome, bool equal) {
  const tools::VerifyReport& report = outcome.report;
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject()
      .Member("equal", equal)
      .Member("copy", outcome.copy)
      .Member("damaged", outcome.damaged);
  writer.Member("offset", report.offset).Member("topic_keys", report.topic_keys);
  writer.Member("copy_keys", report.copy_keys).Member("topic_sha256", report.topic_sha256);
  writer.Member("copy_sha256", report.copy_sha256).Member("differing", report.differing);
  writer.Key("kinds").BeginArray();
  for (const std::string& kind : report.kinds) writer.String(kind);
  writer.EndArray().Key("differences").BeginArray();
  for (const tools::KeyDifference& difference : report.differences) {
    writer.BeginObject().Member("key_base64", Base64(difference.key));
    AppendSide("topic", difference, difference.topic, &writer);
    AppendSide("copy", difference, difference.copy, &writer);
    writer.EndObject();
  }
  writer.EndArray().EndObject();
  std::printf("%s\n", text.c_str());
}

void PrintText(const Outcome& outcome, const std::string& topic, bool equal) {
  const tools::VerifyReport& report = outcome.report;
  if (!outcome.damaged.empty()) {
    std::printf("%s: %s is damaged: %s\n", Styled(stdout, Style::kBad, "differs").c_str(),
                outcome.copy.c_str(), outcome.damaged.c_str());
    PrintHint(
        "the next start of its instance puts it aside and reads the state again from the topic");
    return;
  }
  std::printf("%s: %s (%s keys) and topic %s (%s keys) at offset %s\n",
              equal ? Styled(stdout, Style::kGood, "equal").c_str()
                    : Styled(stdout, Style::kBad, "differs").c_str(),
              outcome.copy.c_str(), WithThousands(report.copy_keys).c_str(), topic.c_str(),
              WithThousands(report.topic_keys).c_str(),
              WithThousands(static_cast<uint64_t>(report.offset)).c_str());
  if (equal) return;
  for (const std::string& kind : report.kinds) std::printf("  differs in: %s\n", kind.c_str());
  for (const tools::KeyDifference& difference : report.differences) {
    std::printf("  %s %s\n", std::string(tools::KindName(difference.key)).c_str(),
                Clean(tools::KeyText(difference.key)).c_str());
    const auto side = [&](const char* name, const std::optional<std::string>& value) {
      std::printf(
          "    %s: %s\n", name,
          value.has_value() ? Clean(tools::EntityJson(difference.key, *value)).c_str()
                            : "no such key");
    };
    side("topic", difference.topic);
    side("copy ", difference.copy);
  }
  if (report.differing > report.differences.size()) {
    std::printf("  and %s more\n",
                WithThousands(report.differing - report.differences.size()).c_str());
  }
  PrintHint(
      "keep the folder for whoever looks into it; without it the instance reads its state again "
      "from "
      "the topic");
}

int Verify(const StateArguments& arguments, const Services& services) {
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, arguments.group);
  if (!session.ok()) return Fail(session.status());
  Result<Admin*> admin = (*session)->admin();
  if (!admin.ok()) return Fail(admin.status());
  Result<std::unique_ptr<LogReader>> reader = (*session)->reader();
  if (!reader.ok()) return Fail(reader.status());
  auto progress = std::make_unique<Progress>("reading the topic", "offsets");
  const tools::FoldPorts ports = PortsOf(*admin, reader->get(), progress.get());
  Result<Outcome> outcome = arguments.dir.empty() ? VerifyRunning(ports, session->get())
                                                  : VerifyFolder(arguments, ports, session->get());
  progress.reset();
  if (!outcome.ok()) return Fail(outcome.status());
  const bool equal = outcome->damaged.empty() && outcome->report.equal();
  if (arguments.group.json()) {
    PrintJson(*outcome, equal);
  } else {
    PrintText(*outcome, (*session)->config().topics.state, equal);
  }
  return equal ? kExitDone : kExitFindings;
}

void PrintEntity(std::string_view key, std::string_view value, bool json) {
  const std::string line = tools::EntityJson(key, value);
  if (json) {
    std::printf("%s\n", line.c_str());
    return;
  }
  std::printf("%-10s  %s\n            %s\n", std::string(tools::KindName(key)).c_str(),
              Styled(stdout, Style::kBold, Clean(tools::KeyText(key))).c_str(), Clean(line).c_str());
}

int DumpFolder(const StateArguments& arguments, const ControlSession& session) {
  Result<InspectedState> folder = session.services().inspect_state(session.config(), arguments.dir);
  if (!folder.ok()) return Fail(folder.status());
  if (folder->store == nullptr) {
    return Fail(Status::Stop(Cat("the folder ", arguments.dir, " is damaged: ", folder->story,
                                 "; `fracas state dump` without --dir reads the topic")));
  }
  const Status visited =
      folder->store->Visit("", [&](std::string_view key, std::string_view value) {
        PrintEntity(key, value, arguments.group.json());
        return true;
      });
  return visited.ok() ? kExitDone : Fail(visited);
}

int Dump(const StateArguments& arguments, const Services& services) {
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, arguments.group);
  if (!session.ok()) return Fail(session.status());
  if (!arguments.dir.empty()) return DumpFolder(arguments, **session);
  Result<Admin*> admin = (*session)->admin();
  if (!admin.ok()) return Fail(admin.status());
  Result<std::unique_ptr<LogReader>> reader = (*session)->reader();
  if (!reader.ok()) return Fail(reader.status());
  auto progress = std::make_unique<Progress>("reading the topic", "offsets");
  const Result<tools::RawFold> fold = tools::FoldRaw(PortsOf(*admin, reader->get(), progress.get()),
                                                     {(*session)->config().topics.state, 0});
  progress.reset();
  if (!fold.ok()) return Fail(fold.status());
  for (const auto& [key, value] : fold->content) PrintEntity(key, value, arguments.group.json());
  return kExitDone;
}

}  // namespace

void AddState(const Parser& parser) {
  CLI::App* command =
      parser.app->add_subcommand("state", "The state that every instance has a copy of");
  command->require_subcommand(1);
  auto arguments = std::make_shared<StateArguments>();
  CLI::App* verify = command->add_subcommand(
      "verify", "Whether a copy of the state is what its topic says, byte for byte");
  CLI::App* dump =
      command->add_subcommand("dump", "Every entity of the state, one after the other");
  for (CLI::App* each : {verify, dump}) {
    AddGroupOptions(each, &arguments->group, "");
    each->add_option("--dir", arguments->dir,
                     "The state.dir, or the folder in it, of an instance that is stopped")
        ->type_name("DIR");
  }
  AddExamples(
      verify,
      "  fracas state verify -c fracas.yaml                        the instance that runs here\n"
      "  fracas state verify -c fracas.yaml --dir /var/lib/fracas  a stopped one's folder\n"
      "Exit codes: 0 equal, 1 could not be compared, 3 differs.");
  AddExamples(
      dump,
      "  fracas state dump -c fracas.yaml --output json | jq 'select(.kind == \"breaker\")'\n"
      "  fracas state dump -c fracas.yaml --dir /var/lib/fracas");
  verify->callback(
      [parser, arguments] { *parser.exit_code = Verify(*arguments, *parser.services); });
  dump->callback([parser, arguments] { *parser.exit_code = Dump(*arguments, *parser.services); });
}

}  // namespace fracas::cli
