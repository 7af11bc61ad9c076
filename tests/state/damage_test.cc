#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "core/text.h"
#include "state/store/meta.h"
#include "state/store/rocks_store.h"
#include "tests/state/batches.h"
#include "tests/state/store_fixture.h"

// Whatever is done to the files of a store: it either holds exactly what its position says, or it
// is put aside and begins anew.

namespace fracas::state {
namespace {

namespace fs = std::filesystem;

struct Damage {
  std::string name;
  std::function<void(const fs::path&)> act;
};

void Flip(const fs::path& file, double where) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  const auto size = static_cast<double>(fs::file_size(file));
  if (size < 1) return;
  const auto at = static_cast<std::streamoff>(where * (size - 1));
  stream.seekg(at);
  const int byte = stream.get();
  stream.seekp(at);
  stream.put(static_cast<char>(byte ^ 0x10));
}

std::vector<Damage> Damages() {
  std::vector<Damage> damages = {
      {"deleted", [](const fs::path& file) { fs::remove(file); }},
      {"emptied", [](const fs::path& file) { fs::resize_file(file, 0); }},
      {"cut in half", [](const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }},
      {"cut by a byte",
       [](const fs::path& file) { fs::resize_file(file, fs::file_size(file) - 1); }},
      {"lengthened",
       [](const fs::path& file) { std::ofstream(file, std::ios::app) << std::string(100, 'x'); }},
      {"zeroed", [](const fs::path& file) {
         const uintmax_t size = fs::file_size(file);
         fs::resize_file(file, 0);
         fs::resize_file(file, size);
       }}};
  for (const double where : {0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0}) {
    damages.push_back({Cat("flipped at ", static_cast<int>(where * 100), " %"),
                       [where](const fs::path& file) { Flip(file, where); }});
  }
  return damages;
}

std::string KindOfFile(const std::string& name) {
  if (name.ends_with(".sst") || name.ends_with(".log")) return name.substr(name.size() - 3);
  return name.substr(0, name.find('-'));
}

class StateDamageTest : public StoreFixture {
 protected:
  // A folder with tables, a manifest and a log that holds the last batches: `batches` in all.
  fs::path KilledFolder(int64_t batches) {
    const StoreOptions options = Options("template");
    {
      const OpenedStore opened = Open(options);
      for (int64_t i = 1; i <= batches / 2; ++i)
        EXPECT_TRUE(ApplyBatch(opened.store.get(), kStateLog, i).ok());
    }
    const OpenedStore opened = Open(options);
    for (int64_t i = batches / 2 + 1; i <= batches; ++i) {
      EXPECT_TRUE(ApplyBatch(opened.store.get(), kStateLog, i).ok());
    }
    const fs::path killed = root() / "killed";
    fs::copy(options.dir, killed);  // as a killed process leaves it
    return killed;
  }

  // Opens a damaged folder and holds what it says against what it holds.
  FolderState OpenAndCheck(const StoreOptions& options, const std::string& what) {
    const OpenedStore opened = Open(options);
    if (opened.store == nullptr) return FolderState::kDamaged;
    const Offset position = opened.store->Position(kStateLog);
    EXPECT_EQ(position % kOffsetsPerBatch, 0) << what;
    EXPECT_EQ(ContentOf(*opened.store), ContentAfter(position / kOffsetsPerBatch))
        << what << ": " << opened.story;
    if (opened.found != FolderState::kContinued) {
      EXPECT_EQ(position, 0) << what;
    }
    if (opened.found == FolderState::kDamaged) {
      EXPECT_NE(opened.story.find("it was put aside as "), std::string::npos) << what;
      EXPECT_NE(opened.story.find("read again from topic fracas.state"), std::string::npos) << what;
    }
    EXPECT_TRUE(ApplyBatch(opened.store.get(), kStateLog, position / kOffsetsPerBatch + 1).ok())
        << what;
    return opened.found;
  }
};

TEST_F(StateDamageTest, EachKindOfFileInEachWay) {
  const fs::path killed = KilledFolder(20);
  std::map<std::string, std::map<FolderState, int>> outcomes;
  int number = 0;
  for (const auto& entry : fs::directory_iterator(killed)) {
    const std::string file = entry.path().filename().string();
    if (file == "LOCK" || file.starts_with("LOG") || entry.file_size() == 0) continue;
    for (const Damage& damage : Damages()) {
      const StoreOptions options = Options(Cat("damaged", ++number));
      fs::copy(killed, options.dir);
      damage.act(fs::path(options.dir) / file);
      ++outcomes[KindOfFile(file)][OpenAndCheck(options, file + " " + damage.name)];
      std::error_code ignored;
      fs::remove_all(options.dir, ignored);
    }
  }
  // The matrix must have found what it is about: damage that matters, and a log whose beginning is
  // kept.
  for (const std::string kind : {"sst", "MANIFEST", "CURRENT"}) {
    EXPECT_GE(outcomes[kind][FolderState::kDamaged], 5) << kind;
  }
  EXPECT_GE(outcomes["log"][FolderState::kContinued], 5);
}

TEST_F(StateDamageTest, UntouchedFolderOfAKilledProcessContinuesWhereItWas) {
  StoreOptions options = Options("copy");
  fs::copy(KilledFolder(20), options.dir);
  const OpenedStore opened = Open(options);
  EXPECT_EQ(opened.found, FolderState::kContinued);
  EXPECT_EQ(opened.store->Position(kStateLog), 20 * kOffsetsPerBatch);
}

TEST_F(StateDamageTest, EveryTableFileIsMissed) {
  const fs::path killed = KilledFolder(20);
  int number = 0;
  for (const auto& entry : fs::directory_iterator(killed)) {
    if (entry.path().extension() != ".sst") continue;
    const StoreOptions options = Options(Cat("missing", ++number));
    fs::copy(killed, options.dir);
    fs::remove(fs::path(options.dir) / entry.path().filename());
    EXPECT_EQ(OpenAndCheck(options, "a missing table"), FolderState::kDamaged);
  }
  EXPECT_GT(number, 0);
}

// RocksDB replays the logs that it finds; one that is missing before them it does not miss.
TEST_F(StateDamageTest, MissingLogBeforeAnotherIsMissed) {
  constexpr size_t kBig = 400'000;
  const StoreOptions options = Options("big");
  const fs::path copy = root() / "two_logs";
  std::vector<fs::path> logs;
  int64_t batches = 1;
  { ASSERT_TRUE(ApplyBatch(Open(options).store.get(), kStateLog, batches, kBig).ok()); }
  {
    ASSERT_EQ(Open(options).found, FolderState::kContinued);
  }  // now it is in a table, and its log is gone
  {
    const OpenedStore opened = Open(options);
    while (logs.size() < 2 && batches < 200) {
      ASSERT_TRUE(ApplyBatch(opened.store.get(), kStateLog, ++batches, kBig).ok());
      fs::remove_all(copy);
      logs.clear();
      const auto count = [&] {
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(options.dir)) {
          if (entry.path().extension() == ".log" && entry.file_size() > 0)
            found.push_back(entry.path());
        }
        return found;
      };
      if (count().size() < 2) continue;
      // While the first log's content is being written to a table both logs count. What is
      // rewritten in place is copied first; the others are linked, which takes no time.
      fs::create_directory(copy);
      for (const auto& entry : fs::directory_iterator(options.dir)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("MANIFEST") || name == "CURRENT") fs::copy(entry.path(), copy / name);
        if (name.ends_with(".sst")) fs::create_hard_link(entry.path(), copy / name);
      }
      for (const fs::path& log : count()) {
        fs::create_hard_link(log, copy / log.filename());
        logs.push_back(copy / log.filename());
      }
    }
  }
  if (logs.size() < 2 || batches < 8)
    GTEST_SKIP() << "the tables were written too fast for two logs to be seen";
  std::sort(logs.begin(), logs.end());
  const StoreOptions whole = Options("whole");
  fs::copy(copy, whole.dir);
  {
    const OpenedStore opened = Open(whole);
    ASSERT_EQ(opened.found, FolderState::kContinued) << opened.story;
    EXPECT_EQ(ContentOf(*opened.store), ContentAfter(batches, kBig));
  }
  fs::remove(logs.front());
  const OpenedStore opened = Open(Options("two_logs"));
  EXPECT_EQ(opened.found, FolderState::kDamaged);
  EXPECT_NE(opened.story.find("does not add up"), std::string::npos) << opened.story;
}

TEST_F(StateDamageTest, DamageUnderARunningStoreIsFoundWhenRead) {
  {  // A closed store has everything in tables.
    const OpenedStore opened = Open(Options());
    for (int64_t i = 1; i <= 20; ++i)
      ASSERT_TRUE(ApplyBatch(opened.store.get(), kStateLog, i).ok());
  }
  const std::string key = ContentAfter(20).begin()->first;
  {
    const OpenedStore opened = Open(Options());
    for (const auto& entry : fs::directory_iterator(Options().dir)) {
      if (entry.path().extension() == ".sst") Flip(entry.path(), 0.2);
    }
    std::string value;
    const Result<bool> got = opened.store->Get(key, &value);
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.status().action(), Action::kStop);
    EXPECT_NE(got.status().message().find("put aside and read again from the topic"),
              std::string::npos)
        << got.status().message();
    EXPECT_EQ(ApplyBatch(opened.store.get(), kStateLog, 21).message(), got.status().message())
        << "a store that cannot be read goes on";
  }
  EXPECT_EQ(Open(Options()).found, FolderState::kDamaged);
}

TEST_F(StateDamageTest, SwappedFoldersOfTwoGroupsArePutAside) {
  StoreOptions mine = Options("mine");
  StoreOptions theirs = Options("theirs");
  theirs.group = "others";
  theirs.topic = "others.state";
  for (const StoreOptions& options : {mine, theirs}) {
    ASSERT_TRUE(ApplyBatch(Open(options).store.get(), {options.topic, 0}, 1).ok());
  }
  fs::rename(mine.dir, root() / "between");
  fs::rename(theirs.dir, mine.dir);
  fs::rename(root() / "between", theirs.dir);
  for (const StoreOptions& options : {mine, theirs}) {
    const OpenedStore opened = Open(options);
    EXPECT_EQ(opened.found, FolderState::kForeign) << opened.story;
    EXPECT_EQ(opened.store->Position({options.topic, 0}), 0);
  }
}

TEST_F(StateDamageTest, TableOfAnotherFolderIsFound) {
  for (const std::string name : {"one", "two"}) {
    const OpenedStore opened = Open(Options(name));
    for (int64_t i = 1; i <= 5; ++i) {
      ASSERT_TRUE(ApplyBatch(opened.store.get(), kStateLog, i + (name == "two" ? 1 : 0)).ok());
    }
  }
  const auto table_of = [&](const std::string& name) {
    for (const auto& entry : fs::directory_iterator(Options(name).dir)) {
      if (entry.path().extension() == ".sst") return entry.path();
    }
    return fs::path();
  };
  fs::copy(table_of("two"), table_of("one"), fs::copy_options::overwrite_existing);
  EXPECT_EQ(Open(Options("one")).found, FolderState::kDamaged);
}

TEST_F(StateDamageTest, SomethingElseInTheFolderIsPutAside) {
  fs::create_directories(Options().dir);
  std::ofstream(fs::path(Options().dir) / "notes.txt") << "not ours";
  const OpenedStore opened = Open(Options());
  EXPECT_EQ(opened.found, FolderState::kDamaged);
  EXPECT_NE(opened.story.find("the file CURRENT is missing"), std::string::npos);
  EXPECT_TRUE(fs::exists(root() / "state.damaged-20260101T000000Z/notes.txt"));
}

TEST_F(StateDamageTest, OnlyTheLastFoldersPutAsideAreKept) {
  for (int i = 0; i < 6; ++i) {
    StoreOptions options = Options();
    options.now_ms += i / 2 * 1'000;  // two in the same second
    ASSERT_TRUE(ApplyBatch(Open(options).store.get(), kStateLog, 1).ok());
    fs::remove(fs::path(options.dir) / "CURRENT");
    EXPECT_EQ(Open(options).found, FolderState::kDamaged);
    EXPECT_LE(Aside().size(), limits::kStateFoldersAsideMax);
  }
  EXPECT_EQ(Aside(), (std::vector<std::string>{"state.damaged-20260101T000001Z-2",
                                               "state.damaged-20260101T000002Z",
                                               "state.damaged-20260101T000002Z-2"}));
}

TEST_F(StateDamageTest, InspectionTellsDamageAndLeavesIt) {
  ASSERT_TRUE(ApplyBatch(Open(Options()).store.get(), kStateLog, 1).ok());
  fs::remove(fs::path(Options().dir) / "CURRENT");
  const Result<OpenedStore> inspected = InspectStore(Options());
  ASSERT_TRUE(inspected.ok());
  EXPECT_EQ(inspected->found, FolderState::kDamaged);
  EXPECT_EQ(inspected->store, nullptr);
  EXPECT_EQ(inspected->story, "the file CURRENT is missing");
  EXPECT_TRUE(Aside().empty());
}

}  // namespace
}  // namespace fracas::state
