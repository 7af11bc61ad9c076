#include "cli/support/letter_view.h"


#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "cli/control_session.h"
#include "cli/terminal.h"
#include "core/text.h"
#include "json/utf8.h"

namespace fracas::cli {

namespace {

using formats::ByteTrust;
using formats::CoordinateTrust;
using formats::LetterSystem;

constexpr size_t kPipeColumns = 160;  // where nobody can see an edge
constexpr size_t kLastColumnMin = 24;

size_t Width(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size(); at += json::DecodeUtf8(text, at).size) ++width;
  return width;
}

std::string Cut(const std::string& text, size_t width_max) {
  if (Width(text) <= width_max) return text;
  std::string cut;
  size_t width = 1;
  for (size_t at = 0; at < text.size() && width < width_max;) {
    const size_t size = json::DecodeUtf8(text, at).size;
    cut += text.substr(at, size);
    at += size;
    ++width;
  }
  return cut + "…";
}

// The last column takes what the others leave; where that is too little, all of a line of its own.
void FitLast(std::vector<std::vector<std::string>>* rows, size_t columns) {
  std::vector<size_t> widths;
  for (const auto& row : *rows) {
    widths.resize(row.size(), 0);
    for (size_t i = 0; i + 1 < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]) + 2);
  }
  size_t taken = 0;
  for (const size_t width : widths) taken += width;
  const size_t left = columns > taken + kLastColumnMin ? columns - taken : kPipeColumns;
  for (auto& row : *rows) row.back() = Cut(row.back(), left);
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

std::string CodeOf(const tools::Letter& letter) {
  if (!letter.code_name.empty()) return letter.code_name;
  return letter.code_number == 0 ? "-" : Cat(letter.code_number);
}

// The last part of a Java class name says most.
std::string ShortClass(const std::string& name) {
  const size_t dot = name.rfind('.');
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

std::string ShownId(const tools::Letter& letter) {
  if (letter.business_id.empty()) return "-";
  return json::IsUtf8(letter.business_id) ? letter.business_id : "(no text)";
}

// Other systems' headers hold whatever a producer planted: a terminal obeys none of it.
void Line(const char* name, const std::string& text) {
  if (text.empty()) return;
  std::printf("  %-10s %s\n", name, Shown(text).c_str());
}

std::string BytesOf(std::string_view name, ByteTrust trust,
                    const std::optional<std::string>& bytes) {
  const std::string size = bytes.has_value() ? BytesText(bytes->size()) : std::string("null");
  switch (trust) {
    case ByteTrust::kOriginal: return Cat(name, " ", size, ", as it was");
    case ByteTrust::kRewritten: return Cat(name, " ", size, ", written anew");
    case ByteTrust::kLeftOut: return Cat(name, " not kept");
    case ByteTrust::kUnknown: return Cat(name, " ", size, ", perhaps not as it was");
  }
  return "";
}

void PrintOurs(const tools::Letter& letter) {
  if (!letter.ours.has_value()) return;
  const wire::DeadLetter& ours = *letter.ours;
  if (!ours.pointer.empty() || !ours.schema.empty()) {
    Line("where", Cat(ours.pointer.empty() ? "the whole document" : ours.pointer,
                      ours.schema.empty() ? "" : ", by ", ours.schema));
  }
  Line("batch", ours.batch);
  Line("contract", ours.contract.substr(0, 12));
  if (ours.redacted) Line("", "something sensitive is left out of the message");
}

void PrintReplay(const tools::Letter& letter) {
  const formats::ReplayToOrigin replay = formats::CanReplay(letter.origin);
  if (!replay.possible) {
    Line("replay", Cat("not to its origin: ", replay.why));
  } else {
    Line("replay", Cat("possible to ", replay.topic, replay.exact ? ", byte for byte" : "",
                       replay.why.empty() ? "" : "; ", replay.why));
  }
}

}  // namespace

std::string OriginText(const tools::Letter& letter) {
  const formats::LetterOrigin& origin = letter.origin;
  if (origin.source.topic.empty()) return "not known";
  switch (origin.coordinates) {
    case CoordinateTrust::kProven: return Cat(letter.Source(), " (proven)");
    case CoordinateTrust::kClaimed:
      return Cat(letter.Source(), " (as it says; a producer can write that too)");
    case CoordinateTrust::kDoubtful: return Cat(letter.Source(), " (doubtful, see below)");
    case CoordinateTrust::kNone: return Cat(letter.Source(), " (which record is not known)");
  }
  return "";
}

std::string WhyText(const tools::Letter& letter) {
  const formats::LetterOrigin& origin = letter.origin;
  const std::string name =
      ShortClass(origin.cause_class.empty() ? origin.error_class : origin.cause_class);
  const std::string& message =
      origin.cause_message.empty() ? origin.error_message : origin.cause_message;
  if (name.empty() || message.empty()) return OrDash(Cat(name, message));
  return Cat(name, ": ", message);
}

void PrintLetterTable(const std::vector<tools::Letter>& letters, int64_t now_ms) {
  const bool foreign = std::any_of(letters.begin(), letters.end(), [](const tools::Letter& letter) {
    return letter.origin.system != LetterSystem::kFracas;
  });
  const bool ended = std::any_of(letters.begin(), letters.end(), [](const tools::Letter& letter) {
    return !letter.ended_by.empty();
  });
  std::vector<std::vector<std::string>> rows;
  for (const tools::Letter& letter : letters) {
    if (foreign) {
      const bool ours = letter.origin.system == LetterSystem::kFracas;
      rows.push_back({letter.Place(), std::string(formats::Name(letter.origin.system)),
                      SpanText(letter.judged_ms, now_ms), OrDash(letter.Source()),
                      std::string(formats::Name(letter.origin.coordinates)),
                      ours ? CodeOf(letter) : WhyText(letter)});
    } else {
      rows.push_back({letter.Place(), std::string(Name(letter.state)), CodeOf(letter),
                      letter.stream, SpanText(letter.judged_ms, now_ms), Cat(letter.replay_count),
                      OrDash(letter.Source()), ShownId(letter)});
      if (ended) rows.back().push_back(OrDash(letter.ended_why));
    }
  }
  const size_t columns = ColumnsOf(stdout);
  if (!ended) FitLast(&rows, columns == 0 ? kPipeColumns : columns);  // a reason is read whole
  std::vector<std::string> names =
      foreign ? std::vector<std::string>{"LETTER", "BY", "AGE", "CAME FROM", "TRUST", "WHY"}
              : std::vector<std::string>{"LETTER", "STATE",   "CODE",   "STREAM",
                                         "AGE",    "REPLAYS", "RECORD", "ID"};
  if (ended && !foreign) names.emplace_back("DISCARDED BECAUSE");
  Table table(std::move(names));
  for (auto& row : rows) table.Add(std::move(row));
  table.Print(stdout);
}

void PrintLetter(const tools::Letter& letter, int64_t now_ms) {
  const formats::LetterOrigin& origin = letter.origin;
  const bool ours = origin.system == LetterSystem::kFracas;
  const std::string what =
      ours ? Cat(CodeOf(letter), " (", letter.code_number, "), ", Name(letter.state))
           : std::string(formats::Title(origin.system));
  std::printf("%s  %s\n", Styled(stdout, Style::kBold, Shown(letter.Place())).c_str(),
              Shown(what).c_str());
  Line("came from", OriginText(letter));
  Line(ours ? "stream" : "given up by", ours ? letter.stream : origin.component);
  Line("stage", origin.stage);
  Line("why", ours ? origin.error_message : WhyText(letter));
  if (!ours && !origin.error_class.empty() && origin.error_class != origin.cause_class) {
    Line("", Cat("reported as ", origin.error_class, origin.error_message.empty() ? "" : ": ",
                 origin.error_message));
  }
  PrintOurs(letter);
  if (!letter.ended_by.empty())
    Line(std::string(Name(letter.state)).c_str(),
         Cat("by ", letter.ended_by, ": ", letter.ended_why));
  Line("mode", letter.fingerprint);
  Line("id", letter.business_id.empty() ? std::string() : ShownId(letter));
  Line("since", Cat(TimeText(letter.judged_ms), " (", SpanText(letter.judged_ms, now_ms), " ago)"));
  if (origin.attempts > 0 && !ours) Line("attempts", Cat(origin.attempts));
  if (letter.replay_count > 0) Line("replays", Cat(letter.replay_count));
  if (letter.loaded) {
    Line("bytes", Cat(BytesOf("key", origin.key, letter.key), "; ",
                      BytesOf("value", origin.value, letter.value), "; ",
                      letter.OwnHeaders().size(), " headers of its own"));
  } else {
    Line("bytes", "retention has taken them");
  }
  PrintReplay(letter);
  for (const std::string& note : origin.notes) Line("note", note);
}

void PrintCounts(const std::vector<tools::LetterCountRow>& rows, int64_t now_ms) {
  Table table(
      {"STREAM", "CODE", "OPEN", "OLDEST", "RETENTION ENDS", "RESOLVED", "DISCARDED", "EXPIRED"});
  tools::LetterCountRow sum;
  for (const tools::LetterCountRow& row : rows) {
    table.Add(
        {row.stream, row.code_name, WithThousands(row.open), SpanText(row.oldest_open_ms, now_ms),
         row.ends_ms == 0 ? std::string("-") : Cat("in ", SpanText(now_ms, row.ends_ms)),
         WithThousands(row.resolved), WithThousands(row.discarded), WithThousands(row.expired)});
    sum.open += row.open;
    sum.resolved += row.resolved;
    sum.discarded += row.discarded;
    sum.expired += row.expired;
  }
  if (rows.size() > 1) {
    table.Add({"all", "", WithThousands(sum.open), "", "", WithThousands(sum.resolved),
               WithThousands(sum.discarded), WithThousands(sum.expired)});
  }
  table.Print(stdout);
}

std::vector<std::string> SummaryOf(const std::vector<tools::Letter>& letters) {
  std::map<std::pair<std::string, std::string>, uint64_t> counts;
  for (const tools::Letter& letter : letters) ++counts[{CodeOf(letter), letter.stream}];
  std::vector<std::pair<uint64_t, std::string>> lines;
  for (const auto& [what, count] : counts) {
    lines.emplace_back(count,
                       Cat(WithThousands(count), " ", what.first, " of ", OrDash(what.second)));
  }
  std::sort(lines.rbegin(), lines.rend());
  std::vector<std::string> text;
  for (auto& [count, line] : lines) text.push_back(std::move(line));
  return text;
}

}  // namespace fracas::cli
