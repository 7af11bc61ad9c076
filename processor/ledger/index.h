#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"
#include "ledger/letter.h"
#include "ledger/tally.h"
#include "ports/state_store.h"
#include "state/format/entities.h"

namespace fracas::ledger {

// The dead letters of all topics and what became of them, in a store. Letters and resolutions come in any
// order, and again after a restart; the store changes only in Commit, with the positions, so what it says
// is always what the topics say up to there. Whatever is wrong with it, it is read again from the topics.
//
// One thread changes it. Counts, List and Find: any thread.
class Index {
 public:
  // `streams`: the "pipeline/stream" names of the configuration.
  Index(StateStore* store, std::set<std::string> streams)
      : store_(store), streams_(std::move(streams)) {}

  // Counts what the store holds; a store of another format is emptied. Before anything else.
  Status Open();
  // Empties the store: everything is read again.
  Status Wipe();

  // --- One batch of changes; failures are the store's (kStop) -----------------------------------------
  // A record of a dead-letter topic; without a letter it is a foreign one.
  Status Add(const Place& place, std::optional<Letter> letter);
  // A record of the ledger topic: empty value: there is no such resolution any more. Other entities of the
  // ledger are ignored.
  Status Resolve(std::string_view key, std::string_view value);
  // The log of `partition` begins at `low` now: what lay below is gone. At most limits::kLedgerSweepMax
  // letters; true: there are more.
  Result<bool> Expire(const TopicPartition& partition, Offset low, int64_t now_ms);
  // Expired ones older than limits::kLedgerExpiredKeptMs are dropped.
  Status Purge(int64_t now_ms);
  // Nothing of this partition is known any more: it was made anew, or is no longer ours to follow. Same
  // bound and answer as Expire.
  Result<bool> Forget(const TopicPartition& partition);
  bool changed() const { return !pending_.empty(); }
  Status Commit(const std::map<TopicPartition, Offset>& positions, int64_t now_ms);
  // The batch is dropped.
  void Abandon();

  // --- What it knows --------------------------------------------------------------------------------
  const Tally& tally() const { return tally_; }
  uint64_t foreign() const { return foreign_.load(std::memory_order_relaxed); }
  // Partitions with letters or foreign records, and the highest place of each. The changing thread only.
  const std::map<TopicPartition, Offset>& last() const { return last_; }
  // The letter at a place; nullopt: none is known, or it is a foreign one.
  Result<std::optional<Letter>> At(const Place& place) const;

  struct Query {
    std::string stream{};               // "": any
    std::optional<uint32_t> code{};
    std::optional<LetterState> state{};
    std::string business_id{};          // "": any
    int64_t from_ms = 0;                // judged in [from, to); 0: open ended
    int64_t to_ms = 0;
    std::string after{};                // Page::next of the page before
    size_t limit = 100;                 // at most limits::kLedgerPageMax
  };
  struct Page {
    std::vector<Letter> letters;  // by place; expired ones last, by time
    std::string next;             // "": there are no more. A page may be short and still have a next one.
  };
  // kReject: `after` is none of ours.
  Result<Page> List(const Query& query) const;

  struct Found {
    Letter letter;
    std::optional<state::LetterResolution> resolution;
  };
  // All letters of one source record: one, unless its topic was made anew.
  Result<std::vector<Found>> Find(const Place& source) const;

 private:
  Result<bool> Get(std::string_view key, std::string* value) const;
  Status VisitPending(std::string_view prefix,
                      const std::function<void(const std::string&, const std::string&)>& visit) const;
  Result<std::vector<StateChange>> Below(const TopicPartition& partition, Offset low) const;
  Status ResolutionOf(const Place& source, std::optional<state::LetterResolution>* resolution) const;
  Status Move(const std::string& entry, const std::optional<state::LetterResolution>& resolution);
  void Put(const std::string& key, std::string value) { pending_[key] = std::move(value); }
  void Count(const Letter& letter, int32_t by);
  std::string LabelOf(const std::string& stream) const;

  StateStore* const store_;
  const std::set<std::string> streams_;
  std::map<std::string, std::string, std::less<>> pending_;  // "": the key is deleted
  std::vector<Tally::Change> counted_;
  int64_t foreign_by_ = 0;
  std::map<TopicPartition, Offset> pending_last_;  // kNoOffset: gone
  std::map<TopicPartition, Offset> last_;
  Tally tally_;
  std::atomic<uint64_t> foreign_{0};
};

}  // namespace fracas::ledger
