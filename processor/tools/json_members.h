#pragma once

#include <cstdint>
#include <string_view>

#include "json/writer.h"

// Members that every output of the tools writes alike: what is not known is null, never "" or 1970.

namespace fracas::tools {

// RFC 3339 in UTC; null for kNoTime, 0 and whatever else is no time of a record (Kafka's -1).
void WriteTime(std::string_view name, int64_t time_ms, json::Writer* writer);
// null for "".
void WriteText(std::string_view name, std::string_view text, json::Writer* writer);

}  // namespace fracas::tools
