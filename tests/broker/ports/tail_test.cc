// Following a log without a group: what a tail passes, what pins it, what ends it.

#include <gtest/gtest.h>

#include "core/record.h"
#include "core/text.h"
#include "kafka/log_tail.h"
#include "tests/broker/ports/topic_orders.h"
#include "tests/broker/ports/worker.h"

namespace fracas::broker_test {
namespace {

class Tails : public ::testing::Test {
 protected:
  void SetUp() override {
    topic_ = MakeTopic("tail");
    transaction_ = NewWriter();
    output_ = *transaction_->Open(topic_);
    tail_ = kafka::NewLogTail(Connect(), "tail");
  }
  static std::unique_ptr<Transaction> NewWriter() {
    auto writer = kafka::NewTransaction({.connection = Connect(),
                                         .transactional_id = UniqueName("id"),
                                         .record_bytes_max = 1'000'000});
    const Status claimed = writer->Recreate();
    EXPECT_TRUE(claimed.ok()) << claimed.message();
    return writer;
  }
  // `value` must live until the transaction has ended.
  static void Put(Transaction* writer, OutputTopic output, const std::string& value) {
    ProducedRecord record;
    record.value = value;
    record.timestamp_ms = kNoTime;
    ASSERT_TRUE(writer->Produce(output, 0, record).ok());
  }
  void Commit(const std::string& value) {
    ASSERT_TRUE(transaction_->Begin().ok());
    Put(transaction_.get(), output_, value);
    ASSERT_TRUE(transaction_->Commit(nullptr, {}).committed());
  }
  Status Turn(size_t records_max = 1'000) {
    return tail_->Poll(100, records_max, [&](const ConsumedRecord& record, const PayloadLease&) {
      AppendTo(&seen_, seen_.empty() ? "" : " ", record.slot, "/", record.offset, ":", record.value);
    });
  }
  // Turns until the position of `slot` is reached; the test fails if a turn does.
  bool Reach(Offset position, size_t slot = 0) {
    return Eventually([&] {
      const Status turned = Turn();
      EXPECT_TRUE(turned.ok()) << turned.message();
      return !turned.ok() || tail_->Position(slot) >= position;
    });
  }
  Offset High() { return TestAdmin().Query({topic_, 0})->high; }

  std::string topic_;
  std::unique_ptr<Transaction> transaction_;
  OutputTopic output_;
  std::unique_ptr<LogTail> tail_;
  std::string seen_;
};

TEST_F(Tails, PassMarkersAndAbortedRecordsToTheEnd) {
  Commit("a");  // 0, marker 1
  ASSERT_TRUE(Eventually([&] { return High() == 2; }));
  WriteNumbers(topic_, 0, 1);  // 2
  ASSERT_TRUE(transaction_->Begin().ok());
  const std::string aborted = "aborted";
  Put(transaction_.get(), output_, aborted);
  transaction_->Abort();
  Commit("b");
  ASSERT_TRUE(Eventually([&] { return High() >= 5; }));
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 0}}).ok());
  EXPECT_EQ(tail_->Position(0), 0);
  ASSERT_TRUE(Reach(High()));
  EXPECT_EQ(tail_->Position(0), High());
  EXPECT_EQ(seen_.substr(0, 12), "0/0:a 0/2:0 ");
  EXPECT_EQ(seen_.substr(seen_.size() - 2), ":b");
  EXPECT_EQ(seen_.find("aborted"), std::string::npos);
  EXPECT_EQ(tail_->trouble(), "");
}

// The last thing in the log is an aborted transaction: nothing is visited, and yet it is passed.
TEST_F(Tails, PassAnAbortedEnd) {
  Commit("a");
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 0}}).ok());
  ASSERT_TRUE(Reach(2));
  const OutputTopic other = *transaction_->Open(MakeTopic("other"));
  ASSERT_TRUE(transaction_->Begin().ok());
  const std::string aborted = "aborted";
  Put(transaction_.get(), output_, aborted);
  Put(transaction_.get(), other, aborted);
  WriteNumbers(topic_, 0, 1);  // behind it, so that the broker has it for sure
  transaction_->Abort();
  ASSERT_TRUE(Eventually([&] { return Turn().ok() && tail_->Position(0) == High() && High() > 2; }));
  EXPECT_EQ(seen_.find("aborted"), std::string::npos);
}

TEST_F(Tails, GoOnAsTheLogGrows) {
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 0}}).ok());
  WriteNumbers(topic_, 0, 3);
  ASSERT_TRUE(Reach(3));
  Commit("a");
  ASSERT_TRUE(Reach(5));
  WriteNumbers(topic_, 0, 1);
  ASSERT_TRUE(Reach(6));
  EXPECT_EQ(seen_, "0/0:0 0/1:1 0/2:2 0/3:a 0/5:0");
}

TEST_F(Tails, StayInFrontOfAnOpenTransaction) {
  Commit("a");  // 0, marker 1
  ASSERT_TRUE(Eventually([&] { return High() == 2; }));
  const auto other = NewWriter();
  const OutputTopic output = *other->Open(topic_);
  ASSERT_TRUE(other->Begin().ok());
  const std::string open = "open";
  Put(other.get(), output, open);  // 2
  ASSERT_TRUE(Eventually([&] { return High() == 3; }));
  Commit("b");  // 3, marker 4: committed, and hidden behind the open one
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 0}}).ok());
  ASSERT_TRUE(Reach(1));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Turn().ok());
  EXPECT_LE(tail_->Position(0), 2);
  EXPECT_EQ(seen_, "0/0:a");
  ASSERT_TRUE(other->Commit(nullptr, {}).committed());
  ASSERT_TRUE(Eventually([&] { return High() == 6; }));
  ASSERT_TRUE(Reach(6));
  EXPECT_EQ(seen_, "0/0:a 0/2:open 0/3:b");
}

TEST_F(Tails, VisitNoMoreThanAskedFor) {
  WriteNumbers(topic_, 0, 10);
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 4}}).ok());
  ASSERT_TRUE(Eventually([&] { return Turn(2).ok() && !seen_.empty(); }));
  EXPECT_EQ(seen_.substr(0, 5), "0/4:4");
  EXPECT_LE(tail_->Position(0), 6);
  ASSERT_TRUE(Reach(10));
  EXPECT_EQ(seen_, "0/4:4 0/5:5 0/6:6 0/7:7 0/8:8 0/9:9");
}

TEST_F(Tails, FollowManyPartitionsEachInItsOrder) {
  const std::string wide = MakeTopic("wide", 3);
  for (int partition = 0; partition < 3; ++partition) WriteNumbers(wide, partition, 2 + partition);
  WriteNumbers(topic_, 0, 1);
  ASSERT_TRUE(tail_
                  ->Follow({{.partition = {wide, 2}, .from = 1},
                            {.partition = {topic_, 0}, .from = 0},
                            {.partition = {wide, 0}, .from = 0}})
                  .ok());
  ASSERT_TRUE(Reach(4, 0) && Reach(1, 1) && Reach(2, 2));
  for (const char* wanted : {"0/1:1", "0/2:2", "0/3:3", "1/0:0", "2/0:0", "2/1:1"}) {
    EXPECT_NE(seen_.find(wanted), std::string::npos) << wanted << " in " << seen_;
  }
  EXPECT_LT(seen_.find("0/1:1"), seen_.find("0/3:3"));
}

TEST_F(Tails, BeginAnewElsewhere) {
  WriteNumbers(topic_, 0, 5);
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 0}}).ok());
  ASSERT_TRUE(Reach(5));
  seen_.clear();
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 3}}).ok());
  EXPECT_EQ(tail_->Position(0), 3);
  ASSERT_TRUE(Reach(5));
  EXPECT_EQ(seen_, "0/3:3 0/4:4");
}

TEST_F(Tails, HeadersAndNullsCanBeSeen) {
  Write(topic_, 0, {{.key = "k", .value = std::nullopt, .headers = {{"h", "1"}, {"n", std::nullopt}}}});
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 0}}).ok());
  std::string seen;
  ASSERT_TRUE(Eventually([&] {
    const Status polled =
        tail_->Poll(100, 10, [&](const ConsumedRecord& record, const PayloadLease& lease) {
          seen = Cat(record.key, record.value.data() == nullptr ? " null" : " value");
          lease.VisitHeaders(record.lease_index, [&](std::string_view name, std::string_view value) {
            AppendTo(&seen, " ", name, "=", value.data() == nullptr ? "null" : value);
          });
        });
    return polled.ok() && !seen.empty();
  }));
  EXPECT_EQ(seen, "k null h=1 n=null");
}

// Retention or an operator has taken the records; the tail must not jump over the gap.
TEST_F(Tails, StopWhereTheLogBeginsLater) {
  WriteNumbers(topic_, 0, 10);
  DeleteRecordsBefore(topic_, 0, 6);
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 2}}).ok());
  Status stopped;
  ASSERT_TRUE(Eventually([&] { return !(stopped = Turn()).ok(); }));
  EXPECT_EQ(stopped.action(), Action::kStop);
  EXPECT_NE(stopped.message().find(topic_ + "/0/2"), std::string_view::npos) << stopped.message();
  EXPECT_NE(stopped.message().find("offsets 6 to 10"), std::string_view::npos) << stopped.message();
  EXPECT_EQ(seen_, "");
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 6}}).ok());
  ASSERT_TRUE(Reach(10));
  EXPECT_EQ(seen_, "0/6:6 0/7:7 0/8:8 0/9:9");
}

TEST_F(Tails, StopWhereTheLogEndsEarlier) {
  WriteNumbers(topic_, 0, 3);
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 50}}).ok());
  Status stopped;
  ASSERT_TRUE(Eventually([&] { return !(stopped = Turn()).ok(); }));
  EXPECT_EQ(stopped.action(), Action::kStop);
  EXPECT_NE(stopped.message().find("offsets 0 to 3"), std::string_view::npos) << stopped.message();
  EXPECT_NE(stopped.message().find("made anew"), std::string_view::npos) << stopped.message();
}

// A new leader may know of the end a moment later: that is waited for.
TEST_F(Tails, WaitAMomentForAnEndThatIsNotKnownYet) {
  WriteNumbers(topic_, 0, 3);
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 5}}).ok());
  ASSERT_TRUE(Eventually([&] { return Turn().ok() && !tail_->trouble().empty(); }));
  WriteNumbers(topic_, 0, 4);
  ASSERT_TRUE(Reach(7));
  EXPECT_EQ(seen_, "0/5:2 0/6:3");
  EXPECT_EQ(tail_->trouble(), "");
}

TEST_F(Tails, NameWhatIsNotThere) {
  const std::string missing = UniqueName("missing");
  const Status no_topic = tail_->Follow({{.partition = {missing, 0}, .from = 0}});
  EXPECT_EQ(no_topic.action(), Action::kStop);
  EXPECT_NE(no_topic.message().find(missing + " does not exist"), std::string_view::npos)
      << no_topic.message();
  const Status no_partition = tail_->Follow({{.partition = {topic_, 7}, .from = 0}});
  EXPECT_NE(no_partition.message().find("no partition 7"), std::string_view::npos)
      << no_partition.message();
}

TEST_F(Tails, StopWhenTheTopicIsDeleted) {
  WriteNumbers(topic_, 0, 3);
  ASSERT_TRUE(tail_->Follow({{.partition = {topic_, 0}, .from = 0}}).ok());
  ASSERT_TRUE(Reach(3));
  DeleteTopic(topic_);
  Status stopped;
  ASSERT_TRUE(Eventually([&] { return !(stopped = Turn()).ok(); }));
  EXPECT_EQ(stopped.action(), Action::kStop);
  EXPECT_NE(stopped.message().find(topic_), std::string_view::npos) << stopped.message();
}

TEST(Tail, WithoutABrokerSaysSo) {
  kafka::Connection connection = Connect();
  connection.common["bootstrap.servers"] = "127.0.0.1:1";
  const auto tail = kafka::NewLogTail(connection, "lost");
  const Status followed = tail->Follow({{.partition = {"any", 0}, .from = 0}});
  EXPECT_EQ(followed.action(), Action::kRetry);
  EXPECT_NE(followed.message().find("127.0.0.1:1"), std::string_view::npos) << followed.message();
  EXPECT_NE(tail->trouble(), "");
}

}  // namespace
}  // namespace fracas::broker_test
