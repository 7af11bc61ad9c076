#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/header.h"
#include "core/status.h"
#include "ledger/index.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/log.h"
#include "ports/log_tail.h"
#include "ports/state_store.h"

// The part that remembers dead letters: it follows every dead-letter topic and <group>.ledger, and knows of
// each letter whether it is open, resolved, discarded or expired. Whatever becomes of its store, the topics
// are read again; only what retention has taken from them is then no longer known (those letters were
// expired and are not counted any more).

namespace fracas::ledger {

// A dead-letter topic and a stream that writes to it.
struct LetterTopic {
  std::string topic;
  std::string stream;  // "pipeline/stream"
};

struct LedgerOptions {
  std::string ledger_topic;
  // The dead-letter topics of the configuration as of now: streams with a pattern may get more. Asked on the
  // ledger's thread, about once a minute. kRetry: not known at the moment.
  std::function<Result<std::vector<LetterTopic>>()> letter_topics;
  std::set<std::string> streams;  // "pipeline/stream"
  StateStore* store = nullptr;    // the ledger's own
  LogTail* tail = nullptr;
  Admin* admin = nullptr;
  const Clock* clock = nullptr;
  std::function<void(int ms)> pause;  // returns after so long, or earlier at the end of the program
  LogSink log;
  // The business id of a dead-lettered record; "" when it is not known. May be empty. Never asked of a
  // POISON_RECORD, which is a record that nobody survives to look into.
  std::function<std::string(std::string_view stream, const ConsumedRecord& record,
                            std::span<const HeaderView> headers)>
      business_id;
};

// What metrics and status show.
struct LedgerFacts {
  struct Row : LetterCount {
    int64_t ends_ms = 0;  // when retention may take the oldest open one; 0: never, or not known
  };
  std::vector<Row> rows;
  uint64_t foreign = 0;       // records of dead-letter topics that are no letters of ours
  uint64_t unreadable = 0;    // of those, letters of a newer program, seen by this process
  uint64_t unseen = 0;        // offsets that retention took before this process could read them
  Offset restored = 0;        // of all partitions together …
  Offset restore_target = 0;  // … and what there was when following began
  // Everything that was there when following began has been read: before that, what is known is a part.
  bool complete = false;
  std::string trouble;        // "" when all is followed
};

// One thread runs it: Restore, then Turn for as long as the process lives. Everything else: any thread.
class Ledger {
 public:
  explicit Ledger(LedgerOptions options);

  // Reads up to where the topics end now, with progress in the log. `keep_going` is asked between batches.
  // kStop: the store has failed, or told to end. Topics that cannot be reached are waited for.
  Status Restore(const std::function<bool()>& keep_going);
  // Applies what came, waits up to `wait_ms` for the first. kStop: the store has failed; what is wrong with
  // topics and brokers is in facts().trouble and mends itself when they do.
  Status Turn(int wait_ms);

  LedgerFacts facts() const;
  const Index& index() const { return index_; }

 private:
  struct Followed {
    TopicPartition partition;
    Offset target = 0;
    // The last letter that is known of it: read again first, so that a topic that was made anew is noticed.
    Offset expected = kNoOffset;
  };

  Status Begin();
  // The topics as the cluster has them; those that do not exist are missing.
  struct Topics {
    std::vector<TopicDescription> there;
    std::set<std::string> wanted;   // of letters
    std::set<std::string> summary;  // one text for each partition, to see whether something has changed
  };
  Result<Topics> Describe();
  Status CheckLedgerTopic(const Topics& topics);
  Status ReadAgain();
  bool IsSurelyMissing(int64_t since_ms) const;
  Status DropOthers(const Topics& topics);
  Status ExpireAll(const TopicPartition& partition, Offset low);
  Status ForgetAll(const TopicPartition& partition);
  Result<Offset> StartOf(Followed* followed);
  Result<Offset> StartOfLetters(const Watermarks& ends, Followed* followed);
  void Visit(const ConsumedRecord& record, const PayloadLease& lease);
  void VisitLetter(const ConsumedRecord& record, const PayloadLease& lease);
  bool IsExpected(const Place& place, const std::optional<Letter>& letter);
  void FindAnew();
  Status StartAnew();
  Status CommitTurn();
  Status Sweep();
  bool CaughtUp() const;
  void Measure();
  bool IsLedger(const TopicPartition& partition) const {
    return partition.topic == options_.ledger_topic;
  }
  void SetTrouble(std::string trouble);
  void Log(LogLevel level, std::string_view event, std::string message) const;

  const LedgerOptions options_;
  Index index_;
  bool opened_ = false;
  bool following_ = false;
  std::vector<Followed> followed_;
  std::vector<size_t> anew_;    // slots whose topic was found to be another one
  Status failed_;               // of the index, inside a visit
  int64_t next_begin_ms_ = 0;
  int64_t next_sweep_ms_ = 0;
  int64_t applied_ms_ = 0;
  std::set<std::string> described_;  // Topics::summary when following began
  std::map<std::string, int64_t> missing_since_ms_;  // wanted topics that do not exist
  bool all_there_ = false;  // none of letters is missing, or for so long that it is believed
  std::vector<HeaderView> headers_;

  mutable std::mutex mutex_;
  std::string trouble_;  // guarded by mutex_
  // How long the topics of a stream keep its letters, the shortest; for ever: not in it. guarded by mutex_
  std::map<std::string, int64_t> retention_ms_;
  std::atomic<uint64_t> unreadable_{0};
  std::atomic<uint64_t> unseen_{0};
  std::atomic<bool> complete_{false};
  std::atomic<Offset> restored_{0};
  std::atomic<Offset> restore_target_{0};
};

}  // namespace fracas::ledger
