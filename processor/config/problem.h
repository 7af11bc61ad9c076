#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/model.h"

// What is wrong with a configuration: as many problems as there are, each with its place and its
// cure.

namespace fracas::config {

enum class Severity : uint8_t {
  kError,    // it must not run like this
  kWarning,  // it may, but probably not as somebody meant it
};

struct Problem {
  Severity severity = Severity::kError;
  Mark mark;              // line 0: the file as a whole, or no file at all
  std::string message;    // what is wrong
  std::string next_step;  // what to write or do instead; "" when the message says it
};

// "file:3:7: error: MESSAGE; NEXT STEP" — the shape that editors jump to.
std::string ToString(const Problem& problem);

bool HasErrors(const std::vector<Problem>& problems);

// By file, line and column; stable, so that problems of one place keep their order.
void SortByPlace(std::vector<Problem>* problems);

}  // namespace fracas::config
