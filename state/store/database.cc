#include "state/store/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <array>
#include <cstdarg>
#include <filesystem>
#include <system_error>

#include "core/limits.h"
#include "core/text.h"
#include "state/store/folder.h"

namespace fracas::state {

namespace {

constexpr size_t kMemtableBytes = 32 * limits::kMiB;
constexpr size_t kCacheBytes = 64 * limits::kMiB;
constexpr size_t kScanAheadBytes = 2 * limits::kMiB;

// Whole-key filters, because most questions are about ids that are not there; nothing compressed;
// few files.
rocksdb::BlockBasedTableOptions TableOptions() {
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = true;
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.block_cache = rocksdb::NewLRUCache(kCacheBytes);
  return table;
}

rocksdb::Options Options() {
  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions()));
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = kMemtableBytes;
  options.max_write_buffer_number = 3;
  options.memtable_prefix_bloom_size_ratio = 0.1;
  options.memtable_whole_key_filtering = true;
  options.max_open_files = -1;
  options.max_background_jobs = 2;
  options.paranoid_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // No recovery from a failed write behind our back: the store stops, the next start begins from
  // what is there.
  options.max_bgerror_resume_count = 0;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log_level = rocksdb::InfoLogLevel::ERROR_LEVEL;
  options.max_log_file_size = limits::kMiB;
  options.keep_log_file_num = 2;
  return options;
}

// A reader leaves no LOG file behind.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

// The folder may be in order: this process or this machine is not.
bool IsNotTheFolders(const rocksdb::Status& status) {
  if (status.IsNoSpace() || status.IsMemoryLimit()) return true;
  constexpr std::array<std::string_view, 7> kOurs = {
      "Too many open files",     "Permission denied", "Read-only file system",
      "Operation not permitted", "No space left",     "Cannot allocate memory",
      "While lock file"};
  const std::string text = status.ToString();
  for (const std::string_view part : kOurs) {
    if (text.find(part) != std::string::npos) return true;
  }
  return false;
}

Found NotUsable(FolderState state, std::string why) {
  Found found;
  found.state = state;
  found.why = std::move(why);
  return found;
}

// All of it: what the store says about itself, and the sum of what it holds. OK status: `found` is
// filled.
rocksdb::Status ReadAll(rocksdb::DB* db, Meta* meta, ContentSum* sum, std::string* stray) {
  rocksdb::ReadOptions read;
  read.verify_checksums = true;
  read.fill_cache = false;
  read.readahead_size = kScanAheadBytes;
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(read));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const std::string_view key = it->key().ToStringView();
    if (!IsMeta(key)) {
      sum->Add(key, it->value().ToStringView());
    } else if (!ReadPair(key, it->value().ToStringView(), meta)) {
      *stray = Cat("it holds a key of its own of ", key.size(), " bytes that nobody writes");
    }
  }
  return it->status();
}

std::string Mismatch(std::string_view what, const std::string& theirs, const std::string& ours) {
  return Cat("it is of ", what, " '", theirs, "', not '", ours, "'");
}

// "" when the folder is of whom it should be.
std::string Foreign(const Meta& meta, const StoreOptions& options) {
  if (!options.group.empty() && meta.group != options.group) {
    return Mismatch("group", meta.group, options.group);
  }
  if (!options.topic.empty() && meta.topic != options.topic) {
    return Mismatch("topic", meta.topic, options.topic);
  }
  if (!options.cluster.empty() && !meta.cluster.empty() && meta.cluster != options.cluster) {
    return Mismatch("the cluster", meta.cluster, options.cluster);
  }
  return "";
}

// Reads what `db` holds and says whether it can be believed.
Found Judge(const StoreOptions& options, std::unique_ptr<rocksdb::DB> db) {
  Found found;
  ContentSum sum;
  std::string stray;
  const rocksdb::Status read = ReadAll(db.get(), &found.meta, &sum, &stray);
  const Meta& meta = found.meta;
  if (!read.ok()) return NotUsable(FolderState::kDamaged, read.ToString());
  if (meta.format.empty() && sum.pairs == 0 && meta.positions.empty()) {
    found.state = FolderState::kFresh;  // died before it wrote anything
    found.db = std::move(db);
    return found;
  }
  if (meta.format.empty()) return NotUsable(FolderState::kDamaged, "it does not say what it is");
  if (meta.format != CurrentFormat()) {
    return NotUsable(FolderState::kOtherFormat,
                     Cat("it has format ", meta.format, ", this program writes ", CurrentFormat()));
  }
  if (const std::string foreign = Foreign(meta, options); !foreign.empty()) {
    return NotUsable(FolderState::kForeign, foreign);
  }
  if (!stray.empty()) return NotUsable(FolderState::kDamaged, stray);
  if (!(sum == meta.sum)) {
    return NotUsable(FolderState::kDamaged,
                     Cat("its content does not add up: ", sum.pairs, " entries, it counted ",
                         meta.sum.pairs, "; a file is missing or changed"));
  }
  found.state = FolderState::kContinued;
  found.db = std::move(db);
  return found;
}

Status WriteIdentity(const StoreOptions& options, Found* found) {
  Meta& meta = found->meta;
  meta.format = CurrentFormat();
  meta.group = options.group;
  meta.topic = options.topic;
  meta.cluster = options.cluster;
  rocksdb::WriteBatch batch;
  rocksdb::Status status;
  for (const auto& [key, value] : IdentityPairs(meta)) {
    if (status.ok()) status = batch.Put(key, value);
  }
  const KeyValue sum = SumPair(meta.sum);
  if (status.ok()) status = batch.Put(sum.first, sum.second);
  if (status.ok()) status = found->db->Write(rocksdb::WriteOptions(), &batch);
  return FromRocks(status, Cat("cannot write the state in ", options.dir));
}

}  // namespace

Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return {};
  std::string_view advice =
      "see the system's log for the disk; what cannot be read is put aside and read again "
      "from the topic at the next start";
  if (status.IsNoSpace() || status.ToString().find("No space left") != std::string::npos) {
    advice = "free space there and start again: it continues where it stopped";
  } else if (status.IsCorruption()) {
    advice =
        "the folder is damaged: start again, and it is put aside and read again from the topic";
  } else if (status.ToString().find("Too many open files") != std::string::npos) {
    advice = "raise the limit of open files (ulimit -n)";
  } else if (status.ToString().find("While lock file") != std::string::npos) {
    advice = "another program has it open: stop that one";
  }
  return Status::Stop(Cat(doing, ": ", status.ToString(), "; ", advice));
}

Result<Found> OpenFound(const StoreOptions& options, Access access) {
  std::error_code ignored;
  // Without it RocksDB would begin a new database between the old one's files.
  if (!std::filesystem::exists(options.dir + "/CURRENT", ignored)) {
    return NotUsable(FolderState::kDamaged, "the file CURRENT is missing");
  }
  rocksdb::Options rocks = Options();
  rocksdb::DB* db = nullptr;
  rocksdb::Status status;
  if (access == Access::kReadOnly) {
    rocks.info_log = std::make_shared<SilentLogger>();
    status = rocksdb::DB::OpenForReadOnly(rocks, options.dir, &db);
  } else {
    status = rocksdb::DB::Open(rocks, options.dir, &db);
  }
  std::unique_ptr<rocksdb::DB> owned(db);
  if (!status.ok() && IsNotTheFolders(status)) {
    return FromRocks(status, Cat("cannot open the state in ", options.dir));
  }
  if (!status.ok()) return NotUsable(FolderState::kDamaged, status.ToString());
  Found found = Judge(options, std::move(owned));
  if (found.state == FolderState::kFresh && access == Access::kReadWrite) {
    if (Status written = WriteIdentity(options, &found); !written.ok()) return written;
  }
  return found;
}

Result<Found> OpenNew(const StoreOptions& options) {
  rocksdb::Options rocks = Options();
  rocks.create_if_missing = true;
  rocks.error_if_exists = true;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(rocks, options.dir, &db);
  Found found;
  found.db.reset(db);
  if (!status.ok()) return FromRocks(status, Cat("cannot make a new state in ", options.dir));
  if (Status written = WriteIdentity(options, &found); !written.ok()) return written;
  return found;
}

}  // namespace fracas::state
