#include "files/crash_log.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace fracas::files {
namespace {

const TopicPartition kSource{"t", 3};

class CrashLogTest : public testing::Test {
 protected:
  CrashLogTest() : path_(testing::TempDir() + "crash_log_" + std::to_string(getpid())) {
    unlink(path_.c_str());
  }
  ~CrashLogTest() override { unlink(path_.c_str()); }

  std::unique_ptr<CrashLog> Open() {
    auto log = OpenCrashLog(path_);
    EXPECT_TRUE(log.ok()) << log.status().message();
    return std::move(*log);
  }

  // A process that dies by SIGKILL after `work`.
  void Die(const std::function<void(CrashLog*)>& work) {
    const pid_t child = fork();
    if (child == 0) {
      auto log = OpenCrashLog(path_);
      if (!log.ok()) _exit(1);
      work(log->get());
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  }

  std::string Bytes() const {
    std::ifstream file(path_, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
  }
  void Write(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }

  const std::string path_;
};

TEST_F(CrashLogTest, ADeathBetweenBeginAndEndIsRemembered) {
  Die([](CrashLog* log) { log->Begin(kSource, 100, 200); });
  const auto deaths = Open()->Deaths();
  ASSERT_EQ(deaths.size(), 1u);
  EXPECT_EQ(deaths[0].source, kSource);
  EXPECT_EQ(deaths[0].from, 100);
  EXPECT_EQ(deaths[0].to, 200);
  EXPECT_EQ(deaths[0].deaths, 1);
  EXPECT_EQ(Open()->Deaths().size(), 1u);  // once
}

TEST_F(CrashLogTest, ADeathElsewhereIsNobodysFault) {
  Die([](CrashLog* log) {
    log->Begin(kSource, 100, 200);
    log->End();
  });
  EXPECT_TRUE(Open()->Deaths().empty());
  Open()->Begin(kSource, 1, 2);  // closed in order
  EXPECT_TRUE(Open()->Deaths().empty());
}

// The record that was found in a range inherits its deaths: three in all.
TEST_F(CrashLogTest, ARecordInheritsTheDeathsOfItsRange) {
  Die([](CrashLog* log) { log->Begin(kSource, 100, 200); });
  for (int i = 0; i < 2; ++i) {
    Die([](CrashLog* log) {
      log->Begin(kSource, 100, 180);
      log->At(100);
      log->At(150);
    });
  }
  const auto deaths = Open()->Deaths();
  ASSERT_EQ(deaths.size(), 2u);
  EXPECT_EQ(deaths[1].from, 150);
  EXPECT_EQ(deaths[1].to, 151);
  EXPECT_EQ(deaths[1].deaths, 3);
}

TEST_F(CrashLogTest, ForgetsWhatIsThrough) {
  Die([](CrashLog* log) { log->Begin(kSource, 100, 200); });
  {
    const auto log = Open();
    log->Forget(kSource, 199);
    log->Forget({"t", 4}, 500);
    EXPECT_EQ(log->Deaths().size(), 1u);
    log->Forget(kSource, 200);
  }
  EXPECT_TRUE(Open()->Deaths().empty());
}

TEST_F(CrashLogTest, KeepsTheLastSixteen) {
  for (Offset from = 0; from < 20; ++from) {
    Die([&](CrashLog* log) { log->Begin(kSource, from * 10, from * 10 + 5); });
  }
  const auto deaths = Open()->Deaths();
  ASSERT_EQ(deaths.size(), 16u);
  EXPECT_EQ(deaths.front().from, 40);
}

// Whatever is in the file: no crash, no death that nobody died.
TEST_F(CrashLogTest, ToleratesGarbage) {
  for (const std::string& bytes : {std::string(), std::string("x"), std::string(5'000, '\xff')}) {
    Write(bytes);
    EXPECT_TRUE(Open()->Deaths().empty());
  }
  Die([](CrashLog* log) { log->Begin(kSource, 100, 200); });
  Open();
  const std::string whole = Bytes();
  for (size_t at = 0; at < whole.size(); at += 7) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    Write(damaged);
    for (const CrashRange& range : Open()->Deaths()) {
      EXPECT_EQ(range.from, 100) << at;
      EXPECT_EQ(range.source, kSource) << at;
    }
  }
  Write(whole.substr(0, whole.size() / 2));
  EXPECT_TRUE(Open()->Deaths().empty());
}

TEST_F(CrashLogTest, SaysWhyItCannotBeOpened) {
  const auto log = OpenCrashLog("/nowhere/at/all");
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.status().action(), Action::kStop);
  EXPECT_NE(log.status().message().find("/nowhere/at/all"), std::string_view::npos);
}

}  // namespace
}  // namespace fracas::files
