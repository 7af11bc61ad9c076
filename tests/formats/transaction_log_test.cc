#include "formats/transaction_log.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "core/limits_tools.h"

namespace fracas::formats {
namespace {

// Writes what the layouts in transaction_log.h say.
class Bytes {
 public:
  template <typename Number>
  Bytes& Int(Number value) {
    for (size_t i = sizeof(Number); i > 0; --i) {
      text_.push_back(static_cast<char>(static_cast<uint64_t>(value) >> (8 * (i - 1)) & 0xFF));
    }
    return *this;
  }
  Bytes& Varint(uint32_t value) {
    for (; value >= 0x80; value >>= 7) text_.push_back(static_cast<char>(value | 0x80));
    text_.push_back(static_cast<char>(value));
    return *this;
  }
  Bytes& Text(std::string_view text) {
    text_.append(text);
    return *this;
  }
  const std::string& str() const { return text_; }

 private:
  std::string text_;
};

std::string Key(std::string_view id) {
  return Bytes().Int<int16_t>(0).Int<int16_t>(static_cast<int16_t>(id.size())).Text(id).str();
}

Bytes Head(int16_t version, int8_t status) {
  return Bytes()
      .Int<int16_t>(version)
      .Int<int64_t>(4711)
      .Int<int16_t>(3)
      .Int<int32_t>(60'000)
      .Int<int8_t>(status);
}

std::string PlainValue(int8_t status) {
  return Head(0, status)
      .Int<int32_t>(1)
      .Int<int16_t>(6)
      .Text("orders")
      .Int<int32_t>(2)
      .Int<int32_t>(0)
      .Int<int32_t>(7)
      .Int<int64_t>(1'700'000'000'500)
      .Int<int64_t>(1'700'000'000'000)
      .str();
}

std::string FlexibleValue(uint32_t tagged) {
  Bytes value = Head(1, 1);
  value.Varint(2).Varint(7).Text("orders").Varint(2).Int<int32_t>(7).Varint(0);
  value.Int<int64_t>(1'700'000'000'500).Int<int64_t>(1'700'000'000'000).Varint(tagged);
  for (uint32_t i = 0; i < tagged; ++i) value.Varint(i).Varint(8).Int<int64_t>(99);
  return value.str();
}

TEST(TransactionLog, KeyIsTheTransactionalId) {
  const Result<std::string> id = ReadTransactionKey(Key("shop-node-1-0"));
  ASSERT_TRUE(id.ok()) << id.status().message();
  EXPECT_EQ(*id, "shop-node-1-0");
}

TEST(TransactionLog, PlainValue) {
  const Result<TransactionEntry> entry = ReadTransactionValue(PlainValue(1));
  ASSERT_TRUE(entry.ok()) << entry.status().message();
  EXPECT_EQ(entry->producer_id, 4711);
  EXPECT_EQ(entry->producer_epoch, 3);
  EXPECT_EQ(entry->timeout_ms, 60'000);
  EXPECT_EQ(entry->state, TransactionState::kOngoing);
  ASSERT_EQ(entry->partitions.size(), 2U);
  EXPECT_EQ(entry->partitions[1], (TopicPartition{"orders", 7}));
  EXPECT_EQ(entry->updated_ms, 1'700'000'000'500);
  EXPECT_EQ(entry->started_ms, 1'700'000'000'000);
}

TEST(TransactionLog, FlexibleValueWithAndWithoutTaggedFields) {
  for (const uint32_t tagged : {0U, 3U}) {
    const Result<TransactionEntry> entry = ReadTransactionValue(FlexibleValue(tagged));
    ASSERT_TRUE(entry.ok()) << entry.status().message();
    ASSERT_EQ(entry->partitions.size(), 1U);
    EXPECT_EQ(entry->partitions[0], (TopicPartition{"orders", 7}));
    EXPECT_EQ(entry->started_ms, 1'700'000'000'000);
  }
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// Written by TransactionLogKey and TransactionLogValue of Kafka 3.9.1 (toVersionPrefixedBytes).
TEST(TransactionLog, WhatKafkasOwnClassesWrite) {
  const Result<std::string> id = ReadTransactionKey(FromHex("0000000d73686f702d6e6f64652d312d30"));
  ASSERT_TRUE(id.ok()) << id.status().message();
  EXPECT_EQ(*id, "shop-node-1-0");
  for (const char* hex :
       {"0000000000000000126700030000ea60010000000200066f726465727300000002000000000000000700"
        "0c73686f702e6261746368657300000001000000020000018bcfe569f40000018bcfe56800",
        "0001000000000000126700030000ea600103076f7264657273030000000000000007000d73686f702e62"
        "6174636865730200000002000000018bcfe569f40000018bcfe5680000"}) {
    const Result<TransactionEntry> entry = ReadTransactionValue(FromHex(hex));
    ASSERT_TRUE(entry.ok()) << entry.status().message();
    EXPECT_EQ(entry->producer_id, 4711);
    EXPECT_EQ(entry->producer_epoch, 3);
    EXPECT_EQ(entry->timeout_ms, 60'000);
    EXPECT_EQ(entry->state, TransactionState::kOngoing);
    EXPECT_EQ(entry->partitions,
              (std::vector<TopicPartition>{{"orders", 0}, {"orders", 7}, {"shop.batches", 2}}));
    EXPECT_EQ(entry->updated_ms, 1'700'000'000'500);
    EXPECT_EQ(entry->started_ms, 1'700'000'000'000);
  }
}

TEST(TransactionLog, NoPartitionsAreNullOrEmpty) {
  for (const int32_t count : {-1, 0}) {
    const std::string value = Head(0, 4).Int<int32_t>(count).Int<int64_t>(5).Int<int64_t>(-1).str();
    const Result<TransactionEntry> entry = ReadTransactionValue(value);
    ASSERT_TRUE(entry.ok()) << entry.status().message();
    EXPECT_TRUE(entry->partitions.empty());
    EXPECT_EQ(entry->started_ms, -1);
  }
}

TEST(TransactionLog, WhichStatesAreOpen) {
  const bool open[] = {false, true, true, true, false, false, false, true};
  for (int8_t status = 0; status < 8; ++status) {
    const Result<TransactionEntry> entry = ReadTransactionValue(PlainValue(status));
    ASSERT_TRUE(entry.ok());
    EXPECT_EQ(IsOpen(entry->state), open[status]) << Name(entry->state);
  }
  const Result<TransactionEntry> none = ReadTransactionValue(PlainValue(8));
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(
      none.status().message(),
      "the value of a record in __transaction_state: the status is 8, which is none at byte 17");
}

TEST(TransactionLog, UnknownVersionsAreSaid) {
  EXPECT_EQ(ReadTransactionKey(Bytes().Int<int16_t>(1).Text("xx").str()).status().message(),
            "the key of a record in __transaction_state has version 1, which this program does not "
            "know");
  EXPECT_EQ(
      ReadTransactionValue(Head(2, 1).str()).status().message(),
      "the value of a record in __transaction_state has version 2, which this program does not "
      "know");
}

TEST(TransactionLog, EveryCutAndEveryTailIsDamage) {
  for (const std::string& whole : {PlainValue(1), FlexibleValue(2)}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(ReadTransactionValue(whole.substr(0, size)).ok()) << size;
    }
    EXPECT_FALSE(ReadTransactionValue(whole + "x").ok());
  }
  const std::string key = Key("shop");
  for (size_t size = 0; size < key.size(); ++size) {
    EXPECT_FALSE(ReadTransactionKey(key.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(ReadTransactionKey(key + "x").ok());
}

TEST(TransactionLog, CountsThatCannotBeAreRefusedBeforeAnythingIsHeld) {
  const auto partitions = static_cast<int32_t>(limits::kTransactionPartitionsMax);
  for (const int32_t count : {-2, partitions + 1, INT32_MAX}) {
    EXPECT_FALSE(ReadTransactionValue(Head(0, 1).Int<int32_t>(count).str()).ok()) << count;
  }
  // At the bound, and one beyond.
  for (const int32_t more : {0, 1}) {
    Bytes value = Head(0, 1);
    value.Int<int32_t>(1).Int<int16_t>(1).Text("t").Int<int32_t>(partitions + more);
    for (int32_t i = 0; i < partitions + more; ++i) value.Int<int32_t>(i);
    value.Int<int64_t>(1).Int<int64_t>(1);
    EXPECT_EQ(ReadTransactionValue(value.str()).ok(), more == 0);
  }
  for (const size_t size :
       {limits::kTransactionalIdBytesMax - 1, limits::kTransactionalIdBytesMax}) {
    // A length is an int16: the bound is its first value that cannot be written.
    EXPECT_EQ(ReadTransactionKey(Key(std::string(size, 'x'))).ok(),
              size < limits::kTransactionalIdBytesMax);
  }
}

TEST(TransactionLog, AnyBytesAreReadToTheirEnd) {
  std::mt19937 random(20'260'131);
  std::string bytes;
  for (int i = 0; i < 50'000; ++i) {
    bytes = i % 2 == 0 ? PlainValue(1) : FlexibleValue(1);
    for (int change = 0; change < 3; ++change) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(random() % (bytes.size() + 1));
    (void)ReadTransactionValue(bytes).ok();
    (void)ReadTransactionKey(bytes).ok();
  }
}

}  // namespace
}  // namespace fracas::formats
