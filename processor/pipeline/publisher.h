#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/control_view.h"
#include "pipeline/examiner.h"
#include "pipeline/failures.h"
#include "pipeline/report.h"
#include "pipeline/round.h"
#include "pipeline/suspects.h"
#include "ports/clock.h"
#include "ports/transaction.h"
#include "wire/dead_letter.h"

namespace fracas::pipeline {

// What a worker asks of its publisher; comes back with the answer.
struct Job {
  enum class Kind : uint8_t {
    kOpen,      // look up `topics`; the first one claims the transactional id
    kDeliver,   // one transaction for `round`
    kRecreate,  // throw the producer away and claim its id again; `round` is what was in doubt
  };
  Kind kind = Kind::kDeliver;
  std::unique_ptr<Round> round;
  std::vector<std::string> topics;

  // --- The answer ---
  bool stale = false;    // kDeliver: judged under an assignment or control state that is over; not begun
  CommitResult result;   // kDeliver, unless stale
  int64_t commit_ms = 0;
  Status status;         // kOpen, kRecreate
  std::map<std::string, int32_t> partitions;  // kOpen: of the topics that exist
  std::map<std::string, Status> missing;      // kOpen: of the others, why

  bool ended_well() const { return status.ok() && !stale && result.committed(); }
};

struct PublisherOptions {
  uint32_t worker = 0;
  Transaction* transaction = nullptr;
  ControlBoard* board = nullptr;
  const Clock* clock = nullptr;
  const std::atomic<uint64_t>* epoch = nullptr;  // the worker's current assignment; 0: none
  std::function<void(const TripFact&)> tripped;  // a trip was committed; may be empty
  // As Suspects takes them.
  CrashLog* crash_log = nullptr;
  std::vector<CrashRange> deaths = {};
  JudgingGate* judging = nullptr;
};

// Puts rounds into transactions. It alone touches the Transaction. One thread.
class Publisher {
 public:
  explicit Publisher(PublisherOptions options);
  // Does what the job asks and fills in its answer.
  void Run(Job* job);

  // After an unknown commit turned out to be one: what Run does by itself after a known one.
  static void ApplyTrips(const Round& round, ControlBoard* board,
                         const std::function<void(const TripFact&)>& tripped);

 private:
  struct Output {
    OutputTopic topic;
    const std::string* name = nullptr;
  };
  // How many records a round has handed to the producer.
  struct Sent {
    Tally tally;
    uint64_t reports = 0;
  };
  Status OpenTopics(const std::vector<std::string>& names, Job* job);
  Status Recreate();
  bool IsStale(const Round& round) const;
  CommitResult Transact(Round* round);
  Status Write(Round* round, Sent* sent);
  Status WriteBatch(const StreamPlan& stream, const Batch& batch, Round* round, Sent* sent);
  wire::DeadLetterContext ContextOf(const StreamPlan& stream, const Batch& batch, size_t record,
                                    Told* told) const;
  Status WriteDeadLetter(const StreamPlan& stream, const Batch& batch, size_t record, Round* round);
  Status WriteReports(const std::string& topic, const std::vector<Report>& reports,
                      std::span<const HeaderView> headers, Sent* sent);
  // nullptr: not open; `refused_` says which.
  const OutputTopic* Find(const std::string& topic);
  CommitResult GiveUp(const Status& why);
  void CheckConservation(const Round& round, const Sent& sent) const;
  std::vector<OffsetToCommit> OffsetsOf(const Round& round) const;

  const PublisherOptions options_;
  Reporter reporter_;
  Suspects suspects_;
  FailureGroups groups_;
  wire::DeadLetterEncoder encoder_;
  std::map<std::string, OutputTopic> topics_;
  std::vector<std::string> wanted_;   // every topic that was ever asked for
  std::string refused_;               // an output topic that is not there
  bool claimed_ = false;
  OutputNames outputs_;               // of the batch that is being written
  OutputTopic letters_;
  // Offsets that this assignment's rounds have committed: the next range must begin there (G1).
  uint64_t tiles_epoch_ = 0;
  std::map<PartitionSlot, Offset> tiles_;
};

}  // namespace fracas::pipeline
