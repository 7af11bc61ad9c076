#include "tools/codes.h"

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace fracas::tools {

namespace {

constexpr size_t kSuggestionsMax = 3;

// Upper case, with "_" for "-" and " ": how names are spelled.
std::string Canonical(std::string_view query) {
  std::string name;
  for (const char c : query) {
    if (c == '-' || c == ' ') {
      name.push_back('_');
    } else {
      name.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
  }
  return name;
}

// How many single letters must be changed, added or left out to turn one into the other.
size_t Distance(std::string_view from, std::string_view to) {
  std::vector<size_t> row(to.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= from.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= to.size(); ++j) {
      const size_t substituted = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[to.size()];
}

// Small is near. A query that is part of a name is nearer than any misspelling.
size_t Remoteness(std::string_view query, const CodeInfo& info) {
  if (info.name.find(query) != std::string_view::npos) return 0;
  return std::min(Distance(query, info.name), Distance(query, Cat(info.number)));
}

std::vector<const CodeInfo*> Nearest(std::string_view query) {
  std::vector<std::pair<size_t, const CodeInfo*>> ranked;
  for (const CodeInfo& info : AllCodes()) {
    const size_t remoteness = Remoteness(query, info);
    // More than half of the query wrong is no misspelling.
    if (remoteness * 2 <= query.size()) ranked.emplace_back(remoteness, &info);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  if (ranked.size() > kSuggestionsMax) ranked.resize(kSuggestionsMax);
  std::vector<const CodeInfo*> nearest;
  for (const auto& [remoteness, info] : ranked) nearest.push_back(info);
  return nearest;
}

}  // namespace

CodeQueryResult FindCodes(std::string_view query) {
  CodeQueryResult result;
  // Nobody types a name of this length; it also bounds the search below.
  if (query.size() > 64) return result;
  const std::string name = Canonical(query);
  if (const CodeInfo* exact = FindCode(name)) {
    result.codes.push_back(exact);
    return result;
  }
  for (const CodeInfo& info : AllCodes()) {
    if (info.name.starts_with(name) || Cat(info.number).starts_with(name)) {
      result.codes.push_back(&info);
    }
  }
  if (result.codes.empty()) result.suggestions = Nearest(name);
  return result;
}

std::string_view LayerOf(const CodeInfo& info) {
  static constexpr std::string_view kLayers[] = {"record form",
                                                 "record content",
                                                 "time and identity",
                                                 "access and dependencies",
                                                 "compute and configuration",
                                                 "state and code",
                                                 "dataset",
                                                 "control",
                                                 "unknown"};
  return kLayers[info.number / 1000 - 1];
}

}  // namespace fracas::tools
