#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/codes.h"
#include "tools/inspect/identity.h"
#include "tools/inspect/judge.h"
#include "tools/inspect/mend.h"
#include "tools/inspect/redaction.h"
#include "tools/inspect/specimen.h"
#include "tools/patch/characters.h"

namespace fracas::tools {

// Something that is wrong with a record, and where.
struct Trouble {
  Code code = Code::kNone;
  Disposition disposition = Disposition::kWarn;
  std::string text{};  // "unprintable character U+001F INFORMATION SEPARATOR ONE", or expected
                       // against found
  std::string pointer{};      // as ShownPointer says
  bool pointer_known = true;  // false: the structure cannot be followed up to there
  std::string schema{};       // "#/properties/age/type"; "" for form and rules
  std::string fingerprint{};  // of the failure mode; "" not known
  bool redacted = false;
  bool placed = false;  // it has a place in the bytes:
  size_t line = 1;      // line and column from 1, columns in characters
  size_t column = 1;
  size_t byte = 0;  // from 0, in the document (behind its framing)
  Window window{};
  std::optional<Character> character{};
};

// Everything that can be told of one record by looking at it. Texts and windows hide sensitive
// values unless the judge reveals them.
struct Inspection {
  std::vector<Trouble> troubles{};  // places first, in their order
  uint64_t more = 0;                // beyond limits::kFindingsPerRecordMax
  bool passes = true;
  RecordIds ids{};
  bool ids_hidden = false;  // some are left out because they are sensitive
  Mend mend{};
};

Inspection Inspect(const Specimen& specimen, Judge* judge, int64_t now_ms);

// "at line 2, column 17, byte 40, /customer/note"; "" where there is no place. `first_line` of the
// document.
std::string PlaceText(const Trouble& trouble);

}  // namespace fracas::tools
