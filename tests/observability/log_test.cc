#include "observability/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/limits.h"
#include "core/text.h"

namespace fracas::observability {
namespace {

class FakeClock : public Clock {
 public:
  int64_t WallMs() const override { return 1'769'860'800'123; }
  int64_t MonotonicMs() const override { return monotonic_ms; }
  std::atomic<int64_t> monotonic_ms{1'000};
};

class LogTest : public testing::Test {
 protected:
  LogTest() : fd_(mkstemp(path_.data())) {}
  ~LogTest() override {
    close(fd_);
    unlink(path_.c_str());
  }

  std::vector<std::string> Lines() const {
    std::ifstream file(path_);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  LogOptions Options(LogFormat format = LogFormat::kJson) const {
    return {LogLevel::kInfo, format, fd_};
  }

  std::string path_ = testing::TempDir() + "fracas_log_XXXXXX";
  int fd_;
  FakeClock clock_;
};

TEST_F(LogTest, JsonLine) {
  Log log(Options(), clock_);
  log.Write({LogLevel::kWarning,
             "batch_abandoned",
             "a \"bad\" batch",
             {{"stream", "a/b"}, {"rows", "3"}}});
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_EQ(Lines()[0],
            R"({"ts":"2026-01-31T12:00:00.123Z","level":"warn","event":"batch_abandoned",)"
            R"("message":"a \"bad\" batch","fields":{"stream":"a/b","rows":"3"}})");
}

TEST_F(LogTest, TextLineWithoutColoursWhereThereIsNoTerminal) {
  Log log(Options(LogFormat::kText), clock_);
  log.Write({LogLevel::kError, "port_in_use", "port 9464 is taken", {{"port", "9464"}}});
  EXPECT_EQ(Lines()[0],
            "2026-01-31T12:00:00.123Z ERROR port 9464 is taken  [port_in_use port=9464]");
}

TEST_F(LogTest, AutoIsJsonForAFile) {
  Log log(Options(LogFormat::kAuto), clock_);
  log.Write({LogLevel::kInfo, "e", "m", {}});
  EXPECT_TRUE(Lines()[0].starts_with("{"));
}

TEST_F(LogTest, AutoIsColouredTextOnATerminal) {
  unsetenv("NO_COLOR");
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0) GTEST_SKIP() << "no pseudo-terminals on this machine";
  ASSERT_EQ(grantpt(terminal), 0);
  ASSERT_EQ(unlockpt(terminal), 0);
  const int slave = open(ptsname(terminal), O_RDWR | O_NOCTTY);
  ASSERT_GE(slave, 0);
  const auto written = [&] {
    Log log({LogLevel::kInfo, LogFormat::kAuto, slave}, clock_);
    log.Write({LogLevel::kWarning, "e", "m", {}});
    char buffer[512];
    const ssize_t count = read(terminal, buffer, sizeof(buffer));
    return std::string(buffer, count > 0 ? static_cast<size_t>(count) : 0);
  };
  EXPECT_NE(written().find("\x1b[33mWARN"), std::string::npos);
  setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(written().find('\x1b'), std::string::npos);
  unsetenv("NO_COLOR");
  close(slave);
  close(terminal);
}

TEST_F(LogTest, LevelsBelowAreLeftOut) {
  LogOptions options = Options();
  options.level = LogLevel::kWarning;
  Log log(options, clock_);
  log.Write({LogLevel::kDebug, "a", "m", {}});
  log.Write({LogLevel::kInfo, "b", "m", {}});
  log.Write({LogLevel::kWarning, "c", "m", {}});
  log.Write({LogLevel::kError, "d", "m", {}});
  EXPECT_EQ(Lines().size(), 2u);
}

TEST_F(LogTest, NothingForgesALine) {
  const std::string hostile = "a\n2026 ERROR forged\r\x1b[2J\x7f\xC2\x9B\xFF\xED\xA0\x80 \xC3\xBC";
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    Log log(Options(format), clock_);
    log.Write({LogLevel::kInfo, "e", hostile, {{"topic", hostile}}});
  }
  ASSERT_EQ(Lines().size(), 2u);
  for (const std::string& line : Lines()) {
    EXPECT_NE(line.find("a\\u000a2026 ERROR forged\\u000d\\u001b[2J\\u007f\\u009b\xEF\xBF\xBD"),
              std::string::npos)
        << line;
    EXPECT_NE(line.find("\xC3\xBC"), std::string::npos);
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20u);
  }
}

TEST_F(LogTest, LinesAreBounded) {
  Log log(Options(), clock_);
  LogEntry entry{LogLevel::kInfo, "e", std::string(limits::kMiB, '\x01'), {}};
  for (size_t i = 0; i < 100; ++i) entry.fields.push_back({"f", std::string(limits::kMiB, 'x')});
  log.Write(entry);
  EXPECT_LT(Lines()[0].size(), (limits::kLogFieldsMax + 7) * limits::kLogTextBytesMax);
}

TEST_F(LogTest, AFloodIsCountedAndSaid) {
  Log log(Options(), clock_);
  for (int i = 0; i < 1'000; ++i) log.Write({LogLevel::kError, "flood", Cat("number ", i), {}});
  log.Write({LogLevel::kInfo, "other", "m", {}});
  EXPECT_EQ(Lines().size(), limits::kLogBurst + 1) << "one event does not silence another";
  clock_.monotonic_ms += limits::kLogWindowMs;
  log.Write({LogLevel::kError, "flood", "again", {}});
  EXPECT_NE(Lines().back().find(Cat("\"suppressed\":", 1'000 - limits::kLogBurst)),
            std::string::npos);
  log.Write({LogLevel::kError, "flood", "and again", {}});
  EXPECT_EQ(Lines().back().find("suppressed"), std::string::npos);
}

TEST_F(LogTest, EventsWithoutEndShareABudget) {
  Log log(Options(), clock_);
  for (size_t i = 0; i < 3 * limits::kLogEventsMax; ++i) {
    log.Write({LogLevel::kInfo, Cat("event_", i), "m", {}});
  }
  EXPECT_EQ(Lines().size(), limits::kLogEventsMax + limits::kLogBurst);
}

TEST_F(LogTest, ThreadsDoNotMixLines) {
  Log log(Options(), clock_);
  const LogSink sink = log.sink();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&sink, t] {
      for (int i = 0; i < 100; ++i) {
        sink({LogLevel::kInfo, Cat("e", t, "_", i), std::string(500, 'x'), {{"a", "b"}}});
      }
    });
  }
  for (std::thread& each : threads) each.join();
  ASSERT_EQ(Lines().size(), 400u);
  for (const std::string& line : Lines()) {
    EXPECT_TRUE(line.starts_with("{\"ts\"") && line.ends_with("\"fields\":{\"a\":\"b\"}}")) << line;
  }
}

TEST_F(LogTest, AClosedOutputStopsNothing) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  signal(SIGPIPE, SIG_IGN);
  close(ends[0]);
  Log log({LogLevel::kInfo, LogFormat::kJson, ends[1]}, clock_);
  log.Write({LogLevel::kInfo, "e", "m", {}});
  close(ends[1]);
}

TEST(LogOptionsTest, Names) {
  EXPECT_EQ(*ParseLogLevel("warn"), LogLevel::kWarning);
  EXPECT_EQ(*ParseLogLevel("warning"), LogLevel::kWarning);
  EXPECT_EQ(*ParseLogLevel("debug"), LogLevel::kDebug);
  EXPECT_EQ(*ParseLogFormat("json"), LogFormat::kJson);
  EXPECT_EQ(ParseLogLevel("loud").status().action(), Action::kReject);
  EXPECT_NE(ParseLogLevel("loud").status().message().find("debug, info"), std::string_view::npos);
  EXPECT_EQ(ParseLogFormat("xml").status().action(), Action::kReject);
}

}  // namespace
}  // namespace fracas::observability
