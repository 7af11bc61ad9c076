#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/control_view.h"
#include "pipeline/worker.h"
#include "ports/meter.h"
#include "tests/sim/broker.h"
#include "tests/sim/fake_authority.h"
#include "tests/sim/ports.h"
#include "tests/sim/scene.h"
#include "tests/sim/step_lane.h"
#include "wire/dead_letter.h"
#include "wire/failure_event.h"
#include "wire/summary.h"

namespace fracas::sim {

// Ids that are quarantined.
class ListedQuarantine : public Quarantine {
 public:
  std::map<std::string, state::QuarantineEntry, std::less<>> entries;
  bool AnyId(std::string_view) const override { return !entries.empty(); }
  uint64_t SeedOf(std::string_view) const override { return 0; }
  bool MaybeId(uint64_t, std::string_view id) const override { return entries.contains(id); }
  Status FindIds(std::string_view, const std::vector<std::string_view>& ids,
                 std::vector<state::QuarantineEntry>* found) const override {
    for (const std::string_view id : ids) found->push_back(entries.find(id)->second);
    return {};
  }
};

// One worker on one broker, without faults but those that a test sets, and an authority that a test talks to.
class Stage {
 public:
  // Changes the plans of the streams before the worker starts; may be empty.
  using Change = std::function<void(pipeline::StreamPlan*)>;
  explicit Stage(Change change = {}, CrashLogs crash_logs = {});
  ~Stage();

  void Append(const TopicPartition& partition, std::string value, std::vector<Header> headers = {},
              std::string key = "k");
  // Turns of everybody; while `follows`, the worker's state is the authority's newest.
  void Run(int turns = 200);
  // The worker dies without a word and another incarnation takes its place, with the state that it had.
  void Restart();

  Offset Committed(const TopicPartition& partition) const;
  std::vector<std::string> Published(const TopicPartition& partition) const;  // values
  struct Letter {
    wire::DeadLetter context;
    Record record;
  };
  std::vector<Letter> Letters(const TopicPartition& partition) const;
  std::vector<wire::FailureEvent> Events() const;
  std::vector<wire::Summary> Summaries() const;
  int Seen(const std::string& fact) const;
  state::BreakerState StateOf(size_t stream) const { return authority.state(stream); }

  Broker broker;
  Random random{1};
  Faults faults;
  Scene scene{&broker, &random};
  SimClock clock;
  FakeAuthority authority{&broker, {"p/a", "p/b", "p/c"}};
  ListedQuarantine quarantine;
  std::shared_ptr<pipeline::TicketsById> tickets = std::make_shared<pipeline::TicketsById>();
  std::shared_ptr<pipeline::QuarantinedRecords> records =
      std::make_shared<pipeline::QuarantinedRecords>();
  bool follows = true;
  bool applies = true;  // the authority is at work
  // Up to when the state is followed (ControlView).
  int64_t followed_ms = INT64_MAX;
  std::unique_ptr<pipeline::ControlBoard> board;
  Meters meters;

 private:
  void Start();
  void Follow();

  std::shared_ptr<pipeline::Plan> plan_;
  CrashLogs crash_logs_;
  bool crashed_ = false;
  Offset state_ = 0;
  StepLane* lane_ = nullptr;
  std::unique_ptr<pipeline::Worker> worker_;
};

}  // namespace fracas::sim
