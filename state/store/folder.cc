#include "state/store/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"

namespace fracas::state {

namespace {

namespace fs = std::filesystem;

std::string Advice(int error) {
  switch (error) {
    case EACCES:
    case EPERM: return "let this user write there, or set state.dir to a folder of its own";
    case EROFS:
      return "the file system is read-only: mount it for writing, or set state.dir elsewhere";
    case ENOSPC:
    case EDQUOT: return "free space there";
    case ENOTDIR: return "a part of the path is a file: set state.dir to a folder";
    default: return "see the system's log for the disk, or set state.dir elsewhere";
  }
}

Status Trouble(std::string_view what, const std::string& path, int error) {
  return Status::Stop(
      Cat("cannot ", what, " ", path, ": ", std::strerror(error), "; ", Advice(error)));
}

// "20260131T120000Z".
std::string CompactTime(int64_t now_ms) {
  std::string text = FormatTimestamp(now_ms);
  text.erase(text.find('.'));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

std::string FreeName(const std::string& dir, std::string_view why, int64_t now_ms) {
  const std::string wanted = Cat(dir, ".", why, "-", CompactTime(now_ms));
  std::string name = wanted;
  std::error_code ignored;
  for (int i = 2; fs::exists(name, ignored); ++i) name = Cat(wanted, "-", i);
  return name;
}

std::string ReadNote(int fd) {
  char text[256];
  const ssize_t size = pread(fd, text, sizeof(text), 0);
  std::string note(text, size > 0 ? static_cast<size_t>(size) : 0);
  std::erase_if(note, [](char c) { return static_cast<unsigned char>(c) < ' '; });
  return note.empty() ? "another process" : note;
}

}  // namespace

Status MakeFolder(const std::string& dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return Trouble("make the folder", dir, error.value());
  return {};
}

Result<bool> IsEmptyFolder(const std::string& dir) {
  std::error_code error;
  const fs::file_status status = fs::status(dir, error);
  if (status.type() == fs::file_type::not_found) return true;
  if (error) return Trouble("look at", dir, error.value());
  if (!fs::is_directory(status)) {
    return Status::Stop(
        Cat(dir, " is a file, not a folder: remove it, or set state.dir elsewhere"));
  }
  const bool empty = fs::is_empty(dir, error);
  if (error) return Trouble("look into", dir, error.value());
  return empty;
}

Result<std::unique_ptr<FolderLock>> FolderLock::Take(const std::string& dir,
                                                     std::string_view note) {
  const std::string path = dir + ".lock";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return Trouble("write", path, errno);
  std::unique_ptr<FolderLock> lock(new FolderLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Trouble("lock", path, errno);
    return Status::Stop(Cat("the state in ", dir, " is in use by ", ReadNote(fd),
                            ": stop that process, or give this one a state.dir of its own"));
  }
  const std::string text = Cat("pid ", getpid(), note.empty() ? "" : ", ", note, "\n");
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text.data(), text.size(), 0) < 0) {
    return Trouble("write", path, errno);
  }
  return lock;
}

FolderLock::~FolderLock() { close(fd_); }

std::vector<std::string> FoldersAside(const std::string& dir) {
  const fs::path path(dir);
  std::vector<std::pair<std::string, std::string>> found;  // by what follows "why-": the time
  std::error_code error;
  for (fs::directory_iterator it(path.parent_path(), error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    const std::string rest = name.starts_with(path.filename().string() + ".")
                                 ? name.substr(path.filename().string().size() + 1)
                                 : "";
    for (const std::string_view why : {"damaged-", "foreign-", "other-format-"}) {
      if (rest.starts_with(why)) found.emplace_back(rest.substr(why.size()), it->path().string());
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> paths;
  for (const auto& [time, where] : found) paths.push_back(where);
  return paths;
}

Result<std::string> PutAside(const std::string& dir, std::string_view why, int64_t now_ms) {
  const std::string name = FreeName(dir, why, now_ms);
  std::error_code error;
  fs::rename(dir, name, error);
  if (error) return Trouble("put aside", dir, error.value());
  std::vector<std::string> aside = FoldersAside(dir);
  while (aside.size() > limits::kStateFoldersAsideMax) {
    fs::remove_all(aside.front(), error);  // what cannot be removed only takes space
    aside.erase(aside.begin());
  }
  return name;
}

Result<Room> RoomAt(const std::string& dir) {
  std::error_code ignored;
  fs::path where(dir);
  while (!fs::exists(where, ignored) && where.has_parent_path() && where != where.parent_path()) {
    where = where.parent_path();
  }
  if (where.empty()) where = ".";
  struct statvfs space {};
  if (statvfs(where.c_str(), &space) != 0)
    return Trouble("ask for the free space of", where.string(), errno);
  return Room{where.string(),
              static_cast<uint64_t>(space.f_bavail) * static_cast<uint64_t>(space.f_frsize)};
}

Status CheckRoom(const std::string& dir, uint64_t free_bytes_min) {
  const Result<Room> room = RoomAt(dir);
  if (!room.ok()) return room.status();
  if (room->free_bytes >= free_bytes_min) return {};
  return Status::Stop(
      Cat("only ", room->free_bytes / limits::kMiB, " MiB are free for the state in ", dir, ", ",
          free_bytes_min / limits::kMiB,
          " MiB are needed; free space there and start again: it continues where it stopped"));
}

uint64_t BytesOfFiles(const std::string& dir, std::string_view ending) {
  uint64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;  // a file may
    const uint64_t size =
        it->path().filename().string().ends_with(ending) ? it->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

}  // namespace fracas::state
