#include "files/output_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/check.h"
#include "core/text.h"

namespace fracas::files {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, OutputFolder::kRoles> kNames = {
    "published.ndjson", "dlq.ndjson", "failures.ndjson", "batches.ndjson"};

int Create(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
}

bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<OutputFolder>> OutputFolder::Create(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error && !fs::is_directory(path)) {
    return Status::Reject(Cat("--out ", path, ": cannot be made: ", error.message(),
                              "; name a folder that this user may write"));
  }
  const fs::directory_iterator entries(path, error);
  if (error) return Status::Reject(Cat("--out ", path, ": ", error.message()));
  if (entries != fs::directory_iterator()) {
    return Status::Reject(Cat("--out ", path, ": is not empty (", entries->path().filename().string(),
                              " is there); name a new folder or empty it"));
  }
  std::unique_ptr<OutputFolder> folder(new OutputFolder(path));
  if (Status opened = folder->Open(); !opened.ok()) return opened;
  return folder;
}

OutputFolder::OutputFolder(std::string path) : path_(std::move(path)) { descriptors_.fill(-1); }

std::string OutputFolder::PartialName(size_t role) const {
  return Cat(path_, "/.", kNames[role], ".partial");
}

Status OutputFolder::Open() {
  for (size_t role = 0; role < kRoles; ++role) {
    descriptors_[role] = files::Create(PartialName(role));
    if (descriptors_[role] < 0) {
      return Status::Reject(Cat("--out ", path_, ": cannot be written: ", std::strerror(errno),
                                "; name a folder that you may write to"));
    }
  }
  return {};
}

OutputFolder::~OutputFolder() {
  for (size_t role = 0; role < kRoles; ++role) {
    if (descriptors_[role] < 0) continue;
    close(descriptors_[role]);
    if (!finished_) unlink(PartialName(role).c_str());
  }
}

Status OutputFolder::Append(const std::array<std::string, kRoles>& bytes) {
  for (size_t role = 0; role < kRoles; ++role) {
    if (WriteAll(descriptors_[role], bytes[role])) continue;
    const int error = errno;
    // All or nothing: what this transaction has written so far goes again.
    for (size_t i = 0; i <= role; ++i) {
      const auto size = static_cast<off_t>(sizes_[i]);
      if (ftruncate(descriptors_[i], size) != 0 || lseek(descriptors_[i], size, SEEK_SET) < 0) {
        return Status::Stop(Cat(path_, "/", kNames[i], " cannot be taken back: ",
                                std::strerror(errno), "; the folder is not complete"));
      }
    }
    return Status::Stop(Cat("cannot write ", path_, "/", kNames[role], ": ", std::strerror(error),
                            "; free some space and start the run again"));
  }
  for (size_t role = 0; role < kRoles; ++role) sizes_[role] += bytes[role].size();
  return {};
}

Status OutputFolder::Finish(std::string_view summary) {
  FRACAS_CHECK(!finished_, "a run on files finishes once");
  const std::string partial = Cat(path_, "/.summary.json.partial");
  const int descriptor = files::Create(partial);
  bool written = descriptor >= 0 && WriteAll(descriptor, summary) && fsync(descriptor) == 0;
  if (descriptor >= 0) close(descriptor);
  for (size_t role = 0; written && role < kRoles; ++role) {
    written = fsync(descriptors_[role]) == 0 &&
              rename(PartialName(role).c_str(), Cat(path_, "/", kNames[role]).c_str()) == 0;
  }
  // The summary comes last: where it is, everything is.
  written = written && rename(partial.c_str(), Cat(path_, "/summary.json").c_str()) == 0;
  if (!written) {
    const int error = errno;
    unlink(partial.c_str());
    return Status::Stop(Cat("cannot finish ", path_, ": ", std::strerror(error)));
  }
  finished_ = true;
  return {};
}

}  // namespace fracas::files
