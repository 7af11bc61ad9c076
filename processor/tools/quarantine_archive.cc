#include "tools/quarantine_archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/limits.h"
#include "core/percent.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "tools/live_json.h"

namespace fracas::tools {

namespace {

constexpr char kEntries[] = "entries.ndjson";
constexpr char kPartial[] = "entries.ndjson.partial";
constexpr char kSuccess[] = "_SUCCESS";
constexpr size_t kPendingBytesMax = 8 * limits::kMiB;

Status Failure(const std::filesystem::path& path, int error) {
  return Status::Stop(Cat(path.string(), ": cannot be written: ", std::strerror(error),
                          "; what is there without _SUCCESS is incomplete, begin again"));
}

// Appends and makes it durable; an empty text makes an empty file. Ids are nobody else's: only the
// owner reads it.
Status Append(const std::filesystem::path& path, std::string_view text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return Failure(path, errno);
  int error = 0;
  while (!text.empty() && error == 0) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) error = errno;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
  if (error == 0 && fsync(fd) != 0) error = errno;
  close(fd);
  return error == 0 ? Status() : Failure(path, error);
}

}  // namespace

ArchiveWriter::ArchiveWriter(const config::Config& config, std::string dir)
    : config_(config), root_(std::filesystem::path(std::move(dir)) / "_quarantine") {}

std::filesystem::path ArchiveWriter::FolderOf(const std::string& stream, int64_t time_ms,
                                              std::string_view code) {
  std::string dataset = stream;  // no longer configured
  for (const config::Stream& each : config_.streams) {
    if (config::QualifiedName(each) == stream) dataset = each.dataset;
  }
  return *folders_
              .insert(root_ / PercentEncode(dataset) /
                      Cat("dt=", FormatTimestamp(time_ms).substr(0, 10)) / std::string(code))
              .first;
}

Status ArchiveWriter::AddLetter(const Letter& letter) {
  return rows_.Add(FolderOf(letter.stream, letter.judged_ms, letter.code_name), letter);
}

Status ArchiveWriter::Add(const QuarantineItem& item) {
  const Code code = item.entry.code == Code::kNone ? Code::kQuarantined : item.entry.code;
  const std::filesystem::path folder =
      FolderOf(item.key.stream, item.entry.since_ms, Info(code).name);
  Leaf& leaf = leaves_[folder];
  const std::string line = Cat(ToJson(item), "\n");
  leaf.pending += line;
  pending_bytes_ += line.size();
  ++entries_;
  if (pending_bytes_ < kPendingBytesMax) return {};
  for (auto& [path, each] : leaves_) {
    if (Status s = Write(path, &each); !s.ok()) return s;
  }
  pending_bytes_ = 0;
  return {};
}

Status ArchiveWriter::Write(const std::filesystem::path& folder, Leaf* leaf) {
  if (leaf->pending.empty()) return {};
  if (!leaf->begun) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return Failure(folder, error.value());
    for (const char* old : {kSuccess, kPartial}) std::filesystem::remove(folder / old, error);
    leaf->begun = true;
  }
  Status written = Append(folder / kPartial, leaf->pending);
  leaf->pending.clear();
  return written;
}

Status ArchiveWriter::Finish() {
  if (Status s = rows_.Write(); !s.ok()) return s;
  for (auto& [folder, leaf] : leaves_) {
    if (Status s = Write(folder, &leaf); !s.ok()) return s;
    std::error_code error;
    std::filesystem::rename(folder / kPartial, folder / kEntries, error);
    if (error) return Failure(folder / kEntries, error.value());
  }
  for (const auto& [folder, leaf] : leaves_) {
    if (Status s = Append(folder / kSuccess, ""); !s.ok()) return s;
  }
  return rows_.Complete();
}

}  // namespace fracas::tools
