#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/status.h"
#include "tools/letters/discard.h"
#include "tools/letters/letter_reader.h"
#include "tools/replay/lineage.h"
#include "tools/replay/under_way.h"

// Dead letters whose replay has failed again: the newer letter stands for the record, and
// publishing that one resolves it alone. The older one would stay open for ever; it is discarded.

namespace fracas::tools {

struct OlderLetters {
  std::vector<wire::Command> discards;  // for SendDiscards
  uint64_t letters = 0;
};

struct OlderScope {
  Selection letters;  // which older ones are looked at; its state does not matter
  // Whether it is meant, by the newest letter of its record. Empty: any.
  std::function<bool(const NewerLetter& newest)> meant;
};

// The open letters of the scope that a newer one of `lineage` stands for. One stays open where its
// newest letter does not carry the record's bytes, or where another replay of it is under way.
// As the reader.
Result<OlderLetters> FindOlder(const OlderScope& scope, const Lineage& lineage,
                               const ReplaysUnderWay& under_way, const DiscardOptions& options,
                               LetterReader* reader);

}  // namespace fracas::tools
