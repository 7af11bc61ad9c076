#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "core/text.h"
#include "state/store/meta.h"
#include "state/store/rocks_store.h"
#include "tests/state/batches.h"
#include "tests/state/store_fixture.h"

// Folders that an older or a newer program left, and what the store writes about itself.

namespace fracas::state {
namespace {

class StateFormatTest : public StoreFixture {
 protected:
  // Changes one pair in a closed store, past all of the store's care.
  void Overwrite(const std::string& key, const std::string& value) {
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(rocksdb::Options(), Options().dir, &db).ok());
    const std::unique_ptr<rocksdb::DB> owned(db);
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), key, value).ok());
  }
  void Make() { ASSERT_TRUE(ApplyBatch(Open(Options()).store.get(), kStateLog, 1).ok()); }
};

TEST_F(StateFormatTest, OlderAndNewerFormatsAreRebuilt) {
  for (const std::string_view format : {"0/1", "2/1", "1/2", "1/0", "what?"}) {
    Make();
    Overwrite(std::string("\0f", 2), std::string(format));
    const OpenedStore opened = Open(Options());
    EXPECT_EQ(opened.found, FolderState::kOtherFormat) << format;
    EXPECT_NE(opened.story.find(Cat("it has format ", format, ", this program writes 1/1")),
              std::string::npos)
        << opened.story;
    EXPECT_EQ(ContentOf(*opened.store), Content{});
  }
  EXPECT_EQ(Aside().back().substr(0, 18), "state.other-format");
}

TEST_F(StateFormatTest, ChangedDataIsFoundEvenWithGoodChecksums) {
  Make();
  Overwrite(ContentAfter(1).begin()->first, "not what the topic says");
  const OpenedStore opened = Open(Options());
  EXPECT_EQ(opened.found, FolderState::kDamaged);
  EXPECT_NE(opened.story.find("does not add up"), std::string::npos);
}

TEST_F(StateFormatTest, AddedKeyIsFound) {
  Make();
  Overwrite("qx", "nobody wrote this");
  EXPECT_EQ(Open(Options()).found, FolderState::kDamaged);
}

TEST_F(StateFormatTest, StrayMetaIsFound) {
  for (const std::string& key :
       {std::string("\0", 1), std::string("\0z", 2), std::string("\0ff", 3)}) {
    Make();
    Overwrite(key, "?");
    EXPECT_EQ(Open(Options()).found, FolderState::kDamaged);
  }
}

TEST_F(StateFormatTest, AnotherProgramsDatabaseIsFound) {
  Make();
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  const StoreOptions ours = Options("other");
  ASSERT_TRUE(rocksdb::DB::Open(options, ours.dir, &db).ok());
  ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "user:1", "ana").ok());
  delete db;
  const OpenedStore opened = Open(ours);
  EXPECT_EQ(opened.found, FolderState::kDamaged);
  EXPECT_NE(opened.story.find("it does not say what it is"), std::string::npos);
}

TEST_F(StateFormatTest, ADatabaseWithoutAnythingIsFresh) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  const StoreOptions ours = Options("died_early");
  ASSERT_TRUE(rocksdb::DB::Open(options, ours.dir, &db).ok());
  delete db;
  EXPECT_EQ(Open(ours).found, FolderState::kFresh);
  EXPECT_EQ(Open(ours).found, FolderState::kContinued);
  EXPECT_TRUE(Aside().empty());
}

// What is on disk: a change needs a new layout number.
TEST(StateMeta, KeysAndValuesAreTheirLayout) {
  using std::string_literals::operator""s;
  EXPECT_EQ(CurrentFormat(), "1/1");
  const Meta meta{
      .format = "1/1", .group = "g", .topic = "t", .cluster = "c", .positions = {}, .sum = {}};
  EXPECT_EQ(IdentityPairs(meta),
            (std::vector<KeyValue>{{"\0f"s, "1/1"}, {"\0g"s, "g"}, {"\0t"s, "t"}, {"\0c"s, "c"}}));
  EXPECT_EQ(PositionPair({"t", 258}, 1), (KeyValue{"\0p\0\0\1\2t"s, "\0\0\0\0\0\0\0\1"s}));
  EXPECT_EQ(AppliedPair(-1), (KeyValue{"\0a"s, std::string(8, '\xFF')}));
  EXPECT_EQ(SumPair({.pairs = 1, .low = 2, .high = 3}),
            (KeyValue{"\0s"s, "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3"s}));
}

// The sum is on disk too.
TEST(StateMeta, SumOfKnownContent) {
  ContentSum sum;
  sum.Add("b", "GREEN");
  sum.Add("quarantine/4711", "a value that is longer than eight bytes");
  EXPECT_EQ(sum.pairs, 2u);
  EXPECT_EQ(sum.low, 14272046608207996230u);
  EXPECT_EQ(sum.high, 3258714138506488368u);
}

}  // namespace
}  // namespace fracas::state
