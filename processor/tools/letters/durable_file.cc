#include "tools/letters/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "core/text.h"

namespace fracas::tools {

namespace {

Status Failure(const std::filesystem::path& path, int error) {
  return Status::Stop(Cat(path.string(), ": cannot be written: ", std::strerror(error)));
}

// Names are durable when their folder is; that of a bare name is the working directory.
Status SyncFolderOf(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failure(file, errno);
  const int error = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  // Some file systems cannot sync folders and need not.
  return error == 0 || error == EINVAL ? Status() : Failure(file, error);
}

Status WriteWith(const std::filesystem::path& file, std::string_view bytes, int flags) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  if (fd < 0) return Failure(file, errno);
  int error = 0;
  while (!bytes.empty() && error == 0) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) error = errno;
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (error == 0 && fsync(fd) != 0) error = errno;
  if (close(fd) != 0 && error == 0) error = errno;
  return error == 0 ? Status() : Failure(file, error);
}

}  // namespace

Status MakeFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return error ? Failure(folder, error.value()) : Status();
}

Status AppendDurably(const std::filesystem::path& file, std::string_view bytes) {
  return WriteWith(file, bytes, O_APPEND);
}

Status ReplaceDurably(const std::filesystem::path& file, std::string_view bytes) {
  std::filesystem::path partial = file;
  partial += ".partial";
  if (Status s = WriteWith(partial, bytes, O_TRUNC); !s.ok()) return s;
  return MoveDurably(partial, file);
}

Status MoveDurably(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error) return Failure(to, error.value());
  return SyncFolderOf(to);
}

Status Remove(const std::filesystem::path& file) {
  std::error_code error;
  std::filesystem::remove(file, error);
  return error ? Failure(file, error.value()) : Status();
}

}  // namespace fracas::tools
