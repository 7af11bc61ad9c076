#include "files/crash_log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "core/text.h"

namespace fracas::files {

namespace {

constexpr std::array<char, 8> kMagic = {'F', 'R', 'A', 'C', 'A', 'S', 'C', 'L'};
constexpr uint32_t kVersion = 1;
constexpr size_t kDeathsKept = 16;
constexpr size_t kTopicBytes = 256;  // a topic's name has at most 249

struct Entry {
  uint32_t set;
  int32_t partition;
  int64_t from;
  int64_t to;
  int32_t deaths;
  uint32_t topic_size;
  char topic[kTopicBytes];
  uint64_t sum;
};

struct Image {
  char magic[8];
  uint32_t version;
  uint32_t unused;
  Entry current;
  Entry deaths[kDeathsKept];
};
static_assert(std::is_trivially_copyable_v<Image> && offsetof(Entry, sum) == 288);

uint64_t SumOf(const Entry& entry) {
  uint64_t hash = 14695981039346656037ull;
  const auto* bytes = reinterpret_cast<const unsigned char*>(&entry);
  for (size_t i = 0; i < offsetof(Entry, sum); ++i) hash = (hash ^ bytes[i]) * 1099511628211ull;
  return hash;
}

bool IsPlausible(const Entry& entry) {
  return entry.set == 1 && entry.partition >= 0 && entry.from >= 0 && entry.to > entry.from &&
         entry.topic_size > 0 && entry.topic_size < kTopicBytes;
}

CrashRange RangeOf(const Entry& entry) {
  return {{std::string(entry.topic, entry.topic_size), entry.partition}, entry.from, entry.to,
          entry.deaths};
}

void Fill(const TopicPartition& source, Offset from, Offset to, Entry* entry) {
  entry->partition = source.partition;
  entry->from = from;
  entry->to = to;
  entry->topic_size = static_cast<uint32_t>(std::min(source.topic.size(), kTopicBytes - 1));
  std::memset(entry->topic, 0, kTopicBytes);
  std::memcpy(entry->topic, source.topic.data(), entry->topic_size);
}

// The store of `set` and the others keep their order, also for whoever reads the page after a crash.
void Publish(Entry* entry, uint32_t set) {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::atomic_ref<uint32_t>(entry->set).store(set, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

class MappedCrashLog : public CrashLog {
 public:
  explicit MappedCrashLog(Image* image) : image_(image) {
    if (std::memcmp(image_->magic, kMagic.data(), kMagic.size()) != 0 || image_->version != kVersion) {
      std::memset(image_, 0, sizeof(Image));
      std::memcpy(image_->magic, kMagic.data(), kMagic.size());
      image_->version = kVersion;
    }
    Load();
    if (IsPlausible(image_->current)) CountDeath(RangeOf(image_->current));
    image_->current.set = 0;
    Store();
  }

  ~MappedCrashLog() override {
    End();
    munmap(image_, sizeof(Image));
  }

  std::vector<CrashRange> Deaths() const override { return deaths_; }

  void Begin(const TopicPartition& source, Offset from, Offset to) override {
    End();
    begun_ = true;
    Fill(source, from, to, &image_->current);
    Publish(&image_->current, 1);
  }

  void At(Offset offset) override {
    if (!begun_) return;
    Publish(&image_->current, 0);
    image_->current.from = offset;
    image_->current.to = offset + 1;
    Publish(&image_->current, 1);
  }

  void End() override {
    if (!begun_) return;
    Publish(&image_->current, 0);
    begun_ = false;
  }

  void Forget(const TopicPartition& source, Offset offset) override {
    const auto is_through = [&](const CrashRange& range) {
      return range.source == source && range.to <= offset;
    };
    if (std::erase_if(deaths_, is_through) > 0) Store();
  }

 private:
  void Load() {
    for (const Entry& entry : image_->deaths) {
      if (IsPlausible(entry) && entry.deaths > 0 && entry.sum == SumOf(entry)) {
        deaths_.push_back(RangeOf(entry));
      }
    }
  }

  // A record inherits the deaths of the range that it was found in.
  void CountDeath(CrashRange range) {
    int32_t before = 0;
    for (const CrashRange& known : deaths_) {
      const bool around = known.source == range.source && known.from <= range.from && range.to <= known.to;
      if (around) before = std::max(before, known.deaths);
    }
    range.deaths = before + 1;
    std::erase_if(deaths_, [&](const CrashRange& known) {
      return known.source == range.source && known.from == range.from && known.to == range.to;
    });
    deaths_.push_back(std::move(range));
    if (deaths_.size() > kDeathsKept) deaths_.erase(deaths_.begin());  // the oldest
  }

  void Store() {
    for (size_t i = 0; i < kDeathsKept; ++i) {
      Entry& entry = image_->deaths[i];
      std::memset(&entry, 0, sizeof(Entry));
      if (i >= deaths_.size()) continue;
      Fill(deaths_[i].source, deaths_[i].from, deaths_[i].to, &entry);
      entry.deaths = deaths_[i].deaths;
      entry.set = 1;
      entry.sum = SumOf(entry);
    }
  }

  Image* const image_;
  std::vector<CrashRange> deaths_;  // oldest first
  bool begun_ = false;
};

Status Failed(const std::string& path, std::string_view what) {
  return Status::Stop(Cat("crash log ", path, ": ", what, ": ", std::strerror(errno),
                          "; make state.dir a folder that this user may write"));
}

}  // namespace

Result<std::unique_ptr<CrashLog>> OpenCrashLog(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return Failed(path, "cannot be opened");
  struct stat about {};
  Status status;
  // Another size is none of ours, or was cut short: it is begun anew.
  if (fstat(file, &about) != 0) status = Failed(path, "cannot be read");
  const bool other = status.ok() && about.st_size != static_cast<off_t>(sizeof(Image));
  if (other && (ftruncate(file, 0) != 0 || ftruncate(file, sizeof(Image)) != 0)) {
    status = Failed(path, "cannot be sized");
  }
  // Its blocks exist from now on: a full disk must not end us with a signal later.
  if (status.ok()) {
    errno = posix_fallocate(file, 0, sizeof(Image));
    if (errno != 0) status = Failed(path, "cannot be sized");
  }
  void* mapped = MAP_FAILED;
  if (status.ok()) {
    mapped = mmap(nullptr, sizeof(Image), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) status = Failed(path, "cannot be mapped");
  }
  close(file);
  if (!status.ok()) return status;
  return std::unique_ptr<CrashLog>(
      std::make_unique<MappedCrashLog>(static_cast<Image*>(mapped)));
}

}  // namespace fracas::files
