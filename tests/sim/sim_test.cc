#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "tests/sim/checker.h"
#include "tests/sim/world.h"

// One seed = one schedule. FRACAS_SIM_SEED=n runs that one alone; FRACAS_SIM_SEEDS=n sets how many each
// test runs.

namespace fracas::sim {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Runs the seeds and reports the first that breaks a guarantee. Returns how many rounds were committed.
uint64_t RunSeeds(WorldOptions options, uint64_t seeds) {
  const uint64_t only = FromEnvironment("FRACAS_SIM_SEED", 0);
  const uint64_t last = only != 0 ? only : FromEnvironment("FRACAS_SIM_SEEDS", seeds);
  uint64_t rounds = 0;
  for (uint64_t seed = only != 0 ? only : 1; seed <= last; ++seed) {
    options.seed = seed;
    options.trace = only != 0;
    World world(options);
    world.Run();
    const std::vector<std::string> problems = Check(world.evidence());
    rounds += world.rounds_committed();
    for (const std::string& problem : problems) {
      ADD_FAILURE() << "seed " << seed << ": " << problem
                    << "\nagain: FRACAS_SIM_SEED=" << seed;
    }
    if (!problems.empty()) break;
  }
  return rounds;
}

TEST(Sim, KeepsGuaranteesUnderFaults) { EXPECT_GT(RunSeeds({}, 150), 0u); }

TEST(Sim, KeepsGuaranteesWhenStreamsTurnRed) {
  RunSeeds({.holds = 15}, 100);
}

// Without the group's state a stream stays RED as long as its process lives.
TEST(Sim, KeepsGuaranteesWithoutDurableState) {
  RunSeeds({.holds = 8, .durable = false}, 50);
}

// The schedules above do turn streams RED, probe them and let them go.
TEST(Sim, TripsAndPasses) {
  int tripped = 0;
  int passed = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    World world({.seed = seed, .holds = 30});
    world.Run();
    const auto& seen = world.authority().seen();
    tripped += seen.contains("tripped") ? seen.at("tripped") : 0;
    passed += seen.contains("probe_passed") ? seen.at("probe_passed") : 0;
    EXPECT_EQ(world.authority().state(0), state::BreakerState::kGreen);
  }
  EXPECT_GT(tripped, 20);
  EXPECT_GT(passed, 5);
}

TEST(Sim, KeepsGuaranteesWhenATopicRefuses) { RunSeeds({.refusals = true}, 100); }

// The checker can fail: with offsets sent under fresh group metadata two members publish the same records.
TEST(Sim, SeesAPlantedDefect) {
  size_t problems = 0;
  for (uint64_t seed = 1; seed <= 100 && problems == 0; ++seed) {
    World world({.seed = seed, .fresh_metadata = true});
    world.Run();
    problems = Check(world.evidence()).size();
  }
  EXPECT_GT(problems, 0u);
}

TEST(Sim, ReplaysASeedIdentically) {
  std::string first;
  for (int run = 0; run < 2; ++run) {
    World world({.seed = 7, .holds = 5});
    world.Run();
    std::string log;
    for (const auto& [partition, at] : world.broker().history()) {
      log += partition.topic + std::to_string(partition.partition) + ":" +
             std::to_string(at.offset) + at.metadata + "\n";
    }
    if (run == 0) first = log;
    EXPECT_EQ(log, first);
    EXPECT_FALSE(log.empty());
  }
}

}  // namespace
}  // namespace fracas::sim
