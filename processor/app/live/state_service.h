#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/live/state_routes.h"
#include "app/live/state_view.h"
#include "app/state/control_plane.h"
#include "config/model.h"
#include "observability/control_facts.h"
#include "pipeline/control_view.h"
#include "ports/clock.h"
#include "ports/meter.h"

namespace fracas::app {

struct StateServiceOptions {
  const config::Config* config = nullptr;  // these outlive the service
  const Clock* clock = nullptr;
  const Meters* meters = nullptr;
  std::shared_ptr<pipeline::ControlBoard> board;  // null: this instance runs no pipeline
  // nullptr: not started yet, or ended. Any thread; what they answer lives until the server has been
  // stopped. `restoring` is there first: its state is not read yet.
  std::function<const ControlPlane*()> restoring;
  std::function<const ControlPlane*()> control;
  // The ledger's counts by stream, and its answer to GET /state/dead_letters. Not set: none is kept
  // here.
  std::function<std::map<std::string, tools::LetterCounts, std::less<>>()> letters;
  std::function<Result<std::string>(const api::Request&)> dead_letters;
};

// What GET /state/… and the metrics of the control lane are answered from: gathers what the other
// parts know at the moment, and asks the cluster in the background how far the group is behind and
// what retention leaves.
class StateService {
 public:
  explicit StateService(StateServiceOptions options);
  ~StateService();
  StateService(const StateService&) = delete;
  StateService& operator=(const StateService&) = delete;

  // Begins to ask the cluster, every kAskMs, on a connection of its own.
  void Start();
  // Waits for the question under way at most limits::kKafkaCloseMsMax; then it is left behind, and
  // what it still finds out is nobody's. Idempotent.
  void Stop();

  // --- Any thread; valid as long as this object ---
  StateSources sources();
  observability::ControlFactsSource facts();

  static constexpr int64_t kAskMs = 15'000;

 private:
  std::optional<StateInputs> Inputs() const;  // without what the cluster was asked
  std::optional<StateInputs> InputsWithCluster() const;
  std::optional<observability::ControlFacts> Facts() const;

  // What the asking thread and this object share; lives as long as either.
  struct Asking {
    std::mutex mutex;
    std::condition_variable changed;
    bool stopping = false;  // these are guarded by mutex
    bool done = false;
    std::shared_ptr<const ClusterView> cluster;
  };
  static std::shared_ptr<const ClusterView> Kept(const std::shared_ptr<const ClusterView>& before,
                                                 const Status& asked, int64_t now_ms,
                                                 std::shared_ptr<ClusterView> view);
  static void Run(const std::shared_ptr<Asking>& asking, const config::Config& config,
                  const std::function<std::optional<StateInputs>()>& inputs);

  const StateServiceOptions options_;
  std::vector<std::string> streams_;  // by StreamIndex
  const std::shared_ptr<Asking> asking_ = std::make_shared<Asking>();
  std::thread thread_;
};

// The facts as metrics take them; what concerns the whole group only where `authority` is active.
observability::ControlFacts ControlFactsOf(const tools::LiveState& live, size_t tickets,
                                           const control::Authority* authority);

}  // namespace fracas::app
