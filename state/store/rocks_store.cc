#include "state/store/rocks_store.h"

#include <poll.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <shared_mutex>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "core/text.h"
#include "core/timestamp.h"
#include "state/store/database.h"
#include "state/store/folder.h"

// Changes and positions → one write. What it must never do: go on after a failed write, or let what
// it holds and what it says about itself come apart.

namespace fracas::state {

namespace {

constexpr size_t kKeysPerQuestion = 1'000;  // pinned at once
constexpr int kStallPauseMs = 10;

rocksdb::Slice AsSlice(std::string_view text) { return {text.data(), text.size()}; }

// A change of a key, the last one of its batch.
struct Pending {
  std::string_view key;
  std::string_view value;
};

std::vector<Pending> LastOfEachKey(const std::vector<StateChange>& changes) {
  std::unordered_map<std::string_view, size_t> at;
  at.reserve(changes.size());
  std::vector<Pending> last;
  last.reserve(changes.size());
  for (const StateChange& change : changes) {
    const auto [found, is_new] = at.try_emplace(change.key, last.size());
    if (is_new) last.push_back({.key = change.key, .value = {}});
    last[found->second].value = change.value;
  }
  return last;
}

class RocksStore final : public StateStore {
 public:
  RocksStore(StoreOptions options, std::unique_ptr<FolderLock> lock, Found found)
      : options_(std::move(options)),
        lock_(std::move(lock)),
        db_(std::move(found.db)),
        meta_(std::move(found.meta)) {}

  ~RocksStore() override {
    // What is in files need not be read from the log at the next start. After a failure nothing is
    // touched.
    if (!failed_ && writable_) db_->Flush(rocksdb::FlushOptions()).PermitUncheckedError();
  }

  void SetReadOnly() { writable_ = false; }

  Status Apply(const std::vector<StateChange>& changes,
               const std::map<TopicPartition, Offset>& positions, int64_t now_ms) override {
    const std::lock_guard guard(mutex_);
    if (Status usable = Usable(); !usable.ok()) return usable;
    if (Status room = CheckRoom(options_.dir, options_.free_bytes_min); !room.ok())
      return Failed(room);
    if (Status keys = CheckKeys(changes); !keys.ok()) return keys;
    rocksdb::WriteBatch batch;
    ContentSum sum = meta_.sum;
    rocksdb::Status status = Collect(LastOfEachKey(changes), &batch, &sum);
    const auto put = [&](const KeyValue& pair) {
      if (status.ok()) status = batch.Put(pair.first, pair.second);
    };
    for (const auto& [partition, offset] : positions) put(PositionPair(partition, offset));
    put(AppliedPair(now_ms));
    put(SumPair(sum));
    if (status.ok()) status = Write(&batch);
    if (!status.ok())
      return Failed(FromRocks(status, Cat("cannot write the state in ", options_.dir)));
    for (const auto& [partition, offset] : positions) meta_.positions[partition] = offset;
    meta_.applied_ms = now_ms;
    meta_.sum = sum;
    return {};
  }

  Offset Position(const TopicPartition& partition) const override {
    const std::lock_guard guard(mutex_);
    const auto found = meta_.positions.find(partition);
    return found == meta_.positions.end() ? 0 : found->second;
  }

  int64_t AppliedMs() const override {
    const std::lock_guard guard(mutex_);
    return meta_.applied_ms;
  }

  Result<bool> Get(std::string_view key, std::string* value) const override {
    const std::shared_lock open(db_mutex_);
    if (failed_) return Failure();
    rocksdb::PinnableSlice found;
    const rocksdb::Status status =
        db_->Get(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), AsSlice(key), &found);
    if (status.IsNotFound() || (status.ok() && IsMeta(key))) return false;
    if (!status.ok()) return FailedRead(status);
    value->assign(found.data(), found.size());
    return true;
  }

  Status MultiGet(const std::vector<std::string>& keys, std::vector<std::string>* values,
                  std::vector<bool>* found) const override {
    values->resize(keys.size());
    found->assign(keys.size(), false);
    const std::shared_lock open(db_mutex_);
    if (failed_) return Failure();
    std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    const rocksdb::Status status = Ask(slices, [&](size_t i, std::string_view value) {
      if (IsMeta(keys[i])) return;
      (*values)[i].assign(value);
      (*found)[i] = true;
    });
    return status.ok() ? Status() : FailedRead(status);
  }

  Status Visit(std::string_view prefix,
               const std::function<bool(std::string_view key, std::string_view value)>& visit)
      const override {
    return VisitAfter(prefix, {}, visit);
  }

  Status VisitAfter(std::string_view prefix, std::string_view after,
                    const std::function<bool(std::string_view key, std::string_view value)>& visit)
      const override {
    const std::shared_lock open(db_mutex_);
    if (failed_) return Failure();
    rocksdb::ReadOptions read;
    read.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(read));
    constexpr char kFirstData[] = {kMetaPrefix + 1};
    const std::string_view begin = std::max(prefix, after);
    it->Seek(begin.empty() ? rocksdb::Slice(kFirstData, 1) : AsSlice(begin));
    for (; it->Valid() && it->key().starts_with(AsSlice(prefix)); it->Next()) {
      if (IsMeta(it->key().ToStringView()) || (!after.empty() && it->key() == AsSlice(after)))
        continue;
      if (!visit(it->key().ToStringView(), it->value().ToStringView())) return {};
    }
    return it->status().ok() ? Status() : FailedRead(it->status());
  }

  Status Wipe() override {
    const std::lock_guard guard(mutex_);
    if (Status usable = Usable(); !usable.ok()) return usable;
    const std::unique_lock closed(db_mutex_);
    db_.reset();
    std::error_code error;
    std::filesystem::remove_all(options_.dir, error);
    if (error) {
      return Failed(Status::Stop(Cat("cannot empty ", options_.dir, ": ", error.message(),
                                     "; remove it by hand and start again")));
    }
    Result<Found> found = OpenNew(options_);
    if (!found.ok()) return Failed(found.status());
    db_ = std::move(found->db);
    meta_ = std::move(found->meta);
    return {};
  }

 private:
  Status Usable() const {
    if (failed_) return Failure();
    if (writable_) return {};
    return Status::Stop(Cat("the state in ", options_.dir, " is open for reading only"));
  }

  // Those would pass for the store's own.
  Status CheckKeys(const std::vector<StateChange>& changes) const {
    for (const StateChange& change : changes) {
      if (change.key.empty() || IsMeta(change.key)) {
        return Status::Stop(
            Cat("topic ", options_.topic, " carries a record ",
                change.key.empty() ? "without a key" : "whose key begins with a zero byte",
                ": only the state authority may write there; find who else did"));
      }
    }
    return {};
  }

  // What the changes make different: into the batch and the sum.
  rocksdb::Status Collect(const std::vector<Pending>& changes, rocksdb::WriteBatch* batch,
                          ContentSum* sum) const {
    std::vector<rocksdb::Slice> keys;
    keys.reserve(changes.size());
    for (const Pending& change : changes) keys.push_back(AsSlice(change.key));
    std::vector<bool> same(changes.size(), false);
    std::vector<bool> was_there(changes.size(), false);
    rocksdb::Status status = Ask(keys, [&](size_t i, std::string_view old) {
      was_there[i] = true;
      same[i] = old == changes[i].value;
      if (!same[i]) sum->Remove(changes[i].key, old);
    });
    for (size_t i = 0; i < changes.size() && status.ok(); ++i) {
      const Pending& change = changes[i];
      if (change.value.empty()) {
        if (was_there[i]) status = batch->Delete(keys[i]);
      } else if (!same[i]) {
        status = batch->Put(keys[i], AsSlice(change.value));
        sum->Add(change.key, change.value);
      }
    }
    return status;
  }

  // `visit(index, value)` for each key that is there.
  template <typename Visitor>
  rocksdb::Status Ask(const std::vector<rocksdb::Slice>& keys, const Visitor& visit) const {
    std::vector<rocksdb::PinnableSlice> values(std::min(keys.size(), kKeysPerQuestion));
    std::vector<rocksdb::Status> statuses(values.size());
    for (size_t begin = 0; begin < keys.size(); begin += kKeysPerQuestion) {
      const size_t count = std::min(kKeysPerQuestion, keys.size() - begin);
      db_->MultiGet(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), count, &keys[begin],
                    values.data(), statuses.data());
      for (size_t i = 0; i < count; ++i) {
        if (statuses[i].ok()) {
          visit(begin + i, values[i].ToStringView());
        } else if (!statuses[i].IsNotFound()) {
          return statuses[i];
        }
        values[i].Reset();
      }
    }
    return {};
  }

  // RocksDB may make writers wait for its own work, and this version has been seen to wait for
  // ever.
  rocksdb::Status Write(rocksdb::WriteBatch* batch) const {
    rocksdb::WriteOptions write;
    write.no_slowdown = true;
    rocksdb::Status status = db_->Write(write, batch);
    for (int64_t waited = 0; status.IsIncomplete() && waited < limits::kStateWriteMsMax;
         waited += kStallPauseMs) {
      poll(nullptr, 0, kStallPauseMs);
      status = db_->Write(write, batch);
    }
    return status;
  }

  // The first failure is the last word.
  Status Failed(const Status& status) const {
    const std::lock_guard guard(failure_mutex_);
    if (failure_.ok()) failure_ = status;
    failed_ = true;
    return failure_;
  }
  Status Failure() const {
    const std::lock_guard guard(failure_mutex_);
    return failure_;
  }
  Status FailedRead(const rocksdb::Status& status) const {
    return Failed(FromRocks(status, Cat("cannot read the state in ", options_.dir)));
  }

  const StoreOptions options_;
  const std::unique_ptr<FolderLock> lock_;
  bool writable_ = true;
  mutable std::shared_mutex db_mutex_;  // shared: somebody uses db_; unique: it is being replaced
  std::unique_ptr<rocksdb::DB> db_;
  mutable std::mutex
      mutex_;  // guards meta_; held from a write's beginning until meta_ says what it did
  Meta meta_;
  mutable std::mutex failure_mutex_;
  mutable Status failure_;
  mutable std::atomic<bool> failed_{false};
};

std::string Standing(const Meta& meta) {
  std::string text = Cat(meta.sum.pairs, " entries");
  for (const auto& [partition, offset] : meta.positions) {
    text += Cat(", ", partition.topic, "/", partition.partition, " applied up to offset ", offset);
  }
  if (meta.applied_ms != 0) text += Cat(", last written ", FormatTimestamp(meta.applied_ms));
  return text;
}

// What is there, or a new one in its place.
Result<OpenedStore> OpenLocked(const StoreOptions& options, std::unique_ptr<FolderLock> lock) {
  Result<bool> empty = IsEmptyFolder(options.dir);
  if (!empty.ok()) return empty.status();
  // Opening writes what is in the log into a table, and what RocksDB does about a disk that is full
  // just then is to abort the process.
  const std::string parent = std::filesystem::path(options.dir).parent_path().string();
  const uint64_t log_bytes = BytesOfFiles(options.dir, ".log");
  if (Status room = CheckRoom(parent, options.free_bytes_min + log_bytes); !room.ok()) return room;
  OpenedStore opened;
  Found found;
  if (*empty) {
    found.state = FolderState::kFresh;
  } else {
    Result<Found> there = OpenFound(options, Access::kReadWrite);
    if (!there.ok()) return there.status();
    found = std::move(*there);
  }
  opened.found = found.state;
  if (found.state == FolderState::kContinued) {
    opened.story = Cat("the state in ", options.dir, " continues: ", Standing(found.meta));
  } else if (found.state == FolderState::kFresh) {
    opened.story =
        Cat("there is no state in ", options.dir, " yet: it is read from topic ", options.topic);
  } else {
    std::string word(found.state == FolderState::kOtherFormat ? "other-format" : Name(found.state));
    Result<std::string> aside = PutAside(options.dir, word, options.now_ms);
    if (!aside.ok()) return aside.status();
    opened.story =
        Cat("the state in ", options.dir, " cannot be used (", Name(found.state), ": ", found.why,
            "): it was put aside as ", *aside, " and is read again from topic ", options.topic);
  }
  if (found.db == nullptr) {
    Result<Found> made = OpenNew(options);
    if (!made.ok()) return made.status();
    found = std::move(*made);
  }
  opened.store = std::make_unique<RocksStore>(options, std::move(lock), std::move(found));
  return opened;
}

}  // namespace

std::string_view Name(FolderState state) {
  switch (state) {
    case FolderState::kContinued: return "continued";
    case FolderState::kFresh: return "fresh";
    case FolderState::kForeign: return "foreign";
    case FolderState::kOtherFormat: return "other format";
    case FolderState::kDamaged: return "damaged";
  }
  return "";
}

Result<OpenedStore> OpenStore(const StoreOptions& options) {
  const std::filesystem::path parent = std::filesystem::path(options.dir).parent_path();
  if (Status made = MakeFolder(parent.string()); !made.ok()) return made;
  Result<std::unique_ptr<FolderLock>> lock = FolderLock::Take(options.dir, options.owner);
  if (!lock.ok()) return lock.status();
  return OpenLocked(options, std::move(*lock));
}

Result<OpenedStore> InspectStore(const StoreOptions& options) {
  Result<bool> empty = IsEmptyFolder(options.dir);
  if (!empty.ok()) return empty.status();
  if (*empty) {
    return Status::Reject(
        Cat("there is no state in ", options.dir, ": name the folder of a stopped instance"));
  }
  Result<std::unique_ptr<FolderLock>> lock = FolderLock::Take(options.dir, options.owner);
  if (!lock.ok()) return lock.status();
  Result<Found> found = OpenFound(options, Access::kReadOnly);
  if (!found.ok()) return found.status();
  OpenedStore opened;
  opened.found = found->state;
  opened.story = found->db == nullptr ? found->why : Standing(found->meta);
  if (found->db == nullptr) return opened;
  auto store = std::make_unique<RocksStore>(options, std::move(*lock), std::move(*found));
  store->SetReadOnly();
  opened.store = std::move(store);
  return opened;
}

std::string StoreFolder(std::string_view state_dir, std::string_view topic) {
  return Cat(state_dir, "/", topic);
}

}  // namespace fracas::state
