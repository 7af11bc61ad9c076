#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/text.h"
#include "state/store/rocks_store.h"
#include "tests/state/batches.h"
#include "tests/state/store_fixture.h"

// Disks that are full, read-only or gone.

namespace fracas::state {
namespace {

constexpr size_t kBig = 20'000;

class StateDiskTest : public StoreFixture {
 protected:
  ~StateDiskTest() override {
    if (mounted_) umount2(disk().c_str(), MNT_DETACH);
  }

  std::filesystem::path disk() const { return root() / "disk"; }

  // A file system of its own of `size`; false where this user may not mount.
  bool Mount(const std::string& size) {
    std::filesystem::create_directory(disk());
    mounted_ = mount("tmpfs", disk().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
    if (!mounted_) why_ = std::strerror(errno);
    return mounted_;
  }
  void Remount(const std::string& size, unsigned long flags = 0) {
    EXPECT_EQ(mount("tmpfs", disk().c_str(), "tmpfs", MS_REMOUNT | flags, ("size=" + size).c_str()),
              0)
        << std::strerror(errno);
  }

  // Writes until it fails; the number of batches that went in.
  static int64_t Fill(StateStore* store, Status* failure) {
    int64_t done = store->Position(kStateLog) / kOffsetsPerBatch;
    for (; done < 5'000; ++done) {
      *failure = ApplyBatch(store, kStateLog, done + 1, kBig);
      if (!failure->ok()) break;
    }
    return done;
  }

  bool mounted_ = false;
  std::string why_;
};

TEST_F(StateDiskTest, FullDiskStopsTheStoreForGoodAndHarmsNothing) {
  if (!Mount("12m")) GTEST_SKIP() << "cannot mount a small file system: " << why_;
  const StoreOptions options = Options("disk/state");
  int64_t done = 0;
  {
    const OpenedStore opened = Open(options);
    Status failure;
    done = Fill(opened.store.get(), &failure);
    ASSERT_GT(done, 10);
    ASSERT_EQ(failure.action(), Action::kStop);
    EXPECT_NE(failure.message().find(Cat("cannot write the state in ", options.dir)),
              std::string::npos);
    EXPECT_NE(failure.message().find("free space there and start again"), std::string::npos)
        << failure.message();
    EXPECT_EQ(opened.store->Position(kStateLog), done * kOffsetsPerBatch)
        << "a failed write moved the position";
    Remount("200m");  // too late for this one: what it could not write nobody knows
    EXPECT_EQ(ApplyBatch(opened.store.get(), kStateLog, done + 1).message(), failure.message());
    std::string value;
    EXPECT_FALSE(opened.store->Get("q1", &value).ok());
    EXPECT_FALSE(
        opened.store->Visit("", [](std::string_view, std::string_view) { return true; }).ok());
    EXPECT_FALSE(opened.store->Wipe().ok());
  }
  const OpenedStore again = Open(options);
  ASSERT_EQ(again.found, FolderState::kContinued) << again.story;
  EXPECT_EQ(again.store->Position(kStateLog), done * kOffsetsPerBatch);
  EXPECT_EQ(ContentOf(*again.store), ContentAfter(done, kBig));
  EXPECT_TRUE(ApplyBatch(again.store.get(), kStateLog, done + 1, kBig).ok());
}

TEST_F(StateDiskTest, FullDiskAtTheStartIsNoDamage) {
  if (!Mount("12m")) GTEST_SKIP() << "cannot mount a small file system: " << why_;
  const StoreOptions options = Options("disk/state");
  Status failure;
  const int64_t done = Fill(Open(options).store.get(), &failure);
  {  // the last bytes too
    std::ofstream rest(disk() / "rest", std::ios::binary);
    const std::string block(4'096, 'x');
    while (rest.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) continue;
  }
  const Result<OpenedStore> opened = OpenStore(options);
  ASSERT_FALSE(opened.ok()) << opened->story;
  EXPECT_EQ(opened.status().action(), Action::kStop);
  EXPECT_NE(opened.status().message().find("free space there"), std::string::npos)
      << opened.status().message();
  Remount("200m");
  const OpenedStore again = Open(options);
  EXPECT_EQ(again.found, FolderState::kContinued) << again.story;
  EXPECT_EQ(again.store->Position(kStateLog), done * kOffsetsPerBatch);
}

TEST_F(StateDiskTest, ReadOnlyDiskIsNamed) {
  if (!Mount("12m")) GTEST_SKIP() << "cannot mount a small file system: " << why_;
  const StoreOptions options = Options("disk/state");
  ASSERT_TRUE(ApplyBatch(Open(options).store.get(), kStateLog, 1).ok());
  Remount("12m", MS_RDONLY);
  const Result<OpenedStore> opened = OpenStore(options);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().action(), Action::kStop);
  EXPECT_NE(opened.status().message().find("mount it for writing"), std::string::npos)
      << opened.status().message();
  Remount("12m");
  EXPECT_EQ(Open(options).found, FolderState::kContinued);
}

TEST_F(StateDiskTest, FreeSpaceBelowTheFloorStopsBeforeTheDiskIsFull) {
  constexpr uint64_t kFloor = 8 * limits::kMiB;
  if (!Mount("12m")) GTEST_SKIP() << "cannot mount a small file system: " << why_;
  StoreOptions options = Options("disk/state");
  { ASSERT_TRUE(ApplyBatch(Open(options).store.get(), kStateLog, 1).ok()); }
  options.free_bytes_min = kFloor;
  {
    const OpenedStore opened = Open(options);
    EXPECT_EQ(opened.found, FolderState::kContinued);
    std::ofstream(disk() / "rest") << std::string(6 * limits::kMiB, 'x');
    const Status refused = ApplyBatch(opened.store.get(), kStateLog, 2);
    ASSERT_EQ(refused.action(), Action::kStop);
    EXPECT_NE(refused.message().find("MiB are free for the state in"), std::string::npos)
        << refused.message();
    std::string value;
    EXPECT_FALSE(opened.store->Get("q1", &value).ok()) << "it answers although it could not follow";
  }
  EXPECT_EQ(OpenStore(options).status().action(), Action::kStop);
  std::filesystem::remove(disk() / "rest");
  EXPECT_EQ(Open(options).store->Position(kStateLog), kOffsetsPerBatch);
}

TEST_F(StateDiskTest, FolderRemovedUnderARunningStoreStopsIt) {
  const OpenedStore opened = Open(Options());
  ASSERT_TRUE(ApplyBatch(opened.store.get(), kStateLog, 1, kBig).ok());
  std::filesystem::remove_all(Options().dir);
  Status failure;
  Fill(opened.store.get(), &failure);
  ASSERT_FALSE(failure.ok()) << "it goes on without a folder";
  EXPECT_EQ(failure.action(), Action::kStop);
  EXPECT_NE(failure.message().find(Options().dir), std::string::npos);
}

}  // namespace
}  // namespace fracas::state
