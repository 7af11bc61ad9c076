#include "tools/targets.h"

#include <array>
#include <charconv>
#include <utility>

#include "config/values/number.h"
#include "core/base64.h"
#include "core/limits.h"
#include "core/text.h"
#include "json/tree.h"
#include "json/utf8.h"
#include "state/format/entities.h"
#include "wire/text.h"

namespace fracas::tools {

namespace {

constexpr int64_t kOffsetMax = INT64_MAX;

// Splits "a/b" at the last slash.
bool SplitLast(std::string_view text, char mark, std::string_view* front, std::string_view* back) {
  const size_t at = text.rfind(mark);
  if (at == std::string_view::npos) return false;
  *front = text.substr(0, at);
  *back = text.substr(at + 1);
  return true;
}

bool ReadPartition(std::string_view text, TopicPartition* partition) {
  std::string_view topic;
  std::string_view number;
  int64_t value = 0;
  if (!SplitLast(text, '/', &topic, &number) || topic.empty() || topic.find('/') != topic.npos) return false;
  if (topic.size() > limits::kTopicNameBytesMax) return false;
  if (!wire::ParseInt(number, 0, INT32_MAX, &value)) return false;
  *partition = {std::string(topic), static_cast<Partition>(value)};
  return true;
}

Status CheckId(std::string_view id) {
  if (id.empty()) return Status::Reject("an empty id names nothing: records without an id are quarantined by "
                                        "their coordinates, --record TOPIC/PARTITION/OFFSET");
  if (id.size() <= limits::kIdBytesMax) return {};
  return Status::Reject(Cat("the id is ", id.size(), " bytes long; no record has one longer than ",
                            limits::kIdBytesMax));
}

Result<wire::QuarantineTarget> FromObject(std::string_view line) {
  std::string error;
  const auto document = json::ParseOwned(std::string(line), &error);
  if (document == nullptr) return Status::Reject(Cat("no JSON: ", error));
  const json::Tree& tree = document->tree;
  const auto member = [&](std::string_view key) { return tree.Find(tree.root(), key); };
  const auto is = [&](json::NodeId node, json::Kind kind) {
    return node != json::Tree::kNoNode && tree.node(node).kind == kind;
  };
  if (const json::NodeId id = member("id"); is(id, json::Kind::kString)) {
    return IdTarget(tree.Text(id));
  } else if (is(id, json::Kind::kNumber)) {
    return IdTarget(tree.Raw(id));
  }
  if (const json::NodeId id = member("id_base64"); is(id, json::Kind::kString)) {
    return Base64Target(tree.Text(id));
  }
  if (const json::NodeId record = member("record"); is(record, json::Kind::kString)) {
    return RecordTarget(tree.Text(record));
  }
  return Status::Reject("write {\"id\": \"C-1\"}, {\"id_base64\": \"…\"} or {\"record\": \"topic/0/42\"}");
}

}  // namespace

Result<TopicPartition> ParsePartition(std::string_view text) {
  TopicPartition partition;
  if (ReadPartition(text, &partition)) return partition;
  return Status::Reject(Cat("'", text, "' is no partition: write TOPIC/PARTITION, such as orders.raw/3"));
}

Result<RecordName> ParseRecord(std::string_view text) {
  std::string_view front;
  std::string_view offset;
  RecordName record;
  if (SplitLast(text, '/', &front, &offset) && ReadPartition(front, &record.source) &&
      wire::ParseInt(offset, 0, kOffsetMax, &record.offset)) {
    return record;
  }
  return Status::Reject(
      Cat("'", text, "' is no record: write TOPIC/PARTITION/OFFSET, such as orders.raw/3/1042"));
}

Result<AttemptName> ParseAttempt(std::string_view text) {
  std::string_view front;
  std::string_view attempt;
  std::string_view partition;
  std::string_view range;
  std::string_view from;
  std::string_view to;
  AttemptName name;
  int64_t number = 0;
  if (SplitLast(text, '#', &front, &attempt) && wire::ParseInt(attempt, 1, INT32_MAX, &number) &&
      SplitLast(front, '/', &partition, &range) && ReadPartition(partition, &name.source) &&
      SplitLast(range, '-', &from, &to) && wire::ParseInt(from, 0, kOffsetMax, &name.from) &&
      wire::ParseInt(to, name.from, kOffsetMax, &name.to)) {
    name.attempt = static_cast<int32_t>(number);
    return name;
  }
  return Status::Reject(Cat("'", text, "' is no attempt: write TOPIC/PARTITION/FROM-TO#ATTEMPT as `fracas "
                            "status` shows it, such as 'orders.raw/3/1000-1100#2'"));
}

Result<int64_t> ParseDuration(std::string_view text) {
  struct Unit {
    char letter;
    int64_t ms;
  };
  constexpr std::array kUnits = {Unit{'s', 1'000}, Unit{'m', 60'000}, Unit{'h', 3'600'000},
                                 Unit{'d', 86'400'000}};
  for (const Unit& unit : kUnits) {
    int64_t count = 0;
    if (text.empty() || text.back() != unit.letter) continue;
    if (wire::ParseInt(text.substr(0, text.size() - 1), 1, 36'500, &count)) return count * unit.ms;
    if (unit.letter == 's' && wire::ParseInt(text.substr(0, text.size() - 1), 1, 1'000'000, &count)) {
      return count * unit.ms;
    }
  }
  return Status::Reject(Cat("'", text, "' is no duration: write 90s, 30m, 2h or 7d"));
}

Result<int64_t> ParseWait(std::string_view text) {
  if (text == "0" || text == "0s" || text == "0m" || text == "0h" || text == "0d") return 0;
  return ParseDuration(text);
}

Result<int64_t> ParseTime(std::string_view text) {
  int64_t time_ms = 0;
  if (config::ParseRfc3339(text, &time_ms)) return time_ms;
  return Status::Reject(Cat("'", text, "' is no time: write it as 2026-01-31T12:00:00Z or with an offset, "
                            "2026-01-31T13:00:00+01:00"));
}

Result<wire::QuarantineTarget> IdTarget(std::string_view text) {
  if (Status s = CheckId(text); !s.ok()) return s;
  if (!json::IsUtf8(text)) {
    return Status::Reject("the id is not UTF-8: give its bytes as base64 (--id-base64, or \"id_base64\")");
  }
  return wire::QuarantineTarget{.record = false, .id = std::string(text)};
}

Result<wire::QuarantineTarget> Base64Target(std::string_view text) {
  std::string bytes;
  if (!DecodeBase64(text, &bytes)) {
    return Status::Reject(Cat("'", text, "' is no base64 (RFC 4648, with padding)"));
  }
  if (Status s = CheckId(bytes); !s.ok()) return s;
  return wire::QuarantineTarget{.record = false, .id = std::move(bytes)};
}

Result<wire::QuarantineTarget> RecordTarget(std::string_view text) {
  Result<RecordName> record = ParseRecord(text);
  if (!record.ok()) return record.status();
  return wire::QuarantineTarget{.record = true, .id = state::RecordId(record->source, record->offset)};
}

Result<wire::QuarantineTarget> LineTarget(std::string_view line) {
  return line.starts_with('{') ? FromObject(line) : IdTarget(line);
}

state::QuarantineKey KeyOf(const std::string& stream, const wire::QuarantineTarget& target) {
  return {.stream = stream,
          .scope = target.record ? state::QuarantineScope::kRecord : state::QuarantineScope::kId,
          .id = target.id};
}

}  // namespace fracas::tools
