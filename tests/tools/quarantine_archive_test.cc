#include "tools/quarantine_archive.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "core/text.h"

namespace fracas::tools {
namespace {

namespace fs = std::filesystem;

class ArchiveTest : public testing::Test {
 protected:
  ArchiveTest() {
    config::Stream stream;
    stream.id = "orders";
    stream.pipeline = "ingest";
    stream.dataset = "shop.orders";
    config_.streams.push_back(stream);
  }
  ~ArchiveTest() override { fs::remove_all(dir_); }

  static QuarantineItem Item(const std::string& id, int64_t since_ms,
                             Code code = Code::kQuarantined) {
    QuarantineItem item;
    item.key = {"ingest/orders", state::QuarantineScope::kId, id};
    item.entry.since_ms = since_ms;
    item.entry.code = code;
    return item;
  }
  static size_t Lines(const fs::path& path) {
    std::ifstream file(path);
    size_t count = 0;
    for (std::string line; std::getline(file, line);) ++count;
    return count;
  }

  const fs::path dir_ = testing::TempDir() + "fracas_archive_" + std::to_string(getpid());
  config::Config config_;
};

constexpr int64_t kDay = 86'400'000;
constexpr int64_t kNoon = 1'769'860'800'000;  // 2026-01-31

TEST_F(ArchiveTest, AFolderForEachDayAndCode) {
  ArchiveWriter writer(config_, dir_);
  ASSERT_TRUE(writer.Add(Item("a", kNoon)).ok());
  ASSERT_TRUE(writer.Add(Item("b", kNoon + 1)).ok());
  ASSERT_TRUE(writer.Add(Item("c", kNoon + kDay)).ok());
  ASSERT_TRUE(writer.Add(Item("d", kNoon, Code::kPoisonRecord)).ok());
  EXPECT_FALSE(fs::exists(dir_ / "_quarantine")) << "nothing is written before it is needed";
  ASSERT_TRUE(writer.Finish().ok());
  const fs::path day = dir_ / "_quarantine" / "shop.orders" / "dt=2026-01-31";
  EXPECT_EQ(Lines(day / "QUARANTINED" / "entries.ndjson"), 2u);
  EXPECT_EQ(Lines(day / "POISON_RECORD" / "entries.ndjson"), 1u);
  EXPECT_EQ(Lines(dir_ / "_quarantine" / "shop.orders" / "dt=2026-02-01" / "QUARANTINED" /
                  "entries.ndjson"),
            1u);
  EXPECT_TRUE(fs::exists(day / "QUARANTINED" / "_SUCCESS"));
  EXPECT_FALSE(fs::exists(day / "QUARANTINED" / "entries.ndjson.partial"));
  EXPECT_EQ(fs::status(day / "QUARANTINED" / "entries.ndjson").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(writer.folders(), 3u);
  EXPECT_EQ(writer.entries(), 4u);
}

TEST_F(ArchiveTest, AnOldOneIsReplacedAndIncompleteMeanwhile) {
  const fs::path folder = dir_ / "_quarantine" / "shop.orders" / "dt=2026-01-31" / "QUARANTINED";
  fs::create_directories(folder);
  for (const char* name : {"_SUCCESS", "entries.ndjson", "entries.ndjson.partial"}) {
    std::ofstream(folder / name) << "old\nold\nold\n";
  }
  ArchiveWriter writer(config_, dir_);
  for (int i = 0; i < 60'000; ++i) ASSERT_TRUE(writer.Add(Item(Cat("id", i), kNoon)).ok());
  EXPECT_FALSE(fs::exists(folder / "_SUCCESS")) << "it is being written";
  ASSERT_TRUE(writer.Finish().ok());
  EXPECT_EQ(Lines(folder / "entries.ndjson"), 60'000u);
  EXPECT_EQ(fs::file_size(folder / "_SUCCESS"), 0u);
}

TEST_F(ArchiveTest, AFolderThatCannotBeMadeIsNamed) {
  std::ofstream(dir_.string()) << "a file";
  ArchiveWriter writer(config_, dir_);
  ASSERT_TRUE(writer.Add(Item("a", kNoon)).ok());
  Status status = writer.Finish();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find(dir_.string()), std::string_view::npos) << status.message();
}

TEST_F(ArchiveTest, StreamsThatAreGoneKeepTheirName) {
  ArchiveWriter writer(config_, dir_);
  QuarantineItem item = Item("a", kNoon);
  item.key.stream = "old/one";
  ASSERT_TRUE(writer.Add(item).ok());
  ASSERT_TRUE(writer.Finish().ok());
  EXPECT_TRUE(fs::exists(dir_ / "_quarantine" / "old%2Fone" / "dt=2026-01-31" / "QUARANTINED" /
                         "_SUCCESS"));
}

}  // namespace
}  // namespace fracas::tools
