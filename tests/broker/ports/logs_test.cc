// Reading a log without a group, and questions to a cluster.

#include <gtest/gtest.h>

#include "core/record.h"
#include "core/text.h"
#include "tests/broker/ports/worker.h"

namespace fracas::broker_test {
namespace {

class Logs : public ::testing::Test {
 protected:
  void SetUp() override {
    topic_ = MakeTopic("log");
    transaction_ = kafka::NewTransaction({.connection = Connect(),
                                          .transactional_id = UniqueName("id"),
                                          .record_bytes_max = 1'000'000});
    ASSERT_TRUE(transaction_->Recreate().ok());
    output_ = *transaction_->Open(topic_);
    auto reader = kafka::OpenLogReader(Connect(), "reader");
    ASSERT_TRUE(reader.ok());
    reader_ = std::move(*reader);
  }
  void Put(const std::string& value) {
    ProducedRecord record;
    record.value = value;
    record.timestamp_ms = kNoTime;
    ASSERT_TRUE(transaction_->Produce(output_, 0, record).ok());
  }
  void Commit(const std::string& value) {
    ASSERT_TRUE(transaction_->Begin().ok());
    Put(value);
    ASSERT_TRUE(transaction_->Commit(nullptr, {}).committed());
  }
  // A transaction is committed before its marker is written: what another producer writes may come
  // in between.
  bool EndsAt(Offset offset) {
    return Eventually([&] {
      const auto ends = TestAdmin().Query({topic_, 0});
      return ends.ok() && ends->high >= offset;
    });
  }
  // Values with their offsets: "0:a 2:b".
  std::string Read(Offset from, Offset to, size_t stop_after = SIZE_MAX) {
    std::string read;
    size_t count = 0;
    status_ = reader_->Read(
        {topic_, 0}, from, to, [&](const ConsumedRecord& record, const PayloadLease&) {
          AppendTo(&read, read.empty() ? "" : " ", record.offset, ":", record.value);
          return ++count < stop_after;
        });
    return read;
  }
  std::string topic_;
  std::unique_ptr<Transaction> transaction_;
  OutputTopic output_;
  std::unique_ptr<LogReader> reader_;
  Status status_;
};

TEST_F(Logs, SkipMarkersAndAbortedRecords) {
  Commit("a");
  ASSERT_TRUE(EndsAt(2));      // offset 0, marker 1
  WriteNumbers(topic_, 0, 1);  // 2
  ASSERT_TRUE(transaction_->Begin().ok());
  Put("aborted");
  transaction_->Abort();  // the record may have reached the log or not
  Commit("b");
  Offset high = 0;
  ASSERT_TRUE(Eventually([&] {
    high = TestAdmin().Query({topic_, 0})->high;
    return high >= 5;
  }));
  const std::string all = Read(0, high);
  EXPECT_TRUE(status_.ok()) << status_.message();
  EXPECT_EQ(all.substr(0, 8), "0:a 2:0 ");
  EXPECT_EQ(all.substr(all.size() - 2), ":b");
  EXPECT_EQ(all.find("aborted"), std::string::npos);
}

TEST_F(Logs, EndAtTheRangesEnd) {
  WriteNumbers(topic_, 0, 10);
  EXPECT_EQ(Read(3, 6), "3:3 4:4 5:5");
  EXPECT_EQ(Read(3, 3), "");
  EXPECT_EQ(Read(8, 10), "8:8 9:9");
  EXPECT_EQ(Read(0, 10, 2), "0:0 1:1");
  EXPECT_TRUE(status_.ok());
}

// The end of the range is a control marker: no record ever has it.
TEST_F(Logs, EndBehindTheLastMarker) {
  Commit("a");
  ASSERT_TRUE(EndsAt(2));
  EXPECT_EQ(Read(0, 2), "0:a");
  EXPECT_TRUE(status_.ok()) << status_.message();
  EXPECT_EQ(Read(1, 2), "");
  EXPECT_TRUE(status_.ok()) << status_.message();
}

TEST_F(Logs, NameWhatIsNotThere) {
  const Status missing =
      reader_->Read({UniqueName("missing"), 0}, 0, 1,
                    [](const ConsumedRecord&, const PayloadLease&) { return true; });
  EXPECT_NE(missing.message().find("does not exist"), std::string_view::npos) << missing.message();
  const Status partition = reader_->Read(
      {topic_, 7}, 0, 1, [](const ConsumedRecord&, const PayloadLease&) { return true; });
  EXPECT_NE(partition.message().find("no partition 7"), std::string_view::npos)
      << partition.message();
}

TEST_F(Logs, DoNotDisturbAGroup) {
  WriteNumbers(topic_, 0, 5);
  const std::string group = UniqueName("group");
  Worker worker(GroupOf(group, group, {topic_}), Connect());
  ASSERT_TRUE(worker.TurnUntilPolled(5));
  EXPECT_EQ(Read(0, 5), "0:0 1:1 2:2 3:3 4:4");
  WriteNumbers(topic_, 0, 1);
  ASSERT_TRUE(worker.TurnUntilPolled(6));
  EXPECT_EQ(worker.CountEvents(SourceEvent::Kind::kRevoked), 0);
}

TEST(Clusters, DescribeTopicsWithTheirSettings) {
  const std::string name =
      MakeTopic("described", 3, {{"cleanup.policy", "compact"}, {"max.message.bytes", "4711"}});
  const auto described = TestAdmin().Describe({name, UniqueName("missing")});
  ASSERT_TRUE(described.ok()) << described.status().message();
  ASSERT_EQ(described->size(), 1u);
  const TopicDescription& topic = (*described)[0];
  EXPECT_EQ(topic.name, name);
  EXPECT_EQ(topic.partitions, 3);
  EXPECT_EQ(topic.replication, 1);
  EXPECT_TRUE(topic.config_status.ok());
  EXPECT_EQ(topic.config.at("cleanup.policy"), "compact");
  EXPECT_EQ(topic.config.at("max.message.bytes"), "4711");
  const auto names = TestAdmin().ListTopics();
  ASSERT_TRUE(names.ok());
  EXPECT_NE(std::find(names->begin(), names->end(), name), names->end());
}

TEST(Clusters, CreateWhatIsMissingAndSayWhatIsRefused) {
  const std::string there = MakeTopic("there");
  const std::string fresh = UniqueName("fresh");
  const auto answers =
      TestAdmin().Create({{.name = there, .config = {}},
                          {.name = fresh, .partitions = 2, .config = {}},
                          {.name = UniqueName("bad"), .config = {{"no.such.setting", "1"}}},
                          {.name = UniqueName("many"), .replication = 3, .config = {}}});
  ASSERT_TRUE(answers.ok()) << answers.status().message();
  EXPECT_TRUE((*answers)[0].ok());
  EXPECT_TRUE((*answers)[1].ok()) << (*answers)[1].message();
  EXPECT_NE((*answers)[2].message().find("no.such.setting"), std::string_view::npos)
      << (*answers)[2].message();
  EXPECT_FALSE((*answers)[3].ok());
}

TEST(Clusters, KnowEndsAndOffsets) {
  const std::string topic = MakeTopic("ends", 2);
  WriteNumbers(topic, 1, 7);
  const auto marks = TestAdmin().Query({topic, 1});
  ASSERT_TRUE(marks.ok());
  EXPECT_EQ(marks->low, 0);
  EXPECT_EQ(marks->high, 7);
  EXPECT_EQ(CommittedOf(UniqueName("nobody"), topic, 1), kNoOffset);
  EXPECT_FALSE(TestAdmin().Query({topic, 9}).ok());
}

}  // namespace
}  // namespace fracas::broker_test
