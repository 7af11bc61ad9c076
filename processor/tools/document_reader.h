#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/status.h"

namespace fracas::tools {

struct InputDocument {
  std::string_view bytes;  // void at the next call; a beginning of it if oversize
  uint64_t line = 1;
  bool oversize = false;
};

enum class Framing : uint8_t { kOneDocument, kLines };

// The documents of one open file, pipe or terminal, in memory bounded by the largest of them: a
// longer one is told of and skipped. Not thread-safe.
class DocumentReader {
 public:
  // `descriptor` is borrowed, `name` is for messages.
  DocumentReader(int descriptor, std::string name, Framing framing, size_t bytes_max);

  // True with the next document, false at the end. A Stop status names the input: it could not be
  // read further, and what stands behind the last document is not judged.
  Result<bool> Next(InputDocument* document);

  uint64_t bytes_read() const { return bytes_read_; }

 private:
  Result<bool> NextLine(InputDocument* document);
  Result<bool> WholeInput(InputDocument* document);
  Status Fill();
  // Gives the unread bytes [begin_, line_end) out as a line; false if it is blank.
  bool TakeLine(size_t line_end, InputDocument* document);

  int descriptor_;
  std::string name_;
  Framing framing_;
  size_t bytes_max_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_;
  size_t begin_ = 0;    // of what was not given out
  size_t scanned_ = 0;  // up to here there is no line feed
  size_t end_ = 0;
  bool at_end_ = false;
  bool skipping_ = false;  // inside a line that was too long
  uint64_t line_ = 0;
  uint64_t bytes_read_ = 0;
};

}  // namespace fracas::tools
