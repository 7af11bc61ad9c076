#include "ledger/counts_json.h"

#include "core/codes.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"

namespace fracas::ledger {
namespace {

// A time, or null for 0.
void Time(std::string_view name, int64_t ms, json::Writer* writer) {
  writer->Key(name);
  if (ms == 0) {
    writer->Null();
  } else {
    writer->String(FormatTimestamp(ms));
  }
}

}  // namespace

std::string CountsJson(const LedgerFacts& facts) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject().Member("foreign", facts.foreign).Member("unreadable", facts.unreadable);
  writer.Member("unseen", facts.unseen).Member("restored", facts.restored);
  writer.Member("restore_target", facts.restore_target).Member("trouble", facts.trouble);
  writer.Key("counts").BeginArray();
  for (const LedgerFacts::Row& row : facts.rows) {
    const CodeInfo* const info = FindCode(Cat(row.code));
    writer.BeginObject().Member("stream", row.stream).Member("code", row.code);
    writer.Member("name", info == nullptr ? std::string_view("UNKNOWN") : info->name);
    writer.Member("open", row.open).Member("resolved", row.resolved);
    writer.Member("discarded", row.discarded).Member("expired", row.expired);
    Time("oldest_open", row.oldest_open_ms, &writer);
    Time("ends", row.ends_ms, &writer);
    writer.EndObject();
  }
  writer.EndArray().EndObject();
  return text;
}

}  // namespace fracas::ledger
