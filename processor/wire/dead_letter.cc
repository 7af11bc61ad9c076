#include "wire/dead_letter.h"

#include <limits>

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "wire/block_scanner.h"
#include "wire/text.h"
#include "wire/version.h"

namespace fracas::wire {

namespace {

constexpr size_t kNameBytesMax = 1 * limits::kKiB;  // of a pipeline, a stream, an id
constexpr size_t kSchemaBytesMax = 2 * limits::kKiB;
// Everything that a block may hold, all texts at their bound: 8 KiB message, 1 KiB pointer, 2 KiB
// schema location, 8 names, and less than 2 KiB of header names and numbers.
static_assert(limits::kHeaderValueBytesMax + limits::kPointerBytesMax + kSchemaBytesMax +
                  8 * kNameBytesMax + 2 * limits::kKiB <=
              limits::kDeadLetterOverheadBytes);

// Where Kafka Connect would say that the record failed: tools group by it.
std::string_view StageOf(const CodeInfo& info) {
  if (info.origin == Origin::kDestination) return "KAFKA_PRODUCE";
  return info.number < 4000 ? "VALUE_CONVERTER" : "TASK_PUT";
}

}  // namespace

void DeadLetterEncoder::Begin() {
  source_.clear();
  block_begin_.clear();
  block_end_.clear();
  source_bytes_ = 0;
  scanner_.Reset();
}

void DeadLetterEncoder::AddSourceHeader(std::string_view name, std::string_view value) {
  source_.push_back({name, value});
  source_bytes_ += name.size() + value.size();
  if (!scanner_.Next(name)) return;
  block_begin_.push_back(scanner_.begin());
  block_end_.push_back(scanner_.end());
}

void DeadLetterEncoder::Add(std::string_view name, std::string_view value, size_t bytes_max) {
  const size_t begin = text_.size();
  AppendText(value, bytes_max, &text_);
  slices_.push_back({name, begin, text_.size() - begin});
}

void DeadLetterEncoder::AddNumber(std::string_view name, uint64_t value) {
  const size_t begin = text_.size();
  AppendTo(&text_, value);
  slices_.push_back({name, begin, text_.size() - begin});
}

void DeadLetterEncoder::AddConnect(const DeadLetterContext& context, const CodeInfo& info) {
  Add(header::kTopic, context.batch->source.topic, kNameBytesMax);
  AddNumber(header::kPartition, static_cast<uint64_t>(context.batch->source.partition));
  AddNumber(header::kOffset, static_cast<uint64_t>(context.offset));
  Add(header::kStage, StageOf(info), kNameBytesMax);
  const size_t begin = text_.size();
  AppendTo(&text_, "fracas.", info.name);
  slices_.push_back({header::kClassName, begin, text_.size() - begin});
  Add(header::kMessage, context.message, limits::kHeaderValueBytesMax);
}

void DeadLetterEncoder::AddFracas(const DeadLetterContext& context, const CodeInfo& info) {
  AddNumber(header::kCode, info.number);
  Add(header::kCodeName, info.name, kNameBytesMax);
  Add(header::kFingerprint, context.fingerprint, kNameBytesMax);
  Add(header::kPipeline, context.pipeline, kNameBytesMax);
  Add(header::kStream, context.stream, kNameBytesMax);
  const BatchId& batch = *context.batch;
  const size_t begin = text_.size();
  AppendTo(&text_, batch.source.topic, "/", batch.source.partition, "/", batch.from, "-", batch.to,
           "#", batch.attempt);
  slices_.push_back({header::kBatch, begin, text_.size() - begin});
  AddNumber(header::kAttempt, static_cast<uint64_t>(batch.attempt));
  Add(header::kContract, context.contract, kNameBytesMax);
  AddNumber(header::kReplayCount, context.replay_count);
  Add(header::kRedacted, context.redacted ? "true" : "false", kNameBytesMax);
  if (timestamp_.empty() || timestamp_ms_ != context.time_ms) {  // the same for a whole round
    timestamp_ms_ = context.time_ms;
    timestamp_ = FormatTimestamp(context.time_ms);
  }
  Add(header::kTimestamp, timestamp_, kNameBytesMax);
  if (!context.has_finding) return;
  Add(header::kPointer, context.pointer, limits::kPointerBytesMax);
  Add(header::kSchema, context.schema, kSchemaBytesMax);
}

void DeadLetterEncoder::AddLeftOut(const DeadLetterContext& context, size_t dropped) {
  if (context.value.has_value()) {
    AddNumber(header::kPayloadSize, context.value->size);
    Add(header::kPayloadSha256, context.value->sha256, kNameBytesMax);
  }
  if (context.key.has_value()) {
    AddNumber(header::kKeySize, context.key->size);
    Add(header::kKeySha256, context.key->sha256, kNameBytesMax);
  }
  if (dropped > 0) AddNumber(header::kHeadersDropped, dropped);
}

// The record's own headers without the blocks of earlier hops, except the newest.
void DeadLetterEncoder::AppendKeptSource() {
  size_t at = 0;
  for (size_t i = 0; i + 1 < block_begin_.size(); ++i) {
    for (; at < block_begin_[i]; ++at) headers_.push_back(source_[at]);
    at = block_end_[i];
  }
  for (; at < source_.size(); ++at) headers_.push_back(source_[at]);
}

DeadLetterHeaders DeadLetterEncoder::Encode(const DeadLetterContext& context) {
  FRACAS_CHECK(context.batch != nullptr && context.offset >= 0, "a dead letter has coordinates");
  const CodeInfo& info = Info(context.code);
  text_.clear();
  slices_.clear();
  headers_.clear();
  // A record that is too large may be so by its headers: then they stay behind too.
  const bool drop = context.value.has_value() && source_bytes_ > limits::kOversizeKeptBytesMax;
  AddConnect(context, info);
  AddFracas(context, info);
  AddLeftOut(context, drop ? source_.size() : 0);
  Add(header::kFormat, kVersion, kNameBytesMax);
  const bool rewrite = !drop && block_begin_.size() > 1;
  if (rewrite) AppendKeptSource();
  for (const Slice& slice : slices_) {
    headers_.push_back({slice.name, std::string_view(text_).substr(slice.begin, slice.size)});
  }
  return {!drop && !rewrite, headers_};
}

namespace {

// Reads one block; the first value that does not parse makes it no block of ours.
class BlockReader {
 public:
  explicit BlockReader(std::span<const HeaderView> block) : block_(block) {}

  std::string_view Text(std::string_view name) const {
    for (size_t i = block_.size(); i > 0; --i) {
      if (block_[i - 1].name == name) return block_[i - 1].value;
    }
    return {};
  }
  bool Has(std::string_view name) const { return Text(name).data() != nullptr; }
  int64_t Number(std::string_view name, int64_t max = std::numeric_limits<int64_t>::max()) {
    int64_t value = 0;
    if (!ParseInt(Text(name), 0, max, &value)) ok_ = false;
    return value;
  }
  bool ok() const { return ok_; }

 private:
  std::span<const HeaderView> block_;
  bool ok_ = true;
};

void ReadLeftOut(BlockReader* reader, DeadLetter* letter) {
  if (reader->Has(header::kPayloadSize)) {
    letter->payload_size = static_cast<uint64_t>(reader->Number(header::kPayloadSize));
  }
  letter->payload_sha256 = reader->Text(header::kPayloadSha256);
  if (reader->Has(header::kKeySize)) {
    letter->key_size = static_cast<uint64_t>(reader->Number(header::kKeySize));
  }
  letter->key_sha256 = reader->Text(header::kKeySha256);
  if (reader->Has(header::kHeadersDropped)) {
    letter->headers_dropped = static_cast<uint64_t>(reader->Number(header::kHeadersDropped));
  }
}

bool ReadBlock(std::span<const HeaderView> block, DeadLetter* letter) {
  constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();
  BlockReader reader(block);
  letter->source.topic = reader.Text(header::kTopic);
  letter->source.partition = static_cast<Partition>(reader.Number(header::kPartition, kIntMax));
  letter->offset = reader.Number(header::kOffset);
  letter->stage = reader.Text(header::kStage);
  letter->message = reader.Text(header::kMessage);
  letter->code_number = static_cast<uint32_t>(reader.Number(header::kCode, 9999));
  letter->code_name = reader.Text(header::kCodeName);
  const CodeInfo* info = FindCode(Cat(letter->code_number));
  letter->code = info == nullptr ? Code::kUnknown : info->code;
  letter->fingerprint = reader.Text(header::kFingerprint);
  letter->pipeline = reader.Text(header::kPipeline);
  letter->stream = reader.Text(header::kStream);
  letter->batch = reader.Text(header::kBatch);
  letter->attempt = static_cast<int32_t>(reader.Number(header::kAttempt, kIntMax));
  letter->contract = reader.Text(header::kContract);
  letter->replay_count = static_cast<uint32_t>(reader.Number(header::kReplayCount, kIntMax));
  letter->redacted = reader.Text(header::kRedacted) != "false";
  letter->timestamp = reader.Text(header::kTimestamp);
  letter->pointer = reader.Text(header::kPointer);
  letter->schema = reader.Text(header::kSchema);
  ReadLeftOut(&reader, letter);
  return reader.ok();
}

}  // namespace

Result<std::optional<DeadLetter>> DecodeDeadLetter(std::span<const HeaderView> headers) {
  BlockScanner scanner;
  std::optional<DeadLetter> last;
  Status refused;
  for (const HeaderView& each : headers) {
    if (!scanner.Next(each.name)) continue;
    FormatVersion version;
    if (!ParseVersion(each.value, &version)) continue;
    refused = CheckVersion("dead letter", each.value);
    if (!refused.ok()) continue;
    DeadLetter letter;
    const auto block = headers.subspan(scanner.begin(), scanner.end() - scanner.begin());
    if (!scanner.complete() || !ReadBlock(block, &letter)) continue;
    letter.block_begin = scanner.begin();
    last = std::move(letter);
  }
  if (!refused.ok()) return refused;
  return last;
}

}  // namespace fracas::wire
