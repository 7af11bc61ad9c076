#include "tools/letters/selection.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "config/find_stream.h"
#include "core/base64.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "tools/patch/specimen_reader.h"
#include "tools/targets.h"

namespace fracas::tools {

namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool Contains(const std::vector<OffsetRange>& ranges, const TopicPartition& partition,
              Offset offset) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const OffsetRange& range) {
    return range.partition == partition && offset >= range.from && offset < range.to;
  });
}

Status ReadCodes(const std::vector<std::string>& texts, std::vector<uint32_t>* codes) {
  for (const std::string& text : texts) {
    const CodeInfo* info = FindCode(text);
    if (info == nullptr) {
      return Status::Reject(
          Cat("--code ", text, ": there is no such failure code; `fracas codes` lists them"));
    }
    codes->push_back(info->number);
  }
  std::sort(codes->begin(), codes->end());
  return {};
}

// Ascending, and what is named twice is meant once.
void Order(std::vector<OffsetRange>* ranges) {
  const auto key = [](const OffsetRange& range) {
    return std::tie(range.partition.topic, range.partition.partition, range.from, range.to);
  };
  std::sort(ranges->begin(), ranges->end(),
            [&](const OffsetRange& a, const OffsetRange& b) { return key(a) < key(b); });
  std::vector<OffsetRange> ordered;
  for (OffsetRange& range : *ranges) {
    const bool overlaps = !ordered.empty() && ordered.back().partition == range.partition &&
                          range.from < ordered.back().to;
    if (overlaps) {
      ordered.back().to = std::max(ordered.back().to, range.to);
    } else {
      ordered.push_back(std::move(range));
    }
  }
  *ranges = std::move(ordered);
}

Status ReadPlaces(const SelectionText& text, const config::Config& config, Selection* selection) {
  for (const std::string& place : text.places) {
    Result<OffsetRange> range = ParseOffsetRange(place);
    if (!range.ok()) return range.status();
    const bool source = !StreamOfTopic(config, range->partition.topic).empty();
    auto* to = source ? &selection->records : &selection->places;
    to->push_back(std::move(*range));
  }
  for (const std::string& record : text.records) {
    Result<OffsetRange> range = ParseOffsetRange(record);
    if (!range.ok()) return range.status().WithPrefix("--record: ");
    selection->records.push_back(std::move(*range));
  }
  Order(&selection->places);
  Order(&selection->records);
  return {};
}

Status ReadId(const SelectionText& text, Selection* selection) {
  if (!text.id.empty()) {
    Result<wire::QuarantineTarget> target = IdTarget(text.id);
    if (!target.ok()) return target.status().WithPrefix("--id: ");
    selection->business_id = target->id;
  }
  if (text.id_base64.empty()) return {};
  Result<wire::QuarantineTarget> target = Base64Target(text.id_base64);
  if (!target.ok()) return target.status().WithPrefix("--id-base64: ");
  selection->business_id = target->id;
  return {};
}

Status ReadTimes(const SelectionText& text, int64_t now_ms, Selection* selection) {
  if (!text.since.empty()) {
    Result<int64_t> since = ParseTimeOrAge(text.since, now_ms);
    if (!since.ok()) return since.status().WithPrefix("--since: ");
    selection->since_ms = *since;
  }
  if (text.until.empty()) return {};
  Result<int64_t> until = ParseTimeOrAge(text.until, now_ms);
  if (!until.ok()) return until.status().WithPrefix("--until: ");
  selection->until_ms = *until;
  if (selection->since_ms == 0 || selection->since_ms < selection->until_ms) return {};
  return Status::Reject("--since is not before --until: nothing can lie between them");
}

Status ReadStateAndSystem(const SelectionText& text, Selection* selection) {
  if (!text.state.empty() && text.state != "all") {
    LetterState state{};
    if (!FindLetterState(text.state, &state) || state == LetterState::kUnknown) {
      return Status::Reject(
          Cat("--state ", text.state, ": open, resolved, discarded, expired or all"));
    }
    selection->state = state;
  }
  if (text.system.empty()) return {};
  formats::LetterSystem system{};
  if (!formats::FindSystem(text.system, &system)) {
    return Status::Reject(Cat("--system ", text.system,
                              ": fracas, connect, spring, spring_retry, streams, share_group, "
                              "confluent_rules or unknown"));
  }
  selection->system = system;
  return {};
}

std::string Names(const std::vector<uint32_t>& codes) {
  std::string names;
  for (const uint32_t code : codes) {
    const CodeInfo* info = FindCode(Cat(code));
    AppendTo(&names, names.empty() ? "" : ", ",
             info == nullptr ? Cat(code) : std::string(info->name));
  }
  return names;
}

std::string RangeText(const OffsetRange& range) {
  if (range.to == range.from + 1) return ToString(range.partition, range.from);
  if (range.from == 0 && range.to == INT64_MAX) {
    return Cat(range.partition.topic, "/", range.partition.partition);
  }
  return Cat(range.partition.topic, "/", range.partition.partition, "/", range.from, "-", range.to);
}

}  // namespace

Result<OffsetRange> ParseOffsetRange(std::string_view text) {
  if (Result<RecordName> record = ParseRecord(text); record.ok()) {
    if (record->offset == INT64_MAX)
      return Status::Reject(Cat("'", text, "': there is no such offset"));
    return OffsetRange{record->source, record->offset, record->offset + 1};
  }
  // A range is an attempt's name without its number.
  if (Result<AttemptName> range = ParseAttempt(Cat(text, "#1")); range.ok()) {
    if (range->from == range->to)
      return Status::Reject(Cat("'", text, "' is empty: TO is not part of it"));
    return OffsetRange{range->source, range->from, range->to};
  }
  if (Result<TopicPartition> partition = ParsePartition(text); partition.ok()) {
    return OffsetRange{std::move(*partition), 0, INT64_MAX};
  }
  return Status::Reject(
      Cat("'", text,
          "' names no records: write TOPIC/PARTITION/OFFSET, "
          "TOPIC/PARTITION/FROM-TO or TOPIC/PARTITION, such as orders.dlq/3/1042"));
}

Result<int64_t> ParseTimeOrAge(std::string_view text, int64_t now_ms) {
  if (Result<int64_t> time = ParseTime(text); time.ok()) return time;
  if (Result<int64_t> age = ParseDuration(text); age.ok()) return now_ms - *age;
  return Status::Reject(Cat("'", text,
                            "' is no time: write it as 2026-01-31T12:00:00Z, or how long ago "
                            "as 90s, 30m, 2h or 7d"));
}

Result<Selection> ParseSelection(const SelectionText& text, const config::Config& config,
                                 int64_t now_ms) {
  Selection selection;
  if (Status s = ReadPlaces(text, config, &selection); !s.ok()) return s;
  if (!text.stream.empty()) {
    Result<size_t> index = config::FindStream(config, text.stream);
    if (!index.ok()) return index.status();
    selection.stream = config::QualifiedName(config.streams[*index]);
  }
  if (Status s = ReadCodes(text.codes, &selection.codes); !s.ok()) return s;
  if (Status s = ReadId(text, &selection); !s.ok()) return s;
  if (Status s = ReadTimes(text, now_ms, &selection); !s.ok()) return s;
  if (Status s = ReadStateAndSystem(text, &selection); !s.ok()) return s;
  selection.topics = text.topics;
  std::sort(selection.topics.begin(), selection.topics.end());
  selection.topics.erase(std::unique(selection.topics.begin(), selection.topics.end()),
                         selection.topics.end());
  selection.mode = Lower(text.mode);
  selection.error = Lower(text.error);
  return selection;
}

bool Selection::Matches(const Letter& letter) const {
  if (!places.empty() && !Contains(places, letter.topic, letter.offset)) return false;
  if (!records.empty() && !Contains(records, letter.origin.source, letter.origin.offset))
    return false;
  if (!stream.empty() && letter.stream != stream) return false;
  if (!codes.empty() && !std::binary_search(codes.begin(), codes.end(), letter.code_number))
    return false;
  if (!mode.empty() && !letter.fingerprint.starts_with(mode)) return false;
  if (business_id.has_value() && letter.business_id != *business_id) return false;
  if (since_ms != 0 && letter.judged_ms < since_ms) return false;
  if (until_ms != 0 && letter.judged_ms >= until_ms) return false;
  if (system.has_value() && letter.origin.system != *system) return false;
  if (state.has_value() && letter.state != *state &&
      !(letter.state == LetterState::kUnknown && *state == LetterState::kOpen)) {
    return false;
  }
  if (error.empty() || !letter.loaded) return true;
  const formats::LetterOrigin& origin = letter.origin;
  const auto holds = [&](const std::string& in) {
    return Lower(in).find(error) != std::string::npos;
  };
  return holds(origin.error_class) || holds(origin.error_message) || holds(origin.cause_class) ||
         holds(origin.cause_message);
}

std::string Selection::WhyNotIndexed() const {
  if (!topics.empty()) return "it does not index a topic that is named: leave --topic out";
  if (!places.empty()) return "places are read from the topics: leave them out";
  const bool ours = !system.has_value() || *system == formats::LetterSystem::kFracas;
  return ours ? "" : "it indexes only what Fracas wrote: leave --system out";
}

std::string Selection::Describe() const {
  std::string text =
      Cat(state.has_value() ? Cat(Name(*state), " ") : std::string(), "dead letters");
  if (!stream.empty()) AppendTo(&text, " of ", stream);
  if (system.has_value()) AppendTo(&text, " written by ", formats::Title(*system));
  for (const std::string& topic : topics) AppendTo(&text, " on ", topic);
  for (const OffsetRange& place : places) AppendTo(&text, " at ", RangeText(place));
  for (const OffsetRange& record : records) AppendTo(&text, " of record ", RangeText(record));
  if (!codes.empty()) AppendTo(&text, " with code ", Names(codes));
  if (!mode.empty()) AppendTo(&text, " of mode ", mode);
  if (business_id.has_value()) text += " of that id";
  if (!error.empty()) AppendTo(&text, " with '", error, "' in the error");
  if (since_ms != 0) AppendTo(&text, " since ", FormatTimestamp(since_ms));
  if (until_ms != 0) AppendTo(&text, " before ", FormatTimestamp(until_ms));
  return text;
}

}  // namespace fracas::tools
