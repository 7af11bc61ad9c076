#include "tools/inspect/inspection.h"

#include <algorithm>
#include <utility>

#include "contract/stream_rules.h"
#include "core/limits.h"
#include "core/text.h"
#include "json/diagnose.h"
#include "tools/inspect/document_walk.h"
#include "tools/patch/charset.h"

namespace fracas::tools {

namespace {

bool IsUtf16(const Verdict& verdict) {
  return std::any_of(verdict.findings.begin(), verdict.findings.end(), [](const Judged& each) {
    return each.code == Code::kEncodingInvalid && each.placed &&
           static_cast<json::SyntaxError>(each.detail & 0xFF) == json::SyntaxError::kUtf16;
  });
}

// "byte 0xE9, which is not UTF-8 (in cp1252 it is U+00E9 LATIN SMALL LETTER E WITH ACUTE)".
std::string InvalidText(const Character& character) {
  std::string text = Cat(CharacterName(character), ", which is not UTF-8");
  const char byte = static_cast<char>(character.code_point);
  const Result<std::string> meant = Transcode({&byte, 1}, "cp1252");
  if (!meant.ok()) return text;
  VisitCharacters(*meant, 0, meant->size(), false, [&](const PlacedCharacter& placed) {
    AppendTo(&text, " (in cp1252 it is ", CharacterName(placed.character), ")");
  });
  return text;
}

// Whether there is something to say about it. Asked of every character, so that it makes no text.
bool IsWrong(const Character& character, bool in_string, const contract::Rules& rules) {
  if (!character.valid) return true;
  const uint32_t point = character.code_point;
  if (!in_string) return point == 0xFEFF;
  if (!character.escaped && point < 0x20) return true;
  return Belongs(CharacterClass::kSurrogate, point) ||
         contract::IsForbidden(rules.forbid_characters, point);
}

// REQUIRES: IsWrong.
std::string WhyWrong(const Character& character, bool in_string) {
  if (!character.valid) return InvalidText(character);
  const uint32_t point = character.code_point;
  const std::string name = CharacterName(character);
  if (!in_string) return Cat("invisible character ", name, " between the values");
  if (!character.escaped && (point == '\t' || point == '\n' || point == '\r')) {
    return Cat("raw ", name, " in a text, where JSON wants the escape ",
               point == '\t'   ? "\\t"
               : point == '\n' ? "\\n"
                               : "\\r");
  }
  if (!character.escaped && point < 0x20) return Cat("unprintable character ", name);
  if (Belongs(CharacterClass::kSurrogate, point)) return Cat("half of a surrogate pair, ", name);
  const char* kind = Belongs(CharacterClass::kZeroWidth, point) ? "invisible character "
                     : Belongs(CharacterClass::kBidi, point)
                         ? "character that turns the direction of text, "
                     : Belongs(CharacterClass::kNoncharacter, point) ? "noncharacter "
                                                                     : "unprintable character ";
  return Cat(kind, name, character.escaped ? " (written as an escape)" : "");
}

Code CodeOf(const Character& character, bool in_string) {
  const bool encoding =
      !character.valid || !in_string || Belongs(CharacterClass::kSurrogate, character.code_point);
  return encoding ? Code::kEncodingInvalid : Code::kUnprintableChars;
}

// The characters that make trouble, in order; beyond limits::kFindingsPerRecordMax they are counted.
std::vector<Trouble> WrongCharacters(std::string_view document, const contract::Rules& rules,
                                     uint64_t* more) {
  std::vector<Trouble> troubles;
  DocumentWalk walk(document);
  WalkToken token;
  while (walk.Next(&token)) {
    const bool text = token.kind == WalkToken::Kind::kString || token.kind == WalkToken::Kind::kKey;
    if (!text && token.kind != WalkToken::Kind::kForeign) continue;
    const size_t open = token.begin + (text ? 1 : 0);
    const size_t close = token.end - (text && token.closed ? 1 : 0);
    VisitCharacters(document, open, close, text, [&](const PlacedCharacter& placed) {
      if (!IsWrong(placed.character, text, rules)) return;
      if (troubles.size() == limits::kFindingsPerRecordMax) {
        ++*more;
        return;
      }
      Trouble trouble;
      trouble.code = CodeOf(placed.character, text);
      trouble.text = WhyWrong(placed.character, text);
      trouble.pointer_known = walk.reliable();
      if (trouble.pointer_known) trouble.pointer = walk.Pointer();
      trouble.placed = true;
      trouble.byte = placed.begin;
      trouble.character = placed.character;
      trouble.disposition = Info(trouble.code).disposition;
      troubles.push_back(std::move(trouble));
    });
  }
  return troubles;
}

bool IsAboutCharacters(const Judged& judged) {
  return judged.code == Code::kEncodingInvalid || judged.code == Code::kUnprintableChars;
}

// The judge names the first character of its kind; the walk has found all of them.
void TakeOver(const Judged& judged, std::vector<Trouble>* troubles) {
  for (Trouble& trouble : *troubles) {
    if (!trouble.character.has_value() || trouble.code != judged.code) continue;
    trouble.disposition = judged.disposition;
    if (trouble.byte != judged.byte && !trouble.fingerprint.empty()) continue;
    trouble.fingerprint = judged.fingerprint;
    trouble.schema = judged.schema;
  }
}

Trouble FromJudged(const Judged& judged, std::string_view document) {
  Trouble trouble;
  trouble.code = judged.code;
  trouble.disposition = judged.disposition;
  trouble.text = judged.message;
  trouble.pointer = judged.pointer;
  trouble.schema = judged.schema;
  trouble.fingerprint = judged.fingerprint;
  trouble.redacted = judged.redacted;
  trouble.placed = judged.placed;
  trouble.byte = judged.byte;
  if (trouble.placed && trouble.pointer.empty()) {
    PlacePointer place = PointerAt(document, trouble.byte);
    trouble.pointer = std::move(place.pointer);
    trouble.pointer_known = place.reliable;
  }
  return trouble;
}

// The bytes that a window marks: a character, or the value that begins there.
size_t MarkedBytes(std::string_view document, const Trouble& trouble) {
  if (trouble.byte >= document.size()) return 0;
  DocumentWalk walk(document.substr(trouble.byte));
  WalkToken token;
  size_t size = 1;
  const bool value = !trouble.character.has_value() && !trouble.schema.empty();
  if (value && walk.Next(&token)) size = token.end;
  return size;
}

void Locate(std::string_view document, const Redaction& redaction, Trouble* trouble) {
  if (!trouble->placed) return;
  const json::LineColumn place = json::Locate(document, trouble->byte);
  trouble->line = place.line;
  trouble->column = place.column;
  trouble->window = WindowAt(document, redaction,
                             {.begin = trouble->byte, .size = MarkedBytes(document, *trouble)});
}

// The first value at a pointer, as an id is looked for.
bool HidesValueAt(std::string_view document, const Redaction& redaction,
                  const std::string& pointer) {
  DocumentWalk walk(document);
  WalkToken token;
  while (walk.Next(&token)) {
    const bool value =
        token.kind == WalkToken::Kind::kString || token.kind == WalkToken::Kind::kScalar;
    if (value && walk.Pointer() == pointer) return redaction.Hides(token.begin);
  }
  return true;
}

void HideIds(std::string_view document, const Redaction& redaction, RecordIds* ids, bool* hidden) {
  const auto hide = [&](const std::string& pointer, std::optional<std::string>* id) {
    if (pointer.empty() || !id->has_value() || !redaction.any()) return;
    if (!HidesValueAt(document, redaction, pointer)) return;
    *id = std::string(kHiddenMark);
    *hidden = true;
  };
  hide(ids->message_id_pointer, &ids->message_id);
  hide(ids->idempotency_key_pointer, &ids->idempotency_key);
  hide(ids->business_id_pointer, &ids->business_id);
}

}  // namespace

Inspection Inspect(const Specimen& specimen, Judge* judge, int64_t now_ms) {
  Inspection inspection;
  const std::string_view value =
      specimen.value.has_value() ? std::string_view(*specimen.value) : std::string_view();
  const std::string_view document = judge->DocumentOf(value);
  inspection.ids = FindIds(
      judge->stream(), {.document = document, .key = specimen.key, .headers = &specimen.headers});
  const std::vector<std::string>& sensitive = judge->rules().sensitive;
  const Redaction redaction(document, sensitive);
  HideIds(document, redaction, &inspection.ids, &inspection.ids_hidden);
  if (!specimen.why_empty.empty()) {
    inspection.passes = false;
    return inspection;
  }
  const Verdict verdict = judge->Look({.value = specimen.value,
                                       .key = specimen.key,
                                       .headers = &specimen.headers,
                                       .timestamp_ms = specimen.timestamp_ms,
                                       .now_ms = now_ms});
  inspection.passes = verdict.passes;
  inspection.more = verdict.omitted;
  if (!IsUtf16(verdict))
    inspection.troubles = WrongCharacters(document, judge->rules(), &inspection.more);
  const bool characters = !inspection.troubles.empty();
  for (const Judged& judged : verdict.findings) {
    if (characters && IsAboutCharacters(judged)) {
      TakeOver(judged, &inspection.troubles);
    } else {
      inspection.troubles.push_back(FromJudged(judged, document));
    }
  }
  for (Trouble& trouble : inspection.troubles) {
    Locate(document, redaction, &trouble);
    trouble.pointer = ShownPointer(sensitive, trouble.pointer);
  }
  std::stable_sort(inspection.troubles.begin(), inspection.troubles.end(),
                   [](const Trouble& a, const Trouble& b) {
                     return a.placed != b.placed ? a.placed : a.byte < b.byte;
                   });
  if (!inspection.passes) inspection.mend = FindMend(specimen, inspection.troubles, judge, now_ms);
  return inspection;
}

std::string PlaceText(const Trouble& trouble) {
  if (!trouble.placed) return "";
  std::string text =
      Cat("at line ", trouble.line, ", column ", trouble.column, ", byte ", trouble.byte);
  if (!trouble.pointer_known) return text;
  return Cat(text, ", ", trouble.pointer.empty() ? "at the top" : OneLine(trouble.pointer, 200));
}

}  // namespace fracas::tools
