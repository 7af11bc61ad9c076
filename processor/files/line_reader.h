#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/status.h"

namespace fracas::files {

// A piece of a file in memory, shared by everybody who holds a line of it.
struct Block {
  std::unique_ptr<char[]> bytes;
  size_t capacity = 0;
  size_t filled = 0;
};

struct Line {
  std::string_view text;               // without its line feed
  std::shared_ptr<const Block> block;  // keeps the text alive
};

// Lines of a file or a pipe, without copying them out of the blocks they were read into. A last line
// without a line feed is a line; an empty file has none. Not thread-safe.
class LineReader {
 public:
  // `path` "-" is standard input. `progress` counts bytes read; it outlives the reader.
  static Result<std::unique_ptr<LineReader>> Open(const std::string& path,
                                                  std::atomic<uint64_t>* progress);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next line, or *end. kStop: a read error, or a line over limits::kRecordBytesMax.
  Status Next(Line* line, bool* end);
  // The next line will be number `line` (from 0), which was reached before. kStop: a pipe cannot go back.
  Status MoveTo(Offset line);
  bool can_seek() const { return can_seek_; }
  uint64_t bytes_total() const { return bytes_total_; }  // 0 for a pipe

 private:
  struct Mark {  // a line that begins a block
    Offset line = 0;
    uint64_t byte = 0;
  };
  LineReader(int descriptor, std::string path, std::atomic<uint64_t>* progress);
  // Reads more bytes behind the unfinished line, in a new block if this one is full.
  Status Fill();

  const int descriptor_;
  const std::string path_;
  std::atomic<uint64_t>* const progress_;
  bool can_seek_ = false;
  uint64_t bytes_total_ = 0;
  std::shared_ptr<Block> block_;
  uint64_t block_byte_ = 0;  // where the block begins in the file
  size_t begin_ = 0;         // of the next line, in the block
  size_t scanned_ = 0;       // no line feed in [begin_, scanned_)
  Offset line_ = 0;          // number of the next line
  bool at_end_ = false;      // the file has no more bytes
  std::vector<Mark> marks_;  // ascending; one for each block
};

}  // namespace fracas::files
