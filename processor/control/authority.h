#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/model.h"
#include "control/transitions.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/log.h"
#include "ports/source.h"
#include "ports/state_store.h"
#include "ports/transaction.h"

// The state authority: the one writer of <group>.state, <group>.ledger and <group>.journal. Every instance
// with the role `control` has one of these; only the one whose source holds the control topic's partition
// works, and its transactional id (<group>.authority) is claimed only then, which fences a predecessor.
//
// One turn: read up to limits::kAuthorityCommandsMax records; wait until the own tail has passed (a) the
// changelog's high watermark as it was after the assignment and (b) what was produced last; apply them to a
// draft; one transaction with changes, journal entries, cursor and the control offset. Anything at or below
// the cursor is skipped: the group's offsets may be reset. A record that cannot be read is refused with a
// journal entry. After any failure the draft is thrown away, the producer claimed again, the control topic
// read from the committed offset.

namespace fracas::control {

struct AuthorityOptions {
  std::string group;
  std::string control_topic;
  std::string state_topic;
  std::string ledger_topic;
  std::string journal_topic;
  std::unique_ptr<Source> source;            // on the control topic, group <group>.control
  std::unique_ptr<Transaction> transaction;  // transactional id <group>.authority
  Admin* admin = nullptr;                    // for the high watermark
  const Clock* clock = nullptr;
  const StateStore* store = nullptr;
  // The tail's newest snapshot; everything in it is in the store.
  std::function<std::shared_ptr<const Snapshot>()> snapshot;
  std::function<const StreamPolicy*(std::string_view stream)> policy;
  std::function<double()> random;            // [0, 1)
  std::function<std::string()> new_uuid;     // 32 hex digits, for the genesis records
  LogSink log;
};

class Authority {
 public:
  explicit Authority(AuthorityOptions options);
  // One turn, tens of milliseconds when idle. A failure is for good (kStop): the role ends, with the message.
  Status Turn(int wait_ms);
  void Close();

  // --- Any thread ---
  bool active() const { return active_.load(std::memory_order_relaxed); }  // holds the partition and works
  struct Counts {
    uint64_t applied = 0, refused = 0, repeated = 0, transactions = 0, failed = 0;
  };
  Counts counts() const;

 private:
  AuthorityOptions options_;
  std::atomic<bool> active_{false};
};

}  // namespace fracas::control
