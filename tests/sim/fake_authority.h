#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/control_view.h"
#include "tests/sim/broker.h"
#include "wire/command.h"

namespace fracas::sim {

// The least that stands for the state authority: reads facts from the control topic in their order and keeps
// breakers, a version of everything for each change. Version n is the state at changelog offset n.
class FakeAuthority {
 public:
  using Breakers = std::vector<std::shared_ptr<const state::Breaker>>;  // by StreamIndex

  FakeAuthority(const Broker* broker, std::vector<std::string> streams);
  // Applies what is new in the control topic.
  void Turn();

  struct Reset {
    std::string contract;   // "" any
    std::vector<Code> divert;
    int64_t divert_until_ms = 0;
  };
  // RED → PROBE, or GREEN where nothing is pending; no-op on others.
  void ResetStream(size_t stream, const Reset& reset);
  void AcceptLoss(size_t stream, const state::AcceptedLoss& loss);

  Offset end() const { return static_cast<Offset>(history_.size()) - 1; }
  const Breakers& at(Offset state_offset) const { return history_.at(static_cast<size_t>(state_offset)); }
  state::BreakerState state(size_t stream) const;
  size_t StreamOf(const std::string& name) const;  // "p/a"
  const std::vector<std::string>& streams() const { return streams_; }
  // Facts that were read, by type.
  const std::map<std::string, int>& seen() const { return seen_; }

 private:
  void Apply(const wire::Fact& fact);
  void Merge(const wire::Tripped& tripped, state::Breaker* breaker);
  void Pass(const wire::ProbePassed& passed, state::Breaker* breaker);
  state::Breaker Copy(size_t stream) const;
  void Put(size_t stream, state::Breaker breaker);

  const Broker* const broker_;
  const std::vector<std::string> streams_;
  std::vector<Breakers> history_;
  size_t read_ = 0;
  std::map<std::string, int> seen_;
};

}  // namespace fracas::sim
