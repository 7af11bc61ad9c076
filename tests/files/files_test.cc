#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "core/record.h"
#include "core/text.h"
#include "files/file_source.h"
#include "files/output_folder.h"
#include "gtest/gtest.h"

namespace fracas::files {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "fracas-files-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override {
    fs::permissions(dir_, fs::perms::owner_all);
    fs::remove_all(dir_);
  }

  std::string Write(const std::string& name, const std::string& bytes) {
    const std::string path = dir_ + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  static std::string Read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }

  // Opens one file and takes its assignment.
  std::unique_ptr<Source> Open(const std::string& path) {
    auto source = OpenFiles({{path, "t"}}, &progress_);
    EXPECT_TRUE(source.ok()) << source.status().message();
    std::vector<SourceEvent> events;
    (*source)->Poll({0, 0, 0}, nullptr, &events);
    EXPECT_EQ(events.size(), 1u);
    EXPECT_EQ(events.at(0).kind, SourceEvent::Kind::kAssigned);
    return std::move(*source);
  }

  // All lines until the end, `records_max` at a time.
  std::vector<std::string> Drain(Source* source, size_t records_max = 3) {
    std::vector<std::string> lines;
    const auto lease = source->NewLease();
    while (true) {
      std::vector<SourceEvent> events;
      for (const ConsumedRecord& record :
           source->Poll({records_max, 1 << 20, 0}, lease.get(), &events)) {
        EXPECT_EQ(record.offset, next_++);
        EXPECT_EQ(record.key.data(), nullptr);
        EXPECT_EQ(record.timestamp_ms, kNoTime);
        lines.emplace_back(record.value);
      }
      if (!events.empty()) {
        last_ = events.back();
        return lines;
      }
    }
  }

  std::string dir_;
  ReadProgress progress_;
  Offset next_ = 0;
  SourceEvent last_;
};

TEST_F(Files, LinesAreRecords) {
  const auto source = Open(Write("a.ndjson", "one\n\n{\"x\":1}\r\nlast"));
  EXPECT_EQ(Drain(source.get()), (std::vector<std::string>{"one", "", "{\"x\":1}\r", "last"}));
  EXPECT_EQ(last_.kind, SourceEvent::Kind::kEndOfInput);
  EXPECT_EQ(progress_.bytes.load(), progress_.bytes_total.load());
}

TEST_F(Files, AnEmptyFileHasNoRecord) {
  const auto source = Open(Write("a.ndjson", ""));
  EXPECT_TRUE(Drain(source.get()).empty());
  EXPECT_EQ(last_.kind, SourceEvent::Kind::kEndOfInput);
}

TEST_F(Files, LinesAcrossAndBeyondBlocksAreWhole) {
  std::string bytes;
  std::vector<std::string> want;
  for (size_t i = 0; i < 40; ++i) {
    want.push_back(std::string(i * 37'013 % 300'000, static_cast<char>('a' + i % 26)));
    bytes += want.back() + "\n";
  }
  want.push_back(std::string(3'000'000, 'L'));  // longer than a block
  bytes += want.back() + "\n";
  want.push_back("tail");
  bytes += "tail\n";
  const auto source = Open(Write("a.ndjson", bytes));
  EXPECT_EQ(Drain(source.get()), want);
}

TEST_F(Files, GoesBackToALine) {
  std::string bytes;
  for (int i = 0; i < 50'000; ++i) bytes += Cat("line ", i, std::string(60, '.'), "\n");
  const auto source = Open(Write("a.ndjson", bytes));
  EXPECT_EQ(Drain(source.get(), 1'000).size(), 50'000u);
  for (const Offset line : {49'999, 20'000, 1, 0}) {
    ASSERT_TRUE(source->Seek(0, line).ok());
    next_ = line;
    const std::vector<std::string> lines = Drain(source.get(), 1'000);
    ASSERT_EQ(lines.size(), static_cast<size_t>(50'000 - line));
    EXPECT_EQ(lines[0], Cat("line ", line, std::string(60, '.')));
  }
}

TEST_F(Files, AHeldFileIsDone) {
  const auto source = Open(Write("a.ndjson", "1\n2\n3\n"));
  ASSERT_TRUE(source->Hold(0, 1).ok());
  EXPECT_TRUE(Drain(source.get()).empty());
  EXPECT_EQ(last_.kind, SourceEvent::Kind::kEndOfInput);
  ASSERT_TRUE(source->Release(0).ok());
  next_ = 1;
  EXPECT_EQ(Drain(source.get()), (std::vector<std::string>{"2", "3"}));
}

TEST_F(Files, LinesOutliveTheSource) {
  auto source = Open(Write("a.ndjson", "kept\n"));
  const auto lease = source->NewLease();
  std::vector<SourceEvent> events;
  const std::string_view line = source->Poll({1, 100, 0}, lease.get(), &events)[0].value;
  source->Close();
  source.reset();
  EXPECT_EQ(line, "kept");
}

TEST_F(Files, RefusesWhatCannotBeRead) {
  EXPECT_EQ(OpenFiles({{dir_ + "/none", "t"}}, &progress_).status().action(), Action::kReject);
  EXPECT_EQ(OpenFiles({{dir_, "t"}}, &progress_).status().action(), Action::kReject);
  const std::string path = Write("a", "");
  const Status twice = OpenFiles({{path, "t"}, {path, "t"}}, &progress_).status();
  EXPECT_EQ(twice.action(), Action::kReject);
}

// --- Output ---------------------------------------------------------------------------------------------

OutputFolder::Role RoleOfTest(const std::string& topic) {
  if (topic == "dlq") return OutputFolder::Role::kDeadLetters;
  if (topic == "failures") return OutputFolder::Role::kFailures;
  if (topic == "batches") return OutputFolder::Role::kBatches;
  return OutputFolder::Role::kPublished;
}

TEST_F(Files, WritesEveryOutputUnderItsNameAtTheEnd) {
  auto folder = OutputFolder::Create(dir_ + "/out");
  ASSERT_TRUE(folder.ok()) << folder.status().message();
  const auto transaction = NewTransaction(folder->get(), RoleOfTest);
  const OutputTopic published = *transaction->Open("t");
  const OutputTopic letters = *transaction->Open("dlq");
  const OutputTopic failures = *transaction->Open("failures");
  ASSERT_TRUE(transaction->Begin().ok());
  ConsumedRecord good;
  good.value = "{\"a\": 1}";
  ASSERT_TRUE(transaction->Forward(published, 0, good, nullptr).ok());
  ProducedRecord letter;
  letter.value = "\xff\x01";
  letter.timestamp_ms = kNoTime;
  const std::vector<HeaderView> headers = {{"h", "text"}, {"n", std::string_view()}};
  letter.headers = headers;
  ASSERT_TRUE(transaction->Produce(letters, 3, letter).ok());
  ProducedRecord event;
  event.value = "{}";
  ASSERT_TRUE(transaction->Produce(failures, 0, event).ok());
  EXPECT_EQ(transaction->accepted(), 3u);
  ASSERT_TRUE(transaction->Commit(nullptr, {}).committed());
  EXPECT_FALSE(fs::exists(dir_ + "/out/published.ndjson"));
  ASSERT_TRUE((*folder)->Finish("{\"ok\":true}\n").ok());
  EXPECT_EQ(Read(dir_ + "/out/published.ndjson"), "{\"a\": 1}\n");
  EXPECT_EQ(Read(dir_ + "/out/dlq.ndjson"),
            "{\"topic\":\"dlq\",\"partition\":3,\"timestamp\":null,\"key\":null,"
            "\"value_base64\":\"/wE=\",\"headers\":[{\"name\":\"h\",\"value\":\"text\"},"
            "{\"name\":\"n\",\"value\":null}]}\n");
  EXPECT_EQ(Read(dir_ + "/out/failures.ndjson"), "{}\n");
  EXPECT_EQ(Read(dir_ + "/out/batches.ndjson"), "");
  EXPECT_EQ(Read(dir_ + "/out/summary.json"), "{\"ok\":true}\n");
}

TEST_F(Files, NothingOfAnAbortedTransactionIsWritten) {
  auto folder = OutputFolder::Create(dir_ + "/out");
  ASSERT_TRUE(folder.ok());
  const auto transaction = NewTransaction(folder->get(), RoleOfTest);
  const OutputTopic published = *transaction->Open("t");
  ConsumedRecord record;
  record.value = "aborted";
  ASSERT_TRUE(transaction->Begin().ok());
  ASSERT_TRUE(transaction->Forward(published, 0, record, nullptr).ok());
  EXPECT_FALSE(transaction->Abort().committed());
  ASSERT_TRUE(transaction->Begin().ok());
  record.value = "kept";
  ASSERT_TRUE(transaction->Forward(published, 0, record, nullptr).ok());
  EXPECT_TRUE(transaction->Commit(nullptr, {}).committed());
  ASSERT_TRUE((*folder)->Finish("{}").ok());
  EXPECT_EQ(Read(dir_ + "/out/published.ndjson"), "kept\n");
}

TEST_F(Files, AnUnfinishedRunLeavesNothing) {
  { ASSERT_TRUE(OutputFolder::Create(dir_ + "/out").ok()); }
  EXPECT_TRUE(fs::is_empty(dir_ + "/out"));
}

TEST_F(Files, RefusesAFolderThatIsNotEmptyOrNotWritable) {
  Write("something", "");
  const Status full = OutputFolder::Create(dir_).status();
  EXPECT_EQ(full.action(), Action::kReject);
  EXPECT_NE(full.message().find("something"), std::string_view::npos);
  EXPECT_EQ(OutputFolder::Create(dir_ + "/something").status().action(), Action::kReject);
  if (geteuid() == 0) return;  // root may write everywhere
  fs::create_directory(dir_ + "/locked");
  fs::permissions(dir_ + "/locked", fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(OutputFolder::Create(dir_ + "/locked").status().action(), Action::kReject);
}

TEST_F(Files, AFullDiskTakesTheTransactionBack) {
  auto folder = OutputFolder::Create(dir_ + "/out");
  ASSERT_TRUE(folder.ok());
  std::array<std::string, OutputFolder::kRoles> bytes;
  bytes[0] = "first\n";
  ASSERT_TRUE((*folder)->Append(bytes).ok());
  // A file size limit stands in for a full disk.
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1'000, 1'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    bytes[0] = "second\n";
    bytes[1] = std::string(5'000, 'x');
    const Status status = (*folder)->Append(bytes);
    _exit(!status.ok() && status.action() == Action::kStop ? 0 : 1);
  }
  int code = 0;
  ASSERT_EQ(waitpid(child, &code, 0), child);
  EXPECT_EQ(code, 0);
  ASSERT_TRUE((*folder)->Finish("{}").ok());
  EXPECT_EQ(Read(dir_ + "/out/published.ndjson"), "first\n");
  EXPECT_EQ(Read(dir_ + "/out/dlq.ndjson"), "");
}

}  // namespace
}  // namespace fracas::files
