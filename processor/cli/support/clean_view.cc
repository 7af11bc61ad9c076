#include "cli/support/clean_view.h"

#include "cli/terminal.h"
#include "core/text.h"
#include "json/writer.h"
#include "tools/inspect/report.h"

namespace fracas::cli {

namespace {

std::string Marked(std::FILE* out, const tools::Window& window, Style style) {
  // The mark counts characters of the text.
  std::string before;
  std::string marked;
  std::string behind;
  size_t column = 0;
  for (const char byte : window.text) {
    const bool continues = (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
    if (!continues) ++column;
    const size_t at = column - 1;
    (at < window.mark_begin                      ? before
     : at < window.mark_begin + window.mark_size ? marked
                                                 : behind)
        .push_back(byte);
  }
  return Cat(before, marked.empty() ? "" : Styled(out, style, marked), behind);
}

void PrintHunk(std::FILE* out, const tools::ShownHunk& hunk) {
  std::fprintf(out, "  %s%sline %zu, column %zu, byte %zu\n", Shown(hunk.pointer).c_str(),
               hunk.pointer.empty() ? "" : "  ", hunk.line, hunk.column, hunk.byte);
  std::fprintf(out, "    %s %s\n", Styled(out, Style::kBad, "-").c_str(),
               Marked(out, hunk.before, Style::kBad).c_str());
  std::fprintf(out, "    %s %s\n", Styled(out, Style::kGood, "+").c_str(),
               Marked(out, hunk.after, Style::kGood).c_str());
}

std::string Joined(const std::vector<std::string>& steps) {
  std::string text;
  for (const std::string& step : steps) AppendTo(&text, text.empty() ? "" : ", ", step);
  return text;
}

const char* KeptText(const std::optional<std::string>& before,
                     const std::optional<std::string>& after) {
  if (before == after) return after.has_value() ? "kept" : "none";
  if (!before.has_value()) return "added";
  return after.has_value() ? "changed" : "removed";
}

void WriteFindings(const tools::Verdict& verdict, json::Writer* writer) {
  writer->Key("findings").BeginArray();
  for (const tools::Judged& judged : verdict.findings) {
    const CodeInfo& info = Info(judged.code);
    writer->BeginObject()
        .Member("code", static_cast<uint32_t>(info.number))
        .Member("name", info.name)
        .Member("disposition", Name(judged.disposition))
        .Member("pointer", judged.pointer)
        .Member("message", judged.message)
        .EndObject();
  }
  writer->EndArray();
}

void WriteHunks(const tools::Cleaned& cleaned, json::Writer* writer) {
  writer->Key("differences").BeginArray();
  for (const tools::ShownHunk& hunk : cleaned.hunks) {
    writer->BeginObject()
        .Member("pointer", hunk.pointer)
        .Member("line", static_cast<uint64_t>(hunk.line))
        .Member("column", static_cast<uint64_t>(hunk.column))
        .Member("byte", static_cast<uint64_t>(hunk.byte));
    writer->Key("before")
        .Raw(tools::ToJson(hunk.before))
        .Key("after")
        .Raw(tools::ToJson(hunk.after))
        .EndObject();
  }
  writer->EndArray().Member("differences_total", static_cast<uint64_t>(cleaned.hunks_total));
}

void WriteSent(const SentRecord& sent, json::Writer* writer) {
  const tools::ReplayFate& fate = sent.fate;
  writer->BeginObject()
      .Member("topic", sent.draft->to.topic)
      .Member("partition", sent.draft->to.partition)
      .Member("offset", sent.offset)
      .Member("ticket", sent.draft->ticket.ticket)
      .Member("replaces", ToString(sent.draft->ticket.letter, sent.draft->ticket.letter_offset))
      .Member("replay_count", sent.draft->ticket.replay_count)
      .Member("fate", Name(fate.kind))
      .Member("resolved", fate.resolved)
      .Member("because", fate.because)
      .Key("code");
  fate.code.empty() ? writer->Null() : writer->String(fate.code);
  writer->Key("place");
  fate.topic.topic.empty() ? writer->Null() : writer->String(ToString(fate.topic, fate.offset));
  writer->EndObject();
}

}  // namespace

void PrintCleaned(const CleanedRecord& record, std::FILE* out) {
  std::fprintf(out, "%s\n", Styled(out, Style::kBold, Shown(record.specimen->name)).c_str());
  if (!record.cleaned.has_value()) {
    std::fprintf(out, "  %s %s\n", Styled(out, Style::kBad, "cannot be mended:").c_str(),
                 Shown(record.failed).c_str());
    return;
  }
  const tools::Cleaned& cleaned = *record.cleaned;
  for (const tools::ShownHunk& hunk : cleaned.hunks) PrintHunk(out, hunk);
  if (cleaned.hunks_total > cleaned.hunks.size()) {
    std::fprintf(out, "  and %zu more places\n", cleaned.hunks_total - cleaned.hunks.size());
  }
  std::fprintf(out, "  %s\n",
               cleaned.changed ? Shown(Joined(cleaned.steps)).c_str() : "nothing changes");
  std::fprintf(out, "  message id %s, idempotency key %s\n",
               KeptText(cleaned.before.message_id, cleaned.after.message_id),
               KeptText(cleaned.before.idempotency_key, cleaned.after.idempotency_key));
  for (const tools::Judged& judged : cleaned.verdict.findings) {
    const bool warns = judged.disposition == Disposition::kWarn;
    std::fprintf(
        out, "  %s %s %s  %s\n",
        Styled(out, warns ? Style::kWarning : Style::kBad, warns ? "warning:" : "still wrong:")
            .c_str(),
        std::string(Info(judged.code).name).c_str(), Shown(judged.pointer).c_str(),
        Shown(judged.message).c_str());
  }
  if (cleaned.verdict.passes)
    std::fprintf(out, "  %s\n", Styled(out, Style::kGood, "passes").c_str());
  if (!cleaned.refused.empty()) {
    std::fprintf(out, "  %s %s\n", Styled(out, Style::kBad, "not sent:").c_str(),
                 Shown(cleaned.refused).c_str());
  }
}

void PrintPlan(const std::vector<tools::ReplayDraft>& drafts,
               const std::vector<std::string>& holding) {
  for (const std::string& record : holding) {
    std::printf(
        "%s holds its stream: it is quarantined, so that the reset passes it; its replay takes its "
        "place\n",
        Shown(record).c_str());
  }
  for (const tools::ReplayDraft& draft : drafts) {
    std::printf("%s -> %s/%d, replay %d of %s, ticket %s\n", Shown(draft.name).c_str(),
                draft.to.topic.c_str(), draft.to.partition, draft.ticket.replay_count,
                Shown(ToString(draft.ticket.letter, draft.ticket.letter_offset)).c_str(),
                draft.ticket.ticket.substr(0, 12).c_str());
  }
}

void PrintFate(const SentRecord& sent, const std::string& config_file, const std::string& stream) {
  const tools::ReplayFate& fate = sent.fate;
  const std::string place = fate.topic.topic.empty() ? "" : ToString(fate.topic, fate.offset);
  const std::string at = ToString(sent.draft->to, sent.offset);
  const std::string name = Shown(sent.draft->name);
  const std::string because = Shown(fate.because);
  switch (fate.kind) {
    case tools::ReplayFate::Kind::kPublished:
      std::printf("%s %s at %s (sent as %s)%s\n",
                  Styled(stdout, Style::kGood, "published:").c_str(), name.c_str(),
                  place.c_str(), at.c_str(), fate.resolved ? ", its dead letter is resolved" : "");
      if (!fate.resolved)
        PrintHint(
            "its dead letter is not resolved yet; `fracas dlq show` tells whether it becomes so");
      return;
    case tools::ReplayFate::Kind::kDeadLettered:
      std::printf("%s %s, now %s: %s %s\n", Styled(stdout, Style::kBad, "held again:").c_str(),
                  name.c_str(), place.c_str(), Shown(fate.code).c_str(), because.c_str());
      return;
    case tools::ReplayFate::Kind::kHeld:
      std::printf("%s its batch turned %s RED: %s %s\n",
                  Styled(stdout, Style::kBad, "held:").c_str(), stream.c_str(),
                  Shown(fate.code).c_str(), because.c_str());
      return;
    case tools::ReplayFate::Kind::kWaiting: break;
  }
  std::printf("%s %s (sent as %s): %s\n", Styled(stdout, Style::kWarning, "waiting:").c_str(),
              name.c_str(), at.c_str(), because.c_str());
  const size_t slash = stream.find('/');
  PrintHint(Cat("data-patcher resume-pipeline -c ", config_file, " --pipeline ",
                stream.substr(0, slash), " --stream ", stream.substr(slash + 1), " --why '…'"));
}

void PrintNotAwaited(const SentRecord& sent, const std::string& config_file) {
  const wire::TicketCreate& ticket = sent.draft->ticket;
  std::printf("%s %s as %s; not waited for (--wait 0s)\n",
              Styled(stdout, Style::kWarning, "sent:").c_str(), Shown(sent.draft->name).c_str(),
              ToString(sent.draft->to, sent.offset).c_str());
  PrintHint(Cat("what became of it says: fracas dlq ls -c ", config_file, " --record ",
                ToString(ticket.letter, ticket.letter_offset), " --state all"));
}

std::string CleanJson(const std::vector<CleanedRecord>& records,
                      const std::vector<SentRecord>& sent, uint64_t older_discarded) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject().Member("v", "1.0").Key("records").BeginArray();
  for (size_t i = 0; i < records.size(); ++i) {
    const CleanedRecord& record = records[i];
    writer.BeginObject()
        .Member("name", record.specimen->name)
        .Member("mended", record.cleaned.has_value());
    writer.Key("failed");
    record.failed.empty() ? writer.Null() : writer.String(record.failed);
    if (record.cleaned.has_value()) {
      const tools::Cleaned& cleaned = *record.cleaned;
      writer.Member("changed", cleaned.changed)
          .Member("passes", cleaned.verdict.passes)
          .Key("refused");
      cleaned.refused.empty() ? writer.Null() : writer.String(cleaned.refused);
      writer.Key("steps").BeginArray();
      for (const std::string& step : cleaned.steps) writer.String(step);
      writer.EndArray();
      WriteHunks(cleaned, &writer);
      WriteFindings(cleaned.verdict, &writer);
    }
    writer.Key("sent");
    const SentRecord* found = nullptr;
    for (const SentRecord& each : sent) found = each.record == i ? &each : found;
    found == nullptr ? static_cast<void>(writer.Null()) : WriteSent(*found, &writer);
    writer.EndObject();
  }
  writer.EndArray().Member("older_discarded", older_discarded).EndObject();
  return text;
}

}  // namespace fracas::cli
