// Where following begins: after a start, after trouble, after topics have changed.

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "ledger/ledger.h"

namespace fracas::ledger {
namespace {

int64_t NumberOf(const TopicDescription& topic, const char* setting, int64_t fallback) {
  const auto found = topic.config.find(setting);
  if (found == topic.config.end()) return fallback;
  int64_t number = fallback;
  const std::string& text = found->second;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Result<Ledger::Topics> Ledger::Describe() {
  Result<std::vector<LetterTopic>> letters = options_.letter_topics();
  if (!letters.ok()) return letters.status();
  Topics topics;
  for (const LetterTopic& letter : *letters) topics.wanted.insert(letter.topic);
  std::vector<std::string> names(topics.wanted.begin(), topics.wanted.end());
  names.push_back(options_.ledger_topic);
  Result<std::vector<TopicDescription>> described = options_.admin->Describe(names);
  if (!described.ok()) return described.status();
  topics.there = std::move(*described);
  std::map<std::string, int64_t> kept_ms;  // by topic
  std::map<std::string, int64_t> missing;
  for (const std::string& name : names) missing.emplace(name, options_.clock->MonotonicMs());
  for (const TopicDescription& topic : topics.there) {
    missing.erase(topic.name);
    topics.summary.insert(Cat(topic.name, "/", topic.partitions));
    const int64_t retention_ms = NumberOf(topic, "retention.ms", -1);
    if (retention_ms >= 0) kept_ms[topic.name] = retention_ms;
  }
  for (auto& [name, since_ms] : missing) {
    const auto before = missing_since_ms_.find(name);
    if (before != missing_since_ms_.end()) since_ms = before->second;
  }
  missing_since_ms_ = std::move(missing);
  all_there_ = std::none_of(
      missing_since_ms_.begin(), missing_since_ms_.end(), [&](const auto& each) {
        return topics.wanted.contains(each.first) && !IsSurelyMissing(each.second);
      });
  std::map<std::string, int64_t> by_stream;
  for (const LetterTopic& letter : *letters) {
    const auto kept = kept_ms.find(letter.topic);
    if (kept == kept_ms.end()) continue;
    const auto shortest = by_stream.try_emplace(letter.stream, kept->second).first;
    shortest->second = std::min(shortest->second, kept->second);
  }
  const std::lock_guard lock(mutex_);
  retention_ms_ = std::move(by_stream);
  return topics;
}

Status Ledger::Begin() {
  if (!opened_) {
    if (Status opened = index_.Open(); !opened.ok()) return opened;
    opened_ = true;
  }
  const Result<Topics> topics = Describe();
  if (!topics.ok()) return topics.status();
  if (Status checked = CheckLedgerTopic(*topics); !checked.ok()) return checked;
  if (Status dropped = DropOthers(*topics); !dropped.ok()) return dropped;
  followed_.clear();
  anew_.clear();
  std::vector<TailStart> starts;
  for (const TopicDescription& topic : topics->there) {
    for (Partition partition = 0; partition < topic.partitions; ++partition) {
      Followed followed{.partition = {topic.name, partition}};
      const Result<Offset> from = StartOf(&followed);
      if (!from.ok()) return from.status();
      starts.push_back({followed.partition, *from});
      followed_.push_back(std::move(followed));
    }
  }
  if (Status follows = options_.tail->Follow(starts); !follows.ok()) {
    // A topic that has vanished since it was described: the next look knows.
    return follows.action() == Action::kStop ? Status::Retry(std::string(follows.message())) : follows;
  }
  described_ = topics->summary;
  following_ = true;
  next_sweep_ms_ = options_.clock->MonotonicMs() + limits::kLedgerSweepMs;
  Measure();
  return {};
}

Status Ledger::CheckLedgerTopic(const Topics& topics) {
  for (const TopicDescription& topic : topics.there) {
    if (topic.name != options_.ledger_topic) continue;
    // What was deleted from a compacted topic longer ago is not told any more.
    const int64_t tombstones_ms = NumberOf(topic, "delete.retention.ms", -1);
    const int64_t applied_ms = options_.store->AppliedMs();
    if (tombstones_ms < 0 || applied_ms == 0 ||
        options_.clock->WallMs() - applied_ms <= tombstones_ms / 2) {
      return {};
    }
    Log(LogLevel::kWarning, "ledger_too_old",
        "the index of dead letters is older than deletions are kept: it is read again");
    return ReadAgain();
  }
  return Status::Retry(Cat("topic ", options_.ledger_topic,
                           " (ledger) does not exist; fracas topics --create makes it"));
}

// Until it is through, what is known is a part.
Status Ledger::ReadAgain() {
  complete_.store(false, std::memory_order_release);
  if (Status wiped = index_.Wipe(); !wiped.ok()) return wiped;
  return index_.Open();
}

// One look at a broker that has just started is not enough to believe that a topic is not there.
bool Ledger::IsSurelyMissing(int64_t since_ms) const {
  return options_.clock->MonotonicMs() - since_ms >= limits::kLedgerSweepMs;
}

// Letters of topics that are not followed any more. A topic that was deleted has taken its letters with it.
Status Ledger::DropOthers(const Topics& topics) {
  std::vector<TopicPartition> known;
  for (const auto& [partition, last] : index_.last()) known.push_back(partition);
  for (const TopicPartition& partition : known) {
    const auto there =
        std::find_if(topics.there.begin(), topics.there.end(), [&](const TopicDescription& topic) {
          return topic.name == partition.topic && partition.partition < topic.partitions;
        });
    if (there != topics.there.end()) continue;
    const auto missing = missing_since_ms_.find(partition.topic);
    if (missing != missing_since_ms_.end() && !IsSurelyMissing(missing->second)) continue;
    if (topics.wanted.contains(partition.topic)) {
      if (Status expired = ExpireAll(partition, INT64_MAX); !expired.ok()) return expired;
    }
    if (Status forgotten = ForgetAll(partition); !forgotten.ok()) return forgotten;
  }
  return {};
}

Status Ledger::ExpireAll(const TopicPartition& partition, Offset low) {
  for (bool more = true; more;) {
    const int64_t now_ms = options_.clock->WallMs();
    const Result<bool> expired = index_.Expire(partition, low, now_ms);
    if (!expired.ok()) return expired.status();
    more = *expired;
    if (!index_.changed()) continue;
    if (Status committed = index_.Commit({}, now_ms); !committed.ok()) return committed;
  }
  return {};
}

Status Ledger::ForgetAll(const TopicPartition& partition) {
  for (bool more = true; more;) {
    const Result<bool> forgotten = index_.Forget(partition);
    if (!forgotten.ok()) return forgotten.status();
    more = *forgotten;
    const Status committed = index_.Commit({{partition, 0}}, options_.clock->WallMs());
    if (!committed.ok()) return committed;
  }
  return {};
}

Result<Offset> Ledger::StartOf(Followed* followed) {
  const Result<Watermarks> ends = options_.admin->Query(followed->partition);
  if (!ends.ok()) return ends.status();
  followed->target = ends->high;
  if (!IsLedger(followed->partition)) return StartOfLetters(*ends, followed);
  const Offset position = options_.store->Position(followed->partition);
  if (position == 0 || (position >= ends->low && position <= ends->high)) {
    return std::max(position, ends->low);
  }
  Log(LogLevel::kWarning, "ledger_topic_made_anew",
      Cat("topic ", options_.ledger_topic, " holds offsets ", ends->low, " to ", ends->high,
          ", the index stands at ", position, ": all is read again"));
  if (Status again = ReadAgain(); !again.ok()) return again;
  return Status::Retry("the dead letters are read again");
}

Result<Offset> Ledger::StartOfLetters(const Watermarks& ends, Followed* followed) {
  const TopicPartition& partition = followed->partition;
  Offset position = options_.store->Position(partition);
  if (position > ends.high) {
    complete_.store(false, std::memory_order_release);
    if (Status forgotten = ForgetAll(partition); !forgotten.ok()) return forgotten;
    position = 0;
  }
  if (Status expired = ExpireAll(partition, ends.low); !expired.ok()) return expired;
  if (position < ends.low) {
    if (position > 0) {
      unseen_.fetch_add(static_cast<uint64_t>(ends.low - position), std::memory_order_relaxed);
      Log(LogLevel::kWarning, "dead_letters_unseen",
          Cat("retention has taken offsets ", position, " to ", ends.low, " of topic ", partition.topic,
              ", partition ", partition.partition, ", before they were read"));
    }
    return ends.low;
  }
  const auto last = index_.last().find(partition);
  if (last == index_.last().end() || last->second < ends.low || last->second >= position) {
    return position;
  }
  followed->expected = last->second;
  return last->second;
}

}  // namespace fracas::ledger
