#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// Finds the blocks of wire/dead_letter.h among a record's headers, by name only.

namespace fracas::wire {

namespace header {
inline constexpr std::string_view kConnectPrefix = "__connect.errors.";
inline constexpr std::string_view kFracasPrefix = "fracas.";
inline constexpr std::string_view kTopic = "__connect.errors.topic";
inline constexpr std::string_view kPartition = "__connect.errors.partition";
inline constexpr std::string_view kOffset = "__connect.errors.offset";
inline constexpr std::string_view kStage = "__connect.errors.stage";
inline constexpr std::string_view kClassName = "__connect.errors.exception.class.name";
inline constexpr std::string_view kMessage = "__connect.errors.exception.message";
inline constexpr std::string_view kCode = "fracas.code";
inline constexpr std::string_view kCodeName = "fracas.code.name";
inline constexpr std::string_view kFingerprint = "fracas.fingerprint";
inline constexpr std::string_view kPipeline = "fracas.pipeline";
inline constexpr std::string_view kStream = "fracas.stream";
inline constexpr std::string_view kBatch = "fracas.batch";
inline constexpr std::string_view kAttempt = "fracas.attempt";
inline constexpr std::string_view kContract = "fracas.contract";
inline constexpr std::string_view kReplayCount = "fracas.replay.count";
inline constexpr std::string_view kRedacted = "fracas.redacted";
inline constexpr std::string_view kTimestamp = "fracas.timestamp";
inline constexpr std::string_view kPointer = "fracas.pointer";
inline constexpr std::string_view kSchema = "fracas.schema";
inline constexpr std::string_view kPayloadSize = "fracas.payload.size";
inline constexpr std::string_view kPayloadSha256 = "fracas.payload.sha256";
inline constexpr std::string_view kKeySize = "fracas.key.size";
inline constexpr std::string_view kKeySha256 = "fracas.key.sha256";
inline constexpr std::string_view kHeadersDropped = "fracas.headers.dropped";
inline constexpr std::string_view kFormat = "fracas.format";

// A complete block has each of these once or more, between kTopic (first) and kFormat (last).
inline constexpr std::array<std::string_view, 17> kRequired = {
    kTopic,   kPartition, kOffset,      kStage,    kClassName, kMessage,
    kCode,    kCodeName,  kFingerprint, kPipeline, kStream,    kBatch,
    kAttempt, kContract,  kReplayCount, kRedacted, kTimestamp};
}  // namespace header

class BlockScanner {
 public:
  void Reset() { *this = BlockScanner(); }

  // The next header's name. True when it ends a block: [begin(), end()) are its headers.
  bool Next(std::string_view name) {
    const size_t index = next_++;
    if (name == header::kTopic) {
      open_ = true;
      begin_ = index;
      seen_ = 0;
    }
    if (!open_) return false;
    if (!name.starts_with(header::kConnectPrefix) && !name.starts_with(header::kFracasPrefix)) {
      open_ = false;  // something foreign in between: not a block
      return false;
    }
    for (size_t i = 0; i < header::kRequired.size(); ++i) {
      if (name == header::kRequired[i]) seen_ |= uint32_t{1} << i;
    }
    if (name != header::kFormat) return false;
    open_ = false;
    end_ = next_;
    return true;
  }

  size_t begin() const { return begin_; }
  size_t end() const { return end_; }
  // Whether the block that ended holds every header that format 1 requires.
  bool complete() const { return seen_ == (uint32_t{1} << header::kRequired.size()) - 1; }

 private:
  bool open_ = false;
  size_t next_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  uint32_t seen_ = 0;
};

}  // namespace fracas::wire
