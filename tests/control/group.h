#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control/authority.h"
#include "control/state_tail.h"
#include "tests/sim/log_ports.h"
#include "tests/sim/ports.h"

// A group's state topics on the broker in memory, and instances that follow and rule them.

namespace fracas::control {

inline constexpr char kGroup[] = "g";
inline constexpr char kStream[] = "crm/contacts";
inline const TopicPartition kControl{"g.control", 0};
inline const TopicPartition kState{"g.state", 0};
inline const TopicPartition kLedger{"g.ledger", 0};
inline const TopicPartition kJournal{"g.journal", 0};

class Group;

// One process.
struct Instance {
  Instance(Group* group, std::string name);
  // One turn of the tail and of the authority.
  void Turn();
  void Turns(int count) {
    for (int i = 0; i < count; ++i) Turn();
  }
  StateTailOptions TailOptions();
  const state::Breaker& breaker(const std::string& stream = kStream) const;

  Group* const group;
  const std::string name;
  bool crashed = false;
  bool tail_stands = false;  // it follows no more
  sim::MemoryStore store;
  sim::SimLogTail log_tail;
  std::unique_ptr<StateTail> tail;
  std::unique_ptr<Authority> authority;
  Status status;  // of the last turn that failed
};

class Group {
 public:
  explicit Group(uint64_t seed = 1);
  Instance* Start(const std::string& name);
  void Crash(Instance* instance);
  // Everybody takes turns until the control topic is dealt with and followed.
  void Settle(int turns = 60);

  // Appends to the control topic as a producer of its own does; the offset.
  Offset Append(const std::string& value);
  Offset Send(const wire::Command& command);
  Offset Send(const wire::Fact& fact);
  static wire::Command Command(const std::string& id, wire::CommandArgs args);
  static wire::Fact Fact(const std::string& id, wire::FactArgs args);

  std::vector<wire::JournalEntry> Journal() const;
  // The entry of a command; fails the test when there is none or more than one.
  wire::JournalEntry Answer(const std::string& id) const;
  // Every running instance's store is the fold of the state topic, byte for byte, and all are
  // equal.
  void ExpectFolded() const;
  void Recreate(const TopicPartition& partition);

  sim::Broker broker;
  sim::Random random;
  sim::Faults faults;
  sim::LogFaults log_faults;
  sim::SimClock clock;
  sim::SimAdmin admin{&broker, &log_faults};
  sim::SimLogReader reader{&broker, &log_faults};
  StreamPolicy policy;
  std::vector<std::unique_ptr<Instance>> instances;
  std::vector<std::string> log;  // "event: message"
  std::function<void()> in_the_middle = [] {};
  int uuids = 0;
  int64_t step_ms = 20;  // the clock, each turn
  int64_t delete_retention_ms = 0;
};

}  // namespace fracas::control
