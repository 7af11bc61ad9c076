#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/model.h"
#include "core/status.h"
#include "ports/clock.h"
#include "ports/state_store.h"
#include "tools/doctor/diagnosis.h"
#include "tools/live_reader.h"
#include "tools/state_verify.h"

// What doctor finds on this machine: the copy of the state, its disk, the clock of the instance.

namespace fracas::tools {

// A stopped instance's folder. `store` null: it cannot be used, and why.
struct FolderLook {
  std::unique_ptr<StateStore> store;
  std::string story;
};

// A damaged or foreign folder that an instance has put aside.
struct FolderAside {
  std::string path;
  uint64_t bytes = 0;
};

struct DiskLook {
  std::string dir;  // state.dir, or the nearest folder above it that exists
  uint64_t free_bytes = 0;
  std::vector<FolderAside> aside;
};

// Which topic a copy is compared with, and how. `fold` null: the cluster cannot be asked
// (`why_not`).
struct StateQuestion {
  const config::Config* config = nullptr;
  const FoldPorts* fold = nullptr;
  std::string why_not;
  std::string config_file;
  bool instance_answers = false;  // at http.listen
  // Of the running instance at `address`; of the folder, as InspectedState of the command line.
  std::function<Result<HttpAnswer>(const std::string& address, const std::string& target)> get;
  std::function<Result<FolderLook>()> open_folder;
  std::function<void(int64_t ms)> wait;
  const Clock* clock = nullptr;
};
AreaReport CheckState(const StateQuestion& question);

AreaReport CheckDisk(const Result<DiskLook>& disk);

// Between two readings of our clock somebody wrote down his: his clock is ahead of ours by between
// `low_ms` and `high_ms` (negative: behind).
struct Skew {
  int64_t low_ms = 0;
  int64_t high_ms = 0;
};
inline Skew SkewOf(int64_t theirs_ms, int64_t before_ms, int64_t after_ms) {
  return {theirs_ms - after_ms, theirs_ms - before_ms};
}
// A finding when it surely differs by more than limits::kDoctorSkewMsWarning.
void JudgeSkew(const std::string& whose, const Skew& skew, AreaReport* report);
// "the brokers' clock: 12 ms behind to 180 ms ahead".
std::string SkewText(const std::string& whose, const Skew& skew);

}  // namespace fracas::tools
