#include "tools/json_members.h"

#include "core/timestamp.h"

namespace fracas::tools {

void WriteTime(std::string_view name, int64_t time_ms, json::Writer* writer) {
  writer->Key(name);
  time_ms <= 0 ? writer->Null() : writer->String(FormatTimestamp(time_ms));
}

void WriteText(std::string_view name, std::string_view text, json::Writer* writer) {
  writer->Key(name);
  text.empty() ? writer->Null() : writer->String(text);
}

}  // namespace fracas::tools
