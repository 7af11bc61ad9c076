#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/limits.h"
#include "core/status.h"
#include "ports/state_store.h"

// The local copy of a state topic on RocksDB: one column family, one atomic write for each batch of
// changes with the positions that it reaches. The write-ahead log is on and not synced: a killed
// process loses nothing, a power failure a suffix, and because positions and changes are written
// together what is left is an older whole, which the topic completes. It is a cache: whatever
// cannot be believed is put aside and read again from the topic.

namespace fracas::state {

struct StoreOptions {
  // A folder of the store's own; made, with its parents, when it is missing. Beside it: `dir`.lock
  // while it is open, `dir`.damaged-TIME and the like for what was put aside.
  std::string dir;
  // Whose state it is. Another group's, topic's or cluster's folder is put aside.
  std::string group;
  std::string topic;
  std::string cluster;  // "": not known, not compared
  std::string owner;    // who opens it, for the message to the next one: "instance node-1"
  int64_t now_ms = 0;   // for the names of what is put aside
  uint64_t free_bytes_min = limits::kStateFreeBytesMin;
};

// How a folder was found.
enum class FolderState : uint8_t {
  kContinued,    // as we left it
  kFresh,        // there was nothing
  kForeign,      // of another group, topic or cluster
  kOtherFormat,  // of an older or newer program
  kDamaged,      // files missing, cut, changed; or content that does not add up
};
std::string_view Name(
    FolderState state);  // "continued", "fresh", "foreign", "other format", "damaged"

struct OpenedStore {
  std::unique_ptr<StateStore> store;
  FolderState found = FolderState::kFresh;
  std::string story;  // what was found and what was done about it, for the log
};

// Opens `dir` for the one process that may write it, reading all of it once to know that it is
// whole. What cannot be used is put aside (the last limits::kStateFoldersAsideMax are kept) and the
// store is empty: the caller restores it from the topic. kStop: another process has it (named), no
// space, a folder that cannot be written, with what to do.
Result<OpenedStore> OpenStore(const StoreOptions& options);

// For tools: the folder of an instance that does not run, to be read only; nothing in it changes.
// `store` is null when it is not kContinued. `group` and `topic` "": any. kReject: there is none;
// kStop: a running process has it (named).
Result<OpenedStore> InspectStore(const StoreOptions& options);

// Where an instance with this state.dir keeps its copy of `topic`.
std::string StoreFolder(std::string_view state_dir, std::string_view topic);

}  // namespace fracas::state
