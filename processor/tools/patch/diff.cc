#include "tools/patch/diff.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "json/diagnose.h"
#include "tools/inspect/document_walk.h"
#include "tools/patch/moved.h"

namespace fracas::tools {

namespace {

constexpr size_t kEditsMax = 400;    // beyond it two texts are not similar
constexpr size_t kJoinedWithin = 4;  // characters between hunks that are shown as one
constexpr size_t kAround = 28;       // characters shown to each side
constexpr size_t kShownCharacters = 60;

// The characters of a text: where each begins, and at last where it ends.
std::vector<size_t> Beginnings(std::string_view text) {
  std::vector<size_t> begins;
  VisitCharacters(text, 0, text.size(), false,
                  [&](const PlacedCharacter& placed) { begins.push_back(placed.begin); });
  begins.push_back(text.size());
  return begins;
}

// A pair of texts as sequences of characters.
class Pair {
 public:
  Pair(std::string_view before, std::string_view after)
      : before_(before), after_(after), a_(Beginnings(before)), b_(Beginnings(after)) {}

  size_t a_size() const { return a_.size() - 1; }
  size_t b_size() const { return b_.size() - 1; }
  bool Same(size_t i, size_t j) const {
    return before_.substr(a_[i], a_[i + 1] - a_[i]) == after_.substr(b_[j], b_[j + 1] - b_[j]);
  }
  Hunk Bytes(const Hunk& characters) const {
    return {a_[characters.before_begin], a_[characters.before_end], b_[characters.after_begin],
            b_[characters.after_end]};
  }

 private:
  const std::string_view before_;
  const std::string_view after_;
  const std::vector<size_t> a_;
  const std::vector<size_t> b_;
};

// Myers' greedy algorithm on the part between the common ends; false when it takes too many edits.
class ShortestEdits {
 public:
  ShortestEdits(const Pair& pair, const Hunk& middle)
      : pair_(pair),
        base_(middle),
        n_(static_cast<int64_t>(middle.before_end - middle.before_begin)),
        m_(static_cast<int64_t>(middle.after_end - middle.after_begin)) {}

  bool Find(std::vector<Hunk>* hunks) {
    for (int64_t d = 0; d <= static_cast<int64_t>(kEditsMax); ++d) {
      std::vector<int64_t> row = Row(d);
      const int64_t end = n_ - m_;
      const bool reached =
          end >= -d && end <= d && ((end + d) & 1) == 0 && row[Index(d, end)] >= n_;
      rows_.push_back(std::move(row));
      if (reached) {
        Trace(hunks);
        return true;
      }
    }
    return false;
  }

 private:
  static size_t Index(int64_t d, int64_t k) { return static_cast<size_t>(k + d); }
  // The furthest x on diagonal k after d - 1 edits; -1 where there is none.
  int64_t Before(int64_t d, int64_t k) const {
    if (d == 0 || k < -(d - 1) || k > d - 1) return -1;
    return rows_[static_cast<size_t>(d - 1)][Index(d - 1, k)];
  }
  // Whether diagonal k is reached by inserting (from k + 1) rather than deleting (from k - 1).
  bool Inserts(int64_t d, int64_t k) const {
    return k == -d || (k != d && Before(d, k - 1) < Before(d, k + 1));
  }
  std::vector<int64_t> Row(int64_t d) const {
    std::vector<int64_t> row(static_cast<size_t>(2 * d + 1), -1);
    for (int64_t k = -d; k <= d; k += 2) {
      const bool inserts = Inserts(d, k);
      const int64_t from = d == 0 ? 0 : Before(d, inserts ? k + 1 : k - 1);
      int64_t x = from + (d == 0 || inserts ? 0 : 1);
      if (from < 0 || x > n_ || x - k < 0 || x - k > m_) continue;
      while (x < n_ && x - k < m_ &&
             pair_.Same(base_.before_begin + static_cast<size_t>(x),
                        base_.after_begin + static_cast<size_t>(x - k))) {
        ++x;
      }
      row[Index(d, k)] = x;
    }
    return row;
  }
  void Trace(std::vector<Hunk>* hunks) const {
    int64_t k = n_ - m_;
    for (int64_t d = static_cast<int64_t>(rows_.size()) - 1; d > 0; --d) {
      const bool inserts = Inserts(d, k);
      const int64_t from_k = inserts ? k + 1 : k - 1;
      const int64_t from_x = Before(d, from_k);
      const auto a = base_.before_begin + static_cast<size_t>(from_x);
      const auto b = base_.after_begin + static_cast<size_t>(from_x - from_k);
      hunks->push_back({a, a + (inserts ? 0 : 1), b, b + (inserts ? 1 : 0)});
      k = from_k;
    }
    std::reverse(hunks->begin(), hunks->end());
  }

  const Pair& pair_;
  const Hunk base_;
  const int64_t n_;
  const int64_t m_;
  std::vector<std::vector<int64_t>> rows_;
};

std::vector<Hunk> Joined(const std::vector<Hunk>& edits) {
  std::vector<Hunk> hunks;
  for (const Hunk& edit : edits) {
    if (!hunks.empty() && edit.before_begin - hunks.back().before_end <= kJoinedWithin) {
      hunks.back().before_end = edit.before_end;
      hunks.back().after_end = edit.after_end;
    } else {
      hunks.push_back(edit);
    }
  }
  return hunks;
}

// The longer of the pointers of its two ends: of a member that goes, the member's and not its
// object's.
std::string PointerOf(std::string_view document, size_t begin, size_t end) {
  const std::string first = PointerAt(document, begin).pointer;
  const std::string last = end > begin + 1 ? PointerAt(document, end - 1).pointer : first;
  return last.size() > first.size() ? last : first;
}

WindowOptions PlaceOf(std::string_view document, size_t begin, size_t end) {
  size_t shown = 0;
  size_t cut = end;
  VisitCharacters(document, begin, end, false, [&](const PlacedCharacter& placed) {
    if (shown++ == kShownCharacters) cut = placed.begin;
  });
  return {.begin = begin, .size = cut - begin, .around = cut < end ? 0 : kAround};
}

}  // namespace

std::vector<Hunk> Differences(std::string_view before, std::string_view after) {
  const Pair pair(before, after);
  Hunk middle{0, pair.a_size(), 0, pair.b_size()};
  while (middle.before_begin < middle.before_end && middle.after_begin < middle.after_end &&
         pair.Same(middle.before_begin, middle.after_begin)) {
    ++middle.before_begin;
    ++middle.after_begin;
  }
  while (middle.before_begin < middle.before_end && middle.after_begin < middle.after_end &&
         pair.Same(middle.before_end - 1, middle.after_end - 1)) {
    --middle.before_end;
    --middle.after_end;
  }
  if (middle.before_begin == middle.before_end && middle.after_begin == middle.after_end) return {};
  std::vector<Hunk> edits;
  if (!ShortestEdits(pair, middle).Find(&edits)) edits = {middle};
  std::vector<Hunk> hunks = Joined(edits);
  for (Hunk& hunk : hunks) hunk = pair.Bytes(hunk);
  return hunks;
}

std::vector<ShownHunk> ShowDifferences(const DiffInput& input, size_t hunks_max, size_t* total) {
  const std::vector<std::string> nothing;
  const std::vector<std::string>& sensitive =
      input.sensitive == nullptr ? nothing : *input.sensitive;
  const RedactedPair hidden = RedactPair(input.before, input.after, sensitive);
  const std::vector<Hunk> hunks = Differences(input.before, input.after);
  *total = hunks.size();
  std::vector<ShownHunk> shown;
  for (const Hunk& hunk : hunks) {
    if (shown.size() == hunks_max) break;
    ShownHunk each;
    const bool removed = hunk.after_begin == hunk.after_end;
    each.pointer = ShownPointer(
        sensitive, removed ? PointerOf(input.before, hunk.before_begin, hunk.before_end)
                           : PointerOf(input.after, hunk.after_begin, hunk.after_end));
    const json::LineColumn place = json::Locate(input.before, hunk.before_begin);
    each.line = place.line;
    each.column = place.column;
    each.byte = hunk.before_begin;
    each.before = WindowAt(input.before, hidden.before,
                           PlaceOf(input.before, hunk.before_begin, hunk.before_end));
    each.after = WindowAt(input.after, hidden.after,
                          PlaceOf(input.after, hunk.after_begin, hunk.after_end));
    shown.push_back(std::move(each));
  }
  return shown;
}

}  // namespace fracas::tools
