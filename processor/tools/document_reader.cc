#include "tools/document_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/text.h"

namespace fracas::tools {
namespace {

constexpr size_t kFirstCapacity = 1024 * 1024;
// A line ends with up to two bytes that do not count.
constexpr size_t kLineEndBytes = 2;

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

DocumentReader::DocumentReader(int descriptor, std::string name, Framing framing, size_t bytes_max)
    : descriptor_(descriptor),
      name_(std::move(name)),
      framing_(framing),
      bytes_max_(bytes_max),
      capacity_(std::min(kFirstCapacity, bytes_max + kLineEndBytes)) {
  buffer_.reset(new char[capacity_]);
}

Result<bool> DocumentReader::Next(InputDocument* document) {
  switch (framing_) {
    case Framing::kOneDocument: return WholeInput(document);
    case Framing::kLines: return NextLine(document);
  }
  return false;
}

// Reads once, behind what is there; makes room first. Never holds more than one document of the
// largest size and its line end.
Status DocumentReader::Fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
  }
  if (end_ == capacity_) {
    const size_t wanted = std::min(2 * capacity_, bytes_max_ + kLineEndBytes);
    std::unique_ptr<char[]> larger(new char[wanted]);
    std::memcpy(larger.get(), buffer_.get(), end_);
    buffer_ = std::move(larger);
    capacity_ = wanted;
  }
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, buffer_.get() + end_, capacity_ - end_);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    return Status::Stop(Cat("cannot read ", name_, " behind byte ", bytes_read_, ": ",
                            std::strerror(errno), "; what stands there was not checked"));
  }
  at_end_ = got == 0;
  end_ += static_cast<size_t>(got);
  bytes_read_ += static_cast<uint64_t>(got);
  return {};
}

bool DocumentReader::TakeLine(size_t line_end, InputDocument* document) {
  std::string_view line(buffer_.get() + begin_, line_end - begin_);
  begin_ = scanned_ = std::min(line_end + 1, end_);
  ++line_;
  if (std::exchange(skipping_, false)) return false;  // told of when it became too long
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (IsBlank(line)) return false;
  *document = {.bytes = line, .line = line_, .oversize = line.size() > bytes_max_};
  return true;
}

Result<bool> DocumentReader::NextLine(InputDocument* document) {
  for (;;) {
    const void* found = std::memchr(buffer_.get() + scanned_, '\n', end_ - scanned_);
    if (found != nullptr) {
      const auto line_end = static_cast<size_t>(static_cast<const char*>(found) - buffer_.get());
      if (TakeLine(line_end, document)) return true;
      continue;
    }
    scanned_ = end_;
    if (at_end_) return begin_ < end_ && TakeLine(end_, document);
    if (skipping_) {
      begin_ = end_;
    } else if (end_ - begin_ == bytes_max_ + kLineEndBytes) {
      *document = {
          .bytes = {buffer_.get() + begin_, bytes_max_}, .line = line_ + 1, .oversize = true};
      begin_ = end_;
      skipping_ = true;
      return true;
    }
    if (Status status = Fill(); !status.ok()) return status;
  }
}

Result<bool> DocumentReader::WholeInput(InputDocument* document) {
  if (line_ > 0) return false;
  while (!at_end_ && end_ <= bytes_max_) {
    if (Status status = Fill(); !status.ok()) return status;
  }
  line_ = 1;
  *document = {.bytes = {buffer_.get(), std::min(end_, bytes_max_)},
               .line = 1,
               .oversize = end_ > bytes_max_};
  return true;
}

}  // namespace fracas::tools
