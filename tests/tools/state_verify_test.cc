#include "tools/state_verify.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "tests/golden/state_examples.h"
#include "tests/tools/fake_group.h"
#include "tools/state_dump.h"

namespace fracas::tools {
namespace {

const TopicPartition kLog{"fracas.state", 0};

// A map that says where it stands.
class MapStore : public StateStore {
 public:
  std::map<std::string, std::string> content;
  Offset position = 0;
  mutable int writes_while_visited = 0;  // so many visits meet a write
  bool broken = false;

  Status Apply(const std::vector<StateChange>&, const std::map<TopicPartition, Offset>&,
               int64_t) override {
    return {};
  }
  Offset Position(const TopicPartition&) const override { return position + written_; }
  int64_t AppliedMs() const override { return 0; }
  Result<bool> Get(std::string_view, std::string*) const override { return false; }
  Status MultiGet(const std::vector<std::string>&, std::vector<std::string>*,
                  std::vector<bool>*) const override {
    return {};
  }
  Status Visit(
      std::string_view,
      const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    if (broken) return Status::Stop("a block is damaged");
    if (writes_while_visited > 0) {
      --writes_while_visited;
      ++written_;
    }
    for (const auto& [key, value] : content) {
      if (!visit(key, value)) return {};
    }
    return {};
  }
  Status Wipe() override { return {}; }

 private:
  mutable Offset written_ = 0;
};

class StateVerify : public testing::Test {
 protected:
  StateVerify() {
    group_.AddTopic(kLog.topic);
    for (const state::ExamplePair& pair : state::ExamplePairs()) Write(pair.key, pair.value);
    Write("b gone", "x");
    Write("b gone", "");
    store_.position = static_cast<Offset>(group_.logs[kLog].size());
  }

  // Into topic and store.
  void Write(const std::string& key, const std::string& value) {
    group_.Append(kLog, key, value);
    if (value.empty()) {
      store_.content.erase(key);
    } else {
      store_.content[key] = value;
    }
  }

  FoldPorts ports() { return {.admin = &group_, .reader = &group_, .progress = {}}; }
  InstancePort instance() {
    return {.ask = [this](Offset at_least) -> Result<StateDigest> {
              ++asked_;
              Result<std::string> json = StateDigestJson(store_, kLog, at_least);
              if (!json.ok()) return json.status();
              return ReadStateDigest(*json);
            },
            .wait =
                [this](int64_t ms) {
                  waited_ms_ += ms;
                  if (catches_up_) store_.position = static_cast<Offset>(group_.logs[kLog].size());
                }};
  }

  FakeGroup group_;
  MapStore store_;
  int asked_ = 0;
  int64_t waited_ms_ = 0;
  bool catches_up_ = false;
};

TEST_F(StateVerify, EqualStatesAreEqual) {
  const Result<VerifyReport> folder = VerifyStore(ports(), kLog, store_);
  ASSERT_TRUE(folder.ok()) << folder.status().message();
  EXPECT_TRUE(folder->equal());
  EXPECT_EQ(folder->topic_keys, state::ExamplePairs().size());
  EXPECT_EQ(folder->differing, 0u);
  const Result<VerifyReport> running = VerifyInstance(ports(), kLog, instance());
  ASSERT_TRUE(running.ok()) << running.status().message();
  EXPECT_TRUE(running->equal());
  EXPECT_EQ(running->topic_sha256, folder->topic_sha256);
  EXPECT_EQ(asked_, 1);
}

TEST_F(StateVerify, EachKindOfDifferenceIsNamed) {
  const std::string breaker = state::BreakerKey("p/s");
  const std::string ticket = state::TicketKey("t-1");
  const std::string extra = state::BreakerKey("p/nobody");
  store_.content[breaker].back() ^= 1;
  store_.content.erase(ticket);
  store_.content[extra] = state::Encode(state::Breaker{});
  const Result<VerifyReport> folder = VerifyStore(ports(), kLog, store_);
  ASSERT_TRUE(folder.ok());
  EXPECT_FALSE(folder->equal());
  EXPECT_EQ(folder->kinds, (std::vector<std::string>{"breaker", "ticket"}));
  ASSERT_EQ(folder->differing, 3u);
  EXPECT_EQ(folder->differences[0].key, extra);
  EXPECT_FALSE(folder->differences[0].topic.has_value());
  EXPECT_EQ(folder->differences[1].key, breaker);
  EXPECT_NE(folder->differences[1].topic, folder->differences[1].copy);
  EXPECT_EQ(folder->differences[2].key, ticket);
  EXPECT_FALSE(folder->differences[2].copy.has_value());
  const Result<VerifyReport> running = VerifyInstance(ports(), kLog, instance());
  ASSERT_TRUE(running.ok());
  EXPECT_FALSE(running->equal());
  EXPECT_EQ(running->kinds, folder->kinds);
  EXPECT_EQ(asked_, 3) << "one comparison may have met a compaction";
}

TEST_F(StateVerify, FolderThatIsBehindIsBroughtToTheEndBeforeItIsCompared) {
  const MapStore behind = store_;
  Write(state::BreakerKey("p/new"), "a");
  Write(state::BreakerKey("p/s"), "");
  Write(state::TicketKey("t-1"), "b");
  EXPECT_TRUE(VerifyStore(ports(), kLog, behind)->equal());
  // Compaction takes what a newer record replaced: the folder still has it.
  for (FakeGroup::Record& record : group_.logs[kLog]) {
    if (record.key == state::TicketKey("t-1") && record.value != "b")
      record = {.key = "g", .value = ""};
  }
  EXPECT_FALSE(VerifyStore(ports(), kLog, behind)->equal()) << "the genesis is deleted";
}

TEST_F(StateVerify, InstanceThatIsBehindIsWaitedFor) {
  store_.position -= 3;
  EXPECT_EQ(VerifyInstance(ports(), kLog, instance()).status().action(), Action::kRetry);
  EXPECT_GE(waited_ms_, limits::kCommandWaitMsMax);
  catches_up_ = true;
  EXPECT_TRUE(VerifyInstance(ports(), kLog, instance())->equal());
}

TEST_F(StateVerify, DigestIsOfOneMoment) {
  store_.writes_while_visited = 3;
  const Result<StateDigest> digest = DigestOf(store_, kLog, 0);
  ASSERT_TRUE(digest.ok());
  EXPECT_EQ(digest->offset, store_.position + 3);
  store_.writes_while_visited = 1'000;
  EXPECT_EQ(DigestOf(store_, kLog, 0).status().action(), Action::kRetry);
}

TEST_F(StateVerify, DigestComesBackAsJson) {
  const Result<StateDigest> digest = DigestOf(store_, kLog, 0);
  const Result<StateDigest> again = ReadStateDigest(ToJson(*digest));
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(again->offset, digest->offset);
  EXPECT_EQ(again->all, digest->all);
  EXPECT_EQ(again->kinds, digest->kinds);
  EXPECT_EQ(again->kinds.size(), 6u);
  EXPECT_FALSE(ReadStateDigest("{}").ok());
  EXPECT_FALSE(ReadStateDigest(R"({"offset":1,"keys":1,"sha256":"","kinds":{"breaker":1}})").ok());
}

TEST_F(StateVerify, TroubleIsNamed) {
  store_.broken = true;
  EXPECT_EQ(VerifyStore(ports(), kLog, store_).status().message(), "a block is damaged");
  store_.broken = false;
  store_.position += 1'000;
  EXPECT_NE(VerifyStore(ports(), kLog, store_).status().message().find("it was made anew"),
            std::string_view::npos);
  group_.Append(kLog, "", "x");
  EXPECT_NE(FoldRaw(ports(), kLog).status().message().find("has no key"), std::string_view::npos);
  group_.topics.clear();
  EXPECT_NE(FoldRaw(ports(), kLog).status().message().find("there is no topic fracas.state"),
            std::string_view::npos);
}

TEST(StateDump, EveryEntityHasItsMembers) {
  const std::string entry = EntityJson(state::QuarantineKeyBytes(state::ExampleQuarantineKey()),
                                       state::Encode(state::ExampleQuarantineEntry()));
  EXPECT_EQ(
      entry,
      R"({"kind":"quarantine","key":{"stream":"standard_ingest/crm.contacts","scope":"id","id":"4711"},)"
      R"("value":{"stamp":{"version":7,"control_offset":1234567,"command_id":"c0ffee",)"
      R"("time_ms":1767225600123},"code":"QUARANTINED","reason":"poisons the load","owner":"crm-team",)"
      R"("who":"ana","since_ms":1767225600000,"expires_ms":1767830400000,"expired":true}})");
  for (const state::ExamplePair& pair : state::ExamplePairs()) {
    EXPECT_EQ(EntityJson(pair.key, pair.value).find("\"error\""), std::string::npos) << pair.name;
    EXPECT_EQ(KeyText(pair.key).find("base64"), std::string::npos) << pair.name;
  }
}

TEST(StateDump, BytesThatCannotBeReadAreShownAsTheyAre) {
  EXPECT_EQ(EntityJson("zz", "v").substr(0, 63),
            R"({"kind":"unknown","key_base64":"eno=","value_base64":"dg==","er)");
  EXPECT_NE(EntityJson(state::BreakerKey("s"), "\1").find("\"error\":\"the value of a breaker"),
            std::string::npos);
  EXPECT_EQ(KeyText("zz"), "base64 eno=");
}

}  // namespace
}  // namespace fracas::tools
