#include "contract/describe.h"

#include <algorithm>
#include <array>
#include <vector>

#include "contract/concealment.h"
#include "contract/describe_value.h"
#include "contract/explain/schema_walk.h"
#include "contract/explain/node_path.h"
#include "contract/plan.h"
#include "contract/stream_rules.h"
#include "core/limits.h"
#include "core/text.h"
#include "json/diagnose.h"
#include "json/pointer.h"

namespace fracas::contract {
namespace {

constexpr std::string_view kCut = "/…";  // how a pointer over its bound ends

bool IsDeclared(const Plan& plan, std::string_view name) {
  return std::binary_search(plan.names.begin(), plan.names.end(), name);
}

// Whether what was found there must not be told.
bool IsHidden(const Plan& plan, std::string_view pointer, std::string_view excerpt) {
  if (!plan.concealment.any()) return false;
  // A pointer that was cut may have led to a sensitive place below.
  if (pointer.ends_with(kCut)) pointer.remove_suffix(kCut.size());
  return HoldsDocument(excerpt) || plan.concealment.HidesValue(pointer);
}

// The pointer with everything that depends on the one record replaced by "*".
std::string Generalize(const Plan& plan, std::string_view pointer) {
  std::vector<std::string> tokens;
  if (!json::SplitPointer(pointer, &tokens)) return std::string(pointer);
  std::string general;
  uint32_t index = 0;
  for (const std::string& token : tokens) {
    const bool keep = IsDeclared(plan, token) && !ParseIndex(token, &index);
    json::AppendToken(keep ? token : "*", &general);
  }
  return general;
}

json::Diagnosis DiagnosisOf(const Finding& finding) {
  json::Diagnosis diagnosis;
  diagnosis.error = static_cast<json::SyntaxError>(finding.detail & 0xFF);
  diagnosis.code_point = finding.detail >> 8;
  diagnosis.byte = finding.byte;
  return diagnosis;
}

std::string_view SyntaxText(json::SyntaxError error) {
  switch (error) {
    case json::SyntaxError::kNone: return "not JSON";
    case json::SyntaxError::kEmpty: return "empty document";
    case json::SyntaxError::kTruncated: return "the document ends inside a value";
    case json::SyntaxError::kUnexpectedByte: return "a character that cannot stand there";
    case json::SyntaxError::kBadLiteral: return "a word that is not true, false or null";
    case json::SyntaxError::kBadNumber: return "a number that JSON does not know";
    case json::SyntaxError::kBadEscape: return "an escape that JSON does not know";
    case json::SyntaxError::kLoneSurrogate: return "half of a surrogate pair";
    case json::SyntaxError::kControlCharacter: return "a raw control character in a string";
    case json::SyntaxError::kInvalidUtf8: return "bytes that are not UTF-8";
    case json::SyntaxError::kByteOrderMark: return "a byte order mark";
    case json::SyntaxError::kUtf16: return "UTF-16 or UTF-32 instead of UTF-8";
    case json::SyntaxError::kTrailingContent: return "more content behind the document";
    case json::SyntaxError::kTooDeep: return "nesting deeper than the limit";
    case json::SyntaxError::kTooLarge: return "a document over the limit";
  }
  return "not JSON";
}

// What is wrong with a critical element, without its value.
std::string_view CriticalText(const Plan& plan, Code code, std::string_view document, size_t byte) {
  if (code == Code::kCdeMissing) return "critical element is missing";
  if (byte < document.size() && document[byte] == 'n') return "critical element is null";
  std::string text;
  if (byte + 1 < document.size()) {
    std::string_view inner = document.substr(byte + 1);
    size_t end = 0;
    while (end < inner.size() && inner[end] != '"') end += inner[end] == '\\' ? 2 : 1;
    json::AppendUnescaped(inner.substr(0, std::min(end, inner.size())), &text);
  }
  return IsSentinel(plan.stream, text) ? "critical element is a text that means \"missing\""
                                       : "critical element is blank";
}

std::string TimeText(const Plan& plan, const Finding& finding) {
  const EventTimeRule& rule = plan.stream.event_time;
  if (finding.code == Code::kTsStale) {
    return Cat("event time is ", DurationText(finding.detail), " older than the record, at most ",
               DurationText(static_cast<uint64_t>(rule.max_age_ms) / 1000), " is allowed");
  }
  return Cat("event time is ", DurationText(finding.detail), " ahead of the record, at most ",
             DurationText(static_cast<uint64_t>(rule.max_future_ms) / 1000), " is allowed");
}

// The message without the value that was found.
struct Statement {
  std::string text;
  bool names_value = false;  // the value tells more: "…, found 12"
};

Statement SchemaStatement(const Rule& rule, const Finding& finding) {
  // Presence: what is there instead has nothing to say.
  if (finding.detail == kDetailMissing && rule.keyword != "oneOf") {
    return {rule.keyword == "required"
                ? "required member is missing"
                : "member is missing that the presence of another one requires",
            false};
  }
  if (rule.keyword == "oneOf" && finding.detail > 1) {
    return {Cat("expected exactly one of the alternatives, ", finding.detail, " match"), true};
  }
  return {rule.expectation, true};
}

Statement MakeStatement(const Plan& plan, const Finding& finding, std::string_view document) {
  const Rule& rule = plan.rules[finding.rule];
  switch (rule.kind) {
    case RuleKind::kSyntax: {
      // The finding has no room for what was being read there; the document tells once more.
      const json::Diagnosis diagnosis = json::Diagnose(document);
      const bool same = diagnosis.error == DiagnosisOf(finding).error;
      return {json::Describe(same ? diagnosis : DiagnosisOf(finding)), false};
    }
    case RuleKind::kSize:
      if (finding.rule == plan.depth_rule) return {rule.expectation, false};
      return {Cat("the document has ", document.size(), " bytes, ", rule.expectation), false};
    case RuleKind::kSchema: return SchemaStatement(rule, finding);
    case RuleKind::kCritical:
      return {std::string(CriticalText(plan, finding.code, document, finding.byte)), false};
    case RuleKind::kEventTime:
      if (finding.code == Code::kFormatInvalid) return {rule.expectation, true};
      return {TimeText(plan, finding), true};
    case RuleKind::kIdentity: return {rule.expectation, false};
    case RuleKind::kCharacters:
      return {Cat(CharacterText(finding.detail), " at byte ", finding.byte,
                  ", of a class that the stream forbids"),
              false};
    case RuleKind::kDrift: return {rule.expectation, false};
    case RuleKind::kDuplicate: return {"key is there twice in its object", false};
  }
  return {};
}

void Bound(std::string* text) {
  if (text->size() <= limits::kMessageTextBytesMax) return;
  size_t cut = limits::kMessageTextBytesMax - 3;
  while (cut > 0 && (static_cast<unsigned char>((*text)[cut]) & 0xC0) == 0x80) --cut;
  text->resize(cut);
  text->append("…");
}

}  // namespace

Description Describe(const Contract& contract, const Finding& finding, std::string_view pointer,
                     std::string_view document, bool conceal) {
  const Plan& plan = contract.plan();
  FRACAS_CHECK(finding.rule < plan.rules.size(), "a finding of another contract");
  Description description;
  description.schema = plan.rules[finding.rule].location;
  Statement statement = MakeStatement(plan, finding, document);
  description.message = std::move(statement.text);
  if (statement.names_value) {
    const FoundValue found = FindValue(document, finding.byte);
    const bool hidden =
        !found.excerpt.empty() && (conceal || IsHidden(plan, pointer, found.excerpt));
    description.redacted = hidden;
    if (!found.kind.empty()) AppendTo(&description.message, ", found ", found.kind);
    if (hidden) {
      description.message.append(" (redacted)");
    } else if (!found.excerpt.empty()) {
      AppendTo(&description.message, " ", found.excerpt);
    }
  }
  Bound(&description.message);
  return description;
}

std::string DescribeMode(const Contract& contract, const Finding& finding,
                         std::string_view pointer) {
  const Plan& plan = contract.plan();
  FRACAS_CHECK(finding.rule < plan.rules.size(), "a finding of another contract");
  const Rule& rule = plan.rules[finding.rule];
  std::string text = rule.expectation;
  switch (rule.kind) {
    case RuleKind::kSyntax: return std::string(SyntaxText(DiagnosisOf(finding).error));
    case RuleKind::kSize: return text;
    case RuleKind::kSchema:
      if (finding.detail <= kDetailMissing) text = SchemaStatement(rule, finding).text;
      break;
    case RuleKind::kCritical:
      text = finding.code == Code::kCdeMissing ? "critical element is missing"
                                               : "critical element is null, blank or a sentinel";
      break;
    case RuleKind::kEventTime:
      if (finding.code == Code::kTsStale) text = "event time is too old for its record";
      if (finding.code == Code::kTsFuture) text = "event time is ahead of its record";
      break;
    case RuleKind::kCharacters:
      text = Cat(CharacterText(finding.detail), ", of a class that the stream forbids");
      break;
    case RuleKind::kIdentity:
    case RuleKind::kDrift:
    case RuleKind::kDuplicate: break;
  }
  AppendTo(&text, " at ", pointer.empty() ? "the top level" : Generalize(plan, pointer));
  Bound(&text);
  return text;
}

std::string ModeKey(const Contract& contract, const Finding& finding, std::string_view pointer) {
  const Plan& plan = contract.plan();
  FRACAS_CHECK(finding.rule < plan.rules.size(), "a finding of another contract");
  const Rule& rule = plan.rules[finding.rule];
  switch (rule.kind) {
    case RuleKind::kSyntax: return Cat("syntax:", SyntaxText(DiagnosisOf(finding).error));
    case RuleKind::kSize: return finding.rule == plan.depth_rule ? "depth" : "size";
    case RuleKind::kSchema:
      // One rule asks for many members: which one is missing tells the modes apart.
      if (finding.detail != kDetailMissing || rule.keyword == "oneOf") return rule.location;
      return Cat(rule.location, " ", Generalize(plan, pointer));
    case RuleKind::kCritical:
    case RuleKind::kEventTime:
    case RuleKind::kIdentity:
    case RuleKind::kCharacters:
    case RuleKind::kDrift:
    case RuleKind::kDuplicate: return Generalize(plan, pointer);
  }
  return "";
}

}  // namespace fracas::contract
