#include "cli/support/verification.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "config/find_stream.h"
#include "core/text.h"
#include "tools/recovery/report_json.h"
#include "tools/targets.h"

namespace fracas::cli {

namespace {

constexpr int64_t kLookEveryMs = 2'000;
constexpr size_t kNameColumn = 15;

// What is asked, once for all streams.
struct Asked {
  std::optional<int64_t> since_ms;
  std::optional<Code> code;
  int64_t wait_ms = 0;
};

// RFC 3339, or a duration ago.
Result<int64_t> TimeOrAge(const std::string& text, int64_t now_ms) {
  Result<int64_t> age = tools::ParseDuration(text);
  if (age.ok()) return now_ms - *age;
  return tools::ParseTime(text);
}

Result<Asked> Read(const VerifyArguments& arguments, int64_t now_ms) {
  Asked asked;
  if (!arguments.since.empty()) {
    Result<int64_t> since = TimeOrAge(arguments.since, now_ms);
    if (!since.ok()) return since.status();
    if (*since > now_ms)
      return Status::Reject(Cat("--since ", arguments.since, " has not come yet"));
    asked.since_ms = *since;
  }
  if (!arguments.code.empty()) {
    const CodeInfo* info = FindCode(arguments.code);
    if (info == nullptr) {
      return Status::Reject(
          Cat("--code ", arguments.code, ": no such failure code; `fracas codes` lists them"));
    }
    asked.code = info->code;
  }
  if (!arguments.wait.empty()) {
    Result<int64_t> wait = tools::ParseWait(arguments.wait);
    if (!wait.ok()) return wait.status().WithPrefix("--wait: ");
    asked.wait_ms = *wait;
  }
  return asked;
}

// A line of progress for whatever is being read now.
class Reading {
 public:
  void Update(const std::string& what, uint64_t done, uint64_t total) {
    if (what != what_) {
      what_ = what;
      progress_ = std::make_unique<Progress>(what, "records");
    }
    progress_->Update(done, total);
  }

 private:
  std::string what_;
  std::unique_ptr<Progress> progress_;
};

Result<VerifiedStream> LookOnce(ControlSession* session, const VerifyArguments& arguments,
                                const Asked& asked, const std::string& name) {
  const config::Config& config = session->config();
  Result<size_t> index = config::FindStream(config, name);
  if (!index.ok()) return index.status();
  const config::Stream& stream = config.streams[*index];
  Result<tools::StreamLive> live = session->live().Stream(name);
  if (!live.ok()) return live.status();
  Result<Admin*> admin = session->admin();
  if (!admin.ok()) return admin.status();
  Result<ClusterProbe*> probe = session->probe();
  if (!probe.ok()) return probe.status();
  Result<std::unique_ptr<LogReader>> reader = session->reader();
  if (!reader.ok()) return reader.status();
  Reading reading;
  const tools::EvidencePorts ports{
      .admin = *admin,
      .reader = reader->get(),
      .probe = *probe,
      .clock = session->services().clock,
      .progress = [&](const std::string& what, uint64_t done, uint64_t total) {
        reading.Update(what, done, total);
      }};
  const tools::EvidenceQuestion question{.config = &config,
                                         .stream = &stream,
                                         .live = std::move(*live),
                                         .since_ms = asked.since_ms,
                                         .code = asked.code,
                                         .fingerprint = arguments.fingerprint};
  Result<tools::Evidence> evidence = tools::GatherEvidence(question, ports);
  if (!evidence.ok()) return evidence.status();
  VerifiedStream verified;
  verified.verdict =
      tools::Judge(stream, {arguments.failed_ratio_max}, *evidence, arguments.group.config_file);
  verified.evidence = std::move(*evidence);
  return verified;
}

std::string MarkOf(tools::Answer answer) {
  switch (answer) {
    case tools::Answer::kYes: return Styled(stdout, Style::kGood, "✓");
    case tools::Answer::kNo: return Styled(stdout, Style::kBad, "✗");
    case tools::Answer::kNotYet: return Styled(stdout, Style::kWarning, "?");
  }
  return "";
}

void PrintIncident(const tools::Evidence& evidence) {
  if (!evidence.incident.has_value()) return;
  const tools::Incident& incident = *evidence.incident;
  std::string line = Cat("  last stopped ", TimeText(incident.begin_ms));
  if (incident.cause != Code::kNone) line += Cat(", ", Info(incident.cause).name);
  if (!incident.who.empty()) line += Cat(", by ", incident.who);
  if (incident.reset_ms > 0) line += Cat("; tried again ", TimeText(incident.reset_ms));
  if (!incident.reset_by.empty() && incident.reset_ms > 0) line += Cat(" by ", incident.reset_by);
  if (incident.end_ms > 0) line += Cat("; GREEN since ", TimeText(incident.end_ms));
  PrintWrapped(line, 2);
}

}  // namespace

Result<std::vector<std::string>> StreamsOf(const ControlSession& session,
                                           const std::string& pipeline, const std::string& stream) {
  std::vector<std::string> names;
  if (!stream.empty()) {
    const bool qualified = pipeline.empty() || stream.find('/') != std::string::npos;
    Result<std::string> name = session.StreamName(qualified ? stream : Cat(pipeline, "/", stream));
    if (!name.ok()) return name.status();
    if (!pipeline.empty() && !name->starts_with(pipeline + "/")) {
      return Status::Reject(Cat("stream ", *name, " is not in pipeline ", pipeline));
    }
    names.push_back(std::move(*name));
    return names;
  }
  std::string known;
  for (const config::Stream& each : session.config().streams) {
    if (pipeline.empty() || each.pipeline == pipeline) names.push_back(config::QualifiedName(each));
    if (known.find(each.pipeline) == std::string::npos) {
      AppendTo(&known, known.empty() ? "" : ", ", each.pipeline);
    }
  }
  if (names.empty()) {
    return Status::Reject(
        Cat("there is no pipeline ", pipeline, " in ", session.config().file, "; it has ", known));
  }
  return names;
}

Result<std::vector<VerifiedStream>> VerifyStreams(ControlSession* session,
                                                  const VerifyArguments& arguments,
                                                  const std::vector<std::string>& streams) {
  Result<Asked> asked = Read(arguments, session->now_ms());
  if (!asked.ok()) return asked.status();
  const Clock& clock = *session->services().clock;
  const int64_t begin_ms = clock.MonotonicMs();
  std::vector<VerifiedStream> verified;
  for (const std::string& name : streams) {
    for (;;) {
      Result<VerifiedStream> looked = LookOnce(session, arguments, *asked, name);
      if (!looked.ok()) return looked.status();
      const bool decided = looked->verdict.verified() || looked->verdict.refuted();
      if (decided || clock.MonotonicMs() - begin_ms >= asked->wait_ms) {
        verified.push_back(std::move(*looked));
        break;
      }
      Pause(kLookEveryMs);
    }
  }
  return verified;
}

bool AllVerified(const std::vector<VerifiedStream>& streams) {
  return std::all_of(streams.begin(), streams.end(),
                     [](const VerifiedStream& stream) { return stream.verdict.verified(); });
}

void PrintVerification(const VerifiedStream& stream, const std::string& config_file) {
  const tools::Verdict& verdict = stream.verdict;
  const tools::Evidence& evidence = stream.evidence;
  std::printf("%s  %s  %s\n", Styled(stdout, Style::kBold, evidence.stream).c_str(),
              std::string(state::Name(evidence.breaker.state)).c_str(),
              verdict.verified() ? Styled(stdout, Style::kGood, "verified").c_str()
                                 : Styled(stdout, Style::kBad, "not verified").c_str());
  PrintIncident(evidence);
  for (const tools::Tick& tick : verdict.ticks) {
    const std::string name(tools::Name(tick.check));
    std::printf("  %s %s%*s", MarkOf(tick.answer).c_str(), name.c_str(),
                static_cast<int>(kNameColumn - name.size()), "");
    PrintWrapped(tick.found, kNameColumn + 4);
    if (tick.next.empty()) continue;
    std::printf("%*s", static_cast<int>(kNameColumn + 4), "");
    PrintWrapped(Cat("→ ", tick.next), kNameColumn + 4);
  }
  if (!verdict.flowing) {
    std::printf("  it does not flow: `fracas status -c %s --stream %s` says why and what to do\n",
                config_file.c_str(), evidence.stream.c_str());
  }
}

std::string VerificationJson(const std::vector<VerifiedStream>& streams) {
  std::string text = "[";
  for (const VerifiedStream& stream : streams) {
    AppendTo(&text, text.size() == 1 ? "" : ",", tools::ToJson(stream.evidence, stream.verdict));
  }
  return text + "]";
}

}  // namespace fracas::cli
