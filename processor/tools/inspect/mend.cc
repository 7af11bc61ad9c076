#include "tools/inspect/mend.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "contract/concealment.h"
#include "core/text.h"
#include "json/tree.h"
#include "json/writer.h"
#include "tools/inspect/document_walk.h"
#include "tools/inspect/inspection.h"
#include "tools/patch/charset.h"
#include "tools/patch/recipe.h"

// Tries what usually helps, and says what it tried with success.

namespace fracas::tools {

namespace {

constexpr size_t kCharactersNamedMax = 4;  // more of them are named by their classes

std::string EscapeOf(uint32_t code_point) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string text = code_point < 0x80 ? "\\x" : code_point < 0x10000 ? "\\u" : "\\u{";
  for (int i = code_point < 0x80 ? 1 : code_point < 0x10000 ? 3 : 5; i >= 0; --i) {
    text.push_back(kHex[code_point >> (4 * i) & 0xF]);
  }
  return code_point < 0x10000 ? text : Cat(text, "}");
}

// Why no option mends it; "" one might.
std::string_view WhyHopeless(Code code) {
  if (code == Code::kRecordTruncated) {
    return "the end of the record is missing, only its source has it: ask for it again, then "
           "`fracas dlq "
           "discard` this one; --edit closes it by hand";
  }
  if (code == Code::kJsonMalformed) return "its structure is broken: --edit mends it by hand";
  if (code == Code::kRecordOversize) {
    return "it is larger than limits.record: raise the limit, or have the source send less";
  }
  return "";
}

// Which of the wide encodings: by its mark, else by where the zero bytes of its first character
// are.
std::string_view WideCharset(std::string_view document) {
  const auto zero = [&](size_t at) { return at < document.size() && document[at] == '\0'; };
  if (document.starts_with("\xFF\xFE")) return zero(2) && zero(3) ? "utf-32" : "utf-16";
  if (document.starts_with("\xFE\xFF")) return "utf-16";
  if (zero(0) && zero(1)) return document.substr(2).starts_with("\xFE\xFF") ? "utf-32" : "utf-32be";
  if (zero(0)) return "utf-16be";
  return zero(2) && zero(3) ? "utf-32le" : "utf-16le";
}

// One record's way to a mend.
class MendFinder {
 public:
  MendFinder(const Specimen& specimen, const std::vector<Trouble>& troubles, Judge* judge,
             int64_t now_ms)
      : specimen_(specimen),
        troubles_(troubles),
        judge_(*judge),
        now_ms_(now_ms),
        framing_(judge->FramingOf(*specimen.value)),
        document_(judge->DocumentOf(*specimen.value)) {}

  Mend Find() {
    Encoding();
    Characters();
    Duplicates();
    Forbidden();
    Values();
    if (mend_.options.empty() || mend_.open) return std::move(mend_);
    mend_.complete = Try(document_).passes;
    return std::move(mend_);
  }

 private:
  bool Has(Code code) const {
    return std::any_of(troubles_.begin(), troubles_.end(),
                       [&](const Trouble& each) { return each.code == code; });
  }
  void Add(std::string_view option, const std::string& value) {
    mend_.options.push_back(Cat(option, " ", ShellQuoted(value)));
  }

  Verdict Try(const std::string& document) {
    const std::string value = Cat(framing_, document);
    return judge_.Look({.value = value,
                        .key = specimen_.key,
                        .headers = &specimen_.headers,
                        .timestamp_ms = specimen_.timestamp_ms,
                        .now_ms = now_ms_});
  }

  void Encoding() {
    std::string_view charset;
    bool invalid = false;
    for (const Trouble& each : troubles_) {
      if (each.code != Code::kEncodingInvalid) continue;
      invalid = invalid || (each.character.has_value() && !each.character->valid);
      if (!each.character.has_value()) charset = WideCharset(document_);
    }
    if (charset.empty() && !invalid) return;
    if (charset.empty()) charset = "cp1252";
    Result<std::string> mended = Transcode(document_, charset);
    if (mended.ok()) {
      Add("--transcode", std::string(charset));
      document_ = std::move(*mended);
      if (invalid)
        mend_.notes.push_back(
            "cp1252 is a guess: see whether the characters of the diff make sense");
      return;
    }
    Replace("--replace-chars", "invalid=\\uFFFD");
  }

  void Replace(std::string_view option, const std::string& text) {
    Result<Recipe::Characters> edit = ParseReplacement(text);
    if (!edit.ok()) return;
    uint64_t changed = 0;
    document_ = EditCharacters(document_, edit->edit, &changed);
    Add(option, text);
  }

  void Edit(std::string_view option, const std::string& text, bool escape) {
    Result<CharacterSet> set = CharacterSet::Parse(text);
    if (!set.ok()) return;
    uint64_t changed = 0;
    document_ = EditCharacters(document_, {std::move(*set), {}, escape}, &changed);
    Add(option, text);
  }

  void Characters() {
    std::set<uint32_t> removed;
    std::set<uint32_t> escaped;
    bool halves = false;
    for (const Trouble& each : troubles_) {
      if (!each.character.has_value() || !each.character->valid) continue;
      const uint32_t point = each.character->code_point;
      const bool white = point == '\t' || point == '\n' || point == '\r';
      if (Belongs(CharacterClass::kSurrogate, point)) {
        halves = true;
      } else {
        (white ? escaped : removed).insert(point);
      }
    }
    if (!escaped.empty()) {
      std::string text;
      for (const uint32_t point : escaped)
        text.append(point == '\t' ? "\\t" : point == '\n' ? "\\n" : "\\r");
      Edit("--escape-chars", text, true);
    }
    if (!removed.empty()) Edit("--remove-chars", NameOf(removed), false);
    if (halves) Replace("--replace-chars", "surrogate=\\uFFFD");
  }

  static std::string NameOf(const std::set<uint32_t>& points) {
    std::string text;
    if (points.size() <= kCharactersNamedMax) {
      for (const uint32_t point : points) text.append(EscapeOf(point));
      return text;
    }
    for (const auto each : {CharacterClass::kControl, CharacterClass::kZeroWidth,
                            CharacterClass::kBidi, CharacterClass::kNoncharacter}) {
      if (std::any_of(points.begin(), points.end(),
                      [&](uint32_t point) { return Belongs(each, point); })) {
        AppendTo(&text, text.empty() ? "" : ",", Name(each));
      }
    }
    return text;
  }

  void Duplicates() {
    if (!Has(Code::kDuplicateKey)) return;
    uint64_t removed = 0;
    Result<std::string> mended = RemoveDuplicates(document_, Keep::kLast, &removed);
    if (!mended.ok()) return;
    document_ = std::move(*mended);
    Add("--keep-duplicate", "last");
    mend_.notes.push_back(
        "which of the members with the same name is meant, the first or the last?");
  }

  static bool Forbids(const Judged& judged) {
    return judged.code == Code::kSchemaBreaking || judged.code == Code::kFieldUnexpected;
  }

  // What the contract does not allow to be there: no other value helps. From the end on, so that the
  // indexes of elements stay what they are. Secure-clean too removes before it sets.
  void Forbidden() {
    const Verdict verdict = Try(document_);
    for (auto each = verdict.findings.rbegin(); each != verdict.findings.rend(); ++each) {
      if (!Forbids(*each) || each->disposition == Disposition::kWarn) continue;
      if (each->pointer.empty() || removed_.contains(each->pointer)) continue;
      const std::string shown = ShownPointer(judge_.rules().sensitive, each->pointer);
      if (shown != each->pointer) {
        mend_.open = true;
        mend_.notes.push_back(Cat(shown, " is sensitive, its name too: --reveal shows it"));
      } else {
        Result<std::string> without = RemoveValue(document_, each->pointer);
        if (!without.ok() || StillWrong(*without, each->pointer)) continue;
        document_ = std::move(*without);
      }
      removed_.insert(each->pointer);
      Add("--remove", shown);
      mend_.notes.push_back(
          Cat("the contract forbids ", shown, ": --remove loses what it says; does it belong there?"));
    }
  }

  // What is wrong about values, after the bytes were mended: other findings may show now.
  void Values() {
    const Verdict verdict = Try(document_);
    std::set<std::string> seen;
    for (const Judged& each : verdict.findings) {
      if (each.disposition == Disposition::kWarn) continue;
      if (const std::string_view hopeless = WhyHopeless(each.code); !hopeless.empty()) {
        mend_.notes.emplace_back(hopeless);
        if (!judge_.rules().sensitive.empty() && hopeless.find("--edit") != hopeless.npos) {
          mend_.notes.emplace_back(
              "--edit shows the whole record, and its stream has sensitive values: give --reveal "
              "--why … with it");
        }
        return;
      }
      if (each.pointer.empty() || !seen.insert(each.pointer).second) continue;
      if (Forbids(each) && removed_.contains(each.pointer)) continue;
      Value(each);
    }
  }

  void Value(const Judged& judged) {
    if (contract::Concealment(judge_.sensitive()).HidesValue(judged.pointer)) {
      const std::string shown = ShownPointer(judge_.rules().sensitive, judged.pointer);
      Add("--set", Cat(shown, "=@-"));
      mend_.open = true;
      mend_.notes.push_back(Cat(shown, " is sensitive: @- asks for the new value, @FILE reads it"));
      return;
    }
    for (const std::string& candidate : Candidates(judged.pointer)) {
      Result<std::string> tried = PutValue(document_, judged.pointer, candidate, PutMode::kReplace);
      if (!tried.ok() || StillWrong(*tried, judged.pointer)) continue;
      document_ = std::move(*tried);
      Add("--set", Cat(judged.pointer, "=", candidate));
      return;
    }
    Add("--set", Cat(judged.pointer, "=…"));
    mend_.open = true;
    mend_.notes.push_back(
        Cat("what ", judged.pointer, " should be only its source knows: ", judged.message));
  }

  bool StillWrong(const std::string& document, const std::string& pointer) {
    const Verdict verdict = Try(document);
    return std::any_of(verdict.findings.begin(), verdict.findings.end(), [&](const Judged& each) {
      return each.pointer == pointer && each.disposition != Disposition::kWarn;
    });
  }

  // The same value in another dress: 41 for "41", "41" for 41, without blanks around it.
  std::vector<std::string> Candidates(const std::string& pointer) const {
    const Result<std::string> found = ValueAt(document_, pointer);
    if (!found.ok()) return {};
    // What is in it has no place of its own.
    if (!judge_.sensitive().empty() && contract::HoldsDocument(*found)) return {};
    std::string error;
    const auto value = json::ParseOwned(*found, &error);
    if (value == nullptr) return {};
    const json::Kind kind = value->tree.node(0).kind;
    if (kind == json::Kind::kNumber || kind == json::Kind::kTrue || kind == json::Kind::kFalse) {
      return {Cat("\"", *found, "\"")};
    }
    if (kind != json::Kind::kString) return {};
    const std::string_view text = value->tree.Text(0);
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    const std::string trimmed(text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first));
    std::vector<std::string> candidates;
    const auto inner = json::ParseOwned(trimmed, &error);
    if (inner != nullptr && inner->tree.size() == 1 &&
        inner->tree.node(0).kind != json::Kind::kString) {
      candidates.push_back(trimmed);
    }
    if (trimmed.size() < text.size()) {
      candidates.emplace_back();
      json::AppendQuoted(trimmed, &candidates.back());
    }
    return candidates;
  }

  const Specimen& specimen_;
  const std::vector<Trouble>& troubles_;
  Judge& judge_;
  const int64_t now_ms_;
  const std::string framing_;
  std::string document_;
  std::set<std::string> removed_;
  Mend mend_;
};

}  // namespace

Mend FindMend(const Specimen& specimen, const std::vector<Trouble>& troubles, Judge* judge,
              int64_t now_ms) {
  if (!specimen.value.has_value()) return {};
  return MendFinder(specimen, troubles, judge, now_ms).Find();
}

std::string ShellQuoted(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@,+%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos)
    return std::string(text);
  std::string quoted = "'";
  for (const char byte : text) {
    if (byte == '\'') {
      quoted.append("'\\''");
    } else {
      quoted.push_back(byte);
    }
  }
  return Cat(quoted, "'");
}

}  // namespace fracas::tools
