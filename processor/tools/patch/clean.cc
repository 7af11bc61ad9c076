#include "tools/patch/clean.h"

#include <utility>

#include "core/limits_tools.h"
#include "core/text.h"
#include "tools/patch/moved.h"
#include "tools/patch/replay_draft.h"

namespace fracas::tools {

namespace {

// An id that was there must be the same afterwards: readers, quarantine and the ledger know the
// record by it.
std::string ChangedId(const RecordIds& before, const RecordIds& after) {
  const auto differs = [](const std::optional<std::string>& a,
                          const std::optional<std::string>& b) {
    return a.has_value() && !a->empty() && a != b;
  };
  std::string_view what;
  if (differs(before.business_id, after.business_id)) what = "business id";
  if (differs(before.idempotency_key, after.idempotency_key)) what = "idempotency key";
  if (differs(before.message_id, after.message_id)) what = "message id";
  if (what.empty()) return "";
  return Cat("its ", what,
             " would change, so that nobody would know it again; --change-ids allows it");
}

}  // namespace

Result<Cleaned> Clean(const Specimen& specimen, Judge* judge, const CleanRequest& request) {
  if (!specimen.value.has_value()) {
    return Status::Reject(specimen.why_empty.empty() ? "its value is null, there is nothing to mend"
                                                     : specimen.why_empty);
  }
  const std::string_view document = judge->DocumentOf(*specimen.value);
  Result<Cooked> cooked = Apply(*request.recipe, document);
  if (!cooked.ok()) return cooked.status();
  std::string mended = std::move(cooked->bytes);
  Cleaned cleaned;
  cleaned.steps = std::move(cooked->steps);
  if (request.edit) {
    Result<std::string> edited = request.edit(mended);
    if (!edited.ok()) return edited.status();
    if (*edited != mended) cleaned.steps.push_back("edited");
    mended = std::move(*edited);
  }
  if (request.target != nullptr) {
    Result<std::string> marked = MarkInBody(*request.target, std::move(mended));
    if (!marked.ok()) return marked.status();
    mended = std::move(*marked);
  }
  cleaned.changed = mended != document;
  const std::vector<std::string>& hidden = judge->rules().sensitive;
  cleaned.hunks = ShowDifferences({.before = document, .after = mended, .sensitive = &hidden},
                                  limits::kPatchHunksMax, &cleaned.hunks_total);
  cleaned.before = FindIds(
      judge->stream(), {.document = document, .key = specimen.key, .headers = &specimen.headers});
  cleaned.after = FindIds(judge->stream(),
                          {.document = mended, .key = specimen.key, .headers = &specimen.headers});
  cleaned.value = Cat(judge->FramingOf(*specimen.value), mended);
  const RedactedPair redacted = RedactPair(document, mended, hidden);
  cleaned.verdict = judge->Look({.value = cleaned.value,
                                 .key = specimen.key,
                                 .headers = &specimen.headers,
                                 .timestamp_ms = specimen.timestamp_ms,
                                 .now_ms = request.now_ms,
                                 .hidden = &redacted.after});
  for (Judged& judged : cleaned.verdict.findings)
    judged.pointer = ShownPointer(hidden, judged.pointer);
  if (!request.may_change_ids) cleaned.refused = ChangedId(cleaned.before, cleaned.after);
  return cleaned;
}

std::string SensitivePointer(const std::vector<std::string>& pointers,
                             const std::vector<std::string>& sensitive) {
  for (const std::string& pointer : pointers) {
    if (IsSensitive(sensitive, pointer)) return pointer;
    for (const std::string& each : sensitive) {
      if (each.starts_with(Cat(pointer, "/"))) return pointer;
    }
  }
  return "";
}

}  // namespace fracas::tools
