#include "formats/transaction_log.h"

#include <array>
#include <cstddef>

#include "core/limits_tools.h"
#include "core/text.h"

namespace fracas::formats {

namespace {

constexpr int16_t kKeyVersion = 0;
constexpr int16_t kFlexibleFrom = 1;
constexpr int16_t kValueVersionMax = 1;

constexpr std::array<std::string_view, 8> kNames = {
    "Empty",          "Ongoing",       "PrepareCommit", "PrepareAbort",
    "CompleteCommit", "CompleteAbort", "Dead",          "PrepareEpochFence"};

// Reads on until the first thing that cannot be; then everything answers 0 and `damage` names it.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return damage_.empty(); }
  const std::string& damage() const { return damage_; }
  size_t left() const { return bytes_.size() - at_; }

  template <typename Number>
  Number Int(std::string_view what) {
    if (!Need(sizeof(Number), what)) return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(Number); ++i) {
      value = (value << 8) | static_cast<unsigned char>(bytes_[at_++]);
    }
    return static_cast<Number>(value);
  }

  uint32_t Varint(std::string_view what) {
    uint64_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const auto byte = Int<uint8_t>(what);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) != 0) continue;
      if (value > UINT32_MAX) break;
      return static_cast<uint32_t>(value);
    }
    Fail(what, "is no 32-bit number");
    return 0;
  }

  // -1: null.
  int64_t Length(bool flexible, int64_t plain, std::string_view what) {
    const int64_t length = flexible ? int64_t{Varint(what)} - 1 : plain;
    if (length < -1) Fail(what, "has a negative length");
    return ok() ? length : -1;
  }

  std::string String(bool flexible, std::string_view what) {
    const int64_t length = Length(flexible, flexible ? 0 : Int<int16_t>(what), what);
    if (length < 0) {
      Fail(what, "is null");
      return {};
    }
    if (static_cast<uint64_t>(length) > limits::kTransactionalIdBytesMax) {
      Fail(what, Cat("has ", length, " bytes"));
    }
    if (!Need(static_cast<size_t>(length), what)) return {};
    std::string text(bytes_.substr(at_, static_cast<size_t>(length)));
    at_ += text.size();
    return text;
  }

  // Items of an array, each of at least `item_bytes`; 0 for null.
  size_t Count(bool flexible, size_t item_bytes, std::string_view what) {
    const int64_t count = Length(flexible, flexible ? 0 : Int<int32_t>(what), what);
    if (count <= 0) return 0;
    if (static_cast<uint64_t>(count) > limits::kTransactionPartitionsMax ||
        static_cast<uint64_t>(count) > left() / item_bytes) {
      Fail(what, Cat("has ", count, " items"));
      return 0;
    }
    return static_cast<size_t>(count);
  }

  void TaggedFields() {
    const uint32_t count = Varint("tagged fields");
    for (uint32_t i = 0; i < count && ok(); ++i) {
      Varint("a tag");
      const uint32_t size = Varint("a tagged field's size");
      if (Need(size, "a tagged field")) at_ += size;
    }
  }

  void Fail(std::string_view what, std::string_view problem) {
    if (ok()) damage_ = Cat(what, " ", problem, " at byte ", at_);
  }

 private:
  bool Need(size_t bytes, std::string_view what) {
    if (ok() && left() < bytes) Fail(what, "is cut");
    return ok();
  }

  const std::string_view bytes_;
  size_t at_ = 0;
  std::string damage_;
};

Status Unknown(std::string_view what, int16_t version) {
  return Status::Reject(Cat("the ", what, " of a record in ", kTransactionLogTopic, " has version ",
                            version, ", which this program does not know"));
}

Status Damaged(std::string_view what, const Reader& reader) {
  return Status::Reject(
      Cat("the ", what, " of a record in ", kTransactionLogTopic, ": ", reader.damage()));
}

void ReadPartitions(bool flexible, Reader* reader, std::vector<TopicPartition>* partitions) {
  const size_t topics = reader->Count(flexible, flexible ? 3 : 6, "partitions");
  for (size_t i = 0; i < topics && reader->ok(); ++i) {
    const std::string topic = reader->String(flexible, "a topic");
    const size_t count = reader->Count(flexible, sizeof(int32_t), "a topic's partitions");
    for (size_t j = 0; j < count && reader->ok(); ++j) {
      const auto partition = reader->Int<int32_t>("a partition");
      if (partition < 0) reader->Fail("a partition", "is negative");
      if (partitions->size() >= limits::kTransactionPartitionsMax) {
        reader->Fail("partitions", "are too many");
      }
      partitions->push_back({topic, partition});
    }
    if (flexible) reader->TaggedFields();
  }
}

}  // namespace

std::string_view Name(TransactionState state) { return kNames[static_cast<size_t>(state)]; }

bool IsOpen(TransactionState state) {
  switch (state) {
    case TransactionState::kOngoing:
    case TransactionState::kPrepareCommit:
    case TransactionState::kPrepareAbort:
    case TransactionState::kPrepareEpochFence: return true;
    case TransactionState::kEmpty:
    case TransactionState::kCompleteCommit:
    case TransactionState::kCompleteAbort:
    case TransactionState::kDead: return false;
  }
  return false;
}

Result<std::string> ReadTransactionKey(std::string_view bytes) {
  Reader reader(bytes);
  const auto version = reader.Int<int16_t>("the version");
  if (reader.ok() && version != kKeyVersion) return Unknown("key", version);
  std::string id = reader.String(false, "the transactional id");
  if (reader.ok() && reader.left() > 0) reader.Fail("the key", "goes on");
  if (!reader.ok()) return Damaged("key", reader);
  return id;
}

Result<TransactionEntry> ReadTransactionValue(std::string_view bytes) {
  Reader reader(bytes);
  const auto version = reader.Int<int16_t>("the version");
  if (reader.ok() && (version < 0 || version > kValueVersionMax)) return Unknown("value", version);
  const bool flexible = version >= kFlexibleFrom;
  TransactionEntry entry;
  entry.producer_id = reader.Int<int64_t>("the producer id");
  entry.producer_epoch = reader.Int<int16_t>("the producer epoch");
  entry.timeout_ms = reader.Int<int32_t>("the timeout");
  const auto state = reader.Int<uint8_t>("the status");
  if (state >= kNames.size()) reader.Fail("the status", Cat("is ", int{state}, ", which is none"));
  entry.state = static_cast<TransactionState>(state < kNames.size() ? state : 0);
  ReadPartitions(flexible, &reader, &entry.partitions);
  entry.updated_ms = reader.Int<int64_t>("the time of the last update");
  entry.started_ms = reader.Int<int64_t>("the time of the start");
  if (flexible) reader.TaggedFields();
  if (reader.ok() && reader.left() > 0) reader.Fail("the value", "goes on");
  if (!reader.ok()) return Damaged("value", reader);
  return entry;
}

}  // namespace fracas::formats
