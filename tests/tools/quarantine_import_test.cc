#include "tools/quarantine_import.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "tests/tools/fake_group.h"

namespace fracas::tools {
namespace {

class ImportTest : public testing::Test {
 protected:
  ImportTest() {
    group_.AddTopic("shop.control");
    group_.AddTopic("shop.journal");
    group_.authority = Applied;
    options_.file = "ids.txt";
    options_.stream = "ingest/orders";
    options_.who = "anna";
    options_.why = "INC-1";
    options_.owner = "crm";
    options_.expires_ms = 7;
    options_.new_id = [this] { return Cat("id", ++made_); };
  }
  ~ImportTest() override { unlink(path_.c_str()); }

  ImportReport Import(const std::string& list) {
    std::ofstream(path_) << list;
    const int fd = open(path_.c_str(), O_RDONLY);
    DocumentReader lines(fd, "ids.txt", Framing::kLines, 8 * limits::kIdBytesMax);
    CommandClient client({.outbox = &group_, .journal = &tail_, .admin = &group_, .clock = &group_.clock},
                         "shop.control", "shop.journal");
    ImportReport report = ImportTargets(options_, &lines, &client, {});
    close(fd);
    return report;
  }
  std::vector<std::string> Sent() const {
    std::vector<std::string> ids;
    for (const wire::Command& command : group_.commands) {
      for (const auto& target : std::get<wire::QuarantineAdd>(command.args).targets) ids.push_back(target.id);
    }
    return ids;
  }
  static std::string Numbers(int count) {
    std::string list;
    for (int i = 1; i <= count; ++i) AppendTo(&list, "C-", i, "\n");
    return list;
  }

  const std::string path_ = testing::TempDir() + "fracas_ids_" + std::to_string(getpid());
  FakeGroup group_;
  FakeTail tail_{&group_};
  ImportOptions options_;
  int made_ = 0;
};

TEST_F(ImportTest, AListInCommandsOfAThousand) {
  const ImportReport report = Import(Numbers(2'500));
  ASSERT_TRUE(report.complete) << report.status.message();
  EXPECT_EQ(report.targets, 2'500u);
  EXPECT_EQ(report.through_line, 2'500u);
  ASSERT_EQ(group_.commands.size(), 3u);
  EXPECT_EQ(Sent().front(), "C-1");
  EXPECT_EQ(Sent().back(), "C-2500");
  const auto& add = std::get<wire::QuarantineAdd>(group_.commands[2].args);
  EXPECT_EQ(add.targets.size(), 500u);
  EXPECT_EQ(add.owner, "crm");
  EXPECT_EQ(add.expires_ms, 7);
  EXPECT_EQ(group_.commands[2].why, "INC-1");
}

TEST_F(ImportTest, BlankLinesAndMixedForms) {
  const ImportReport report = Import("C-1\r\n\n{\"id\":\"C-2\"}\n{\"record\":\"t/0/5\"}");
  ASSERT_TRUE(report.complete) << report.status.message();
  EXPECT_EQ(Sent(), (std::vector<std::string>{"C-1", "C-2", "t/0/5"}));
  EXPECT_EQ(report.through_line, 4u);
}

TEST_F(ImportTest, AWrongLineKeepsWhatStandsBeforeIt) {
  const ImportReport report = Import(Numbers(1'200) + "{\"id\":}\nC-x\n");
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.targets, 1'200u);
  EXPECT_EQ(report.through_line, 1'200u);
  const std::string message(report.status.message());
  EXPECT_NE(message.find("ids.txt:1201: "), std::string::npos) << message;
  EXPECT_NE(message.find("--from-line 1201"), std::string::npos) << message;
  EXPECT_EQ(report.status.action(), Action::kReject);
}

TEST_F(ImportTest, GoesOnWhereItEnded) {
  options_.from_line = 1'001;
  const ImportReport report = Import(Numbers(1'500));
  ASSERT_TRUE(report.complete);
  EXPECT_EQ(report.targets, 500u);
  EXPECT_EQ(Sent().front(), "C-1001");
}

TEST_F(ImportTest, ARefusalEndsItAndSaysUpToWhere) {
  group_.authority = [](const wire::Command& command) {
    return command.id == "id3" ? Refused(command, "the quarantine is full") : Applied(command);
  };
  const ImportReport report = Import(Numbers(5'000));
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.through_line, 2'000u);
  const std::string message(report.status.message());
  EXPECT_NE(message.find("the quarantine is full"), std::string::npos) << message;
  EXPECT_NE(message.find("--from-line 2001"), std::string::npos) << message;
}

TEST_F(ImportTest, LongIdsMakeShorterCommands) {
  std::string list;
  for (int i = 0; i < 1'000; ++i) {
    const std::string number = Cat(1'000 + i);
    AppendTo(&list, std::string(limits::kIdBytesMax - number.size(), '"'), number, "\n");  // all escaped
  }
  const ImportReport report = Import(list);
  ASSERT_TRUE(report.complete) << report.status.message();
  EXPECT_GT(group_.commands.size(), 2u);
  const std::vector<std::string> sent = Sent();
  EXPECT_EQ(std::set<std::string>(sent.begin(), sent.end()).size(), 1'000u);
}

TEST_F(ImportTest, AnEmptyListIsDone) {
  const ImportReport report = Import("\n\n");
  EXPECT_TRUE(report.complete);
  EXPECT_TRUE(group_.commands.empty());
}

TEST_F(ImportTest, ManyIdsTakeLittleMemoryAndTime) {
  const ImportReport report = Import(Numbers(200'000));
  ASSERT_TRUE(report.complete);
  EXPECT_EQ(report.targets, 200'000u);
  EXPECT_EQ(group_.commands.size(), 200u);
}

TEST_F(ImportTest, CheckSendsNothing) {
  std::ofstream(path_) << Numbers(3) << "\xFF\n";
  const int fd = open(path_.c_str(), O_RDONLY);
  DocumentReader lines(fd, "ids.txt", Framing::kLines, 8 * limits::kIdBytesMax);
  Result<ListFacts> facts = CheckList(options_, &lines);
  close(fd);
  ASSERT_FALSE(facts.ok());
  EXPECT_NE(facts.status().message().find("ids.txt:4: "), std::string_view::npos);
  EXPECT_TRUE(group_.commands.empty());
}

}  // namespace
}  // namespace fracas::tools
