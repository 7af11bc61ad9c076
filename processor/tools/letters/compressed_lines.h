#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/status.h"

// Lines of text in zstd files (RFC 8878). A file is a row of whole frames, so that it can be
// appended to, and every tool that knows .zst reads it as one.

namespace fracas::tools {

class Compressor {
 public:
  Compressor();
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  // Appends one frame with a checksum to `out`.
  void Frame(std::string_view text, std::string* out);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Visits the lines without their ends until `visit` fails. kStop: the file cannot be read, is
// damaged, is cut off, or has a line longer than limits::kArchiveLineBytesMax; the message names
// it.
Status ReadCompressedLines(const std::filesystem::path& file,
                           const std::function<Status(std::string_view line)>& visit);

}  // namespace fracas::tools
