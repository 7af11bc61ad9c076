#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <string>

#include "core/text.h"
#include "state/store/rocks_store.h"
#include "tests/state/batches.h"
#include "tests/state/store_fixture.h"

// Stores and the death of their processes.

namespace fracas::state {
namespace {

// The program of writer_main.cc, and what it says.
class Writer {
 public:
  explicit Writer(const std::string& dir) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      execl(FRACAS_STATE_WRITER, FRACAS_STATE_WRITER, dir.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    said_ = fdopen(ends[0], "r");
  }
  ~Writer() { Kill(); }

  // Reads until it has said `at_least`; the last thing that it said. -1: it ended.
  int64_t Wait(int64_t at_least) {
    char line[32];
    while (last_ < at_least && std::fgets(line, sizeof(line), said_) != nullptr)
      last_ = std::strtoll(line, nullptr, 10);
    return last_ < at_least ? -1 : last_;
  }

  // SIGKILL, whatever it is doing; then the last thing that it said.
  int64_t Kill() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      pid_ = 0;
      char line[32];
      while (std::fgets(line, sizeof(line), said_) != nullptr) {
        if (std::string_view(line).ends_with('\n')) last_ = std::strtoll(line, nullptr, 10);
      }
      std::fclose(said_);
    }
    return last_;
  }

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  std::FILE* said_ = nullptr;
  int64_t last_ = -1;
};

using StateProcessTest = StoreFixture;

TEST_F(StateProcessTest, KilledWritersLeaveExactlyWhatTheirPositionSays) {
  std::mt19937 random(7);
  int64_t done = 0;
  for (int round = 0; round < 15; ++round) {
    Writer writer(Options().dir);
    ASSERT_GE(writer.Wait(done + 1 + static_cast<int64_t>(random() % 200)), 0);
    const int64_t told = writer.Kill();
    const OpenedStore opened = Open(Options());
    ASSERT_EQ(opened.found, FolderState::kContinued) << opened.story;
    done = opened.store->Position(kStateLog) / kOffsetsPerBatch;
    EXPECT_GE(done, told) << "a killed process lost what it had been told is applied";
    EXPECT_LE(done, told + 1);
    EXPECT_EQ(ContentOf(*opened.store), ContentAfter(done));
  }
  EXPECT_TRUE(Aside().empty());
}

TEST_F(StateProcessTest, SecondProcessIsRefusedByNameUntilTheFirstIsGone) {
  Writer writer(Options().dir);
  ASSERT_GE(writer.Wait(1), 0);
  const Result<OpenedStore> refused = OpenStore(Options());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().action(), Action::kStop);
  EXPECT_NE(refused.status().message().find(
                Cat("in use by pid ", writer.pid(), ", instance writer: stop")),
            std::string::npos)
      << refused.status().message();
  ASSERT_FALSE(InspectStore(Options()).ok());
  EXPECT_GE(writer.Wait(20), 0) << "the refused one disturbed the first";
  writer.Kill();
  EXPECT_EQ(Open(Options()).found, FolderState::kContinued);
}

TEST_F(StateProcessTest, ReaderAfterAKillSeesTheLog) {
  Writer writer(Options().dir);
  ASSERT_GE(writer.Wait(30), 0);
  writer.Kill();
  const Result<OpenedStore> inspected = InspectStore(Options());
  ASSERT_TRUE(inspected.ok());
  ASSERT_EQ(inspected->found, FolderState::kContinued) << inspected->story;
  EXPECT_EQ(ContentOf(*inspected->store),
            ContentAfter(inspected->store->Position(kStateLog) / kOffsetsPerBatch));
}

}  // namespace
}  // namespace fracas::state
