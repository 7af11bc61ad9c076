#include "tools/doctor/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "config/reader.h"
#include "core/limits_tools.h"
#include "formats/transaction_log.h"
#include "tests/tools/fake_admin.h"
#include "tests/tools/fake_group.h"
#include "tests/tools/fake_inspector.h"
#include "tools/doctor/lag.h"
#include "tools/doctor/lingering.h"

namespace fracas::tools {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kNowMs = 1'769'860'800'000;
const TopicPartition kOut{"orders", 0};

config::Config Shop() {
  config::Reading reading = config::ReadBytes(
      "group: shop\ninstance: node-1\nkafka: {bootstrap.servers: 'b:9092'}\n"
      "state: {dir: /nowhere}\nhttp: {listen: '127.0.0.1:9464'}\n"
      "pipelines: {p: {streams: {orders: {topics: [orders.raw], publish: {mode: copy, topic: "
      "orders}}}}}\n",
      "shop.yaml", {});
  EXPECT_TRUE(reading.ok());
  return reading.draft;
}

// A record of the coordinators' topic, as the layout in formats/transaction_log.h says.
std::string Number(uint64_t value, size_t bytes) {
  std::string text;
  for (; bytes > 0; --bytes) text.push_back(static_cast<char>(value >> (8 * (bytes - 1)) & 0xFF));
  return text;
}
FakeInspector::Record Transaction(const std::string& id, int64_t started_ms,
                                  const TopicPartition& partition, int status = 1) {
  return {.key = Number(0, 2) + Number(id.size(), 2) + id,
          .value = Number(0, 2) + Number(7, 8) + Number(2, 2) + Number(10'000, 4) +
                   Number(static_cast<uint64_t>(status), 1) + Number(1, 4) +
                   Number(partition.topic.size(), 2) + partition.topic + Number(1, 4) +
                   Number(static_cast<uint64_t>(partition.partition), 4) +
                   Number(static_cast<uint64_t>(started_ms), 8) +
                   Number(static_cast<uint64_t>(started_ms), 8),
          .timestamp_ms = started_ms};
}

// A healthy group of one stream on one broker, and what can be made wrong with it.
class DoctorTest : public testing::Test {
 protected:
  DoctorTest() : config_(Shop()) {
    for (const char* topic : {"orders", "shop.failures", "shop.batches", "shop.control",
                              "shop.journal", "orders.raw.dlq"}) {
      Both(topic, {{"max.message.bytes", "9000000"}, {"retention.ms", "9000000000"}});
    }
    Both("orders.raw", {});
    for (const char* topic : {"shop.state", "shop.ledger"}) {
      Both(topic, {{"cleanup.policy", "compact"}, {"delete.retention.ms", "604800000"}});
    }
    inspector_.Add("__transaction_state", 1);
    inspector_.committed[{"orders.raw", 0}] = 0;
  }

  void Both(const char* topic, std::map<std::string, std::string> config) {
    admin_.Add(topic, 1, std::move(config));
    inspector_.Add(topic, 1);
  }

  // The streams are asked of nobody: an instance that is not there, and a reader that fails.
  Diagnosis Run(DoctorQuestion question = {}) {
    question.config = &config_;
    question.config_file = "shop.yaml";
    const auto nobody = [](const std::string&, const std::string&) -> Result<HttpAnswer> {
      return Status::Retry("nobody listens there");
    };
    const auto admin = [this]() -> Result<Admin*> {
      if (!connected_.ok()) return connected_;
      return static_cast<Admin*>(&admin_);
    };
    const auto reader = []() -> Result<std::unique_ptr<LogReader>> {
      return Status::Stop("no reader here");
    };
    LiveReader live(
        config_,
        {.get = nobody, .admin = admin, .reader = reader, .clock = &clock_, .progress = {}}, false);
    DoctorPorts ports;
    ports.inspector = &inspector_;
    ports.connected = connected_;
    ports.admin = admin;
    ports.reader = reader;
    ports.live = &live;
    ports.get = nobody;
    ports.open_folder = [this]() -> Result<FolderLook> { return Folder(); };
    ports.disk = [this]() -> Result<DiskLook> { return disk_; };
    ports.clock = &clock_;
    ports.wait = [this](int64_t ms) { clock_.moved_ms += ms; };
    return Examine(question, ports);
  }

  Result<FolderLook> Folder() {
    if (damaged_.empty()) return Status::Reject("there is none");
    return FolderLook{.store = nullptr, .story = damaged_};
  }

  const AreaReport& Of(const Diagnosis& diagnosis, Area area) {
    const auto found =
        std::find_if(diagnosis.areas.begin(), diagnosis.areas.end(),
                     [area](const AreaReport& report) { return report.area == area; });
    EXPECT_NE(found, diagnosis.areas.end());
    return *found;
  }

  const config::Config config_;
  FakeInspector inspector_;
  FakeAdmin admin_;
  MovingClock clock_;
  Status connected_;
  std::string damaged_;
  DiskLook disk_{.dir = "/nowhere", .free_bytes = 1ULL << 40, .aside = {}};
};

TEST_F(DoctorTest, AHealthyGroupIsFine) {
  const Diagnosis diagnosis = Run();
  EXPECT_TRUE(diagnosis.fine()) << ToJson(diagnosis);
  EXPECT_TRUE(diagnosis.looked()) << ToJson(diagnosis);
  EXPECT_THAT(diagnosis.areas, SizeIs(9));
  for (size_t i = 0; i < diagnosis.areas.size(); ++i) {
    EXPECT_EQ(diagnosis.areas[i].area, static_cast<Area>(i));
    EXPECT_THAT(diagnosis.areas[i].about, testing::Not(IsEmpty()));
  }
}

TEST_F(DoctorTest, BrokersAwayEndTheClusterPartAndTheRestIsLookedAt) {
  connected_ = Status::Retry("no broker of b:9092 answers");
  damaged_ = "a file is missing";
  const Diagnosis diagnosis = Run();
  EXPECT_FALSE(diagnosis.looked());
  EXPECT_FALSE(Of(diagnosis, Area::kLag).looked);
  ASSERT_THAT(Of(diagnosis, Area::kBrokers).findings, SizeIs(1));
  EXPECT_EQ(Of(diagnosis, Area::kBrokers).findings[0].what, "no broker of b:9092 answers");
  EXPECT_THAT(Of(diagnosis, Area::kState).findings[0].what, HasSubstr("a file is missing"));
  EXPECT_THAT(Of(diagnosis, Area::kTopics).findings, IsEmpty()) << "one finding is enough";
}

TEST_F(DoctorTest, BrokersThatFallSilentAreAskedNothingMore) {
  inspector_.silent = true;
  const Diagnosis diagnosis = Run();
  EXPECT_FALSE(diagnosis.looked());
  EXPECT_FALSE(Of(diagnosis, Area::kTransactions).looked);
  EXPECT_EQ(diagnosis.Count(Grade::kError), 1U) << ToJson(diagnosis);
}

TEST_F(DoctorTest, ABrokerThatDoesNotAnswerAndVersionsThatDiffer) {
  inspector_.cluster.brokers.push_back(inspector_.cluster.brokers[0]);
  inspector_.cluster.brokers[0].settings = {{"inter.broker.protocol.version", "3.8-IV0"}};
  inspector_.cluster.brokers[1].settings = {{"inter.broker.protocol.version", "3.9-IV0"}};
  BrokerSeen& away = inspector_.cluster.brokers.emplace_back();
  away.id = 3;
  away.address = "10.0.0.3:9092";
  away.answers = Status::Retry("broker 3 at 10.0.0.3:9092: timed out");
  const AreaReport report = Of(Run(), Area::kBrokers);
  EXPECT_EQ(report.about, "2 of 3 answer, cluster abc, version 3.8-IV0, 3.9-IV0");
  ASSERT_THAT(report.findings, SizeIs(2));
  EXPECT_EQ(report.findings[0].grade, Grade::kError);
  EXPECT_THAT(report.findings[0].next, HasSubstr("10.0.0.3:9092"));
  EXPECT_EQ(report.findings[1].grade, Grade::kNote);
}

TEST_F(DoctorTest, ARefusalIsAFindingAndTheRestGoesOn) {
  inspector_.refused = {{"topic orders.raw.dlq", true},
                        {"read shop.state", true},
                        {"group shop", true},
                        {"acls", true},
                        {"topic __transaction_state", true}};
  const Diagnosis diagnosis = Run();
  EXPECT_TRUE(diagnosis.looked()) << ToJson(diagnosis);
  const AreaReport& access = Of(diagnosis, Area::kAccess);
  ASSERT_THAT(access.findings, SizeIs(4)) << ToJson(diagnosis);
  EXPECT_EQ(access.findings[0].grade, Grade::kNote);
  EXPECT_EQ(access.findings[1].what,
            "User:ANONYMOUS lacks Read, Write, DescribeConfigs on topic orders.raw.dlq");
  EXPECT_EQ(access.findings[2].what, "User:ANONYMOUS lacks Read on topic shop.state");
  EXPECT_EQ(access.findings[3].what, "User:ANONYMOUS lacks Describe on group shop");
  EXPECT_THAT(access.findings[2].next, HasSubstr("--topic shop.state --operation Read"));
  EXPECT_THAT(Of(diagnosis, Area::kTopics).about, HasSubstr("9 of 10"));
  EXPECT_THAT(Of(diagnosis, Area::kClock).about, HasSubstr("Read on __transaction_state"));
}

TEST_F(DoctorTest, RulesAreComparedForWhomIsAsked) {
  inspector_.acls = {.authorizer = true, .rules = {}};
  DoctorQuestion question;
  question.principal = "User:fracas";
  ASSERT_THAT(Of(Run(question), Area::kAccess).findings, SizeIs(1)) << "a refusal looks so";
  EXPECT_EQ(Of(Run(question), Area::kAccess).findings[0].grade, Grade::kNote);
  inspector_.cluster.brokers[0].settings = {{"log.dirs", "/data"}};
  EXPECT_THAT(Of(Run(question), Area::kAccess).about, HasSubstr("no authorizer"));
  inspector_.cluster.brokers[0].settings = {{"authorizer.class.name", "StandardAuthorizer"}};
  inspector_.acls.rules = {{.resource = AclResource::kTopic,
                            .prefixed = true,
                            .name = "shop.",
                            .principal = "User:fracas",
                            .host = "*",
                            .operation = AclOperation::kAll,
                            .allow = true}};
  const Diagnosis diagnosis = Run(question);
  const AreaReport& access = Of(diagnosis, Area::kAccess);
  EXPECT_THAT(access.about, HasSubstr("1 rules compared for User:fracas"));
  const auto lacks = std::find_if(
      access.findings.begin(), access.findings.end(), [](const DoctorFinding& finding) {
        return finding.what == "User:fracas lacks Write on transactional-id shop.authority";
      });
  EXPECT_NE(lacks, access.findings.end()) << ToJson(diagnosis);
}

TEST_F(DoctorTest, ATopicThatIsWrongBringsItsCommand) {
  admin_.topics["shop.state"].config["cleanup.policy"] = "delete";
  const Diagnosis diagnosis = Run();
  const AreaReport& topics = Of(diagnosis, Area::kTopics);
  ASSERT_THAT(topics.findings, SizeIs(1));
  EXPECT_EQ(topics.findings[0].grade, Grade::kError);
  EXPECT_THAT(topics.findings[0].next, HasSubstr("--add-config cleanup.policy=compact"));
}

TEST_F(DoctorTest, ATransactionThatHoldsReadersIsNamed) {
  inspector_.SetEnds(kOut, 100, 130);
  inspector_.logs[{"__transaction_state", 0}] = {
      Transaction("shop-node-1-0", kNowMs - 60'000, {"elsewhere", 0}),
      Transaction("importer", kNowMs - 60'000, kOut),
      Transaction("gone", kNowMs - 60'000, kOut),
      {.key = Transaction("gone", 0, kOut).key, .value = "", .tombstone = true},
      Transaction("done", kNowMs - 60'000, kOut, 4)};
  inspector_.SetEnds({"__transaction_state", 0}, 5, 5);
  const Diagnosis diagnosis = Run();
  ASSERT_THAT(diagnosis.transactions, SizeIs(1)) << ToJson(diagnosis);
  EXPECT_EQ(diagnosis.transactions[0].id, "importer");
  EXPECT_THAT(diagnosis.transactions[0].partitions, testing::ElementsAre(kOut));
  const AreaReport& report = Of(diagnosis, Area::kTransactions);
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_THAT(report.findings[0].what,
              HasSubstr("transaction importer (not of this group, Ongoing)"));
  EXPECT_THAT(report.findings[0].means, HasSubstr("offset 100; 30 offsets behind it wait"));
  EXPECT_THAT(report.findings[0].next,
              HasSubstr("kafka-transactions.sh --bootstrap-server b:9092 abort --topic orders "
                        "--partition 0 --start-offset 100"));
}

TEST_F(DoctorTest, WhatMovesBetweenTheLooksIsNoFinding) {
  inspector_.SetEnds(kOut, 100, 130);
  inspector_.committed[{"orders.raw", 0}] = 5;
  inspector_.SetEnds({"orders.raw", 0}, 50, 50);
  int asked = 0;
  inspector_.on_ends = [&] {
    if (++asked < 2) return;
    inspector_.SetEnds(kOut, 120, 150);
    inspector_.committed[{"orders.raw", 0}] = 6;
  };
  const Diagnosis diagnosis = Run();
  EXPECT_TRUE(diagnosis.fine()) << ToJson(diagnosis);
}

TEST_F(DoctorTest, WithoutReadOnTheCoordinatorsTopicTheAdminsCommandIsShown) {
  inspector_.SetEnds(kOut, 100, 130);
  inspector_.refused["topic __transaction_state"] = true;
  const Diagnosis diagnosis = Run();
  const AreaReport& report = Of(diagnosis, Area::kTransactions);
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_THAT(report.findings[0].next,
              HasSubstr("describe-producers --topic orders --partition 0"));
}

TEST_F(DoctorTest, ABrokersClockIsBracketedByTwoQuestions) {
  int asked = 0;
  inspector_.on_ends = [&] {
    if (++asked < 3) return;
    inspector_.SetEnds({"__transaction_state", 0}, 1, 1);
  };
  inspector_.logs[{"__transaction_state", 0}] = {Transaction("x", kNowMs, {"t", 0})};
  inspector_.logs[{"__transaction_state", 0}][0].timestamp_ms = kNowMs + 40'000;
  const Diagnosis diagnosis = Run();
  const AreaReport& clock = Of(diagnosis, Area::kClock);
  ASSERT_THAT(clock.findings, SizeIs(1)) << ToJson(diagnosis);
  EXPECT_EQ(clock.findings[0].grade, Grade::kError);
  EXPECT_THAT(clock.about, HasSubstr("a broker's clock: 39"));
}

TEST_F(DoctorTest, DiskAndFoldersPutAside) {
  disk_.free_bytes = limits::kDoctorFreeBytesWarning;
  EXPECT_THAT(CheckDisk(disk_).findings, IsEmpty());
  disk_.free_bytes -= 1;
  EXPECT_EQ(CheckDisk(disk_).findings.at(0).grade, Grade::kWarning);
  disk_.free_bytes = 1;
  disk_.aside = {{"/nowhere/shop.state.damaged-1", 1 << 20}};
  const AreaReport report = CheckDisk(disk_);
  EXPECT_EQ(report.findings.at(0).grade, Grade::kError);
  EXPECT_THAT(report.findings.at(1).next, HasSubstr("rm -r /nowhere/shop.state.damaged-1"));
}

TEST(DoctorSkew, OnlyWhatIsSureCounts) {
  const auto findings = [](Skew skew) {
    AreaReport report;
    JudgeSkew("a clock", skew, &report);
    return report.findings;
  };
  const int64_t warned = limits::kDoctorSkewMsWarning;
  EXPECT_THAT(findings({-5'000, 5'000}), IsEmpty());
  EXPECT_THAT(findings({warned, 9'000}), IsEmpty());
  ASSERT_THAT(findings({warned + 1, 9'000}), SizeIs(1));
  EXPECT_EQ(findings({-9'000, -warned - 1})[0].grade, Grade::kWarning);
  EXPECT_EQ(findings({-90'000, -limits::kDoctorSkewMsMax - 1})[0].grade, Grade::kError);
  EXPECT_EQ(SkewOf(1'000, 990, 1'030).low_ms, -30);
  EXPECT_EQ(SkewOf(1'000, 990, 1'030).high_ms, 10);
}

TEST(DoctorLingering, WhoseATransactionalIdIs) {
  EXPECT_EQ(InstanceOf("shop-node-1-0", "shop"), "node-1");
  EXPECT_EQ(InstanceOf("shop.authority", "shop"), "authority");
  for (const char* other : {"shop", "shop-", "shop--0", "shop-node", "shop-node-", "shop-node-x",
                            "shopping-node-1-0", "shop.other", ""}) {
    EXPECT_EQ(InstanceOf(other, "shop"), "") << other;
  }
}

TEST(DoctorLingering, AgeDecidesAndHangingOnesAreTold) {
  TransactionLog log;
  formats::TransactionEntry entry;
  entry.state = formats::TransactionState::kOngoing;
  entry.partitions = {kOut};
  entry.timeout_ms = 10'000;
  entry.started_ms = kNowMs - limits::kDoctorTransactionMsMax;
  log.by_id["shop-node-1-0"] = entry;
  HoldersQuestion question{.group = "shop",
                           .brokers = "b",
                           .now_ms = kNowMs,
                           .held = {{kOut, 5, 9}, {{"orders", 1}, 1, 2}}};
  const Holders holders = FindHolders(question, log);
  ASSERT_THAT(holders.findings, SizeIs(2));
  EXPECT_THAT(holders.findings[0].next, HasSubstr("restart instance node-1"));
  EXPECT_THAT(holders.findings[1].what,
              HasSubstr("orders/1 is held at offset 1: it was left hanging"));
  question.now_ms -= 1;
  EXPECT_THAT(FindHolders(question, log).findings, SizeIs(1)) << "one that is young is not named";
  log.unknown = 1;
  EXPECT_THAT(FindHolders(question, log).findings, IsEmpty()) << "what cannot be read may hold it";
}

TEST(DoctorLingering, RecordsThatAreNoneAreCounted) {
  TransactionLog log;
  TakeTransactionRecord({.key = "??", .value = "?"}, &log);
  const FakeInspector::Record good = Transaction("x", 1, kOut);
  TakeTransactionRecord({.key = good.key, .value = "\xFF\xFF"}, &log);
  TakeTransactionRecord({.key = good.key, .value = good.value}, &log);
  EXPECT_EQ(log.unknown, 2U);
  EXPECT_THAT(log.unknown_why, HasSubstr("version"));
  EXPECT_THAT(log.by_id, SizeIs(1));
}

SourceSeen Source(Offset low, Offset high, Offset before, Offset now) {
  return {.partition = {"orders.raw", 0},
          .stream = "p/orders",
          .low = low,
          .high = high,
          .before = before,
          .now = now};
}

std::vector<DoctorFinding> LagFindings(const SourceSeen& source, GroupSeen members,
                                       const LiveState* live = nullptr) {
  return CheckLag({.group = "shop",
                   .config_file = "shop.yaml",
                   .address = "",
                   .members = members,
                   .live = live,
                   .now_ms = kNowMs,
                   .watched_ms = 3'000,
                   .sources = {source}})
      .findings;
}

TEST(DoctorLag, WhatIsBehindAndWhy) {
  const GroupSeen at_work{.state = "Stable", .members = 2};
  EXPECT_THAT(LagFindings(Source(0, 50, 50, 50), at_work), IsEmpty());
  EXPECT_THAT(LagFindings(Source(0, 50, 10, 20), at_work), IsEmpty()) << "it moves";
  const std::vector<DoctorFinding> stuck = LagFindings(Source(0, 50, 10, 10), at_work);
  ASSERT_THAT(stuck, SizeIs(1));
  EXPECT_EQ(stuck[0].grade, Grade::kWarning);
  EXPECT_THAT(stuck[0].what, HasSubstr("did not move from offset 10 in 3000 ms; 40 records wait"));
  const std::vector<DoctorFinding> nobody = LagFindings(Source(0, 50, -1, -1), {.state = "Dead"});
  ASSERT_THAT(nobody, SizeIs(1));
  EXPECT_THAT(nobody[0].what, HasSubstr("nobody is at work: group shop has no members"));
  const std::vector<DoctorFinding> lost = LagFindings(Source(30, 50, 10, 10), at_work);
  ASSERT_THAT(lost, SizeIs(1));
  EXPECT_THAT(lost[0].next, HasSubstr("accept-loss -c shop.yaml --stream p/orders"));
}

TEST(DoctorLag, AStoppedStreamIsToldOnceInsteadOfItsPartitions) {
  LiveState live;
  StreamLive& stream = live.streams.emplace_back();
  stream.stream = "p/orders";
  stream.breaker.state = state::BreakerState::kRed;
  stream.breaker.since_ms = kNowMs - 1'000;
  stream.breaker.reason = "TYPE_MISMATCH at orders.raw/0/12";
  const std::vector<DoctorFinding> findings =
      LagFindings(Source(0, 50, 10, 10), {.state = "Stable", .members = 1}, &live);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, Grade::kError);
  EXPECT_THAT(findings[0].what, HasSubstr("stream p/orders is RED since"));
}

}  // namespace
}  // namespace fracas::tools
