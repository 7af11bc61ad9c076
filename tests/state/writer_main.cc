#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "state/store/rocks_store.h"
#include "tests/state/batches.h"

// A process of its own that writes batches into a store until it is killed, and says after each
// which one it was told is applied: `state_writer FOLDER`.

int main(int argc, char** argv) {
  namespace state = fracas::state;
  if (argc != 2) return 2;
  const fracas::TopicPartition log{"fracas.state", 0};
  fracas::Result<state::OpenedStore> opened = state::OpenStore({.dir = argv[1],
                                                                .group = "fracas",
                                                                .topic = log.topic,
                                                                .cluster = "c-1",
                                                                .owner = "instance writer",
                                                                .now_ms = 1'767'225'600'000,
                                                                .free_bytes_min = 0});
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", std::string(opened.status().message()).c_str());
    return 1;
  }
  for (int64_t number = opened->store->Position(log) / state::kOffsetsPerBatch;; ++number) {
    std::printf("%" PRId64 "\n", number);
    if (std::fflush(stdout) != 0) return 1;
    if (!state::ApplyBatch(opened->store.get(), log, number + 1).ok()) return 1;
  }
}
