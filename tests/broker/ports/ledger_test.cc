// The index of dead letters on real topics and a real store: letters of committed and aborted transactions,
// resolutions, deleted records, a restart, a lost store.

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <filesystem>

#include "core/record.h"
#include "core/text.h"
#include "kafka/log_tail.h"
#include "ledger/ledger.h"
#include "state/format/codec.h"
#include "state/store/rocks_store.h"
#include "tests/broker/ports/topic_orders.h"
#include "tests/broker/ports/worker.h"
#include "wire/dead_letter.h"

namespace fracas::broker_test {
namespace {

class WallClock : public Clock {
 public:
  int64_t WallMs() const override { return Ms<std::chrono::system_clock>(); }
  int64_t MonotonicMs() const override { return Ms<std::chrono::steady_clock>(); }

 private:
  template <typename T>
  static int64_t Ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(T::now().time_since_epoch()).count();
  }
};

class LedgerOnKafka : public ::testing::Test {
 protected:
  void SetUp() override {
    letters_ = MakeTopic("letters", 2);
    resolutions_ = MakeTopic("ledger", 1, {{"cleanup.policy", "compact"}});
    folder_ = Cat(::testing::TempDir(), UniqueName("ledger-store"));
    transaction_ = kafka::NewTransaction({.connection = Connect(),
                                          .transactional_id = UniqueName("id"),
                                          .record_bytes_max = 1'000'000});
    const Status claimed = transaction_->Recreate();
    ASSERT_TRUE(claimed.ok()) << claimed.message();
    letters_output_ = *transaction_->Open(letters_);
    resolutions_output_ = *transaction_->Open(resolutions_);
  }
  void TearDown() override {
    Stop();
    std::filesystem::remove_all(folder_);
  }
  void Stop() {
    ledger_.reset();
    store_.reset();
  }
  void Start() {
    Result<state::OpenedStore> opened = state::OpenStore({.dir = folder_,
                                                          .group = "g",
                                                          .topic = resolutions_,
                                                          .cluster = "",
                                                          .owner = "test",
                                                          .now_ms = clock_.WallMs(),
                                                          .free_bytes_min = 0});
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    store_ = std::move(opened->store);
    tail_ = kafka::NewLogTail(Connect(), "ledger");
    ledger::LedgerOptions options;
    options.ledger_topic = resolutions_;
    options.letter_topics = [this]() -> Result<std::vector<ledger::LetterTopic>> {
      return std::vector<ledger::LetterTopic>{{letters_, "p/s"}};
    };
    options.streams = {"p/s"};
    options.store = store_.get();
    options.tail = tail_.get();
    options.admin = &TestAdmin();
    options.clock = &clock_;
    options.pause = [](int) {};
    ledger_ = std::make_unique<ledger::Ledger>(std::move(options));
    const Status restored = ledger_->Restore([] { return true; });
    ASSERT_TRUE(restored.ok()) << restored.message();
  }
  // In the open transaction. Bytes live until TearDown.
  void PutLetter(Partition partition, Offset source) {
    const BatchId batch{.source = {"raw", partition}, .from = source, .to = source + 1, .attempt = 1};
    wire::DeadLetterContext context;
    context.code = Code::kTypeMismatch;
    context.pipeline = "p";
    context.stream = "s";
    context.batch = &batch;
    context.offset = source;
    context.message = "text";
    context.time_ms = clock_.WallMs();
    encoder_.Begin();
    const wire::DeadLetterHeaders block = encoder_.Encode(context);
    ProducedRecord record;
    record.key = "k";
    record.value = "{}";
    record.timestamp_ms = 1'500'000'000'000;
    record.headers = block.headers;
    ASSERT_TRUE(transaction_->Produce(letters_output_, partition, record).ok());
  }
  void PutResolution(Partition partition, Offset source) {
    state::LetterResolution resolution;
    resolution.stream = "p/s";
    resolution.letter = {"raw", partition};
    resolution.letter_offset = source;
    const std::string& key =
        kept_.emplace_back(ledger::ResolutionKey({resolution.letter, source}));
    const std::string& value = kept_.emplace_back(state::Encode(resolution));
    ProducedRecord record;
    record.key = key;
    record.value = value;
    record.timestamp_ms = kNoTime;
    ASSERT_TRUE(transaction_->Produce(resolutions_output_, 0, record).ok());
  }
  void Commit(const std::function<void()>& put) {
    ASSERT_TRUE(transaction_->Begin().ok());
    put();
    const CommitResult committed = transaction_->Commit(nullptr, {});
    ASSERT_TRUE(committed.committed()) << committed.status.message();
  }
  // "open/resolved/expired", with one turn before.
  std::string Counts() {
    const Status turned = ledger_->Turn(100);
    EXPECT_TRUE(turned.ok()) << turned.message();
    const ledger::LedgerFacts facts = ledger_->facts();
    if (facts.rows.empty()) return "0/0/0";
    return Cat(facts.rows[0].open, "/", facts.rows[0].resolved, "/", facts.rows[0].expired);
  }
  bool Reach(const std::string& counts) {
    return Eventually([&] { return Counts() == counts; });
  }

  std::string letters_;
  std::string resolutions_;
  std::string folder_;
  WallClock clock_;
  std::unique_ptr<Transaction> transaction_;
  OutputTopic letters_output_;
  OutputTopic resolutions_output_;
  wire::DeadLetterEncoder encoder_;
  std::deque<std::string> kept_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<LogTail> tail_;
  std::unique_ptr<ledger::Ledger> ledger_;
};

TEST_F(LedgerOnKafka, AgreesWithTheTopicsWhateverHappens) {
  Commit([&] {
    for (Offset source = 0; source < 4; ++source) PutLetter(0, source);
    PutLetter(1, 0);
  });
  Start();
  ASSERT_TRUE(Reach("5/0/0")) << Counts();
  // What was aborted never was.
  ASSERT_TRUE(transaction_->Begin().ok());
  PutLetter(1, 99);
  PutResolution(0, 0);
  transaction_->Abort();
  Commit([&] {
    PutLetter(1, 1);
    PutResolution(0, 2);
  });
  ASSERT_TRUE(Reach("5/1/0")) << Counts();
  WriteNumbers(letters_, 0, 1);
  ASSERT_TRUE(Eventually([&] { return Counts() == "5/1/0" && ledger_->facts().foreign == 1; }));
  Stop();
  // While it is away: a letter, an end, and retention takes two of the first.
  Commit([&] {
    PutLetter(1, 2);
    PutResolution(1, 0);
  });
  DeleteRecordsBefore(letters_, 0, 2);
  Start();
  EXPECT_EQ(Counts(), "3/2/2");
  const Result<std::vector<ledger::Index::Found>> found =
      ledger_->index().Find({{"raw", 1}, 0});
  ASSERT_TRUE(found.ok() && found->size() == 1);
  EXPECT_EQ((*found)[0].letter.state, ledger::LetterState::kResolved);
  EXPECT_EQ((*found)[0].letter.place.partition, (TopicPartition{letters_, 1}));
  Stop();
  // The store is lost: everything but what the topics no longer tell comes back.
  std::filesystem::remove_all(folder_);
  Start();
  EXPECT_EQ(Counts(), "3/2/0");
  EXPECT_EQ(ledger_->facts().foreign, 1u);
  EXPECT_EQ(ledger_->facts().trouble, "");
}

}  // namespace
}  // namespace fracas::broker_test
