#include "core/classify.h"

#include <algorithm>

#include "core/check.h"
#include "core/text.h"

namespace fracas {

namespace {

bool IsCriticalElement(Code code) { return code == Code::kCdeMissing || code == Code::kCdeNull; }

// Whether `challenger`, found later, decides before `holder`.
bool Outranks(const Finding& challenger, Disposition challenger_does, const Finding& holder,
              Disposition holder_does) {
  if (challenger_does != holder_does) return challenger_does > holder_does;
  const bool challenger_critical = IsCriticalElement(challenger.code);
  if (challenger_critical != IsCriticalElement(holder.code)) return challenger_critical;
  return challenger.byte < holder.byte;  // kNoByte is the largest: what has no place comes last
}

// Index of the deciding finding among [begin, end).
size_t Decide(const Dispositions& dispositions, const Findings& findings, size_t begin, size_t end) {
  size_t decider = begin;
  Disposition does = dispositions.Of(findings.items()[begin].code);
  for (size_t i = begin + 1; i < end; ++i) {
    const Finding& finding = findings.items()[i];
    const Disposition challenger = dispositions.Of(finding.code);
    if (!Outranks(finding, challenger, findings.items()[decider], does)) continue;
    decider = i;
    does = challenger;
  }
  return decider;
}

}  // namespace

static_assert(Disposition::kHold > Disposition::kDeadLetter &&
              Disposition::kDeadLetter > Disposition::kWarn, "Outranks compares severity");

Dispositions::Dispositions() {
  const auto& codes = AllCodes();
  for (size_t i = 0; i < codes.size(); ++i) by_code_[i] = codes[i].disposition;
}

void Dispositions::Set(Code code, Disposition disposition) { by_code_[Index(code)] = disposition; }

Disposition Dispositions::Of(Code code) const { return by_code_[Index(code)]; }

namespace {

// What a code does to a record of a copied stream that is treated like the others, or is a replay.
struct Judgement {
  Code code = Code::kNone;
  Disposition does = Disposition::kWarn;
};

Judgement Judge(const Dispositions& dispositions, Code code, const Treatment* treatment) {
  Judgement judged{code, dispositions.Of(code)};
  if (treatment == nullptr || judged.does == Disposition::kWarn) return judged;
  judged.does = Disposition::kDeadLetter;
  if (treatment->code != Code::kNone) judged.code = treatment->code;
  return judged;
}

}  // namespace

Classified Classify(const Dispositions& dispositions, const Findings& findings,
                    Publishing publishing, RecordColumns* records,
                    std::span<const Treatment> treatments) {
  const size_t count = records->size();
  const bool observe = publishing == Publishing::kObserve;
  // Most batches have no finding at all: three fills, and the loop below has nothing to do.
  const Outcome passes = observe ? Outcome::kObserved : Outcome::kPublished;
  const Outcome rejected = observe ? Outcome::kObserved : Outcome::kDeadLettered;
  std::fill(records->outcome.begin(), records->outcome.end(), passes);
  std::fill(records->code.begin(), records->code.end(), Code::kNone);
  std::fill(records->decider.begin(), records->decider.end(), kNoFinding);

  Classified result;
  for (const Treatment& treatment : treatments) {
    if (treatment.kind != Treatment::Kind::kMask) continue;
    records->outcome[treatment.record] = Outcome::kMasked;
    records->code[treatment.record] = treatment.code;
    ++result.masked;
  }
  result.records = count - result.masked;
  auto treatment = treatments.begin();
  for (size_t begin = 0; begin < findings.size();) {
    const size_t record = findings.items()[begin].record;
    size_t end = begin + 1;
    while (end < findings.size() && findings.items()[end].record == record) ++end;
    FRACAS_CHECK(record < count && records->decider[record] == kNoFinding,
                 Cat("finding of record ", record, " among ", count, ", out of order"));
    while (treatment != treatments.end() && treatment->record < record) ++treatment;
    const bool treated = treatment != treatments.end() && treatment->record == record;
    if (treated && treatment->kind == Treatment::Kind::kMask) {
      begin = end;
      continue;
    }
    const size_t decider = Decide(dispositions, findings, begin, end);
    const Judgement judged = Judge(dispositions, findings.items()[decider].code,
                                   treated ? &*treatment : nullptr);
    records->code[record] = judged.code;
    records->decider[record] = static_cast<uint32_t>(decider);
    switch (judged.does) {
      case Disposition::kWarn:
        ++result.warned;
        break;
      case Disposition::kDeadLetter:
        ++result.rejected;
        records->outcome[record] = rejected;
        break;
      case Disposition::kHold:
        if (result.held++ == 0) result.first_held = record;
        records->outcome[record] = rejected;
        break;
    }
    begin = end;
  }
  return result;
}

}  // namespace fracas
