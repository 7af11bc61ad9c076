#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "app/plan_builder.h"
#include "config/model.h"
#include "control/authority.h"
#include "control/model.h"
#include "control/quarantine_view.h"
#include "control/state_tail.h"
#include "core/status.h"
#include "pipeline/control_view.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/log.h"
#include "ports/log_reader.h"
#include "ports/log_tail.h"
#include "ports/state_store.h"

namespace fracas::app {

struct ControlPlaneOptions {
  const config::Config* config = nullptr;  // these outlive the control plane
  const BuiltPlan* built = nullptr;
  const Clock* clock = nullptr;
  Admin* admin = nullptr;
  LogSink log;
  std::shared_ptr<pipeline::ControlBoard> board;
  // A PROBE names a contract that is not loaded here and asks for a reload. On the tail's thread.
  std::function<void()> reload;
};

// Everything of this instance that is about the group's state: the store and the tail that fills it (a
// thread), the authority (a thread; role `control`). Made before the engine, so that no worker takes a
// record before the state is restored.
class ControlPlane {
 public:
  // Opens the store.
  static Result<std::unique_ptr<ControlPlane>> Open(ControlPlaneOptions options);
  // Restores it to the changelog's high watermark, with progress in the log, until `keep_going` says no
  // (then a Stop status). Then starts the threads. Once; before that only tail().restored() and
  // restore_target() say anything.
  Status Start(const std::function<bool()>& keep_going);
  ~ControlPlane();
  // Ends the threads; bounded in time. Idempotent.
  void Stop();

  // --- Any thread ---
  // The first failure for good: the process must end, it cannot say anything true about the state.
  Status status() const;
  std::shared_ptr<const control::Snapshot> snapshot() const { return tail_->snapshot(); }
  const control::StateTail& tail() const { return *tail_; }
  const StateStore& store() const { return *store_; }
  // nullptr: this instance has not the role.
  const control::Authority* authority() const { return authority_.get(); }
  // Milliseconds since the tail last stood at the changelog's end or moved.
  int64_t LagMs() const;

 private:
  explicit ControlPlane(ControlPlaneOptions options);
  Status OpenStore();
  Status OpenTail();
  Status OpenAuthority();
  int64_t DeleteRetentionMs() const;
  void Changed(const std::shared_ptr<const control::Snapshot>& snapshot);
  void AskForReload(const control::Snapshot& snapshot);
  void RunTail();
  void RunAuthority();
  void Fail(const Status& why);
  const control::StreamPolicy* PolicyOf(std::string_view stream) const;

  const ControlPlaneOptions options_;
  std::map<std::string, control::StreamPolicy, std::less<>> policies_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<LogTail> log_tail_;
  std::unique_ptr<control::StateTail> tail_;
  std::unique_ptr<control::QuarantineView> quarantine_;
  std::unique_ptr<LogReader> log_reader_;
  std::unique_ptr<control::Authority> authority_;
  // The tail's thread:
  std::shared_ptr<const pipeline::TicketsById> tickets_;
  control::TicketTable tickets_of_;  // what tickets_ was made of
  struct ReloadAsked {
    uint64_t version = 0;  // the breaker's
    int64_t next_ms = 0;   // monotonic: not before
  };
  std::map<std::string, ReloadAsked> reload_asked_;  // by stream
  std::atomic<bool> stopping_{false};
  std::thread tail_thread_;
  std::thread authority_thread_;
  mutable std::mutex mutex_;
  Status failure_;  // guarded by mutex_
};

}  // namespace fracas::app
