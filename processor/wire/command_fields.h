#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/codes.h"
#include "core/ids.h"
#include "json/writer.h"
#include "wire/fields.h"

// What the arguments of commands and facts have in common. Part of wire/command.cc and
// wire/fact.cc.

namespace fracas::wire {

// "topic", "partition" and, where there is one, "offset".
void WriteSource(const TopicPartition& source, json::Writer* writer);
void WriteLetter(const TopicPartition& source, Offset offset, json::Writer* writer);
TopicPartition ReadSource(json::NodeId object, Fields* fields);

// `key`, or `key`_base64 where the bytes are not UTF-8. Reading takes exactly one of the two.
void WriteBytes(std::string_view key, std::string_view bytes, json::Writer* writer);
std::string ReadBytes(std::string_view key, json::NodeId object, Fields* fields);

// Absent where it says nothing.
void WriteTime(std::string_view key, int64_t time_ms, json::Writer* writer);
void WriteCode(std::string_view key, Code code, json::Writer* writer);
// kNone where it is absent, kUnknown for the code of a newer program.
Code ReadCode(std::string_view key, json::NodeId object, Fields* fields);

}  // namespace fracas::wire
