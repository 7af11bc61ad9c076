#include "tools/doctor/local.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/limits_tools.h"
#include "core/text.h"

namespace fracas::tools {

namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr uint64_t kMiB = 1024 * 1024;

void Add(AreaReport* report, Grade grade, std::string what, std::string means, std::string next) {
  report->findings.push_back({grade, std::move(what), std::move(means), std::move(next)});
}

TopicPartition ChangelogOf(const StateQuestion& question) {
  return {question.config->topics.state, 0};
}

// Equal, or what differs. `verify` is how a person looks closer.
void TakeVerified(const Result<VerifyReport>& verified, const std::string& copy,
                  const std::string& verify, AreaReport* report) {
  if (!verified.ok()) {
    const bool away = verified.status().action() == Action::kRetry;
    report->looked &= !away;
    return Add(report, away ? Grade::kWarning : Grade::kError,
               Cat(copy, " could not be compared with its topic: ", verified.status().message()),
               "", verify);
  }
  if (verified->equal()) {
    AppendTo(&report->about, ", equal to its topic at offset ", verified->offset);
    return;
  }
  std::string kinds;
  for (const std::string& kind : verified->kinds) AppendTo(&kinds, kinds.empty() ? "" : ", ", kind);
  Add(report, Grade::kError, Cat(copy, " differs from its topic in: ", kinds),
      "this instance may obey a stop or a quarantine that is not there, or miss one that is",
      verify);
}

void CheckInstance(const StateQuestion& question, AreaReport* report) {
  const std::string address = AddressOf(question.config->http.listen);
  report->about = Cat("the instance at ", address);
  if (question.fold == nullptr) {
    return Add(report, Grade::kNote,
               Cat("its state was not compared with the topic: ", question.why_not), "", "");
  }
  const int64_t begin_ms = question.clock->MonotonicMs();
  InstancePort instance;
  instance.wait = question.wait;
  instance.ask = [&](Offset at_least) -> Result<StateDigest> {
    Result<StateDigest> digest =
        AskDigest(question.get, {.address = address, .group = question.config->group}, at_least);
    const bool in_time = question.clock->MonotonicMs() - begin_ms < limits::kDoctorInstanceMsMax;
    if (digest.ok() || in_time) return digest;
    return Status::Stop(Cat("it has not read the state up to offset ", at_least, " in ",
                            limits::kDoctorInstanceMsMax, " ms: ", digest.status().message()));
  };
  TakeVerified(VerifyInstance(*question.fold, ChangelogOf(question), instance),
               "the instance's state", Cat("fracas state verify -c ", question.config_file),
               report);
}

void CheckFolder(const StateQuestion& question, const FolderLook& folder, AreaReport* report) {
  const std::string& dir = question.config->state_dir;
  const std::string verify = Cat("fracas state verify -c ", question.config_file, " --dir ", dir);
  report->about = Cat("the folder in ", dir);
  if (folder.store == nullptr) {
    return Add(report, Grade::kWarning, Cat("the state in ", dir, " is damaged: ", folder.story),
               "the next start puts it aside and reads the state again from its topic: nothing is "
               "lost, but a disk that damages files does it again",
               verify);
  }
  const int64_t age_ms = question.clock->WallMs() - folder.store->AppliedMs();
  AppendTo(&report->about, ", written ", age_ms / kHourMs, " h ago");
  if (question.fold == nullptr) {
    return Add(report, Grade::kNote, Cat("it was not compared with the topic: ", question.why_not),
               "", "");
  }
  TakeVerified(VerifyStore(*question.fold, ChangelogOf(question), *folder.store), "the folder",
               verify, report);
}

}  // namespace

AreaReport CheckState(const StateQuestion& question) {
  AreaReport report;
  report.area = Area::kState;
  if (question.instance_answers) {
    CheckInstance(question, &report);
    return report;
  }
  const Result<FolderLook> folder = question.open_folder();
  if (folder.ok()) {
    CheckFolder(question, *folder, &report);
    return report;
  }
  if (folder.status().action() == Action::kReject) {
    report.about = Cat("no copy in ", question.config->state_dir, " on this machine");
    return report;
  }
  report.about = "not looked at";
  const std::string address = AddressOf(question.config->http.listen);
  Add(&report, Grade::kWarning, std::string(folder.status().message()),
      address.empty() ? "" : Cat("no instance answers at ", address, " either"),
      address.empty() ? "" : Cat("curl -s http://", address, "/livez"));
  return report;
}

AreaReport CheckDisk(const Result<DiskLook>& disk) {
  AreaReport report;
  report.area = Area::kDisk;
  if (!disk.ok()) {
    report.about = "not looked at";
    Add(&report, Grade::kNote, std::string(disk.status().message()), "", "");
    return report;
  }
  report.about = Cat(disk->free_bytes / kMiB, " MiB free in ", disk->dir);
  const bool refuses = disk->free_bytes < limits::kStateFreeBytesMin;
  if (refuses || disk->free_bytes < limits::kDoctorFreeBytesWarning) {
    Add(&report, refuses ? Grade::kError : Grade::kWarning,
        Cat("only ", disk->free_bytes / kMiB, " MiB are free in ", disk->dir),
        Cat("below ", limits::kStateFreeBytesMin / kMiB,
            " MiB the state takes nothing more and the instance stops"),
        Cat("df -h ", disk->dir));
  }
  for (const FolderAside& aside : disk->aside) {
    Add(&report, Grade::kWarning,
        Cat(aside.path, " was put aside (", aside.bytes / kMiB, " MiB): it could not be believed"),
        "the state was read again from its topic; a disk that damages files does it again",
        Cat("look into the system's log for the disk (dmesg), then: rm -r ", aside.path));
  }
  return report;
}

std::string SkewText(const std::string& whose, const Skew& skew) {
  const auto side = [](int64_t ms) {
    return ms < 0 ? Cat(-ms, " ms behind") : Cat(ms, " ms ahead");
  };
  return Cat(whose, ": ", side(skew.low_ms), " to ", side(skew.high_ms));
}

void JudgeSkew(const std::string& whose, const Skew& skew, AreaReport* report) {
  // By how much it differs at least.
  const int64_t sure_ms = std::max({int64_t{0}, skew.low_ms, -skew.high_ms});
  if (sure_ms <= limits::kDoctorSkewMsWarning) return;
  Add(report, sure_ms > limits::kDoctorSkewMsMax ? Grade::kError : Grade::kWarning,
      Cat(SkewText(whose, skew), " of this machine's"),
      "commands expire early, and ages of records, freshness and retention are judged wrongly",
      "chronyc tracking, on both machines");
}

}  // namespace fracas::tools
