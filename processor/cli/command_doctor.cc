#include <cstdio>
#include <memory>
#include <optional>

#include "cli/control_session.h"
#include "core/text.h"
#include "tools/doctor/doctor.h"

// `fracas doctor`: everything around a group, and what to do about what is wrong.

namespace fracas::cli {

namespace {

// REQUIRES: one of the names of --work.
tools::Work WorkOf(const std::string& name) {
  if (name == "look") return tools::Work::kLook;
  if (name == "tools") return tools::Work::kTools;
  return name == "replay" ? tools::Work::kReplay : tools::Work::kDaemon;
}

constexpr size_t kNameColumn = 14;
constexpr size_t kFindingColumn = 6;

struct DoctorArguments {
  GroupArguments group;
  std::string work = "daemon";
  std::string principal;
};

// The connections of one examination; made when they are needed, and none where nobody answers.
class Consultation {
 public:
  Consultation(const Services& services, ControlSession* session)
      : services_(services), session_(session) {}

  tools::Diagnosis Run(const DoctorArguments& arguments, const std::string& stream);

 private:
  tools::DoctorPorts Ports();
  Result<Admin*> admin() {
    if (!opened_.connected.ok()) return opened_.connected;
    return session_->admin();
  }
  Result<std::unique_ptr<LogReader>> reader() {
    if (!opened_.connected.ok()) return opened_.connected;
    return services_.open_brief_reader(session_->config());
  }
  Result<tools::FolderLook> Folder() const;

  const Services& services_;
  ControlSession* const session_;
  OpenedInspector opened_;
  std::optional<tools::LiveReader> live_;
};

Result<tools::FolderLook> Consultation::Folder() const {
  const config::Config& config = session_->config();
  Result<InspectedState> folder = services_.inspect_state(config, config.state_dir);
  if (!folder.ok()) return folder.status();
  return tools::FolderLook{.store = std::move(folder->store), .story = std::move(folder->story)};
}

tools::DoctorPorts Consultation::Ports() {
  tools::DoctorPorts ports;
  ports.inspector = opened_.inspector.get();
  ports.connected = opened_.connected;
  ports.admin = [this] { return admin(); };
  ports.reader = [this] { return reader(); };
  ports.live = &*live_;
  ports.get = services_.http_get;
  ports.open_folder = [this] { return Folder(); };
  ports.disk = [this] { return services_.look_at_disk(session_->config()); };
  ports.clock = services_.clock;
  ports.wait = Pause;
  if (IsTerminal(stderr)) {
    ports.progress = [](std::string_view what) {
      std::fprintf(stderr, "\r\x1b[Klooking at %.*s …", static_cast<int>(what.size()), what.data());
      std::fflush(stderr);
    };
  }
  return ports;
}

tools::Diagnosis Consultation::Run(const DoctorArguments& arguments, const std::string& stream) {
  Result<OpenedInspector> opened = services_.open_inspector(session_->config());
  // A setting that librdkafka refuses is told like brokers that do not answer: a certificate may be
  // it.
  if (opened.ok()) {
    opened_ = std::move(*opened);
  } else {
    opened_.connected = opened.status();
  }
  live_.emplace(session_->config(),
                tools::LivePorts{.get = services_.http_get,
                                 .admin = [this] { return admin(); },
                                 .reader = [this] { return reader(); },
                                 .clock = services_.clock,
                                 .progress = {}},
                false);
  const tools::DoctorQuestion question{.config = &session_->config(),
                                       .config_file = arguments.group.config_file,
                                       .stream = stream,
                                       .work = WorkOf(arguments.work),
                                       .principal = arguments.principal};
  const tools::DoctorPorts ports = Ports();
  tools::Diagnosis diagnosis = tools::Examine(question, ports);
  if (ports.progress) std::fputs("\r\x1b[K", stderr);
  return diagnosis;
}

std::string MarkOf(tools::Grade grade) {
  switch (grade) {
    case tools::Grade::kNote: return Styled(stdout, Style::kDim, "·");
    case tools::Grade::kWarning: return Styled(stdout, Style::kWarning, "!");
    case tools::Grade::kError: return Styled(stdout, Style::kBad, "✗");
  }
  return "";
}

// The worst of its findings.
std::string MarkOf(const tools::AreaReport& report) {
  if (!report.looked) return Styled(stdout, Style::kBad, "?");
  std::optional<tools::Grade> worst;
  for (const tools::DoctorFinding& finding : report.findings) {
    if (!worst.has_value() || finding.grade > *worst) worst = finding.grade;
  }
  if (worst.has_value() && *worst != tools::Grade::kNote) return MarkOf(*worst);
  return Styled(stdout, Style::kGood, "✓");
}

void PrintFinding(const tools::DoctorFinding& finding) {
  std::printf("    %s ", MarkOf(finding.grade).c_str());
  PrintWrapped(finding.what, kFindingColumn);
  if (!finding.means.empty()) {
    std::printf("%*s", static_cast<int>(kFindingColumn), "");
    PrintWrapped(finding.means, kFindingColumn);
  }
  if (finding.next.empty()) return;
  // Not broken: it is copied.
  std::printf("%*s→ %s\n", static_cast<int>(kFindingColumn), "", Clean(finding.next).c_str());
}

void PrintDiagnosis(const tools::Diagnosis& diagnosis) {
  for (const tools::AreaReport& report : diagnosis.areas) {
    const std::string name(tools::Name(report.area));
    std::printf("%s %s%*s", MarkOf(report).c_str(), Styled(stdout, Style::kBold, name).c_str(),
                static_cast<int>(kNameColumn - name.size()), "");
    PrintWrapped(report.about, kNameColumn + 2);
    for (const tools::DoctorFinding& finding : report.findings) PrintFinding(finding);
  }
  const size_t errors = diagnosis.Count(tools::Grade::kError);
  const size_t warnings = diagnosis.Count(tools::Grade::kWarning);
  std::printf("\n");
  if (!diagnosis.looked()) {
    std::printf("%s: not everything could be looked at\n",
                Styled(stdout, Style::kBad, "incomplete").c_str());
  } else if (diagnosis.fine()) {
    std::printf("%s: nothing is wrong around group %s\n",
                Styled(stdout, Style::kGood, "fine").c_str(), diagnosis.group.c_str());
  }
  if (!diagnosis.fine()) {
    std::printf("%s, %s\n", Counted(errors, "error").c_str(), Counted(warnings, "warning").c_str());
  }
}

int RunDoctor(const DoctorArguments& arguments, const Services& services) {
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, arguments.group);
  if (!session.ok()) return Fail(session.status());
  std::string stream;
  if (!arguments.group.stream.empty()) {
    Result<std::string> name = (*session)->StreamName(arguments.group.stream);
    if (!name.ok()) return Fail(name.status());
    stream = *name;
  }
  Consultation consultation(services, session->get());
  const tools::Diagnosis diagnosis = consultation.Run(arguments, stream);
  if (arguments.group.json()) {
    std::printf("%s\n", tools::ToJson(diagnosis).c_str());
  } else {
    PrintDiagnosis(diagnosis);
  }
  if (!diagnosis.looked()) return kExitFailed;
  return diagnosis.fine() ? kExitDone : kExitFindings;
}

}  // namespace

void AddDoctor(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand("doctor",
                                                 "Brokers, access, topics, transactions, lag, "
                                                 "state, disk, clocks, certificates: what is wrong "
                                                 "and what to do");
  auto arguments = std::make_shared<DoctorArguments>();
  AddGroupOptions(command, &arguments->group,
                  "Only this stream's topics, and the group's (STREAM or PIPELINE/STREAM)");
  command
      ->add_option(
          "--work", arguments->work,
          "Whose access is looked at: the daemon's; of the tools, what looking needs, what "
          "commands need (tools), what sending records again needs (replay)")
      ->check(CLI::IsMember({"daemon", "look", "tools", "replay"}))
      ->capture_default_str();
  command
      ->add_option("--principal", arguments->principal,
                   "Compare the ACLs of this principal instead of our own")
      ->type_name("User:NAME");
  AddExamples(
      command,
      "  fracas doctor -c fracas.yaml\n"
      "  fracas doctor -c fracas.yaml --stream crm.contacts --output json | jq "
      "'.areas[].findings'\n"
      "  fracas doctor -c support.yaml --work tools      with the support team's own user\n"
      "  fracas doctor -c fracas.yaml --principal User:fracas\n"
      "It changes nothing: describes brokers, topics, the group and ACLs; reads at the end of "
      "topics and\n"
      "joins no group; where readers stand still it reads __transaction_state to name who holds "
      "them.\n"
      "Writing cannot be tried, so that is compared with the ACLs where they may be listed.\n"
      "Exit codes: 0 nothing to do, 1 the cluster could not be looked at, 2 wrong usage or "
      "configuration,\n3 findings.");
  command->callback(
      [parser, arguments] { *parser.exit_code = RunDoctor(*arguments, *parser.services); });
}

}  // namespace fracas::cli
