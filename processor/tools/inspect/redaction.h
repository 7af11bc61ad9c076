#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Which bytes of a document nobody sees who did not ask for them, and short pieces of it as text.

namespace fracas::tools {

// What stands for a hidden value.
inline constexpr std::string_view kHiddenMark = "•••";

// `pointer` is at or below one of `sensitive`.
bool IsSensitive(const std::vector<std::string>& sensitive, std::string_view pointer);
// The pointer as it may be shown: of a place below one of `sensitive` that one and a mark, for the
// names there are hidden like the values.
std::string ShownPointer(const std::vector<std::string>& sensitive, std::string_view pointer);

// The hidden bytes of one document. Views live as long as it.
class Redaction {
 public:
  // Nothing is hidden.
  Redaction() = default;
  // Values that may be sensitive where they stand (contract/concealment.h), also where they repeat;
  // texts that hold documents; everything from where the structure cannot be followed any more, in
  // a document that is broken behind its first sensitive value, and in one that is not UTF-8.
  Redaction(std::string_view document, const std::vector<std::string>& sensitive);

  // These bytes too.
  void Hide(size_t begin, size_t end);

  bool Hides(size_t byte) const;
  bool any() const { return !hidden_.empty(); }

 private:
  struct Range {
    size_t begin = 0;
    size_t end = 0;
  };
  std::vector<Range> hidden_;  // ascending, disjoint
};

// The bytes around a place, as one line of text: what cannot be seen is written as \x1F, \u200B;
// hidden ranges are one mark each.
struct Window {
  std::string text;
  size_t mark_begin = 0;  // the place, in characters of `text`
  size_t mark_size = 0;   // 0: nothing stands there (an insertion, the document's end)
  bool hidden = false;    // something in it was
};
struct WindowOptions {
  size_t begin = 0;  // the place …
  size_t size = 1;
  size_t around = 32;  // … and about so many characters to each side
};
Window WindowAt(std::string_view document, const Redaction& redaction,
                const WindowOptions& options);

// A piece of a document or any text on one line, as Window writes it; cut at `characters_max` with
// "…".
std::string OneLine(std::string_view text, size_t characters_max);

}  // namespace fracas::tools
