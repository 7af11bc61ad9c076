#include "kafka/log_ends.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>

namespace fracas::kafka {
namespace {

constexpr int kBroker = 1;
constexpr int kNone = -1;
const TopicPartition kPartition{"t", 0};

// On librdkafka's own mock of a cluster, for what a real one cannot be made to do: a partition that
// is there and has no leader that the handle knows.
class LogEnds : public testing::Test {
 protected:
  LogEnds() {
    connection_.common = {{"bootstrap.servers", "mock:1"}, {"test.mock.num.brokers", "1"}};
    Result<std::shared_ptr<Client>> made =
        Client::Create({.kind = ClientKind::kAdmin, .connection = &connection_, .name = "test"});
    EXPECT_TRUE(made.ok()) << made.status().message();
    client_ = *made;
    cluster_ = rd_kafka_handle_mock_cluster(client_->get());
    rd_kafka_mock_topic_create(cluster_, "t", 1, 1);
  }

  void SetLeader(int32_t broker) {
    ASSERT_EQ(rd_kafka_mock_partition_set_leader(cluster_, "t", 0, broker),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  // How long it took.
  int64_t Ask(const TopicPartition& partition, int wait_ms) {
    const auto begin = std::chrono::steady_clock::now();
    failure_ = AskEnds(*client_, partition, wait_ms, &ends_);
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begin)
        .count();
  }

  Connection connection_;
  std::shared_ptr<Client> client_;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  Failure failure_;
  Watermarks ends_;
};

TEST_F(LogEnds, OfAPartitionThatIsThere) {
  Ask(kPartition, 10'000);
  EXPECT_TRUE(failure_.ok()) << Describe(failure_);
  EXPECT_EQ(ends_.high, 0);
}

TEST_F(LogEnds, WithoutALeaderItIsAskedToTheEndOfTheTimeAndNotCalledUnknown) {
  SetLeader(kNone);
  EXPECT_GE(Ask(kPartition, 3'000), 2'900);
  EXPECT_NE(failure_.error, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) << Describe(failure_);
  EXPECT_FALSE(failure_.ok());
  SetLeader(kBroker);
  Ask(kPartition, 10'000);
  EXPECT_TRUE(failure_.ok()) << Describe(failure_);
}

TEST_F(LogEnds, APartitionThatIsNotThereIsGivenUpSoon) {
  EXPECT_LT(Ask({"t", 7}, 10'000), 5'000);
  EXPECT_EQ(failure_.error, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) << Describe(failure_);
}

}  // namespace
}  // namespace fracas::kafka
