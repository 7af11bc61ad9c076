#include "config/problem.h"

#include <algorithm>
#include <tuple>

#include "core/text.h"

namespace fracas::config {

std::string ToString(const Problem& problem) {
  std::string text;
  if (!problem.mark.file.empty()) AppendTo(&text, problem.mark.file, ":");
  if (problem.mark.line > 0) AppendTo(&text, problem.mark.line, ":", problem.mark.column, ":");
  if (!text.empty()) text += ' ';
  AppendTo(&text, problem.severity == Severity::kError ? "error: " : "warning: ", problem.message);
  if (!problem.next_step.empty()) AppendTo(&text, "; ", problem.next_step);
  return text;
}

bool HasErrors(const std::vector<Problem>& problems) {
  return std::any_of(problems.begin(), problems.end(),
                     [](const Problem& p) { return p.severity == Severity::kError; });
}

void SortByPlace(std::vector<Problem>* problems) {
  std::stable_sort(problems->begin(), problems->end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.mark.file, a.mark.line, a.mark.column) <
           std::tie(b.mark.file, b.mark.line, b.mark.column);
  });
}

}  // namespace fracas::config
