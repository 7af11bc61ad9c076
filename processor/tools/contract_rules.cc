#include "tools/contract_rules.h"

#include "core/text.h"

namespace fracas::tools {
namespace {

contract::TimeFormat FormatOf(config::TimeFormat format) {
  switch (format) {
    case config::TimeFormat::kRfc3339: return contract::TimeFormat::kRfc3339;
    case config::TimeFormat::kUnixSeconds: return contract::TimeFormat::kUnixSeconds;
    case config::TimeFormat::kUnixMilliseconds: return contract::TimeFormat::kUnixMilliseconds;
  }
  return contract::TimeFormat::kRfc3339;
}

contract::EventTimeRule EventTimeOf(const config::EventTime& time) {
  return {.pointer = time.pointer.value,
          .format = FormatOf(time.format),
          .zone_offset_minutes = time.zone_offset_minutes,
          .max_age_ms = time.max_age_ms,
          .max_future_ms = time.max_future_ms};
}

// The index of the pointer among the captures; -1 for what is not in the value.
int Capture(const config::IdSource& source, std::vector<std::string>* captures) {
  if (source.kind != config::IdSource::Kind::kPointer) return -1;
  captures->push_back(source.name);
  return static_cast<int>(captures->size()) - 1;
}

void ForbidCharacters(const config::Characters& characters, contract::Rules* rules) {
  using contract::CharacterClass;
  const auto forbid = [rules](CharacterClass which, bool on) {
    rules->forbid_characters[static_cast<size_t>(which)] = on;
  };
  forbid(CharacterClass::kControl, characters.control);
  forbid(CharacterClass::kZeroWidth, characters.zero_width);
  forbid(CharacterClass::kBidi, characters.bidi);
  forbid(CharacterClass::kNoncharacter, characters.noncharacter);
}

}  // namespace

StreamContract ContractOf(const config::Stream& stream) {
  StreamContract result;
  contract::Rules& rules = result.rules;
  rules.has_schema = !stream.contract.value.empty();
  for (const config::Text& pointer : stream.critical) rules.critical.push_back(pointer.value);
  for (const config::Text& pointer : stream.sensitive) rules.sensitive.push_back(pointer.value);
  rules.sentinels = stream.sentinels;
  rules.has_event_time = stream.event_time.on;
  if (stream.event_time.on) rules.event_time = EventTimeOf(stream.event_time);
  result.captures.business_id = Capture(stream.identity.business_id, &rules.captures);
  result.captures.message_id = Capture(stream.identity.message_id, &rules.captures);
  result.captures.idempotency_key = Capture(stream.identity.idempotency_key, &rules.captures);
  ForbidCharacters(stream.characters, &rules);
  rules.report_drift = stream.report_drift;
  rules.forbid_duplicate_keys = stream.forbid_duplicate_keys;
  rules.document_bytes_max = stream.record_bytes_max;
  result.options.assert_formats = stream.assert_formats;
  result.options.catalog = stream.schemas;
  return result;
}

contract::Compiled CompileContract(const config::Stream& stream) {
  const StreamContract contract = ContractOf(stream);
  if (!contract.rules.has_schema) return contract::CompileRules(contract.rules);
  return contract::CompileFile(stream.contract.value, contract.rules, contract.options);
}

std::string ToString(const contract::Problem& problem, const std::string& name) {
  std::string text = problem.file.empty() ? name : problem.file;
  if (problem.line > 0) AppendTo(&text, ":", problem.line, ":", problem.column);
  AppendTo(&text, ": ", problem.message);
  if (!problem.location.empty()) AppendTo(&text, " (at ", problem.location, ")");
  return text;
}

}  // namespace fracas::tools
