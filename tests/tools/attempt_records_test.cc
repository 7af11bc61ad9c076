#include "tools/attempt_records.h"

#include <gtest/gtest.h>

#include "tests/tools/fake_group.h"
#include "wire/failure_event.h"

namespace fracas::tools {
namespace {

class AttemptRecordsTest : public testing::Test {
 protected:
  AttemptRecordsTest() { group_.AddTopic("shop.failures", 3); }

  static wire::FailureEvent Event(Offset from, int32_t attempt, Disposition disposition,
                                  const std::vector<Offset>& offsets, uint64_t rows) {
    wire::FailureEvent event;
    event.group = "shop";
    event.pipeline = "ingest";
    event.stream = "orders";
    event.stage = "ingestion";
    event.dataset_name = "orders";
    event.code = Code::kTypeMismatch;
    event.disposition = disposition;
    event.time_ms = 1'769'860'800'000;
    event.fingerprint = Cat("f", from, ".", attempt, ".", rows);
    event.batch = {.source = {"orders.raw", 1}, .from = from, .to = from + 100, .attempt = attempt};
    event.row_count = rows;
    for (const Offset offset : offsets) event.samples.push_back({"orders.raw", 1, offset, "/a"});
    return event;
  }
  void Write(const wire::FailureEvent& event, const std::string& key = "ingest/orders") {
    std::string bytes;
    wire::EncodeFailureEvent(event, &bytes);
    group_.Append({"shop.failures", 1}, key, bytes);
  }
  Result<AttemptRecords> Ask(Offset from, int32_t attempt) {
    AttemptQuestion question;
    question.stream = "ingest/orders";
    question.attempt = {.source = {"orders.raw", 1}, .from = from, .to = from + 100, .attempt = attempt};
    question.failures_topic = "shop.failures";
    question.reader = &group_;
    question.admin = &group_;
    return RecordsOfAttempt(question);
  }
  static std::vector<Offset> Offsets(const AttemptRecords& records) {
    std::vector<Offset> offsets;
    for (const RecordName& record : records.records) offsets.push_back(record.offset);
    return offsets;
  }

  FakeGroup group_;
};

TEST_F(AttemptRecordsTest, OfThatAttemptOnlyEachOnce) {
  Write(Event(100, 1, Disposition::kHold, {110}, 1));
  Write(Event(100, 2, Disposition::kHold, {120, 130}, 2));
  Write(Event(100, 2, Disposition::kHold, {120}, 1));
  Write(Event(100, 2, Disposition::kHold, {120, 130}, 2));  // repeated by a retry
  Write(Event(100, 2, Disposition::kDeadLetter, {140}, 1));
  Write(Event(100, 2, Disposition::kWarn, {150}, 1));
  Write(Event(300, 2, Disposition::kHold, {310}, 1));
  Result<AttemptRecords> records = Ask(100, 2);
  ASSERT_TRUE(records.ok()) << records.status().message();
  EXPECT_EQ(Offsets(*records), (std::vector<Offset>{120, 130}));
  EXPECT_EQ(records->failed, 3u);
  EXPECT_TRUE(records->held);
}

TEST_F(AttemptRecordsTest, TooManyDeadLettersAreThoseRecords) {
  Write(Event(100, 1, Disposition::kDeadLetter, {140, 141}, 9));
  Result<AttemptRecords> records = Ask(100, 1);
  ASSERT_TRUE(records.ok());
  EXPECT_EQ(Offsets(*records), (std::vector<Offset>{140, 141}));
  EXPECT_FALSE(records->held);
  EXPECT_EQ(records->failed, 9u) << "more than are named";
}

TEST_F(AttemptRecordsTest, FarBackAndAcrossAChunk) {
  for (int i = 0; i < 4'999; ++i) Write(Event(5'000, 1, Disposition::kHold, {5'001}, 1));
  Write(Event(100, 1, Disposition::kHold, {110}, 1));
  Write(Event(100, 1, Disposition::kHold, {111}, 2));  // the first of the second chunk from behind
  for (int i = 0; i < 9'999; ++i) Write(Event(7'000, 1, Disposition::kHold, {7'001}, 1));
  Result<AttemptRecords> records = Ask(100, 1);
  ASSERT_TRUE(records.ok());
  EXPECT_EQ(Offsets(*records), (std::vector<Offset>{110, 111}));
}

TEST_F(AttemptRecordsTest, AnotherStreamsKeyAndForgedSamplesAreNobodys) {
  Write(Event(100, 1, Disposition::kHold, {110}, 1), "ingest/other");
  EXPECT_EQ(Ask(100, 1).status().action(), Action::kReject);
  Write(Event(100, 1, Disposition::kHold, {110, 999}, 2));
  EXPECT_EQ(Offsets(*Ask(100, 1)), (std::vector<Offset>{110})) << "999 is not in the batch";
}

TEST_F(AttemptRecordsTest, NothingThereSaysWhatToDo) {
  const std::string message(Ask(100, 1).status().message());
  EXPECT_NE(message.find("orders.raw/1/100-200#1"), std::string::npos) << message;
  EXPECT_NE(message.find("--record"), std::string::npos) << message;
  group_.topics.clear();
  EXPECT_EQ(Ask(100, 1).status().action(), Action::kStop);
}

}  // namespace
}  // namespace fracas::tools
