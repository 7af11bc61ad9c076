#include "wire/command_fields.h"

#include <limits>

#include "core/base64.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/utf8.h"

namespace fracas::wire {

using json::NodeId;

void WriteSource(const TopicPartition& source, json::Writer* writer) {
  writer->Member("topic", source.topic).Member("partition", source.partition);
}

void WriteLetter(const TopicPartition& source, Offset offset, json::Writer* writer) {
  WriteSource(source, writer);
  writer->Member("offset", offset);
}

TopicPartition ReadSource(NodeId object, Fields* fields) {
  TopicPartition source;
  source.topic = fields->BoundedText(object, "topic", limits::kTopicNameBytesMax);
  if (source.topic.empty()) fields->Fail("topic", "a topic's name");
  source.partition = static_cast<Partition>(
      fields->Int(object, "partition", 0, std::numeric_limits<Partition>::max()));
  return source;
}

void WriteBytes(std::string_view key, std::string_view bytes, json::Writer* writer) {
  if (json::IsUtf8(bytes)) {
    writer->Member(key, bytes);
  } else {
    writer->Member(Cat(key, "_base64"), Base64(bytes));
  }
}

std::string ReadBytes(std::string_view key, NodeId object, Fields* fields) {
  const std::string other_key = Cat(key, "_base64");
  if (!fields->Has(object, other_key)) {
    return fields->BoundedText(object, key, limits::kIdBytesMax);
  }
  if (fields->Has(object, key)) fields->Fail(other_key, Cat("there without ", key));
  std::string bytes;
  if (!DecodeBase64(fields->Text(object, other_key), &bytes)) {
    fields->Fail(other_key, "base64 (RFC 4648, with padding)");
  } else if (bytes.size() > limits::kIdBytesMax) {
    fields->Fail(other_key, Cat("at most ", limits::kIdBytesMax, " bytes"));
  }
  return bytes;
}

void WriteTime(std::string_view key, int64_t time_ms, json::Writer* writer) {
  if (time_ms != 0) writer->Member(key, FormatTimestamp(time_ms));
}

void WriteCode(std::string_view key, Code code, json::Writer* writer) {
  if (code != Code::kNone) writer->Member(key, uint32_t{Info(code).number});
}

Code ReadCode(std::string_view key, NodeId object, Fields* fields) {
  const int64_t number = fields->OptionalInt(object, key, 1, 9999, 0);
  if (number == 0) return Code::kNone;
  const CodeInfo* info = FindCode(Cat(number));
  return info == nullptr ? Code::kUnknown : info->code;
}

}  // namespace fracas::wire
