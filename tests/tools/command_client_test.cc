#include "tools/command_client.h"

#include <gtest/gtest.h>

#include "tests/tools/fake_group.h"

namespace fracas::tools {
namespace {

class CommandClientTest : public testing::Test {
 protected:
  CommandClientTest() {
    group_.AddTopic("shop.control");
    group_.AddTopic("shop.journal", 2);
    group_.authority = Applied;
  }

  CommandClient Client() {
    return CommandClient(
        {.outbox = &group_, .journal = &tail_, .admin = &group_, .clock = &group_.clock},
        "shop.control", "shop.journal");
  }
  static wire::Command Trip(std::string id) {
    wire::Command command;
    command.id = std::move(id);
    command.stream = "ingest/orders";
    command.who = "anna";
    command.why = "test";
    command.args = wire::BreakerTrip{};
    return command;
  }

  FakeGroup group_;
  FakeTail tail_{&group_};
};

TEST_F(CommandClientTest, WaitsForItsOwnEntry) {
  std::string old;
  wire::Encode(Refused(Trip("a1"), "an old one of the same id is not looked at"), &old);
  group_.Append({"shop.journal", 0}, "a1", old);
  group_.authority = [&](const wire::Command& command) {
    std::string other;
    wire::Encode(Refused(Trip("b2"), "somebody else's"), &other);
    group_.Append({"shop.journal", 1}, "b2", other);
    return Applied(command);
  };
  Result<wire::JournalEntry> entry = Client().Send(Trip("a1"), {});
  ASSERT_TRUE(entry.ok()) << entry.status().message();
  EXPECT_TRUE(entry->applied);
  EXPECT_EQ(entry->id, "a1");
}

TEST_F(CommandClientTest, EveryCommandExpires) {
  ASSERT_TRUE(Client().Send(Trip("a1"), {}).ok());
  ASSERT_EQ(group_.commands.size(), 1u);
  EXPECT_EQ(group_.commands[0].not_after_ms,
            group_.commands[0].time_ms + limits::kCommandWaitMsMax);
  EXPECT_NEAR(static_cast<double>(group_.commands[0].time_ms),
              static_cast<double>(group_.clock.wall_ms), 10'000);
}

TEST_F(CommandClientTest, ARefusalIsAnAnswer) {
  group_.authority = [](const wire::Command& command) {
    return Refused(command, "is GREEN already");
  };
  Result<wire::JournalEntry> entry = Client().Send(Trip("a1"), {});
  ASSERT_TRUE(entry.ok());
  EXPECT_FALSE(entry->applied);
  EXPECT_EQ(entry->because, "is GREEN already");
}

TEST_F(CommandClientTest, NobodyAnswers) {
  group_.authority = nullptr;
  int64_t told_ms = 0;
  Result<wire::JournalEntry> entry =
      Client().Send(Trip("a1"), [&](int64_t elapsed_ms) { told_ms = elapsed_ms; });
  ASSERT_FALSE(entry.ok());
  EXPECT_EQ(entry.status().action(), fracas::Action::kRetry);
  const std::string message(entry.status().message());
  EXPECT_NE(message.find("not known"), std::string::npos) << message;
  EXPECT_NE(message.find("fracas journal --id a1"), std::string::npos) << message;
  EXPECT_NE(message.find("expires at 2026-01-31T12:01:"), std::string::npos) << message;
  EXPECT_GE(told_ms, limits::kCommandWaitMsMax - 1'000);
}

TEST_F(CommandClientTest, ASendInDoubtIsSettledByTheJournal) {
  group_.send_status = Status::Abort("in doubt");
  std::string bytes;
  const wire::JournalEntry applied = Applied(Trip("a1"));
  wire::Encode(applied, &bytes);
  CommandClient client = Client();
  bool told = false;
  Result<wire::JournalEntry> entry = client.Send(Trip("a1"), [&](int64_t) {
    if (!told) group_.Append({"shop.journal", 1}, "a1", bytes);
    told = true;
  });
  ASSERT_TRUE(entry.ok()) << entry.status().message();
  EXPECT_TRUE(entry->applied);
  group_.send_status = Status::Retry("certainly not sent");
  EXPECT_EQ(client.Send(Trip("a2"), {}).status().message(), "certainly not sent");
}

TEST_F(CommandClientTest, AMissingTopicIsNamed) {
  group_.topics.erase("shop.journal");
  Result<wire::JournalEntry> entry = Client().Send(Trip("a1"), {});
  ASSERT_FALSE(entry.ok());
  EXPECT_NE(entry.status().message().find("shop.journal"), std::string_view::npos);
  EXPECT_TRUE(group_.commands.empty()) << "nothing is sent that nobody can answer";
}

TEST_F(CommandClientTest, ACommandThatIsTooLongIsNotSent) {
  wire::Command command = Trip("a1");
  command.args = wire::QuarantineRelease{
      .targets = {{.record = false, .id = std::string(limits::kControlBytesMax, 'x')}}};
  EXPECT_EQ(Client().Send(std::move(command), {}).status().action(), fracas::Action::kReject);
  EXPECT_TRUE(group_.commands.empty());
}

// --- Many
// ----------------------------------------------------------------------------------------------

class ManyCommandsTest : public CommandClientTest {
 protected:
  CommandClient::NextCommand Numbers(int count) {
    return [this, count](wire::Command* command) -> Result<bool> {
      if (made_ == count) return false;
      *command = Trip(Cat("c", made_++));
      return true;
    };
  }
  int made_ = 0;
};

TEST_F(ManyCommandsTest, AllAreApplied) {
  uint64_t last = 0;
  const BulkReport report = Client().SendAll(Numbers(1'000), [&](const BulkReport& so_far) {
    EXPECT_GE(so_far.settled, last);
    EXPECT_LE(so_far.sent - so_far.applied, CommandClient::kInFlightMax);
    last = so_far.settled;
  });
  ASSERT_TRUE(report.trouble.ok()) << report.trouble.message();
  EXPECT_EQ(report.applied, 1'000u);
  EXPECT_EQ(report.settled, 1'000u);
  EXPECT_EQ(group_.commands.size(), 1'000u);
}

TEST_F(ManyCommandsTest, NothingIsSentBehindARefusal) {
  group_.authority = [](const wire::Command& command) {
    return command.id == "c10" ? Refused(command, "full") : Applied(command);
  };
  const BulkReport report = Client().SendAll(Numbers(1'000), {});
  EXPECT_EQ(report.refused_count, 1u);
  ASSERT_EQ(report.refused.size(), 1u);
  EXPECT_EQ(report.refused[0].because, "full");
  EXPECT_EQ(report.settled, 10u) << "what is behind the hole does not count";
  EXPECT_EQ(report.sent, CommandClient::kInFlightMax);
  EXPECT_EQ(report.applied, CommandClient::kInFlightMax - 1);
}

TEST_F(ManyCommandsTest, SilenceEndsIt) {
  group_.authority = [](const wire::Command& command) {
    return command.id < "c100" ? Applied(command) : wire::JournalEntry{};
  };
  const BulkReport report = Client().SendAll(Numbers(1'000), {});
  EXPECT_FALSE(report.trouble.ok());
  EXPECT_EQ(report.trouble.action(), fracas::Action::kRetry);
  EXPECT_LT(report.settled, report.sent);
}

TEST_F(ManyCommandsTest, AFailureOfTheListKeepsWhatStoodBeforeIt) {
  const auto numbers = Numbers(1'000);
  const BulkReport report = Client().SendAll(
      [&](wire::Command* command) -> Result<bool> {
        if (made_ == 100) return Status::Reject("line 101 is wrong");
        return numbers(command);
      },
      {});
  EXPECT_EQ(report.trouble.message(), "line 101 is wrong");
  EXPECT_EQ(report.settled, 100u);
}

TEST_F(ManyCommandsTest, NoneIsDone) {
  const BulkReport report = Client().SendAll(Numbers(0), {});
  EXPECT_TRUE(report.trouble.ok());
  EXPECT_EQ(report.sent, 0u);
}

}  // namespace
}  // namespace fracas::tools
