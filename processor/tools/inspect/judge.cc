#include "tools/inspect/judge.h"

#include <algorithm>
#include <utility>

#include "contract/describe.h"
#include "contract/plan.h"
#include "core/fingerprint.h"
#include "core/limits.h"
#include "core/text.h"
#include "tools/contract_rules.h"
#include "tools/inspect/identity.h"

namespace fracas::tools {

namespace {

constexpr size_t kConfluentPrefixBytes = 5;  // a zero byte, a schema id

}  // namespace

Judge::Judge(std::shared_ptr<const contract::Contract> contract)
    : contract_(std::move(contract)),
      sha256_(contract_->sha256()),
      evaluator_(limits::kRecordBytesMax) {}

Result<std::unique_ptr<Judge>> Judge::Of(contract::Compiled compiled, const std::string& name) {
  if (compiled.contract != nullptr)
    return std::unique_ptr<Judge>(new Judge(std::move(compiled.contract)));
  std::string text;
  for (const contract::Problem& problem : compiled.problems) {
    AppendTo(&text, text.empty() ? "" : "\n", ToString(problem, name));
  }
  return Status::Reject(std::move(text));
}

Result<std::unique_ptr<Judge>> Judge::OfStream(const config::Stream& stream, bool reveal,
                                               const Streams& others) {
  auto judge = Of(CompileContract(stream), stream.contract.value);
  if (!judge.ok()) return judge;
  config::Stream& shown = (*judge)->stream_.emplace(stream);
  (*judge)->AddSensitive({&stream});
  (*judge)->AddSensitive(others);
  shown.sensitive.clear();
  for (const std::string& pointer : (*judge)->sensitive_) {
    if (!reveal) shown.sensitive.push_back({pointer, {}});
  }
  if (shown.sensitive.size() != stream.sensitive.size()) {
    auto hiding = Of(CompileContract(shown), stream.contract.value);
    if (!hiding.ok()) return hiding;
    (*judge)->contract_ = std::move((*hiding)->contract_);
  }
  for (const auto& [code, disposition] : stream.dispositions)
    (*judge)->dispositions_.Set(code, disposition);
  return judge;
}

Result<std::unique_ptr<Judge>> Judge::OfContract(const std::string& file) {
  contract::Rules rules;
  rules.document_bytes_max = limits::kCheckDocumentBytesDefault;
  return Of(contract::CompileFile(file, rules, {}), file);
}

void Judge::AddSensitive(const Streams& others) {
  for (const config::Stream* stream : others) {
    for (const config::Text& pointer : stream->sensitive) {
      const auto same = std::find(sensitive_.begin(), sensitive_.end(), pointer.value);
      if (same == sensitive_.end()) sensitive_.push_back(pointer.value);
    }
  }
}

Result<std::unique_ptr<Judge>> Judge::OfForm(bool reveal, const Streams& others) {
  contract::Rules rules;
  rules.has_schema = false;
  rules.document_bytes_max = limits::kCheckDocumentBytesDefault;
  for (const config::Stream* stream : others) {
    for (const config::Text& pointer : stream->sensitive) {
      if (!reveal) rules.sensitive.push_back(pointer.value);
    }
  }
  Result<std::unique_ptr<Judge>> judge = Of(contract::CompileRules(rules), "");
  if (judge.ok()) (*judge)->AddSensitive(others);
  return judge;
}

const contract::Rules& Judge::rules() const { return contract_->plan().stream; }
bool Judge::has_schema() const { return contract_->plan().has_schema; }

std::string_view Judge::FramingOf(std::string_view value) const {
  const bool framed = stream_.has_value() && stream_->framing == config::Framing::kConfluent;
  if (!framed || value.size() < kConfluentPrefixBytes || value.front() != '\0') return {};
  return value.substr(0, kConfluentPrefixBytes);
}

std::string_view Judge::DocumentOf(std::string_view value) const {
  return value.substr(FramingOf(value).size());
}

// What no contract sees: as the pipeline's examiner judges it.
bool Judge::AddForm(const JudgeInput& input, Verdict* verdict) const {
  if (!stream_.has_value()) return false;
  Judged judged;
  std::string_view mode;
  if (!input.value.has_value()) {
    if (stream_->tombstones == config::TombstonePolicy::kPublish) return true;
    judged.code = Code::kJsonMalformed;
    judged.message = "the value is null (a tombstone), which this stream does not accept";
    mode = "form:tombstone";
  } else if (input.value->size() > stream_->record_bytes_max) {
    judged.code = Code::kRecordOversize;
    judged.message = Cat("the value has ", input.value->size(), " bytes, the stream's limit is ",
                         stream_->record_bytes_max, " (limits.record)");
    mode = "form:size";
  } else if (stream_->framing == config::Framing::kConfluent && FramingOf(*input.value).empty()) {
    judged.code = Code::kDecodeFailed;
    judged.message =
        "the value does not begin with the Confluent framing (a zero byte and a schema id of four "
        "bytes) that format.framing says it has";
    mode = "form:framing";
  } else {
    return false;
  }
  judged.disposition = dispositions_.Of(judged.code);
  judged.fingerprint = fracas::Fingerprint({judged.code, stream_->pipeline, stream_->id, mode});
  verdict->passes = judged.disposition == Disposition::kWarn;
  verdict->findings.push_back(std::move(judged));
  return true;
}

std::string Judge::Fingerprint(const Finding& finding, std::string_view pointer) const {
  if (!stream_.has_value()) return "";
  const std::string mode = contract::ModeKey(*contract_, finding, pointer);
  return fracas::Fingerprint({finding.code, stream_->pipeline, stream_->id, mode});
}

Verdict Judge::Look(const JudgeInput& input) {
  Verdict verdict;
  if (AddForm(input, &verdict)) return verdict;
  evaluator_.Reset();
  const std::string_view document = DocumentOf(input.value.value_or(std::string_view()));
  Findings findings;
  contract::Captured captured;
  evaluator_.Explain(*contract_, document,
                     {.timestamp_ms = input.timestamp_ms, .now_ms = input.now_ms}, &findings,
                     &captured);
  verdict.omitted = captured.findings_omitted;
  for (const Finding& finding : findings.items()) {
    const std::string_view pointer = findings.pointer(finding);
    const bool conceal = input.hidden != nullptr && finding.byte != kNoByte &&
                         input.hidden->Hides(finding.byte);
    contract::Description told =
        contract::Describe(*contract_, finding, pointer, document, conceal);
    Judged judged;
    judged.code = finding.code;
    judged.disposition = dispositions_.Of(finding.code);
    judged.pointer = pointer;
    judged.schema = std::move(told.schema);
    judged.message = std::move(told.message);
    judged.redacted = told.redacted;
    judged.fingerprint = Fingerprint(finding, pointer);
    judged.placed = finding.byte != kNoByte;
    judged.byte = judged.placed ? finding.byte : 0;
    judged.detail = finding.detail;
    verdict.passes = verdict.passes && judged.disposition == Disposition::kWarn;
    verdict.findings.push_back(std::move(judged));
  }
  if (!stream_.has_value()) return verdict;
  const CaptureIndexes captures = ContractOf(*stream_).captures;
  if (captures.business_id >= 0) {
    verdict.business_id = captured.values[static_cast<size_t>(captures.business_id)].text;
  } else {
    const std::vector<LetterHeader> none;
    const IdentityInput outside{.document = {},
                                .key = input.key,
                                .headers = input.headers == nullptr ? &none : input.headers};
    verdict.business_id = FindIds(&*stream_, outside).business_id.value_or("");
  }
  return verdict;
}

}  // namespace fracas::tools
