#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/status.h"
#include "ports/source.h"

namespace fracas::files {

struct InputFile {
  std::string path;   // "-": standard input
  std::string topic;  // what the file stands for; it is partition 0 of it
};

// For progress on a terminal; written by the source, read by anybody. Outlives the source.
struct ReadProgress {
  std::atomic<uint64_t> bytes{0};        // read so far
  std::atomic<uint64_t> bytes_total{0};  // of all regular files; 0 where one is a pipe
};

// NDJSON files as a source: a line is a record (its bytes without the line feed), the line's number from 0
// is its offset. Keys and timestamps are null, there are no headers. Memory is bounded by the records that
// are alive, never by the file; a line over limits::kRecordBytesMax stops the source. Files are read one
// after the other; kEndOfInput comes when each is at its end or held. A regular file can be sought back,
// a pipe cannot. Two inputs of the same topic are refused.
// kReject: a file that cannot be opened.
Result<std::unique_ptr<Source>> OpenFiles(const std::vector<InputFile>& inputs, ReadProgress* progress);

}  // namespace fracas::files
