#include "files/line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/limits.h"
#include "core/text.h"

namespace fracas::files {

namespace {

constexpr size_t kBlockBytes = 1 * limits::kMiB;

std::string_view Reason(int error) { return std::strerror(error); }

}  // namespace

Result<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path,
                                                     std::atomic<uint64_t>* progress) {
  const bool standard = path == "-";
  const int descriptor = standard ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return Status::Reject(Cat("--input ", path, ": ", Reason(errno)));
  }
  std::unique_ptr<LineReader> reader(new LineReader(descriptor, path, progress));
  struct stat file {};
  if (fstat(descriptor, &file) == 0 && S_ISDIR(file.st_mode)) {
    return Status::Reject(Cat("--input ", path, ": is a folder; name its files"));
  }
  if (S_ISREG(file.st_mode) && !standard) {
    reader->can_seek_ = true;
    reader->bytes_total_ = static_cast<uint64_t>(file.st_size);
  }
  return reader;
}

LineReader::LineReader(int descriptor, std::string path, std::atomic<uint64_t>* progress)
    : descriptor_(descriptor), path_(std::move(path)), progress_(progress) {}

LineReader::~LineReader() {
  if (descriptor_ != STDIN_FILENO) close(descriptor_);
}

Status LineReader::Next(Line* line, bool* end) {
  *end = false;
  while (true) {
    const char* bytes = block_ == nullptr ? nullptr : block_->bytes.get();
    const size_t filled = block_ == nullptr ? 0 : block_->filled;
    const void* feed =
        scanned_ < filled ? std::memchr(bytes + scanned_, '\n', filled - scanned_) : nullptr;
    if (feed == nullptr && !at_end_) {
      scanned_ = filled;
      if (Status read = Fill(); !read.ok()) return read;
      continue;
    }
    if (feed == nullptr && begin_ == filled) {
      *end = true;
      return {};
    }
    const size_t stop =
        feed == nullptr ? filled : static_cast<size_t>(static_cast<const char*>(feed) - bytes);
    *line = {std::string_view(bytes + begin_, stop - begin_), block_};
    begin_ = scanned_ = feed == nullptr ? stop : stop + 1;
    ++line_;
    return {};
  }
}

Status LineReader::Fill() {
  const size_t partial = block_ == nullptr ? 0 : block_->filled - begin_;
  if (partial > limits::kRecordBytesMax) {
    return Status::Stop(Cat(path_, ", line ", line_ + 1, " is longer than ",
                            limits::kRecordBytesMax, " bytes; is the file NDJSON?"));
  }
  if (block_ == nullptr || block_->filled == block_->capacity) {
    // Lines of the old block stay where they are; only the unfinished one moves. Doubling keeps the cost of
    // a long line linear.
    auto next = std::make_shared<Block>();
    next->capacity = std::max(kBlockBytes, 2 * partial);
    next->bytes.reset(new char[next->capacity]);  // NOLINT: not zeroed on purpose
    if (partial > 0) std::memcpy(next->bytes.get(), block_->bytes.get() + begin_, partial);
    next->filled = partial;
    block_byte_ += begin_;
    block_ = std::move(next);
    begin_ = 0;
    scanned_ = partial;
    if (can_seek_ && (marks_.empty() || marks_.back().line < line_)) {
      marks_.push_back({line_, block_byte_});
    }
  }
  const ssize_t count = read(descriptor_, block_->bytes.get() + block_->filled,
                             block_->capacity - block_->filled);
  if (count < 0 && errno == EINTR) return {};
  if (count < 0) return Status::Stop(Cat("cannot read ", path_, ": ", Reason(errno)));
  at_end_ = count == 0;
  block_->filled += static_cast<size_t>(count);
  progress_->fetch_add(static_cast<uint64_t>(count), std::memory_order_relaxed);
  return {};
}

Status LineReader::MoveTo(Offset line) {
  if (line == line_) return {};
  if (!can_seek_) {
    return Status::Stop(Cat(path_ == "-" ? "standard input" : path_,
                            " cannot be read again from line ", line + 1,
                            "; give the records as a regular file"));
  }
  const auto behind = std::upper_bound(marks_.begin(), marks_.end(), line,
                                       [](Offset wanted, const Mark& mark) {
                                         return wanted < mark.line;
                                       });
  const Mark mark = behind == marks_.begin() ? Mark{} : *std::prev(behind);
  if (lseek(descriptor_, static_cast<off_t>(mark.byte), SEEK_SET) < 0) {
    return Status::Stop(Cat("cannot seek in ", path_, ": ", Reason(errno)));
  }
  block_.reset();
  block_byte_ = mark.byte;
  begin_ = scanned_ = 0;
  line_ = mark.line;
  at_end_ = false;
  bool end = false;
  for (Line skipped; line_ < line && !end;) {
    if (Status read = Next(&skipped, &end); !read.ok()) return read;
  }
  return {};
}

}  // namespace fracas::files
