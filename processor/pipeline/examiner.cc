#include "pipeline/examiner.h"

#include <algorithm>

#include "contract/describe.h"
#include "core/limits.h"
#include "core/text.h"

// Step: records in, findings, ids and times out. It never decides what becomes of a record: that is
// core/classify's work.

namespace fracas::pipeline {

namespace {

constexpr size_t kConfluentPrefixBytes = 5;  // magic byte 0, schema id

std::string_view DocumentOf(const StreamPlan& stream, const Batch& batch, size_t record) {
  std::string_view document;
  return StripFraming(stream.framing, batch.records.value[record], &document)
             ? document
             : batch.records.value[record];
}

// A finding that no contract has seen. `Told::mode` is frozen: fingerprints are made from it.
Told TellForm(const StreamPlan& stream, const Finding& finding) {
  if (finding.code == Code::kRecordOversize) {
    return {Cat("the value is larger than the stream's limit of ", stream.record_bytes_max,
                " bytes (limits.record); its size and digest are kept instead of its bytes"),
            "", "form:size"};
  }
  if (finding.code == Code::kDecodeFailed) {
    return {"the value does not begin with the Confluent framing (a zero byte and a schema id of "
            "four bytes) that format.framing says it has",
            "", "form:framing"};
  }
  if (finding.code == Code::kFormatInvalid) {
    return {Cat("the business id is longer than ", limits::kIdBytesMax, " bytes"), "",
            "form:identity"};
  }
  return {"the value is null (a tombstone), which this stream does not accept", "",
          "form:tombstone"};
}

}  // namespace

bool StripFraming(Framing framing, std::string_view value, std::string_view* document) {
  switch (framing) {
    case Framing::kNone:
      *document = value;
      return true;
    case Framing::kConfluent:
      if (value.size() < kConfluentPrefixBytes || value[0] != '\0') return false;
      *document = value.substr(kConfluentPrefixBytes);
      return true;
  }
  return false;
}

Told TellRecord(const StreamPlan& stream, const Batch& batch, size_t record,
                const Finding& finding) {
  if (finding.rule == kNoRule) return TellForm(stream, finding);
  const std::string_view pointer = batch.findings.pointer(finding);
  contract::Description description = contract::Describe(
      *stream.contract, finding, pointer, DocumentOf(stream, batch, record));
  return {std::move(description.message), std::move(description.schema), "", description.redacted};
}

Told TellMode(const StreamPlan& stream, const Batch& batch, const Finding& finding) {
  if (finding.rule == kNoRule) return TellForm(stream, finding);
  const std::string_view pointer = batch.findings.pointer(finding);
  return {contract::DescribeMode(*stream.contract, finding, pointer), "",
          contract::ModeKey(*stream.contract, finding, pointer), false};
}

Examiner::Examiner(size_t document_bytes_max)
    : evaluator_(document_bytes_max), key_evaluator_(limits::kKeyDocumentBytesMax) {}

void Examiner::Examine(const StreamPlan& stream, const PayloadLease& lease, int64_t now_ms,
                       Batch* batch) {
  evaluator_.Reset();
  key_evaluator_.Reset();
  batch->findings.Clear();
  batch->proved = batch->explained = 0;
  batch->event_time_max_ms = kNoTime;
  const bool identifies = stream.business_id.kind != IdentitySource::Kind::kNone;
  auto unread = batch->masked.begin();
  auto replay = batch->replays.begin();
  for (size_t i = 0; i < batch->records.size(); ++i) {
    batch->records.finding_begin[i] = batch->records.finding_end[i] =
        static_cast<uint32_t>(batch->findings.size());
    if (unread != batch->masked.end() && unread->record == i) {
      ++unread;
      continue;
    }
    if (batch->watch != nullptr) batch->watch->At(batch->records.offset[i]);
    int64_t timestamp_ms = batch->records.timestamp_ms[i];
    if (replay != batch->replays.end() && replay->record == i) {
      if (replay->valid()) timestamp_ms = replay->ticket->original_timestamp_ms;
      ++replay;
    }
    ExamineRecord(stream, {timestamp_ms, now_ms, static_cast<uint32_t>(i)}, batch);
    if (identifies) Identify(stream, lease, i, batch);
    batch->records.finding_end[i] = static_cast<uint32_t>(batch->findings.size());
  }
}

void Examiner::ExamineRecord(const StreamPlan& stream, const contract::RecordContext& context,
                             Batch* batch) {
  const size_t index = context.record;
  captured_ = {};
  const std::string_view value = batch->records.value[index];
  Finding form{.record = static_cast<uint32_t>(index)};
  std::string_view document;
  if (value.data() == nullptr) {
    if (stream.tombstones_pass) return;
    form.code = Code::kJsonMalformed;
  } else if (value.size() > stream.record_bytes_max) {
    form.code = Code::kRecordOversize;
  } else if (!StripFraming(stream.framing, value, &document)) {
    form.code = Code::kDecodeFailed;
    form.byte = 0;
  }
  if (form.code != Code::kNone) {
    batch->findings.Add(form, "");
    return;
  }
  const auto path = evaluator_.Evaluate(*stream.contract, document, context, &batch->findings,
                                        &captured_);
  ++(path == contract::Evaluator::Path::kProved ? batch->proved : batch->explained);
  batch->records.event_time_ms[index] = captured_.event_time_ms;
  batch->event_time_max_ms = std::max(batch->event_time_max_ms, captured_.event_time_ms);
}

void Examiner::Identify(const StreamPlan& stream, const PayloadLease& lease, size_t index,
                        Batch* batch) {
  std::string_view id;
  const std::string_view key = batch->records.key[index];
  const IdentitySource& source = stream.business_id;
  switch (source.kind) {
    case IdentitySource::Kind::kNone:
      return;
    case IdentitySource::Kind::kPointer:
      id = captured_.values[source.capture].text;
      break;
    case IdentitySource::Kind::kHeader:
      lease.VisitHeaders(batch->records.lease_index[index],
                         [&](std::string_view name, std::string_view value) {
                           if (name == source.name) id = value;
                         });
      break;
    case IdentitySource::Kind::kKey:
      id = key;
      break;
    case IdentitySource::Kind::kKeyPointer:
      key_captured_ = {};
      key_findings_.Clear();  // whether the key is good JSON is not this stream's contract
      if (key.data() != nullptr) {
        key_evaluator_.Evaluate(*stream.key_contract, key, {.now_ms = 0}, &key_findings_,
                                &key_captured_);
      }
      id = key_captured_.values[source.capture].text;
      break;
  }
  if (id.size() > limits::kIdBytesMax) {
    // The contract reports a pointer's id itself, with its place.
    if (source.kind == IdentitySource::Kind::kPointer) return;
    batch->findings.Add(
        {.code = Code::kFormatInvalid, .record = static_cast<uint32_t>(index)}, "");
    return;
  }
  batch->records.business_id[index] = id;
}

}  // namespace fracas::pipeline
