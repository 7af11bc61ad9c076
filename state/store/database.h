#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "core/status.h"
#include "state/store/meta.h"
#include "state/store/rocks_store.h"

// Opening a folder as a RocksDB and believing it, or not. Internal to state/store/.

namespace fracas::state {

// Corruption, a failed checksum, an I/O error: as kStop, with what to do. `doing` "cannot write the
// state in …".
Status FromRocks(const rocksdb::Status& status, std::string_view doing);

// What was found. `db` only where it can be used (kContinued, kFresh).
struct Found {
  FolderState state = FolderState::kFresh;
  std::string why;  // in words; "" where there is nothing to say
  std::unique_ptr<rocksdb::DB> db;
  Meta meta;
};

enum class Access : uint8_t { kReadWrite, kReadOnly };

// Opens what is in the folder and reads all of it: files, checksums, and that the content adds up.
// kStop for what is no fault of the folder's: no space, no permission, no file handles.
Result<Found> OpenFound(const StoreOptions& options, Access access);
// A new one in an empty or missing folder, with our identity in it.
Result<Found> OpenNew(const StoreOptions& options);

}  // namespace fracas::state
