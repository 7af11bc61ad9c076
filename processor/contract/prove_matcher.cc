#include "contract/prove_matcher.h"

#include <algorithm>
#include <cstring>

namespace fracas::contract {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;
// Larger counts are left to RE2, which knows its own limit.
constexpr uint32_t kCountMax = 1000;

using Set = std::array<uint64_t, 2>;

bool Has(const Set& set, uint8_t byte) {
  return byte < 0x80 && (set[byte >> 6] >> (byte & 63) & 1) != 0;
}
void AddRange(uint8_t first, uint8_t last, Set* set) {
  for (uint32_t byte = first; byte <= last; ++byte) (*set)[byte >> 6] |= uint64_t{1} << (byte & 63);
}
bool Disjoint(const Set& a, const Set& b) { return (a[0] & b[0]) == 0 && (a[1] & b[1]) == 0; }

// Reads an expression from left to right. Every function answers false for what it does not know.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool Read(Matcher* matcher) {
    if (!Take('^')) return false;
    while (at_ < text_.size() && text_[at_] != '$') {
      MatcherRun run;
      if (!ReadSet(&run.set) || !ReadCount(&run)) return false;
      matcher->runs.push_back(run);
    }
    matcher->to_end = Take('$');
    return at_ == text_.size();
  }

 private:
  bool Take(char expected) {
    if (at_ >= text_.size() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }

  bool ReadSet(Set* set) {
    const char c = text_[at_++];
    if (c == '[') return ReadClass(set);
    if (c == '\\') return ReadEscape(set, nullptr);
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F ||
        std::string_view("()|.*+?{}]^").find(c) != std::string_view::npos) {
      return false;
    }
    AddRange(static_cast<uint8_t>(c), static_cast<uint8_t>(c), set);
    return true;
  }

  // Behind a backslash. `*single` is the character, or 0 when it is a class.
  bool ReadEscape(Set* set, uint8_t* single) {
    if (at_ >= text_.size()) return false;
    const char c = text_[at_++];
    if (single != nullptr) *single = 0;
    if (c == 'd') {
      AddRange('0', '9', set);
    } else if (c == 'w') {
      AddRange('0', '9', set);
      AddRange('A', 'Z', set);
      AddRange('a', 'z', set);
      AddRange('_', '_', set);
    } else if (std::string_view("^$\\.*+?()[]{}|/-").find(c) != std::string_view::npos) {
      AddRange(static_cast<uint8_t>(c), static_cast<uint8_t>(c), set);
      if (single != nullptr) *single = static_cast<uint8_t>(c);
    } else {
      return false;
    }
    return true;
  }

  // One member of a class: a character or an escape. Its own character in *single, 0 for \d and \w.
  bool ReadClassMember(Set* set, uint8_t* single) {
    const char c = text_[at_++];
    if (c == '\\') return ReadEscape(set, single);
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F || c == '[') {
      return false;
    }
    *single = static_cast<uint8_t>(c);
    AddRange(*single, *single, set);
    return true;
  }

  bool ReadClass(Set* set) {
    if (at_ < text_.size() && (text_[at_] == '^' || text_[at_] == ']')) return false;
    while (at_ < text_.size() && text_[at_] != ']') {
      uint8_t first = 0;
      if (!ReadClassMember(set, &first)) return false;
      const bool range = at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']';
      if (!range) continue;
      ++at_;
      uint8_t last = 0;
      if (!ReadClassMember(set, &last) || first == 0 || last < first) return false;
      AddRange(first, last, set);
    }
    return Take(']');
  }

  bool ReadNumber(uint32_t* value) {
    const size_t begin = at_;
    *value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && *value <= kCountMax) {
      *value = *value * 10 + static_cast<uint32_t>(text_[at_++] - '0');
    }
    return at_ > begin && *value <= kCountMax;
  }

  bool ReadCount(MatcherRun* run) {
    if (Take('*')) {
      run->least = 0;
      run->most = UINT32_MAX;
    } else if (Take('+')) {
      run->most = UINT32_MAX;
    } else if (Take('?')) {
      run->least = 0;
    } else if (Take('{')) {
      if (!ReadNumber(&run->least)) return false;
      run->most = run->least;
      if (Take(',')) {
        run->most = UINT32_MAX;
        if (at_ < text_.size() && text_[at_] != '}' && !ReadNumber(&run->most)) return false;
      }
      if (!Take('}') || run->most < run->least) return false;
    } else {
      return true;
    }
    // Lazy and possessive forms, and a count of a count.
    return at_ >= text_.size() ||
           std::string_view("?+*{").find(text_[at_]) == std::string_view::npos;
  }

  std::string_view text_;
  size_t at_ = 0;
};

// A run of open length takes all it can; that is the only way to match if what follows cannot begin
// with the same byte. Runs that may be empty let the one behind them follow too.
bool Deterministic(const Matcher& matcher) {
  const std::vector<MatcherRun>& runs = matcher.runs;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].least == runs[i].most) continue;
    for (size_t next = i + 1; next < runs.size(); ++next) {
      if (!Disjoint(runs[i].set, runs[next].set)) return false;
      if (runs[next].least > 0) break;
    }
  }
  return true;
}

void FindRange(MatcherRun* run) {
  int first = -1;
  int last = -1;
  int count = 0;
  for (int byte = 0; byte < 0x80; ++byte) {
    if (!Has(run->set, static_cast<uint8_t>(byte))) continue;
    if (first < 0) first = byte;
    last = byte;
    ++count;
  }
  run->one_range = count > 0 && last - first + 1 == count;
  run->first = static_cast<uint8_t>(std::max(first, 0));
  run->last = static_cast<uint8_t>(std::max(last, 0));
}

// All of `size` bytes are in run.first … run.last.
bool AllInRange(const MatcherRun& run, const uint8_t* text, size_t size) {
  const uint64_t below = kHighs - kOnes * run.first;  // plus a byte ≥ first: high bit set
  const uint64_t above =
      kOnes * static_cast<uint8_t>(0x7F - run.last);  // plus a byte > last: high bit set
  for (;;) {
    uint64_t word;
    std::memcpy(&word, text, sizeof(word));
    const uint64_t outside = (~(word + below) | (word + above) | word) & kHighs;
    if (size <= 8) return size == 0 || (outside << (64 - 8 * size)) == 0;
    if (outside != 0) return false;
    text += 8;
    size -= 8;
  }
}

bool AllInSet(const MatcherRun& run, const uint8_t* text, size_t size) {
  if (run.one_range) return AllInRange(run, text, size);
  for (size_t i = 0; i < size; ++i) {
    if (!Has(run.set, text[i])) return false;
  }
  return true;
}

// Where every byte of a short text has a range of its own, all are compared at once.
void LayOutBlock(Matcher* matcher) {
  if (matcher->size_fixed == 0 || matcher->size_fixed > kBlock) return;
  size_t at = 0;
  for (const MatcherRun& run : matcher->runs) {
    if (!run.one_range) return;
    for (uint32_t i = 0; i < run.least; ++i, ++at) {
      matcher->lows[at] = run.first;
      matcher->spans[at] = static_cast<uint8_t>(run.last - run.first);
    }
  }
  matcher->block_mask = (1u << matcher->size_fixed) - 1;
}

}  // namespace

std::optional<Matcher> CompileMatcher(std::string_view expression) {
  Matcher matcher;
  if (!Reader(expression).Read(&matcher) || !Deterministic(matcher)) return std::nullopt;
  bool fixed = matcher.to_end;
  for (const MatcherRun& run : matcher.runs) {
    // In a document these two are written with a backslash: what is matched would not be the text.
    if (Has(run.set, '\\') || Has(run.set, '"')) return std::nullopt;
  }
  for (MatcherRun& run : matcher.runs) {
    FindRange(&run);
    fixed = fixed && run.least == run.most;
    matcher.size_fixed += run.least;
  }
  if (!fixed) matcher.size_fixed = 0;
  LayOutBlock(&matcher);
  return matcher;
}

bool MatchRuns(const Matcher& matcher, const uint8_t* text, size_t size) {
  if (matcher.size_fixed != 0 && size != matcher.size_fixed) return false;
  size_t at = 0;
  for (const MatcherRun& run : matcher.runs) {
    if (size - at < run.least || !AllInSet(run, text + at, run.least)) return false;
    at += run.least;
    if (run.least == run.most) continue;
    const size_t most = std::min<size_t>(run.most - run.least, size - at);
    for (size_t more = 0; more < most && Has(run.set, text[at]); ++more) ++at;
  }
  return !matcher.to_end || at == size;
}

}  // namespace fracas::contract
