#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/model.h"
#include "core/status.h"
#include "observability/control_facts.h"
#include "pipeline/control_view.h"
#include "ports/meter.h"
#include "ports/state_store.h"
#include "tools/live_state.h"

// What this instance knows of its group, as the values that GET /state/… answers with. Pure
// functions: threads and locks are the callers'.

namespace fracas::app {

// What the cluster was asked in the background, by stream.
struct ClusterView {
  struct Stream {
    std::optional<int64_t> lag;
    int64_t stands = 0;         // as StreamLive's
    int64_t stands_ms = 0;      // since when
    std::vector<tools::SourceRetention> retention;
    observability::ReadersHeld held{};  // known where the authority is active
  };
  std::map<std::string, Stream, std::less<>> streams;
  int64_t unanswered_ms = 0;  // since when the cluster does not answer; 0: it does
  std::string unanswered{};
};

struct StateInputs {
  std::string group;
  std::string instance;
  int64_t now_ms = 0;
  std::shared_ptr<const control::Snapshot> snapshot;  // not null
  std::optional<tools::ControlLane> lane;
  std::shared_ptr<const pipeline::ControlView> view;  // null: this instance runs no pipeline
  std::vector<std::string> streams;                   // "pipeline/stream" by StreamIndex
  std::vector<pipeline::PartitionHold> holds;
  const Meters* meters = nullptr;                                   // not null
  std::shared_ptr<const ClusterView> cluster;                       // null: not asked yet
  std::map<std::string, tools::LetterCounts, std::less<>> letters;  // empty: no ledger here
};

tools::LiveState LiveStateOf(const StateInputs& inputs);

struct PageQuery {
  std::string stream{};  // "": of all streams
  bool expired = false;  // only those
  std::string after{};   // QuarantinePage::next of the page before; "" from the beginning
  size_t limit = 0;      // 1 … limits::kHttpPageItemsMax
};
// kReject: an `after` that no page ended with; otherwise the store's failure.
Result<tools::QuarantinePage> QuarantinePageOf(const StateStore& store, const PageQuery& query);
// The entry of a key, or an empty page.
Result<tools::QuarantinePage> QuarantineEntryOf(const StateStore& store,
                                                const state::QuarantineKey& key);

}  // namespace fracas::app
