// Records pass through unharmed: what the broker gives back is what was put in, byte for byte.

#include <gtest/gtest.h>

#include "core/text.h"
#include "tests/broker/ports/worker.h"

namespace fracas::broker_test {
namespace {

// Forwards everything that `source` holds to `target`, in one transaction with offsets.
void ForwardAll(Worker* worker, const std::string& source, const std::string& target) {
  const OutputTopic output = worker->Open(target);
  ASSERT_TRUE(worker->transaction().Begin().ok());
  for (const ConsumedRecord& record : worker->records) {
    ASSERT_TRUE(worker->transaction().Forward(output, 0, record, worker->lease()).ok());
  }
  const OffsetToCommit offset{
      .partition = {source, 0}, .offset = worker->polled.back().offset + 1, .metadata = {}};
  const CommitResult result =
      worker->transaction().Commit(worker->epoch.get(), std::span(&offset, 1));
  ASSERT_TRUE(result.committed()) << result.status.message();
  EXPECT_EQ(worker->transaction().accepted(), worker->records.size());
  EXPECT_EQ(worker->transaction().failed(), 0u);
}

std::vector<PlainRecord> CopyThroughKafka(const std::vector<PlainRecord>& records,
                                          const TopicConfig& config = {}) {
  const std::string source = MakeTopic("source", 1, config);
  const std::string target = MakeTopic("target");
  Write(source, 0, records);
  const std::string name = UniqueName("copy");
  Worker worker(GroupOf(name, name, {source}), Connect());
  EXPECT_TRUE(worker.TurnUntilPolled(records.size()));
  ForwardAll(&worker, source, target);
  EXPECT_EQ(CommittedOf(name, source, 0), static_cast<Offset>(records.size()));
  std::vector<PlainRecord> copied;
  for (const ReadBack& back : ReadAll(target, 0)) copied.push_back(back.record);
  return copied;
}

constexpr int64_t kTime = 1'700'000'000'123;

TEST(Records, KeepNullAndEmptyApart) {
  const std::vector<PlainRecord> records = {
      {.key = std::nullopt, .value = std::nullopt, .timestamp_ms = kTime, .headers = {}},
      {.key = "", .value = "", .timestamp_ms = kTime, .headers = {}},
      {.key = std::nullopt, .value = "", .timestamp_ms = kTime, .headers = {}},
      {.key = "", .value = std::nullopt, .timestamp_ms = kTime, .headers = {}},
      {.key = "k", .value = std::nullopt, .timestamp_ms = kTime, .headers = {}},
  };
  EXPECT_EQ(CopyThroughKafka(records), records);
}

TEST(Records, KeepBytesOfKeysAndValues) {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  const std::vector<PlainRecord> records = {
      {.key = std::string("a\0b", 3), .value = all_bytes, .timestamp_ms = kTime, .headers = {}},
      {.key = "\U0001F600",
       .value = std::string(500'000, 'x'),
       .timestamp_ms = kTime,
       .headers = {}},
      {.key = std::string("\0", 1),
       .value = std::string("\0", 1),
       .timestamp_ms = kTime,
       .headers = {}},
  };
  EXPECT_EQ(CopyThroughKafka(records), records);
}

TEST(Records, KeepHeadersInOrderWithDuplicatesNullsAndBinary) {
  const std::vector<PlainRecord> records = {
      {.key = "k",
       .value = "v",
       .timestamp_ms = kTime,
       .headers = {{"a", "1"},
                   {"b", std::nullopt},
                   {"a", "2"},
                   {"", "no name"},
                   {"empty", ""},
                   {"binary", std::string("\xff\0\xfe", 3)},
                   {"a", "1"}}},
      {.key = "k", .value = "none", .timestamp_ms = kTime, .headers = {}},
  };
  EXPECT_EQ(CopyThroughKafka(records), records);
}

TEST(Records, KeepTwentyThousandHeaders) {
  PlainRecord record{.key = "k", .value = "v", .timestamp_ms = kTime, .headers = {}};
  for (int i = 0; i < 20'000; ++i) record.headers.push_back({Cat("h", i % 100), Cat("value ", i)});
  EXPECT_EQ(CopyThroughKafka({record}), std::vector<PlainRecord>{record});
}

TEST(Records, KeepTimestamps) {
  const std::vector<PlainRecord> records = {
      {.key = "old", .value = "v", .timestamp_ms = 1, .headers = {}},
      {.key = "new", .value = "v", .timestamp_ms = kTime, .headers = {}},
  };
  EXPECT_EQ(CopyThroughKafka(records), records);
}

TEST(Records, CarryTheBrokersTimeOfALogAppendTimeSource) {
  const std::vector<PlainRecord> copied =
      CopyThroughKafka({{.key = "k", .value = "v", .timestamp_ms = kTime, .headers = {}}},
                       {{"message.timestamp.type", "LogAppendTime"}});
  ASSERT_EQ(copied.size(), 1u);
  EXPECT_GT(copied[0].timestamp_ms, kTime);
}

TEST(Records, OfOursCarryTheOriginalHeadersFirst) {
  const std::string source = MakeTopic("source");
  const std::string letters = MakeTopic("letters");
  Write(source, 0,
        {{.key = "k", .value = "v", .headers = {{"trace", "1"}, {"trace", std::nullopt}}}});
  const std::string name = UniqueName("letter");
  Worker worker(GroupOf(name, name, {source}), Connect());
  ASSERT_TRUE(worker.TurnUntilPolled(1));
  const OutputTopic output = worker.Open(letters);
  ASSERT_TRUE(worker.transaction().Begin().ok());
  const std::vector<HeaderView> own = {{"fracas.code", "2103"}, {"nothing", {}}};
  ProducedRecord letter;
  letter.key = worker.records[0].key;
  letter.value = worker.records[0].value;
  letter.timestamp_ms = kTime;
  letter.original = worker.lease();
  letter.original_index = worker.records[0].lease_index;
  letter.headers = own;
  ASSERT_TRUE(worker.transaction().Produce(output, 0, letter).ok());
  // Twice: the originals are copied, not moved.
  ASSERT_TRUE(worker.transaction().Produce(output, 0, letter).ok());
  ASSERT_TRUE(worker.transaction().Commit(nullptr, {}).committed());
  const PlainRecord expected{.key = "k",
                             .value = "v",
                             .timestamp_ms = kTime,
                             .headers = {{"trace", "1"},
                                         {"trace", std::nullopt},
                                         {"fracas.code", "2103"},
                                         {"nothing", std::nullopt}}};
  const std::vector<ReadBack> read = ReadAll(letters, 0);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].record, expected);
  EXPECT_EQ(read[1].record, expected);
}

TEST(Records, BytesOutliveTheirSource) {
  const std::string source = MakeTopic("source");
  WriteNumbers(source, 0, 10);
  const std::string name = UniqueName("lease");
  auto opened = kafka::OpenSource(GroupOf(name, name, {source}));
  ASSERT_TRUE(opened.ok());
  std::unique_ptr<PayloadLease> lease = (*opened)->NewLease();
  std::vector<ConsumedRecord> records;
  ASSERT_TRUE(Eventually([&] {
    std::vector<SourceEvent> events;
    const auto polled = (*opened)->Poll({.records_max = 100, .bytes_max = 1'000, .wait_ms = 100},
                                        lease.get(), &events);
    records.insert(records.end(), polled.begin(), polled.end());
    return records.size() == 10;
  }));
  (*opened)->Close();
  opened->reset();
  EXPECT_EQ(records[9].value, "9");
  lease.reset();
}

}  // namespace
}  // namespace fracas::broker_test
