// A member that joins anew may be given what it had in the generation that it had.

#include <gtest/gtest.h>

#include "tests/broker/ports/topic_orders.h"
#include "tests/broker/ports/worker.h"

namespace fracas::broker_test {
namespace {

// A, the leader, and B: whoever is not the leader cannot have added partitions assigned. A is not served
// while the test looks at B, so that it does not notice them either.
class Cover : public ::testing::Test {
 protected:
  void SetUp() override {
    source_ = MakeTopic("source", 2);
    target_ = MakeTopic("target");
    group_ = UniqueName("group");
    WriteNumbers(source_, 0, 10);
    WriteNumbers(source_, 1, 10);
    a_ = std::make_unique<Worker>(MemberOf("-a"), Connect());
    ASSERT_TRUE(a_->TurnUntilAssigned(2));
    b_ = std::make_unique<Worker>(MemberOf("-b"), Connect());
    ASSERT_TRUE(TurnBothUntil([&] { return a_->assigned.size() == 1 && b_->assigned.size() == 1; }));
  }

  kafka::SourceOptions MemberOf(const std::string& suffix) const {
    kafka::SourceOptions options = GroupOf(group_, group_ + suffix, {source_});
    options.connection.consumer["topic.metadata.refresh.interval.ms"] = "600000";
    return options;
  }
  bool TurnBothUntil(const std::function<bool()>& condition) {
    return Eventually([&] {
      a_->Turn(0);
      b_->Turn(10);
      return condition();
    });
  }

  std::string source_;
  std::string target_;
  std::string group_;
  std::unique_ptr<Worker> a_;
  std::unique_ptr<Worker> b_;
};

// Same member, same generation: Kafka takes the offsets of a transaction that was begun before B joined
// anew. So B must not be told where it begins before that has ended.
TEST_F(Cover, AFollowerThatJoinsAnewWaitsForItsTransaction) {
  AddPartitions(source_, 3);
  ASSERT_TRUE(b_->source().Recreate().ok());  // it looks whether everything is read by somebody
  b_->LetGo();
  b_->epoch = nullptr;
  b_->events.clear();
  ASSERT_TRUE(b_->TurnUntilAssigned(1));
  std::shared_ptr<const AssignmentEpoch> old = b_->epoch;
  const TopicPartition mine = b_->assigned[0].partition;
  EXPECT_EQ(b_->assigned[0].start, 0);
  ASSERT_TRUE(
      b_->TurnUntil([&] { return b_->CountEvents(SourceEvent::Kind::kRevoked) > 0; }, 10));
  b_->events.clear();  // they keep epochs, too
  for (int turn = 0; turn < 20; ++turn) b_->Turn(10);
  ASSERT_EQ(b_->epoch, nullptr) << "assigned although a transaction of before may still commit";
  const CommitResult late = b_->CommitOne(target_, "late", {mine, 10, {}}, old);
  ASSERT_TRUE(late.committed()) << "the same generation: " << late.status.message();
  old.reset();
  ASSERT_TRUE(b_->TurnUntilAssigned(1));
  EXPECT_EQ(b_->assigned[b_->SlotOf(mine.partition)].start, 10);
}

}  // namespace
}  // namespace fracas::broker_test
