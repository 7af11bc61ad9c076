#include <gtest/gtest.h>

#include <algorithm>

#include "control/quarantine_view.h"
#include "core/limits.h"
#include "core/text.h"
#include "state/format/codec.h"
#include "tests/control/group.h"

namespace fracas::control {
namespace {

void Add(Group* group, const std::string& command, const std::vector<std::string>& ids) {
  wire::QuarantineAdd add;
  for (const std::string& id : ids) add.targets.push_back({false, id});
  group->Send(Group::Command(command, add));
}

// A topic with some history, and nobody running.
void History(Group* group) {
  Instance* one = group->Start("history");
  Add(group, "add", {"C-1", "C-2", "C-3"});
  group->Send(Group::Command("trip", wire::BreakerTrip{}));
  group->Settle();
  group->Send(Group::Command("release", wire::QuarantineRelease{{{false, "C-2"}}}));
  group->Settle();
  group->Crash(one);
}

// As an instance that starts with a store that is there.
Status Restart(Instance* instance) {
  instance->tail = std::make_unique<StateTail>(instance->TailOptions());
  return instance->tail->Restore([] { return true; });
}

bool Logged(const Group& group, std::string_view event) {
  return std::any_of(group.log.begin(), group.log.end(),
                     [&](const std::string& line) { return line.starts_with(event); });
}

TEST(Tail, ColdAndWarmRestoresAreTheSame) {
  Group group;
  History(&group);
  Instance* cold = group.Start("cold");
  ASSERT_TRUE(cold->status.ok());
  EXPECT_EQ(cold->tail->restored(), cold->tail->restore_target());
  const auto first = cold->tail->snapshot();
  ASSERT_TRUE(Restart(cold).ok());
  const auto second = cold->tail->snapshot();
  EXPECT_EQ(cold->store.wipes(), 0u);
  EXPECT_EQ(first->offset, second->offset);
  EXPECT_EQ(first->breakers.size(), second->breakers.size());
  EXPECT_EQ(second->quarantine.at(kStream).ids, 2u);
  EXPECT_EQ(second->cursor, first->cursor);
  const QuarantineView view(cold->tail.get(), &cold->store);
  EXPECT_TRUE(view.AnyId(kStream));
  EXPECT_FALSE(view.AnyId("crm/other"));
  EXPECT_TRUE(view.MaybeId(view.SeedOf(kStream), "C-1"));
  EXPECT_FALSE(view.MaybeId(view.SeedOf(kStream), "C-2")) << "released before the restore";
  std::vector<state::QuarantineEntry> entries;
  ASSERT_TRUE(view.FindIds(kStream, {"C-1", "C-2", "C-3"}, &entries).ok());
  EXPECT_EQ(entries[0].stamp.version, 1u);
  EXPECT_EQ(entries[1].stamp.version, 0u);
  EXPECT_EQ(entries[2].who, "alice");
}

TEST(Tail, AnEmptyTopicIsRestoredAtOnce) {
  Group group;
  Instance* one = group.Start("one");
  EXPECT_TRUE(one->status.ok());
  EXPECT_EQ(one->tail->snapshot()->genesis, nullptr);
}

TEST(Tail, AStoreThatIsTooOldIsRebuilt) {
  Group group;
  group.delete_retention_ms = 100'000;
  History(&group);
  Instance* one = group.Start("one");
  group.Send(Group::Command("release", wire::QuarantineRelease{{{false, "C-1"}}}));
  group.Settle();
  one->tail_stands = true;
  group.Send(Group::Command("release3", wire::QuarantineRelease{{{false, "C-3"}}}));
  Instance* two = group.Start("two");
  group.Crash(one);
  two->Turns(100);
  EXPECT_EQ(one->store.data().size(), two->store.data().size() + 1) << "one still has C-3";
  // Compaction has forgotten that C-3 was deleted: following from where it stands would keep it for
  // ever.
  sim::Compact(kState, {.forget = INT64_MAX}, &group.broker);
  group.clock.Advance(50'001);
  one->tail_stands = false;
  ASSERT_TRUE(Restart(one).ok());
  EXPECT_EQ(one->store.wipes(), 1u);
  EXPECT_EQ(one->store.data(), two->store.data());
  EXPECT_TRUE(Logged(group, "state_rebuilt"));
}

// A machine that was suspended: it goes on with what it had.
TEST(Tail, OneThatSleptTooLongEndsAndTheNextStartReadsAnew) {
  Group group;
  group.delete_retention_ms = 100'000;
  History(&group);
  Instance* one = group.Start("one");
  ASSERT_TRUE(one->tail->Turn(0).ok());
  group.clock.Advance(50'001);
  const Status turned = one->tail->Turn(0);
  EXPECT_EQ(turned.action(), Action::kStop);
  EXPECT_NE(turned.message().find("was not followed for"), std::string_view::npos) << turned.message();
  ASSERT_TRUE(Restart(one).ok());
  EXPECT_EQ(one->store.wipes(), 1u);
  EXPECT_TRUE(one->tail->Turn(0).ok());
}

TEST(Tail, TheOldestEntryGoes) {
  Group group;
  Instance* one = group.Start("one");
  Add(&group, "add1", {"C-1"});
  group.Settle();
  const int64_t oldest_ms = one->tail->snapshot()->quarantine.at(kStream).oldest_ms;
  group.clock.Advance(10'000);
  Add(&group, "add2", {"C-2", "C-3"});
  group.Settle();
  EXPECT_EQ(one->tail->snapshot()->quarantine.at(kStream).oldest_ms, oldest_ms);
  group.Send(Group::Command("release", wire::QuarantineRelease{{{false, "C-1"}}}));
  group.Settle();
  group.clock.Advance(limits::kOldestEveryMs);
  ASSERT_TRUE(one->tail->Turn(0).ok());
  const int64_t now_oldest_ms = one->tail->snapshot()->quarantine.at(kStream).oldest_ms;
  EXPECT_GE(now_oldest_ms, oldest_ms + 10'000);
  ASSERT_TRUE(Restart(one).ok());
  EXPECT_EQ(one->tail->snapshot()->quarantine.at(kStream).oldest_ms, now_oldest_ms) << "as read anew";
}

TEST(Tail, ALaggingStoreFollowsOverACompactedLog) {
  Group group;
  History(&group);
  Instance* lagging = group.Start("lagging");
  lagging->tail_stands = true;
  Instance* two = group.Start("two");
  group.Crash(lagging);
  Add(&group, "more", {"C-4", "C-5"});
  group.Settle();
  group.Send(Group::Command("gone", wire::QuarantineRelease{{{false, "C-1"}, {false, "C-4"}}}));
  group.Settle();
  sim::Compact(kState, {}, &group.broker);  // deletions are within their retention
  ASSERT_TRUE(Restart(lagging).ok());
  EXPECT_EQ(lagging->store.wipes(), 0u);
  EXPECT_EQ(lagging->store.data(), two->store.data());
}

bool Has(const Instance& instance, const std::string& id) {
  return instance.store.data().contains(
      state::QuarantineKeyBytes({kStream, state::QuarantineScope::kId, id}));
}

TEST(Tail, ATopicMadeAnewIsRecognisedByItsEnd) {
  Group group;
  History(&group);
  Instance* one = group.Start("one");
  group.Crash(one);
  group.Recreate(kState);
  ASSERT_TRUE(Has(*one, "C-1"));
  ASSERT_TRUE(Restart(one).ok());
  EXPECT_EQ(one->store.wipes(), 1u);
  EXPECT_TRUE(one->store.data().empty());
}

TEST(Tail, ATopicMadeAnewThatHasGrownIsRecognisedByItsGenesis) {
  Group group;
  History(&group);
  Instance* one = group.Start("one");
  group.Crash(one);
  const Offset stood = one->store.Position(kState);
  group.Recreate(kState);
  Instance* other = group.Start("other");
  for (int i = 0; i < 40; ++i) {
    Add(&group, Cat("n", i), {Cat("N-", i)});
    group.Settle(20);
  }
  group.Crash(other);
  ASSERT_GT(static_cast<Offset>(group.broker.log(kState).size()), stood);
  ASSERT_TRUE(Restart(one).ok());
  EXPECT_EQ(one->store.wipes(), 1u);
  EXPECT_FALSE(Has(*one, "C-1"));
  EXPECT_EQ(one->store.data(), other->store.data());
}

TEST(Tail, AStoreBelowWhatTheTopicHasIsRebuilt) {
  Group group;
  History(&group);
  Instance* one = group.Start("one");
  ASSERT_TRUE(one->store.Apply({}, {{kState, 1}}, group.clock.WallMs()).ok());
  group.log_faults.low[kState] = 3;
  const Status restored = Restart(one);
  EXPECT_FALSE(restored.ok()) << "without its genesis the topic is nobody's";
  EXPECT_NE(restored.message().find("genesis"), std::string_view::npos);
}

TEST(Tail, AnotherGroupsTopicIsRefusedAndTheStoreKept) {
  Group group;
  const int64_t epoch = group.broker.InitProducer("x");
  state::Genesis genesis;
  genesis.uuid = std::string(32, '1');
  genesis.group = "other";
  group.broker.Append("x", epoch, kState, {state::GenesisKey(), state::Encode(genesis), {}, 0});
  group.broker.End("x", epoch, true);
  Instance* one = group.Start("one");
  ASSERT_FALSE(one->status.ok());
  EXPECT_EQ(one->status.action(), Action::kStop);
  EXPECT_NE(one->status.message().find("group other"), std::string_view::npos);
  EXPECT_TRUE(one->store.data().empty());
}

TEST(Tail, ANewerFormatIsRefused) {
  Group group;
  const int64_t epoch = group.broker.InitProducer("x");
  state::Genesis genesis;
  genesis.uuid = std::string(32, '1');
  genesis.group = kGroup;
  genesis.format_major = state::kFormatMajor + 1;
  group.broker.Append("x", epoch, kState, {state::GenesisKey(), state::Encode(genesis), {}, 0});
  group.broker.End("x", epoch, true);
  Instance* one = group.Start("one");
  ASSERT_FALSE(one->status.ok());
  EXPECT_EQ(one->status.action(), Action::kStop);
}

TEST(Tail, BytesThatAreNotOursStopItWithTheirPlace) {
  Group group;
  History(&group);
  Instance* one = group.Start("one");
  const int64_t epoch = group.broker.InitProducer("x");
  const auto offset = group.broker.log(kState).size();
  group.broker.Append("x", epoch, kState,
                      {"\x7F"
                       "unknown kind",
                       "newer",
                       {},
                       0});
  group.broker.Append("x", epoch, kState, {state::BreakerKey(kStream), "rubbish", {}, 0});
  group.broker.End("x", epoch, true);
  const Status turned = one->tail->Turn(0);
  ASSERT_FALSE(turned.ok());
  EXPECT_EQ(turned.action(), Action::kStop);
  EXPECT_NE(turned.message().find(Cat("offset ", offset + 1)), std::string_view::npos)
      << turned.message();
}

TEST(Tail, RestoresToTheHighWatermarkNotToTheLastStableOffset) {
  Group group;
  History(&group);
  const int64_t open = group.broker.InitProducer("zombie");
  group.broker.Append("zombie", open, kState, {"z", "z", {}, 0});
  const int64_t epoch = group.broker.InitProducer("x");
  state::Breaker breaker;
  breaker.stamp.version = 99;
  group.broker.Append("x", epoch, kState,
                      {state::BreakerKey("crm/late"), state::Encode(breaker), {}, 0});
  group.broker.End("x", epoch, true);
  // A reader of committed records sees an end, before the zombie; restored is only what passes it.
  Instance* one = group.instances.back().get();
  StateTailOptions options = one->TailOptions();
  sim::MemoryStore store;
  options.store = &store;
  StateTail tail(options);
  int asked = 0;
  const Status restored = tail.Restore([&] {
    group.clock.Advance(1'000);
    if (++asked == 60) group.broker.TimeOut("zombie");
    return asked < 200;
  });
  ASSERT_TRUE(restored.ok()) << restored.message();
  EXPECT_GT(asked, 59);
  EXPECT_TRUE(tail.snapshot()->breakers.contains("crm/late"));
  EXPECT_TRUE(std::any_of(group.log.begin(), group.log.end(), [](const std::string& line) {
    return line.find("a transaction is open") != std::string::npos;
  })) << "it says what it waits for";
}

TEST(Tail, IsToldToEndWhileItRestores) {
  Group group;
  History(&group);
  StateTailOptions options = group.instances.back()->TailOptions();
  sim::MemoryStore store;
  options.store = &store;
  StateTail tail(options);
  EXPECT_EQ(tail.Restore([] { return false; }).action(), Action::kStop);
}

TEST(Tail, AFailedStoreStopsIt) {
  Group group;
  Instance* one = group.Start("one");
  group.Settle();
  one->store.FailFromNowOn();
  group.Send(Group::Command("trip", wire::BreakerTrip{}));
  group.Settle();
  ASSERT_FALSE(one->status.ok());
  EXPECT_EQ(one->status.action(), Action::kStop);
  EXPECT_TRUE(one->tail->snapshot()->breakers.empty()) << "never ahead of the store";
}

TEST(Tail, AnOutageIsNotFollowing) {
  Group group;
  Instance* one = group.Start("one");
  group.Settle();
  const int64_t before = one->tail->followed_ms();
  group.log_faults.away = true;
  group.clock.Advance(60'000);
  one->Turns(10);
  EXPECT_LE(one->tail->followed_ms() - before, limits::kStateEndEveryMs);
  group.log_faults.away = false;
  group.clock.Advance(limits::kStateEndEveryMs);
  one->Turns(2);
  EXPECT_LT(group.clock.MonotonicMs() - one->tail->followed_ms(), limits::kStateEndEveryMs);
}

TEST(Tail, ABrokerThatIsSlowToAnswerIsAskedAgain) {
  Group group;
  History(&group);
  group.log_faults.random = &group.random;
  group.log_faults.retries = 700;
  Instance fresh(&group, "fresh");
  EXPECT_TRUE(fresh.status.ok()) << fresh.status.message();
  EXPECT_EQ(fresh.breaker().state, state::BreakerState::kRed);
}

// It stood still for long: what it reads first says nothing of what is behind that.
TEST(Tail, WhoReadsButIsFarBehindIsNotFollowing) {
  Group group;
  Instance* one = group.Start("one");
  Instance* two = group.Start("two");
  group.Settle();
  two->tail_stands = true;
  for (int i = 0; i < 20; ++i) {
    group.Send(Group::Command(Cat("trip", i), wire::BreakerTrip{.planned = i % 2 == 0}));
    one->Turns(6);
  }
  group.clock.Advance(2 * limits::kStateLagMsMax);
  group.log_faults.random = &group.random;
  group.log_faults.short_polls = 1'000;
  ASSERT_TRUE(two->tail->Turn(0).ok());
  ASSERT_LT(two->tail->snapshot()->offset, one->tail->snapshot()->offset);
  EXPECT_GT(group.clock.MonotonicMs() - two->tail->followed_ms(), limits::kStateLagMsMax);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(two->tail->Turn(0).ok());
  EXPECT_LE(group.clock.MonotonicMs() - two->tail->followed_ms(), limits::kStateEndEveryMs);
}

TEST(Tail, AQuietTopicKeepsItsStoreYoung) {
  Group group;
  group.delete_retention_ms = 8 * 3'600'000;
  Instance* one = group.Start("one");
  group.Settle();
  for (int hour = 0; hour < 20; ++hour) {
    group.clock.Advance(3'600'000);
    one->Turn();
  }
  ASSERT_TRUE(Restart(one).ok());
  EXPECT_EQ(one->store.wipes(), 0u);
}

}  // namespace
}  // namespace fracas::control
