#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "control/model.h"
#include "control/transitions.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/log.h"
#include "ports/log_reader.h"
#include "ports/source.h"
#include "ports/state_store.h"
#include "ports/transaction.h"

// The state authority: the one writer of <group>.state, <group>.ledger and <group>.journal. Every
// instance with the role `control` has one of these; only the one whose source holds the control
// topic's partition works, and its transactional id (<group>.authority) is claimed only then, which
// fences a predecessor.
//
// Whenever it begins (an assignment, and after every transaction that did not certainly commit):
// claim the id, ask the group for its offset (which waits for transactions in doubt), take the
// changelog's high watermark, wait until the own tail has passed it, and only then go on behind the
// cursor that the state holds. The group's offsets only follow: they may be reset, nothing is lost
// or doubled by it.
//
// One turn: read up to limits::kAuthorityCommandsMax records; wait until the own tail has seen the
// cursor of the last transaction; apply them to a draft; one transaction with changes, journal
// entries, cursor and the control offset. Anything at or below the cursor, and a command whose id
// is known, is a repetition: counted. A record that cannot be read is refused with a journal entry.
// A transaction that its topics refuse is tried again one command at a time; a command whose own
// records are refused is refused with a journal entry.

namespace fracas::control {

struct AuthorityOptions {
  std::string group;
  std::string control_topic;
  std::string state_topic;
  std::string ledger_topic;
  std::string journal_topic;
  std::unique_ptr<Source> source;            // on the control topic, group <group>.control
  std::unique_ptr<Transaction> transaction;  // transactional id <group>.authority
  Admin* admin = nullptr;                    // for watermarks
  LogReader* reader = nullptr;  // the control topic's genesis, the newest journal entries
  const Clock* clock = nullptr;
  const StateStore* store = nullptr;
  // The tail's newest snapshot; everything in it is in the store.
  std::function<std::shared_ptr<const Snapshot>()> snapshot;
  std::function<const StreamPolicy*(std::string_view stream)> policy;
  std::function<double()> random;         // [0, 1)
  std::function<std::string()> new_uuid;  // 32 hex digits, for the genesis records
  LogSink log;
};

class Authority {
 public:
  explicit Authority(AuthorityOptions options);
  ~Authority();
  // One turn, tens of milliseconds when idle. A failure is for good (kStop): the role ends, with
  // the message: another group's control topic, a record of a newer format (a newer instance can
  // read it), a failed store.
  Status Turn(int wait_ms);
  void Close();

  // --- Any thread ---
  bool active() const {
    return active_.load(std::memory_order_relaxed);
  }  // holds the partition and works
  struct Counts {
    uint64_t applied = 0;  // commands, facts and timers
    uint64_t refused = 0;
    uint64_t repeated = 0;
    uint64_t transactions = 0;  // that committed
    uint64_t failed = 0;        // that did not, or are in doubt
  };
  Counts counts() const;
  // Why it does not work although it holds the partition; "" when all is well.
  std::string trouble() const;

 private:
  enum class Phase : uint8_t { kNone, kClaim, kFollow, kWork };
  // What one transaction is made of.
  struct Work {
    std::unique_ptr<Draft> draft;
    std::vector<wire::JournalEntry> journal;
    std::vector<std::string> commands;  // ids, to be known again once it is committed
    std::string control_genesis;        // bytes of the first record; "": not needed
    size_t taken = 0;                   // records of queue_
    Counts counts;
  };
  struct Bytes;  // of a transaction, until it has ended

  // --- Beginning ---
  Status Poll(int wait_ms);
  // Throws the source's handle away; where it cannot join anew yet, Poll tries again.
  Status Rejoin();
  void OnEvent(const SourceEvent& event);
  void Lose();
  Status Claim();
  Status OpenTopics();
  Status Prepare();
  // The uuid that the control topic begins with; "" where retention has taken its beginning.
  Result<std::string> ReadControlUuid(const Watermarks& ends);
  Status ChooseStart(const std::string& uuid, const Watermarks& ends, const state::Cursor& cursor);
  Status ReadRecent();
  void Remember(const std::string& id);

  // --- Working ---
  bool TailHasPassed();
  Status DoWork();
  Result<bool> Fill(Work* work);
  Status ApplyRecord(const ConsumedRecord& record, Work* work);
  Status ApplyMessage(const ConsumedRecord& record, Work* work);
  Status ApplyTimers(Work* work);
  Result<std::vector<state::QuarantineKey>> Sweep();
  void AddGenesis(Work* work);
  wire::JournalEntry RefusedRecord(const ConsumedRecord& record, std::string_view why) const;

  // --- Ending ---
  CommitResult Commit(const Work& work);
  Status Produce(const Work& work);
  Status Decide(const CommitResult& result, Work* work);
  void Committed(Work* work);
  Status Refused(const CommitResult& result, const Work& work);
  Status Fenced(const CommitResult& result);
  // Throws away what was begun and claims the id again, after a while that grows with failures in a
  // row.
  void BeginAgain(std::string_view event, std::string why);
  void Trouble(std::string_view event, std::string why);
  void Log(LogLevel level, std::string_view event, std::string message) const;

  AuthorityOptions options_;
  const TopicPartition control_;
  std::atomic<bool> active_{false};

  Phase phase_ = Phase::kNone;
  std::shared_ptr<const AssignmentEpoch> epoch_;
  PartitionSlot slot_ = 0;
  bool rejoins_ = false;  // the source has to be recreated
  Offset barrier_ = 0;  // kFollow: the tail must have passed it
  Offset next_ = 0;     // of the control topic: everything below has been dealt with
  std::string control_uuid_;
  bool needs_control_genesis_ = false;
  state::Cursor written_;  // by the last transaction; the tail must have seen it
  bool awaiting_ = false;
  bool one_by_one_ = false;  // a transaction was refused: find out which command it is
  Offset one_by_one_until_ = 0;
  std::string refusal_;  // why the next command cannot be applied; the topics do not take it
  std::unique_ptr<PayloadLease> lease_;  // of queue_
  std::deque<ConsumedRecord> queue_;
  std::deque<std::string> recent_;  // command ids, oldest first
  std::set<std::string, std::less<>> recent_ids_;
  OutputTopic control_output_, state_output_, ledger_output_, journal_output_;
  std::unique_ptr<Bytes> in_flight_;  // what the producer may still refer to

  std::shared_ptr<const Snapshot> due_of_;  // due_ms_ was computed for it
  int64_t due_ms_ = INT64_MAX;
  int64_t sweep_ms_ = 0;  // not before: monotonic
  Offset swept_offset_ = kNoOffset;
  int64_t next_expiry_ms_ = INT64_MAX;  // of what was there when it was swept
  int64_t committed_ms_ = 0;            // monotonic: the last transaction
  int failures_ = 0;                    // in a row
  int64_t retry_at_ms_ = 0;
  int64_t waiting_since_ms_ = 0;  // for the tail
  mutable std::mutex mutex_;
  Counts counts_;        // guarded by mutex_
  std::string trouble_;  // guarded by mutex_
};

}  // namespace fracas::control
