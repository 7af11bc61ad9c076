#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "core/text.h"
#include "state/store/content_sum.h"
#include "state/store/meta.h"
#include "state/store/rocks_store.h"
#include "tests/state/store_fixture.h"

namespace fracas::state {
namespace {

using StateStoreTest = StoreFixture;

TEST_F(StateStoreTest, FreshFolderIsMadeWithItsParents) {
  StoreOptions options = Options("a/b/state");
  const OpenedStore opened = Open(options);
  EXPECT_EQ(opened.found, FolderState::kFresh);
  EXPECT_EQ(opened.story,
            Cat("there is no state in ", options.dir, " yet: it is read from topic fracas.state"));
  EXPECT_EQ(opened.store->Position(kStateLog), 0);
  EXPECT_EQ(opened.store->AppliedMs(), 0);
  EXPECT_EQ(ContentOf(*opened.store), Content{});
}

TEST_F(StateStoreTest, ChangesAndPositionsAreThereAndStay) {
  const Content wanted = {{"b1", "one"}, {"q2", "two"}, {"q3", "three"}};
  {
    const OpenedStore opened = Open(Options());
    ASSERT_TRUE(opened.store
                    ->Apply({{"b1", "one"}, {"q2", "two"}, {"q3", "three"}, {"t", "gone soon"}},
                            {{kStateLog, 4}}, kNow)
                    .ok());
    ASSERT_TRUE(opened.store->Apply({{"t", ""}, {"never", ""}}, {{kStateLog, 7}}, kNow + 1).ok());
    EXPECT_EQ(ContentOf(*opened.store), wanted);
  }
  const OpenedStore again = Open(Options());
  EXPECT_EQ(again.found, FolderState::kContinued);
  EXPECT_NE(again.story.find("3 entries, fracas.state/0 applied up to offset 7, last written "
                             "2026-01-01T00:00:00.001Z"),
            std::string::npos)
      << again.story;
  EXPECT_EQ(again.store->Position(kStateLog), 7);
  EXPECT_EQ(again.store->AppliedMs(), kNow + 1);
  EXPECT_EQ(ContentOf(*again.store), wanted);
  EXPECT_EQ(ContentOf(*again.store, "q"), (Content{{"q2", "two"}, {"q3", "three"}}));
  EXPECT_TRUE(Aside().empty());
}

TEST_F(StateStoreTest, LastChangeOfAKeyInABatchWins) {
  {
    const OpenedStore opened = Open(Options());
    ASSERT_TRUE(opened.store
                    ->Apply({{"b", "1"}, {"b", "2"}, {"q", "x"}, {"q", ""}, {"t", ""}, {"t", "y"}},
                            {{kStateLog, 6}}, kNow)
                    .ok());
    EXPECT_EQ(ContentOf(*opened.store), (Content{{"b", "2"}, {"t", "y"}}));
    ASSERT_TRUE(
        opened.store->Apply({{"b", ""}, {"b", "2"}, {"t", "z"}, {"t", ""}}, {{kStateLog, 10}}, kNow)
            .ok());
    EXPECT_EQ(ContentOf(*opened.store), (Content{{"b", "2"}}));
  }
  EXPECT_EQ(Open(Options()).found, FolderState::kContinued) << "the sum no longer fits the content";
}

TEST_F(StateStoreTest, GetAndMultiGet) {
  const OpenedStore opened = Open(Options());
  std::vector<StateChange> changes;
  for (int i = 0; i < 5'000; i += 2) changes.push_back({Cat("q", i), Cat("v", i)});
  ASSERT_TRUE(opened.store->Apply(changes, {}, kNow).ok());
  std::string value = "untouched";
  EXPECT_FALSE(*opened.store->Get("q1", &value));
  EXPECT_EQ(value, "untouched");
  EXPECT_TRUE(*opened.store->Get("q4998", &value));
  EXPECT_EQ(value, "v4998");
  std::vector<std::string> keys;
  for (int i = 4'999; i >= 0; --i) keys.push_back(Cat("q", i));
  std::vector<std::string> values;
  std::vector<bool> found;
  ASSERT_TRUE(opened.store->MultiGet(keys, &values, &found).ok());
  for (size_t i = 0; i < keys.size(); ++i) {
    const bool even = (4'999 - i) % 2 == 0;
    ASSERT_EQ(found[i], even) << keys[i];
    ASSERT_EQ(values[i], even ? "v" + keys[i].substr(1) : "") << keys[i];
  }
}

TEST_F(StateStoreTest, VisitSeesOneMomentAndStopsWhenTold) {
  const OpenedStore opened = Open(Options());
  ASSERT_TRUE(opened.store->Apply({{"b", "1"}, {"q", "1"}}, {}, kNow).ok());
  Content seen;
  ASSERT_TRUE(
      opened.store
          ->Visit("",
                  [&](std::string_view key, std::string_view value) {
                    EXPECT_TRUE(opened.store->Apply({{"q", "2"}, {"t", "2"}}, {}, kNow).ok());
                    seen.emplace(key, value);
                    return true;
                  })
          .ok());
  EXPECT_EQ(seen, (Content{{"b", "1"}, {"q", "1"}}));
  size_t visits = 0;
  ASSERT_TRUE(
      opened.store->Visit("", [&](std::string_view, std::string_view) { return ++visits < 2; })
          .ok());
  EXPECT_EQ(visits, 2u);
}

TEST_F(StateStoreTest, ReadsOnBehindAKey) {
  const OpenedStore opened = Open(Options());
  ASSERT_TRUE(
      opened.store->Apply({{"b", "1"}, {"q1", "1"}, {"q2", "1"}, {"q3", "1"}, {"t", "1"}}, {}, kNow)
          .ok());
  const auto after = [&](std::string_view prefix, std::string_view key) {
    std::string seen;
    EXPECT_TRUE(opened.store
                    ->VisitAfter(prefix, key,
                                 [&](std::string_view found, std::string_view) {
                                   seen.append(found).append(" ");
                                   return true;
                                 })
                    .ok());
    return seen;
  };
  EXPECT_EQ(after("q", ""), "q1 q2 q3 ");
  EXPECT_EQ(after("q", "q1"), "q2 q3 ");
  EXPECT_EQ(after("q", "q1x"), "q2 q3 ");
  EXPECT_EQ(after("q", "a"), "q1 q2 q3 ");
  EXPECT_EQ(after("q", "q3"), "");
  EXPECT_EQ(after("q", "z"), "");
  EXPECT_EQ(after("", "q3"), "t ");
}

TEST_F(StateStoreTest, KeysOfItsOwnAreNeitherTakenNorShown) {
  const OpenedStore opened = Open(Options());
  for (const std::string& key : {std::string(), std::string("\0s", 2)}) {
    const Status applied = opened.store->Apply({{"b", "1"}, {key, "x"}}, {{kStateLog, 9}}, kNow);
    ASSERT_EQ(applied.action(), Action::kStop);
    EXPECT_NE(applied.message().find("topic fracas.state carries a record"), std::string::npos);
  }
  EXPECT_EQ(opened.store->Position(kStateLog), 0);
  EXPECT_EQ(ContentOf(*opened.store), Content{}) << "a refused batch left something behind";
  EXPECT_EQ(ContentOf(*opened.store, std::string(1, '\0')), Content{});
  std::string value;
  EXPECT_FALSE(*opened.store->Get(SumPair({}).first, &value));
  std::vector<std::string> values;
  std::vector<bool> found;
  ASSERT_TRUE(opened.store->MultiGet({SumPair({}).first}, &values, &found).ok());
  EXPECT_FALSE(found[0]);
}

TEST_F(StateStoreTest, WipeForgetsEverythingAndGoesOn) {
  {
    const OpenedStore opened = Open(Options());
    ASSERT_TRUE(opened.store->Apply({{"b", "1"}}, {{kStateLog, 3}}, kNow).ok());
    ASSERT_TRUE(opened.store->Wipe().ok());
    EXPECT_EQ(ContentOf(*opened.store), Content{});
    EXPECT_EQ(opened.store->Position(kStateLog), 0);
    EXPECT_EQ(opened.store->AppliedMs(), 0);
    ASSERT_TRUE(opened.store->Apply({{"q", "2"}}, {{kStateLog, 1}}, kNow).ok());
  }
  const OpenedStore again = Open(Options());
  EXPECT_EQ(again.found, FolderState::kContinued);
  EXPECT_EQ(ContentOf(*again.store), (Content{{"q", "2"}}));
}

TEST_F(StateStoreTest, ReadersMayReadWhileItIsWiped) {
  const OpenedStore opened = Open(Options());
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    std::string value;
    while (!stop) {
      EXPECT_TRUE(opened.store->Get("b", &value).ok());
      EXPECT_LE(ContentOf(*opened.store).size(), 1u);
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(opened.store->Apply({{"b", "1"}}, {{kStateLog, 3}}, kNow).ok());
    EXPECT_TRUE(opened.store->Wipe().ok());
  }
  stop = true;
  reader.join();
}

TEST_F(StateStoreTest, PositionsOfSeveralPartitionsAndAwkwardNames) {
  const std::map<TopicPartition, Offset> positions = {{{"fracas.state", 0}, 5},
                                                      {{"fracas.state", 258}, 0x0102030405060708},
                                                      {{"a", -1}, kNoOffset}};
  { ASSERT_TRUE(Open(Options()).store->Apply({}, positions, kNow).ok()); }
  const OpenedStore again = Open(Options());
  for (const auto& [partition, offset] : positions)
    EXPECT_EQ(again.store->Position(partition), offset);
}

TEST_F(StateStoreTest, SecondOpenerIsRefusedByName) {
  const OpenedStore first = Open(Options());
  const Result<OpenedStore> second = OpenStore(Options());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().action(), Action::kStop);
  EXPECT_EQ(second.status().message(),
            Cat("the state in ", Options().dir, " is in use by pid ", getpid(),
                ", instance node-1: stop that process, or give this one a state.dir of its own"));
  EXPECT_FALSE(InspectStore(Options()).ok());
  EXPECT_TRUE(first.store->Apply({{"b", "1"}}, {}, kNow).ok())
      << "the refused one disturbed the first";
}

TEST_F(StateStoreTest, AnotherGroupsTopicsOrClustersFolderIsPutAside) {
  struct Other {
    std::string StoreOptions::*member;
    std::string value;
    std::string why;
  };
  const std::vector<Other> others = {
      {&StoreOptions::group, "others", "it is of group 'fracas', not 'others'"},
      {&StoreOptions::topic, "others.state", "it is of topic 'fracas.state', not 'others.state'"},
      {&StoreOptions::cluster, "c-2", "it is of the cluster 'c-1', not 'c-2'"}};
  for (const Other& other : others) {
    StoreOptions options = Options("of_" + other.value);
    { ASSERT_TRUE(Open(options).store->Apply({{"b", "1"}}, {{kStateLog, 3}}, kNow).ok()); }
    options.*other.member = other.value;
    const OpenedStore opened = Open(options);
    EXPECT_EQ(opened.found, FolderState::kForeign);
    EXPECT_NE(opened.story.find(other.why), std::string::npos) << opened.story;
    EXPECT_EQ(ContentOf(*opened.store), Content{});
    EXPECT_TRUE(std::filesystem::exists(options.dir + ".foreign-20260101T000000Z/CURRENT"));
  }
}

TEST_F(StateStoreTest, UnknownClusterIsNotCompared) {
  StoreOptions options = Options();
  options.cluster = "";
  { ASSERT_TRUE(Open(options).store->Apply({{"b", "1"}}, {}, kNow).ok()); }
  EXPECT_EQ(Open(Options()).found, FolderState::kContinued);
  EXPECT_EQ(Open(options).found, FolderState::kContinued);
}

TEST_F(StateStoreTest, InspectionChangesNothing) {
  { ASSERT_TRUE(Open(Options()).store->Apply({{"b", "1"}}, {{kStateLog, 3}}, kNow).ok()); }
  const auto files = [&] {
    std::map<std::string, uintmax_t> sizes;
    for (const auto& entry : std::filesystem::directory_iterator(Options().dir)) {
      sizes[entry.path().filename().string()] = entry.file_size();
    }
    return sizes;
  };
  const auto before = files();
  {
    const Result<OpenedStore> inspected = InspectStore(Options());
    ASSERT_TRUE(inspected.ok()) << inspected.status().message();
    ASSERT_EQ(inspected->found, FolderState::kContinued);
    EXPECT_EQ(ContentOf(*inspected->store), (Content{{"b", "1"}}));
    EXPECT_EQ(inspected->store->Position(kStateLog), 3);
    EXPECT_EQ(inspected->store->Apply({{"b", "2"}}, {}, kNow).action(), Action::kStop);
    EXPECT_EQ(inspected->store->Wipe().action(), Action::kStop);
  }
  EXPECT_EQ(files(), before);
  EXPECT_EQ(InspectStore(Options("nothing")).status().action(), Action::kReject);
}

TEST_F(StateStoreTest, FileInTheWayIsNamed) {
  StoreOptions options = Options("file/state");
  std::fclose(std::fopen((root() / "file").c_str(), "w"));
  const Result<OpenedStore> opened = OpenStore(options);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().action(), Action::kStop);
  EXPECT_NE(opened.status().message().find("set state.dir to a folder"), std::string::npos);
}

TEST(StateStoreContentSum, FindsWhatOrderAndTradingWouldHide) {
  ContentSum a;
  a.Add("k", "v");
  a.Add("l", "w");
  ContentSum b;
  b.Add("l", "w");
  b.Add("k", "v");
  EXPECT_EQ(a, b);
  ContentSum traded;
  traded.Add("k", "w");
  traded.Add("l", "v");
  EXPECT_NE(a, traded);
  ContentSum moved;
  moved.Add("kv", "");
  moved.Add("lw", "");
  EXPECT_NE(a, moved);
  b.Remove("k", "v");
  b.Remove("l", "w");
  EXPECT_EQ(b, ContentSum{});
  ContentSum zeros;
  zeros.Add(std::string(8, '\0'), std::string(16, '\0'));
  ContentSum fewer;
  fewer.Add(std::string(16, '\0'), std::string(8, '\0'));
  EXPECT_NE(zeros, fewer);
}

}  // namespace
}  // namespace fracas::state
