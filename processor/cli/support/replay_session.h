#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/support/replay_options.h"
#include "tools/letters/letter_reader.h"
#include "tools/letters/resolutions.h"
#include "tools/replay/plan.h"
#include "tools/replay/report.h"
#include "tools/replay/runner.h"
#include "tools/replay/under_way.h"

// The connections of one replay, and the way from its plan to its report.

namespace fracas::cli {

class ReplaySession {
 public:
  // Reads what was typed and the configuration, plans, and asks how the job stands; writes nothing.
  // kReject: what is asked for cannot be read or must not be done. `services` and `arguments`
  // outlive it.
  static Result<std::unique_ptr<ReplaySession>> Open(const Services& services,
                                                     const ReplayArguments& arguments);

  // With the job as it stands, or as it would begin.
  const tools::ReplayPlan& plan() const { return plan_; }
  // There is such a job: it goes on, or it is done.
  bool known() const { return known_; }
  bool done() const { return known_ && plan_.job.state == tools::JobState::kDone; }

  const std::string& config_file() const { return arguments_.group.config_file; }
  // One of the replays by others whose dead letters are left out, for people; "" there is none.
  const std::string& under_way() const { return under_way_text_; }

  Result<tools::DryRun> Try();
  // kStop: the target's stream is RED, what is sent would only wait.
  Status CheckGreen();
  // Carries it out and waits until what was sent is judged. `limit`: of records; 0: none. Of a job
  // that is done it only tells.
  Result<tools::ReplayReport> Run(uint64_t limit);

 private:
  explicit ReplaySession(const ReplayArguments& arguments) : arguments_(arguments) {}
  Status ReadArguments();
  tools::ReplayPorts RunnerPorts(tools::ReplaySender* sender, tools::CommandClient* authority);
  Status Plan();
  Status FindJob();
  Status FindRanges(const std::vector<tools::ReplayJob>& before);
  Status FindOthers();
  Status FindSuperseded();
  Status FindUnderWay();
  Result<bool> StillOpen(const std::vector<tools::PendingTicket>& tickets);
  Status OpenFeed();
  Status OpenWatch();
  Result<tools::ReplayJob> Send(uint64_t limit);
  Result<tools::ReplayJob> Send(tools::ReplaySender* sender, tools::CommandClient* authority,
                                uint64_t limit);
  Status WriteNote();
  void Settle(tools::ReplayReport* report);
  void LookWhetherRed(tools::ReplayReport* report);
  void DiscardOlderLetters(tools::ReplayReport* report);
  tools::PlanPorts ports();

  const ReplayArguments& arguments_;
  std::unique_ptr<ControlSession> session_;
  Admin* admin_ = nullptr;         // the session's
  ClusterProbe* probe_ = nullptr;  // the session's
  tools::ReplayRequest request_;
  tools::ReplayPolicy policy_;
  int64_t wait_ms_ = 0;
  tools::ReplayPlan plan_;
  bool known_ = false;
  std::unique_ptr<LogReader> progress_;  // of the job
  std::unique_ptr<LogReader> records_;   // of the selection
  std::unique_ptr<tools::LetterReader> letters_;
  std::unique_ptr<tools::ReplayFeed> feed_;
  std::optional<tools::ReplaysUnderWay> under_way_;
  std::string under_way_text_;
  std::unique_ptr<LogReader> ledger_;
  std::optional<tools::Resolutions> resolutions_;  // read by `ledger_`
  std::unique_ptr<LogTail> tail_;
  std::unique_ptr<tools::JobWatch> watch_;
};

}  // namespace fracas::cli
