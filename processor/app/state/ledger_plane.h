#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/server.h"
#include "app/plan_builder.h"
#include "config/model.h"
#include "core/status.h"
#include "ledger/ledger.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/log.h"
#include "ports/log_tail.h"
#include "ports/state_store.h"
#include "tools/live_state.h"

namespace fracas::app {

struct LedgerPlaneOptions {
  const config::Config* config = nullptr;  // these outlive the ledger plane
  const BuiltPlan* built = nullptr;
  const Clock* clock = nullptr;
  Admin* admin = nullptr;
  LogSink log;
};

// The ledger of this instance with its store and its thread. It reads the dead-letter topics in the
// background: records do not wait for it.
class LedgerPlane {
 public:
  static Result<std::unique_ptr<LedgerPlane>> Start(LedgerPlaneOptions options);
  ~LedgerPlane();
  // Bounded in time. Idempotent.
  void Stop();

  // --- Any thread ---
  Status status() const;  // the first failure for good
  const ledger::Ledger& ledger() const { return *ledger_; }
  // Counts of the configured streams.
  std::map<std::string, tools::LetterCounts, std::less<>> Counts() const;
  // GET /state/dead_letters
  Result<std::string> Answer(const api::Request& request) const;

 private:
  explicit LedgerPlane(LedgerPlaneOptions options) : options_(std::move(options)) {}
  Status Open();
  Result<std::vector<ledger::LetterTopic>> LetterTopics() const;
  void Run();
  bool stopping() const;
  void Pause(int ms);

  const LedgerPlaneOptions options_;
  std::vector<std::string> streams_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<LogTail> tail_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::thread thread_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable stopped_;
  bool stopping_ = false;
  Status failure_;
};

}  // namespace fracas::app
