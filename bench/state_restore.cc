#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "core/limits.h"
#include "state/format/codec.h"
#include "state/store/rocks_store.h"

// How long an instance takes to have its state again: `state_restore FOLDER [ENTRIES]` applies a
// log of quarantine entries in memory to a store in FOLDER/state (cold), then opens what is there,
// believes it and reads every entry (warm). Prints seconds.

namespace fracas {
namespace {

using Watch = std::chrono::steady_clock;

double SecondsSince(Watch::time_point begin) {
  return std::chrono::duration<double>(Watch::now() - begin).count();
}

// Of all threads, user and system.
double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// A business id of 36 bytes, in no order.
std::string KeyOf(uint64_t number) {
  const uint64_t mixed = (number + 1) * 0x9E3779B97F4A7C15;
  char id[40];
  std::snprintf(id, sizeof(id), "%016" PRIx64 "-%019" PRIu64, mixed, number);
  return state::QuarantineKeyBytes(
      {.stream = "standard_ingest/crm.contacts", .scope = state::QuarantineScope::kId, .id = id});
}

std::string ValueOf(uint64_t number) {
  state::QuarantineEntry entry;
  entry.stamp = {.version = 1,
                 .control_offset = static_cast<Offset>(number / limits::kCommandTargetsMax),
                 .command_id = "0123456789abcdef0123456789abcdef",
                 .time_ms = 1'767'225'600'000};
  entry.code = Code::kQuarantined;
  entry.reason = "rejected by the destination, ticket 4711";
  entry.owner = "crm-team";
  entry.who = "ana@node-1";
  entry.since_ms = 1'767'225'600'000;
  return state::Encode(entry);
}

state::StoreOptions OptionsOf(const std::string& folder) {
  return {.dir = folder + "/state",
          .group = "bench",
          .topic = "bench.state",
          .cluster = "",
          .owner = "bench"};
}

bool Cold(const std::string& folder, uint64_t entries) {
  const Watch::time_point begin = Watch::now();
  const double cpu = CpuSeconds();
  Result<state::OpenedStore> opened = state::OpenStore(OptionsOf(folder));
  if (!opened.ok() || opened->found != state::FolderState::kFresh) {
    std::fprintf(stderr, "%s\n",
                 std::string(opened.ok() ? opened->story : opened.status().message()).c_str());
    return false;
  }
  std::vector<StateChange> batch;
  for (uint64_t number = 0; number < entries; ++number) {
    batch.push_back({.key = KeyOf(number), .value = ValueOf(number)});
    if (batch.size() < limits::kStateBatchRecordsMax && number + 1 < entries) continue;
    const Status applied = opened->store->Apply(
        batch, {{{"bench.state", 0}, static_cast<Offset>(number) + 1}}, 1'767'225'600'000);
    if (!applied.ok()) {
      std::fprintf(stderr, "%s\n", std::string(applied.message()).c_str());
      return false;
    }
    batch.clear();
  }
  opened->store.reset();
  std::printf("cold: %" PRIu64 " entries applied and closed in %.1f s, %.1f s of CPU\n", entries,
              SecondsSince(begin), CpuSeconds() - cpu);
  return true;
}

bool Warm(const std::string& folder, uint64_t entries) {
  const Watch::time_point begin = Watch::now();
  const double cpu = CpuSeconds();
  Result<state::OpenedStore> opened = state::OpenStore(OptionsOf(folder));
  if (!opened.ok() || opened->found != state::FolderState::kContinued) {
    std::fprintf(stderr, "%s\n",
                 std::string(opened.ok() ? opened->story : opened.status().message()).c_str());
    return false;
  }
  const double open_seconds = SecondsSince(begin);
  uint64_t seen = 0;
  const Status visited =
      opened->store->Visit("", [&](std::string_view key, std::string_view value) {
        const bool fine =
            state::DecodeQuarantineKey(key).ok() && state::DecodeQuarantineEntry(value).ok();
        seen += fine ? 1 : 0;
        return fine;
      });
  std::printf("warm: opened and believed in %.1f s, %" PRIu64
              " entries read and decoded after %.1f s, %.1f s of CPU\n",
              open_seconds, seen, SecondsSince(begin), CpuSeconds() - cpu);
  return visited.ok() && seen == entries;
}

}  // namespace
}  // namespace fracas

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: state_restore FOLDER [ENTRIES]   (FOLDER/state must not exist)\n");
    return 2;
  }
  const uint64_t entries = argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  return fracas::Cold(argv[1], entries) && fracas::Warm(argv[1], entries) ? 0 : 1;
}
