#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "ledger/ledger.h"
#include "tests/sim/broker.h"
#include "tests/sim/group/reading.h"
#include "tests/sim/log_ports.h"
#include "tests/sim/scene.h"

namespace fracas::sim {

// A ledger that has followed.
struct LedgerEvidence {
  std::string name{};
  const ledger::Ledger* ledger = nullptr;
  bool caught_up = false;
  std::map<TopicPartition, OffsetRanges> taken{};  // by retention, after it had read them
};

// What a run has left behind.
struct Evidence {
  const Broker* broker = nullptr;
  const Planted* planted = nullptr;
  const std::vector<Trip>* trips = nullptr;
  bool durable = false;           // there is a state; else RED lasts as long as a process
  std::string contract{};         // that everybody begins with
  std::string mended_contract{};  // lets through what is planted to be held
  std::vector<std::pair<std::string, const MemoryStore*>>
      stores{};  // of instances that have followed
  std::vector<LedgerEvidence> ledgers{};
  int64_t letters_kept_ms = 0;  // retention of the dead-letter topics
};

// Looks at the broker's logs alone, as a reader would, and says what is not as the guarantees G1 to
// G6 promise; empty: all hold.
std::vector<std::string> Check(const Evidence& evidence);

// Its parts. Each appends what it finds.
// Every record has exactly one outcome, in order, and a reason for it.
void CheckOutcomes(const Evidence& evidence, const Reading& reading,
                   std::vector<std::string>* problems);
// Nothing moves while a stream is RED; attempts are 1, 2, 3 …
void CheckBreakers(const Evidence& evidence, const Reading& reading,
                   std::vector<std::string>* problems);
// Commands, facts, journal, state, stores, tickets, letters.
void CheckState(const Evidence& evidence, const Reading& reading,
                std::vector<std::string>* problems);
// What became of each dead letter, and that each ledger says so.
void CheckLedgers(const Evidence& evidence, const Reading& reading,
                  std::vector<std::string>* problems);

}  // namespace fracas::sim
