#pragma once

#include <string>
#include <vector>

#include "json/diagnose.h"

// Documents that well-formedness is judged by: what must be read, what must not and why. The
// categories are those of the public JSON parsing suites; where a suite leaves the choice to the
// parser, the entry says what we chose.

namespace fracas::json {

struct CorpusCase {
  const char* name;
  std::string bytes;
  SyntaxError error;  // kNone: must be read
};

std::vector<CorpusCase> Corpus();

}  // namespace fracas::json
