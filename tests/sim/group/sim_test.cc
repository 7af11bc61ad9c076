#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <map>
#include <string>

#include "core/text.h"
#include "gtest/gtest.h"
#include "tests/sim/group/world.h"

// One seed = one schedule. FRACAS_SIM_SEED=n runs that one alone, and tells what happens;
// FRACAS_SIM_SEEDS=n sets how many each test runs.

namespace fracas::sim {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// The command that runs a seed of this test again.
std::string Again(uint64_t seed) {
  char program[PATH_MAX] = "sim_test";
  (void)!readlink("/proc/self/exe", program, sizeof(program) - 1);
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  return Cat("FRACAS_SIM_SEED=", seed, " ", std::string(program),
             " --gtest_filter=", std::string(test->test_suite_name()), ".",
             std::string(test->name()));
}

struct Seeds {
  uint64_t first = 1;
  uint64_t count = 0;
};

struct Seen {
  uint64_t rounds = 0;
  std::map<std::string, int> things;
};

// Runs the seeds and reports the first that breaks a guarantee.
Seen RunSeeds(WorldOptions options, Seeds seeds) {
  const uint64_t only = FromEnvironment("FRACAS_SIM_SEED", 0);
  if (only != 0) seeds = {only, 1};
  if (only == 0) seeds.count = FromEnvironment("FRACAS_SIM_SEEDS", seeds.count);
  Seen seen;
  for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    options.seed = seed;
    options.trace = only != 0;
    World world(options);
    world.Run();
    seen.rounds += world.rounds_committed();
    for (const auto& [what, count] : world.seen()) seen.things[what] += count;
    const std::vector<std::string> problems = world.Problems();
    for (const std::string& problem : problems) {
      ADD_FAILURE() << "seed " << seed << ": " << problem << "\nagain: " << Again(seed);
    }
    if (!problems.empty()) break;
  }
  return seen;
}

// What people and clusters do to a group that has a state.
WorldOptions Everything() {
  return {.holds = 25,
          .rejects = 40,
          .warnings = 20,
          .poison = 2,
          .records = 120,
          .steps = 700,
          .operators = true,
          .losses = true};
}

constexpr uint64_t kShards = 10;
constexpr uint64_t kSeedsOfShard = 520;

class Group : public testing::TestWithParam<uint64_t> {};

// Three instances with their tails, authorities and ledgers, operators, and every fault there is.
TEST_P(Group, KeepsGuaranteesUnderFaults) {
  RunSeeds(Everything(), {1 + GetParam() * kSeedsOfShard, kSeedsOfShard});
}

INSTANTIATE_TEST_SUITE_P(Seeds, Group, testing::Range<uint64_t>(0, kShards));

TEST(Sim, KeepsGuaranteesUnderFaults) { EXPECT_GT(RunSeeds({}, {1, 100}).rounds, 0u); }

TEST(Sim, KeepsGuaranteesWhenStreamsTurnRed) { RunSeeds({.holds = 15}, {1, 100}); }

// Without the group's state a stream stays RED as long as its process lives.
TEST(Sim, KeepsGuaranteesWithoutDurableState) {
  RunSeeds({.holds = 8, .records = 300, .steps = 1'500, .durable = false}, {1, 60});
}

// Most dead letters are replayed or discarded, some twice, some when retention has taken them.
WorldOptions Ends() {
  return {.rejects = 250, .records = 80, .steps = 700, .operators = true, .ends = 60};
}

TEST(Sim, KeepsGuaranteesWhileDeadLettersEnd) { RunSeeds(Ends(), {1, 100}); }

TEST(Sim, KeepsGuaranteesWhenATopicRefuses) { RunSeeds({.refusals = true}, {1, 100}); }

// The schedules above do what they are there for.
TEST(Sim, DoesEverythingThatItIsThereFor) {
  const Seen seen = RunSeeds(Everything(), {1, 60});
  for (const char* what : {"crash", "authority moved", "offsets reset", "disk full", "lag", "death",
                           "folder lost", "compaction", "ledger restarted", "ledger disk full",
                           "ledger folder lost", "older ledger folder", "another's ledger folder",
                           "ledger compaction", "letters taken", "unknown topic"}) {
    EXPECT_GT(seen.things.contains(what) ? seen.things.at(what) : 0, 5) << what;
  }
  const Seen ends = RunSeeds(Ends(), {1, 60});
  for (const char* what :
       {"open letter", "resolved letter", "discarded letter", "expired letter"}) {
    EXPECT_GT(ends.things.contains(what) ? ends.things.at(what) : 0, 10) << what;
  }
}

// The checker can fail: each planted defect is found within a few hundred seeds.
void ExpectFound(WorldOptions options, uint64_t seeds) {
  seeds = FromEnvironment("FRACAS_SIM_SEEDS", seeds);
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    options.seed = seed;
    World world(options);
    world.Run();
    const std::vector<std::string> problems = world.Problems();
    if (problems.empty()) continue;
    std::printf("found with seed %llu: %s\n", static_cast<unsigned long long>(seed),
                problems.front().c_str());
    return;
  }
  ADD_FAILURE() << "a planted defect was not found";
}

WorldOptions With(Defects defects) {
  WorldOptions options = Everything();
  options.defects = defects;
  return options;
}

TEST(PlantedDefect, FreshMetadataPublishesTwice) {
  ExpectFound({.records = 400, .steps = 2'500, .defects = {.fresh_metadata = true}}, 200);
}
TEST(PlantedDefect, AnAssignmentThatWaitsForNoRoundPublishesTwice) {
  ExpectFound({.records = 400, .steps = 2'500, .defects = {.hasty = true}}, 200);
}
TEST(PlantedDefect, ForgottenNotesRepeatAttempts) {
  ExpectFound({.holds = 30, .durable = false, .defects = {.forgets_notes = true}}, 200);
}
TEST(PlantedDefect, WorkersThatIgnoreRed) { ExpectFound(With({.ignores_red = true}), 200); }
TEST(PlantedDefect, WorkersThatIgnoreTheirLag) { ExpectFound(With({.ignores_lag = true}), 300); }
TEST(PlantedDefect, WorkersThatMaskNothing) {
  ExpectFound(With({.ignores_quarantine = true}), 200);
}
TEST(PlantedDefect, TicketsThatAreUsedTwice) { ExpectFound(With({.keeps_tickets = true}), 300); }
TEST(PlantedDefect, AStoreThatForgets) { ExpectFound(With({.store_forgets = true}), 200); }
TEST(PlantedDefect, ALedgerThatForgets) { ExpectFound(With({.ledger_forgets = true}), 200); }
TEST(PlantedDefect, ALedgerThatReadsWhatWasAborted) {
  ExpectFound(With({.ledger_reads_aborted = true}), 200);
}
TEST(PlantedDefect, TwoAuthorities) { ExpectFound(With({.two_authorities = true}), 200); }

TEST(Sim, ReplaysASeedIdentically) {
  std::string first;
  for (int run = 0; run < 2; ++run) {
    WorldOptions options = Everything();
    options.seed = 7;
    World world(options);
    world.Run();
    std::string log;
    for (const auto& [partition, at] : world.broker().history()) {
      log += Cat(ToString(partition, at.offset), at.metadata, "\n");
    }
    for (const auto& [key, value] : world.state().fold()) log += key + value;
    if (run == 0) first = log;
    EXPECT_EQ(log, first);
    EXPECT_FALSE(log.empty());
  }
}

}  // namespace
}  // namespace fracas::sim
