#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/model.h"
#include "core/status.h"
#include "ports/clock.h"
#include "tools/letters/letter.h"
#include "tools/letters/letter_index.h"
#include "tools/letters/resolutions.h"
#include "tools/letters/selection.h"

// Finds the dead letters of a selection. Where an instance with the role ledger runs, its index
// says which they are and only their bytes are read; else, and for other systems' topics, the
// topics are scanned and what became of ours is read from <group>.ledger.

namespace fracas::tools {

struct LetterPorts {
  LetterIndex::Get get;
  // Made when they are needed.
  std::function<Result<Admin*>()> admin;
  std::function<Result<std::unique_ptr<LogReader>>()> reader;
  // The business id of a loaded letter of ours; "" when it has none. Empty: ids are known to the
  // index only.
  std::function<std::string(const Letter&)> identity;
  std::function<void(uint64_t done, uint64_t total)> progress;  // in offsets; may be empty
  // How old what became of a letter may be when it is visited: 2 s. nullptr: as it was when the
  // scan began to ask.
  const Clock* clock = nullptr;
};

// What was looked at: for messages when nothing matched.
struct LookedAt {
  bool index = false;               // an instance was asked
  std::string why_scan;             // why not; "" it was
  std::vector<std::string> topics;  // scanned, ascending
  uint64_t records = 0;             // of them, or rows of the index
  uint64_t gone = 0;                // selected, but retention has taken their bytes
  std::string Text() const;         // "12 records of orders.dlq (scanned, because …)"
};

// One thread. The configuration outlives it.
class LetterReader {
 public:
  LetterReader(const config::Config& config, LetterPorts ports, bool from_topic)
      : config_(config),
        ports_(std::move(ports)),
        index_(config, ports_.get),
        from_topic_(from_topic) {}

  enum class Want : uint8_t {
    kFacts,  // letters may come without their bytes
    kBytes,  // loaded, except those that retention has taken (state kExpired, or counted in `gone`)
  };
  // Visits them by topic, partition and offset (expired ones last) until `visit` returns false. In
  // memory: a page of the index, or one letter. kReject: a topic that does not exist; kRetry and
  // kStop: as the ports.
  Status Visit(const Selection& selection, Want want,
               const std::function<bool(const Letter&)>& visit);
  const LookedAt& looked() const { return looked_; }

  // Reads the record where another system's letter says that it came from, and says in its origin
  // whether it is the same: kProven, or a note. Trouble is a note too.
  void CheckOrigin(Letter* letter);

  // Dead-letter topics of the configuration that exist, with their partitions.
  Result<std::map<std::string, int32_t>> OwnTopics();

 private:
  using VisitLetter = std::function<bool(const Letter&)>;
  bool IndexAnswers(const Selection& selection) const;
  Status VisitIndex(const Selection& selection, Want want, const VisitLetter& visit,
                    bool* answered);
  Status VisitPage(const std::vector<Letter>& page, const Selection& selection, Want want,
                   const VisitLetter& visit, bool* more);
  Status Load(std::vector<Letter>* letters);
  Status LoadRun(std::vector<Letter>* letters, size_t begin, size_t end);
  Status VisitTopics(const Selection& selection, const VisitLetter& visit);
  Result<std::vector<OffsetRange>> RangesOf(const Selection& selection);
  Result<std::vector<OffsetRange>> Clip(const std::vector<OffsetRange>& places);
  Result<std::vector<OffsetRange>> WholeTopics(const std::vector<std::string>& names);
  Status SetState(Letter* letter);
  Status FollowLedger();
  Result<LogReader*> reader();

  const config::Config& config_;
  const LetterPorts ports_;
  LetterIndex index_;
  bool from_topic_;
  std::unique_ptr<LogReader> reader_;
  std::optional<std::map<std::string, int32_t>> own_topics_;
  std::optional<Resolutions> resolutions_;
  std::unique_ptr<LogReader> ledger_;  // the scan holds the other one
  int64_t followed_ms_ = 0;            // the ledger, last
  uint64_t asked_states_ = 0;
  LookedAt looked_;
};

}  // namespace fracas::tools
