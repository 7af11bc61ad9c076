#include "tools/topics.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/config/fixture.h"
#include "tests/tools/fake_admin.h"

namespace fracas::tools {
namespace {

using config::Lines;

config::Config ConfigOf(const std::string& streams) {
  const std::string yaml =
      std::string(config::kHead) + "pipelines: {p: {streams: {" + streams + "}}}\n";
  const config::Reading reading = config::Read(yaml);
  EXPECT_TRUE(reading.ok()) << Lines(reading.problems);
  return reading.draft;
}

TopicPlan PlanOf(const config::Config& config, FakeAdmin* admin) {
  Result<TopicPlan> plan = PlanTopics(config, admin);
  EXPECT_TRUE(plan.ok()) << plan.status().message();
  return plan.ok() ? *plan : TopicPlan{};
}

std::string Checked(const config::Config& config, FakeAdmin* admin) {
  Result<std::vector<config::Problem>> problems = CheckTopics(config, PlanOf(config, admin), admin);
  EXPECT_TRUE(problems.ok());
  return Lines(*problems);
}

const PlannedTopic* Find(const TopicPlan& plan, const std::string& name) {
  const auto found = std::find_if(plan.topics.begin(), plan.topics.end(),
                                  [&](const PlannedTopic& topic) { return topic.name == name; });
  return found == plan.topics.end() ? nullptr : &*found;
}

// Our own topics as they should be.
void AddOwn(FakeAdmin* admin) {
  admin->Add("g.failures", 1);
  admin->Add("g.batches", 1);
  for (const char* name : {"g.control", "g.journal"})
    admin->Add(name, 1, {{"retention.ms", "7776000000"}});
  for (const char* name : {"g.state", "g.ledger"})
    admin->Add(name, 1, {{"cleanup.policy", "compact"}, {"delete.retention.ms", "604800000"}});
}

constexpr char kCopy[] = "s: {topics: [raw], publish: {topic: out}}";

TEST(PlanTopics, OutputsFollowTheirSource) {
  FakeAdmin admin;
  admin.Add(
      "raw", 6,
      {{"max.message.bytes", "2000000"}, {"cleanup.policy", "compact"}, {"retention.ms", "1000"}});
  const TopicPlan plan = PlanOf(ConfigOf(kCopy), &admin);
  EXPECT_TRUE(plan.problems.empty()) << Lines(plan.problems);
  ASSERT_EQ(plan.topics.size(), 10U);
  const PlannedTopic* out = Find(plan, "out");
  ASSERT_NE(out, nullptr);
  EXPECT_EQ(out->partitions_min, 6);
  EXPECT_EQ(out->message_bytes_min, 2'000'000);
  EXPECT_EQ(out->settings.at("cleanup.policy"), "compact");
  EXPECT_EQ(out->settings.at("retention.ms"), "1000");
  const PlannedTopic* dead = Find(plan, "raw.dlq");
  ASSERT_NE(dead, nullptr);
  EXPECT_EQ(dead->partitions_min, 6);
  EXPECT_EQ(dead->message_bytes_min, 2'000'000 + 65'536);
  EXPECT_EQ(dead->settings.at("cleanup.policy"), "delete");
  EXPECT_EQ(dead->settings.at("retention.ms"), "2592000000");
  ASSERT_NE(Find(plan, "g.failures"), nullptr);
  EXPECT_EQ(Find(plan, "g.failures")->settings.at("retention.ms"), "2592000000");
  EXPECT_NE(Find(plan, "g.batches"), nullptr);
}

TEST(PlanTopics, ControlKeepsATrailAndStateTheNewest) {
  FakeAdmin admin;
  admin.Add("raw", 6);
  const TopicPlan plan = PlanOf(ConfigOf(kCopy), &admin);
  for (const char* name : {"g.control", "g.journal"}) {
    ASSERT_NE(Find(plan, name), nullptr) << name;
    EXPECT_EQ(Find(plan, name)->partitions_min, 1) << name;
    EXPECT_EQ(Find(plan, name)->settings.at("cleanup.policy"), "delete") << name;
    EXPECT_EQ(Find(plan, name)->settings.at("retention.ms"), "7776000000") << name;
    EXPECT_EQ(Find(plan, name)->settings.at("retention.bytes"), "-1") << name;
  }
  for (const char* name : {"g.state", "g.ledger", "g.replays"}) {
    ASSERT_NE(Find(plan, name), nullptr) << name;
    EXPECT_EQ(Find(plan, name)->partitions_max, 1) << name;
    EXPECT_EQ(Find(plan, name)->settings.at("cleanup.policy"), "compact") << name;
    EXPECT_EQ(Find(plan, name)->settings.at("delete.retention.ms"), "604800000") << name;
    EXPECT_FALSE(Find(plan, name)->settings.contains("retention.ms")) << name;
  }
  EXPECT_EQ(Find(plan, "g.control")->partitions_max, 1);
}

TEST(PlanTopics, ShadowModeNeedsNoOutputs) {
  FakeAdmin admin;
  admin.Add("raw", 2);
  const TopicPlan plan = PlanOf(ConfigOf("s: {topics: [raw]}"), &admin);
  EXPECT_EQ(Find(plan, "raw.dlq"), nullptr);
  EXPECT_EQ(plan.topics.size(), 8U);
}

TEST(PlanTopics, APatternTakesWhatExists) {
  FakeAdmin admin;
  admin.Add("crm.a.raw", 2);
  admin.Add("crm.b.raw", 4);
  admin.Add("crm.raw", 8);
  admin.Add("__consumer_offsets", 50);
  const TopicPlan plan = PlanOf(
      ConfigOf("s: {topics_pattern: '^crm\\.(.+)\\.raw$', publish: {topic: 'all.{1}'}}"), &admin);
  EXPECT_TRUE(plan.problems.empty()) << Lines(plan.problems);
  ASSERT_NE(Find(plan, "all.a"), nullptr);
  EXPECT_EQ(Find(plan, "all.b")->partitions_min, 4);
  EXPECT_EQ(Find(plan, "crm.raw"), nullptr);
}

TEST(PlanTopics, SourcesThatShareAnOutputNeedTheLargest) {
  FakeAdmin admin;
  admin.Add("a", 2, {{"max.message.bytes", "9000000"}});
  admin.Add("b", 5);
  const TopicPlan plan = PlanOf(ConfigOf("s: {topics: [a, b], publish: {topic: out}}"), &admin);
  ASSERT_NE(Find(plan, "out"), nullptr);
  EXPECT_EQ(Find(plan, "out")->partitions_min, 5);
  EXPECT_EQ(Find(plan, "out")->message_bytes_min, 9'000'000);
}

TEST(PlanTopics, TellsWhatIsWrongWithTheSources) {
  FakeAdmin admin;
  admin.Add("crm.a", 2);
  admin.Add("crm.a.dlq", 2);
  const TopicPlan plan = PlanOf(
      ConfigOf(
          "one: {topics: [crm.a], publish: {topic: out}}, two: {topics_pattern: '^crm\\..+$'}, "
          "three: {topics_pattern: '^nothing$'}, four: {topics: [gone]}"),
      &admin);
  const std::string lines = Lines(plan.problems);
  EXPECT_NE(lines.find("topic crm.a would be read by stream p/two and is read by p/one"),
            std::string::npos)
      << lines;
  EXPECT_NE(
      lines.find("crm.a.dlq carries the dead letters of stream p/one, and stream p/two reads it"),
      std::string::npos)
      << lines;
  EXPECT_NE(lines.find("warning: topics_pattern of stream p/three matches no topic yet"),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find("error: source topic gone of stream p/four does not exist"),
            std::string::npos)
      << lines;
}

TEST(PlanTopics, OurOwnTopicsAreNoSources) {
  FakeAdmin admin;
  AddOwn(&admin);
  admin.Add("g.replays", 1, {{"cleanup.policy", "compact"}});
  const TopicPlan plan = PlanOf(ConfigOf("s: {topics_pattern: '^g\\..+$'}"), &admin);
  const std::string lines = Lines(plan.problems);
  for (const char* name :
       {"g.failures", "g.batches", "g.control", "g.journal", "g.state", "g.ledger", "g.replays"}) {
    EXPECT_NE(lines.find(std::string("would read ") + name + ", a topic of our own"),
              std::string::npos)
        << name << "\n" << lines;
  }
}

TEST(PlanTopics, AClusterThatDoesNotAnswerIsAFailure) {
  FakeAdmin admin;
  admin.down = Status::Retry("no broker answers");
  EXPECT_FALSE(PlanTopics(ConfigOf(kCopy), &admin).ok());
  EXPECT_FALSE(CheckTopics(ConfigOf(kCopy), {}, &admin).ok());
  EXPECT_FALSE(CreateTopics(ConfigOf(kCopy), {}, &admin).ok());
}

TEST(CheckTopics, MissingOnesAreMendedByCreate) {
  FakeAdmin admin;
  admin.Add("raw", 3);
  const config::Config config = ConfigOf(kCopy);
  const std::string lines = Checked(config, &admin);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 8) << lines;
  EXPECT_NE(lines.find("topic out (published of p/s) does not exist; fracas topics --create -c "
                       "/etc/fracas/f.yaml"),
            std::string::npos)
      << lines;
  const Result<std::vector<CreatedTopic>> created =
      CreateTopics(config, PlanOf(config, &admin), &admin);
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->size(), 9U) << "the progress of replays, too";
  EXPECT_EQ(Checked(config, &admin), "");
  EXPECT_EQ(admin.topics["out"].partitions, 3);
  EXPECT_EQ(admin.topics["out"].replication, -1);
  EXPECT_EQ(CreateTopics(config, PlanOf(config, &admin), &admin)->size(), 0U)
      << "a second time creates nothing";
}

TEST(CheckTopics, EachShortcomingWithItsCommand) {
  FakeAdmin admin;
  const config::Config config = ConfigOf(kCopy);
  AddOwn(&admin);
  admin.Add("raw", 6);
  admin.Add("out", 3, {{"cleanup.policy", "compact"}, {"message.timestamp.type", "LogAppendTime"}});
  admin.Add("raw.dlq", 6, {{"retention.ms", "86400000"}});
  admin.Add("g.failures", 1, {{"cleanup.policy", "compact,delete"}});
  admin.Add("g.batches", 1, {{"retention.ms", "-1"}});
  const std::string lines = Checked(config, &admin);
  for (const char* wanted :
       {"topic out (published of p/s) has 3 partitions, its source raw has 6: records keep their "
        "partition's number; "
        "kafka-topics.sh --bootstrap-server localhost:9092 --alter --topic out --partitions 6",
        "error: topic out (published of p/s) is compacted",
        "warning: topic out (published of p/s) replaces timestamps",
        "error: topic raw.dlq (dead letters of p/s) takes records of up to 1048588 bytes, but "
        "records of 1114124 bytes can come",
        "--entity-name raw.dlq --add-config max.message.bytes=1114124",
        "warning: topic raw.dlq (dead letters of p/s) keeps records for 1 days; 30 are needed",
        "error: topic g.failures (failure events) is compacted"}) {
    EXPECT_NE(lines.find(wanted), std::string::npos) << wanted << "\n" << lines;
  }
  EXPECT_EQ(lines.find("g.batches"), std::string::npos) << lines;
}

TEST(CheckTopics, ControlAndStateAreHeldAgainstTheirNeeds) {
  FakeAdmin admin;
  const config::Config config = ConfigOf("s: {topics: [raw]}");
  admin.Add("raw", 1);
  AddOwn(&admin);
  EXPECT_EQ(Checked(config, &admin), "");
  admin.topics["g.control"].partitions = 3;
  admin.topics["g.control"].config["retention.ms"] = "604800000";
  admin.topics["g.journal"].config["retention.bytes"] = "1000000";
  admin.topics["g.journal"].config["cleanup.policy"] = "compact";
  admin.topics["g.state"].config["cleanup.policy"] = "compact,delete";
  admin.topics["g.state"].config["delete.retention.ms"] = "86400000";
  admin.topics["g.state"].replication = 3;
  admin.topics["g.state"].config["min.insync.replicas"] = "1";
  admin.topics["g.ledger"].config["cleanup.policy"] = "delete";
  admin.topics["g.ledger"].partitions = 2;
  admin.topics["g.ledger"].config["max.message.bytes"] = "1000";
  for (const char* name : {"g.batches", "g.failures", "g.journal", "g.control", "g.state"})
    admin.topics[name].config["max.message.bytes"] = "200";
  const std::string lines = Checked(config, &admin);
  for (const char* wanted :
       {"error: topic g.control (commands and facts) has 3 partitions and may have 1",
        "kafka-topics.sh --bootstrap-server localhost:9092 --delete --topic g.control if nothing "
        "ever used it, or name a new topic; then fracas topics --create -c /etc/fracas/f.yaml",
        "warning: topic g.control (commands and facts) keeps records for 7 days; 90 are needed to "
        "tell who did what",
        "warning: topic g.journal (journal) keeps at most 1000000 bytes of a partition",
        "error: topic g.journal (journal) is compacted",
        "error: topic g.state (state) has cleanup.policy compact,delete",
        "--entity-name g.state --add-config cleanup.policy=compact",
        "error: topic g.state (state) keeps deletions for 24 hours; 168 are needed",
        "warning: topic g.state (state) takes records that only one of its 3 replicas has",
        "error: topic g.ledger (ledger) has cleanup.policy delete",
        "error: topic g.ledger (ledger) has 2 partitions and may have 1",
        "error: topic g.ledger (ledger) takes records of up to 1000 bytes",
        "error: topic g.batches (batch summaries) takes records of up to 200 bytes, but records of 1048588",
        "--entity-name g.batches --add-config max.message.bytes=1048588",
        "error: topic g.failures (failure events) takes records of up to 200 bytes",
        "error: topic g.journal (journal) takes records of up to 200 bytes",
        "error: topic g.control (commands and facts) takes records of up to 200 bytes",
        "error: topic g.state (state) takes records of up to 200 bytes"}) {
    EXPECT_NE(lines.find(wanted), std::string::npos) << wanted << "\n" << lines;
  }
}

TEST(CheckTopics, SettingsThatCannotBeReadAreAWarning) {
  FakeAdmin admin;
  const config::Config config = ConfigOf("s: {topics: [raw]}");
  admin.Add("raw", 1);
  AddOwn(&admin);
  admin.topics["g.failures"].config.clear();
  admin.topics["g.failures"].config_status = Status::Reject("not authorised");
  EXPECT_NE(Checked(config, &admin)
                .find("warning: the settings of topic g.failures (failure events) cannot be read: "
                      "not authorised"),
            std::string::npos);
}

TEST(CreateTopics, OneRefusalDoesNotHideTheOthers) {
  FakeAdmin admin;
  admin.Add("raw", 2);
  admin.refuse["out"] = Status::Reject("not authorised");
  const config::Config config = ConfigOf(kCopy);
  const Result<std::vector<CreatedTopic>> created =
      CreateTopics(config, PlanOf(config, &admin), &admin);
  ASSERT_TRUE(created.ok());
  size_t failed = 0;
  for (const CreatedTopic& topic : *created) failed += topic.status.ok() ? 0 : 1;
  EXPECT_EQ(failed, 1U);
  EXPECT_TRUE(admin.topics.contains("raw.dlq"));
}

}  // namespace
}  // namespace fracas::tools
