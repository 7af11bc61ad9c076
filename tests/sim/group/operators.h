#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "ports/clock.h"
#include "tests/sim/broker.h"
#include "tests/sim/group/reading.h"
#include "tests/sim/group/state_log.h"
#include "tests/sim/random.h"
#include "tests/sim/scene.h"
#include "wire/command.h"

namespace fracas::sim {

// People and their tools: they look at the state topic and the dead letters, sometimes at what
// these were a while ago, and write commands and replays, some of them wrong, late, twice or
// forged.
class Operators {
 public:
  struct Options {
    Broker* broker = nullptr;
    Random* random = nullptr;
    const Clock* clock = nullptr;
    Scene* scene = nullptr;
    bool masks = true;  // quarantine and replays too
  };
  explicit Operators(const Options& options) : options_(options), state_(options.broker) {}

  // One of them does something.
  void Act();
  // With a dead letter: a replay, or it is discarded.
  void EndLetter() { Chance(300) ? Discard() : SendReplay(); }
  // What is on its way arrives: commands that were sent twice, replays that waited for their
  // tickets.
  void Deliver(bool all);
  // A diligent person who wants every stream GREEN, at most once in a while. True: all are.
  bool Conclude();
  // Retention takes source records, mostly some that wait.
  void LoseSource();
  // The contract that lets everything through is on its way to the instances: resets may name it.
  void set_mended(uint32_t mended) { mended_ = mended; }
  uint32_t mended() const { return mended_; }
  const StateLog& state() const { return state_; }
  bool waiting() const { return !replays_.empty() || !later_.empty(); }

 private:
  struct Waiting {  // a replay
    TopicPartition partition;
    Record record;
    Plant plant = Plant::kGood;
    std::string ticket;  // the state must show it first; "": at once
    int patience = 60;
    int copies = 1;
  };
  struct Letter {
    wire::DeadLetter context;
    Record record;
  };
  bool Chance(uint64_t per_mille) { return options_.random->Chance(per_mille); }
  uint64_t Below(uint64_t bound) { return options_.random->Below(bound); }
  int64_t now_ms() const { return options_.clock->WallMs(); }
  std::string NewId();
  std::string AnyStream();
  void Send(const std::string& stream, wire::CommandArgs args);
  void SendBytes(std::string bytes);
  void Trip();
  void Reset();
  void AddQuarantine();
  void Release();
  wire::QuarantineTarget AnyTarget(const std::string& stream);
  void AcceptLoss();
  Offset StandsAt(const state::PendingRange& range) const;
  void OrderLoss(const std::string& stream, const state::PendingRange& range);
  void Discard();
  void SendReplay();
  void Forge(Waiting* replay, wire::TicketCreate* ticket, std::string* stream);
  bool PickLetter(Letter* letter);
  void Garbage();

  const Options options_;
  StateLog state_;
  uint32_t mended_ = 0;
  std::deque<std::string> later_;
  std::deque<Waiting> replays_;
  int64_t concluded_ms_ = 0;
};

}  // namespace fracas::sim
