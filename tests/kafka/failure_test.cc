#include "kafka/failure.h"

#include <gtest/gtest.h>

#include "kafka/deadline.h"

namespace fracas::kafka {
namespace {

TEST(Failures, ReadNothingAsSuccess) {
  EXPECT_TRUE(Take(nullptr).ok());
  EXPECT_TRUE(FromCode(RD_KAFKA_RESP_ERR_NO_ERROR).ok());
}

TEST(Failures, KeepCodeAndText) {
  const Failure failure = FromCode(RD_KAFKA_RESP_ERR__TIMED_OUT);
  EXPECT_FALSE(failure.ok() || failure.fatal || failure.abortable || failure.retriable);
  EXPECT_EQ(Describe(failure), "_TIMED_OUT: Local: Timed out");
}

TEST(Refusals, HaveTheirCodes) {
  EXPECT_EQ(RefusalCode(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), Code::kPermissionDenied);
  EXPECT_EQ(RefusalCode(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), Code::kObjectNotFound);
  EXPECT_EQ(RefusalCode(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION), Code::kObjectNotFound);
  EXPECT_EQ(RefusalCode(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), Code::kSinkRejected);
  EXPECT_EQ(RefusalCode(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP), Code::kSinkRejected);
  EXPECT_EQ(RefusalCode(RD_KAFKA_RESP_ERR_INVALID_RECORD), Code::kSinkRejected);
}

// Passing trouble of a broker must not trip a stream.
TEST(Refusals, AreNotMadeOfPassingTrouble) {
  for (const auto error :
       {RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT,
        RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__QUEUE_FULL,
        RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE}) {
    EXPECT_EQ(RefusalCode(error), Code::kNone) << rd_kafka_err2name(error);
    EXPECT_FALSE(IsFenced(error)) << rd_kafka_err2name(error);
    EXPECT_FALSE(NeedsPerson(error)) << rd_kafka_err2name(error);
  }
}

TEST(Refusals, SayWhatToDoAndWhere) {
  for (const Code code : {Code::kPermissionDenied, Code::kObjectNotFound, Code::kSinkRejected}) {
    EXPECT_NE(RefusalAdvice(code, "orders.dlq").find("orders.dlq"), std::string::npos);
  }
  EXPECT_NE(RefusalAdvice(Code::kPermissionDenied, "t").find("kafka-acls"), std::string::npos);
}

TEST(Fencing, IsRecognised) {
  EXPECT_TRUE(IsFenced(RD_KAFKA_RESP_ERR__FENCED));
  EXPECT_TRUE(IsFenced(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID));
  EXPECT_TRUE(IsFenced(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH));
}

TEST(PartitionErrors, HaveTheirCodes) {
  EXPECT_EQ(PartitionErrorCode(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET), Code::kOffsetOutOfRange);
  EXPECT_EQ(PartitionErrorCode(RD_KAFKA_RESP_ERR__BAD_COMPRESSION), Code::kDecodeFailed);
  EXPECT_EQ(PartitionErrorCode(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), Code::kObjectNotFound);
  EXPECT_EQ(PartitionErrorCode(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
            Code::kPermissionDenied);
  EXPECT_EQ(PartitionErrorCode(RD_KAFKA_RESP_ERR__TRANSPORT), Code::kNone);
}

TEST(Calls, AreRetriedUnlessAPersonMustAct) {
  EXPECT_EQ(CallFailed("x", FromCode(RD_KAFKA_RESP_ERR__TIMED_OUT)).action(), Action::kRetry);
  const Status denied =
      CallFailed("the claim", FromCode(RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED));
  EXPECT_EQ(denied.action(), Action::kStop);
  EXPECT_EQ(denied.message().substr(0, 9), "the claim");
}

TEST(Deadlines, NeverAskForAWaitOfNothing) {
  const Deadline passed(0);
  EXPECT_TRUE(passed.passed());
  EXPECT_EQ(passed.SliceMs(100), 1);
  const Deadline far(1'000'000);
  EXPECT_FALSE(far.passed());
  EXPECT_EQ(far.SliceMs(100), 100);
}

}  // namespace
}  // namespace fracas::kafka
