#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"

// What the store does with folders beside filling them: making, locking, putting aside, asking for
// space.

namespace fracas::state {

// Makes `dir` and its parents. kStop: not permitted, read-only, no space, with what to do.
Status MakeFolder(const std::string& dir);
// Nothing there, or an empty folder. kStop: it is there and is no folder.
Result<bool> IsEmptyFolder(const std::string& dir);

// One process per folder. The lock (flock on `dir`.lock) goes with its process, whatever that dies
// of.
class FolderLock {
 public:
  // `note` tells others who holds it. kStop: another process does; the message has its note.
  static Result<std::unique_ptr<FolderLock>> Take(const std::string& dir, std::string_view note);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

// Renames `dir` to `dir`.`why`-TIME and removes the oldest of those beyond
// limits::kStateFoldersAsideMax. The new name; kStop when it cannot be renamed.
Result<std::string> PutAside(const std::string& dir, std::string_view why, int64_t now_ms);

// What PutAside left beside `dir`, oldest first.
std::vector<std::string> FoldersAside(const std::string& dir);

// Free for us where `dir` is, or would be. `where`: the nearest folder that exists. kStop: it cannot
// be looked at.
struct Room {
  std::string where;
  uint64_t free_bytes = 0;
};
Result<Room> RoomAt(const std::string& dir);

// kStop when the file system of `dir` has less than `free_bytes_min` left for us, in words for who
// can help.
Status CheckRoom(const std::string& dir, uint64_t free_bytes_min);
// Of the files in `dir` whose names end with `ending`; 0 where there are none.
uint64_t BytesOfFiles(const std::string& dir, std::string_view ending);

}  // namespace fracas::state
