#include "tools/state_fold.h"

#include <unordered_map>
#include <utility>

#include "core/text.h"
#include "state/format/codec.h"

namespace fracas::tools {

namespace {

// What counting needs of an entry whose stream and times are known.
struct EntryFacts {
  int64_t since_ms = 0;
  bool expired = false;
};

class Folder {
 public:
  explicit Folder(const FoldOptions& options) : options_(options) {}

  Status Take(std::string_view key, std::string_view value) {
    Result<state::Kind> kind = state::KindOf(key);
    if (!kind.ok()) return {};  // a kind that a newer minor version knows
    switch (*kind) {
      case state::Kind::kGenesis: return TakeGenesis(value);
      case state::Kind::kBreaker: return TakeBreaker(key, value);
      case state::Kind::kQuarantine: return TakeEntry(key, value);
      case state::Kind::kTicket: return TakeTicket(key, value);
      case state::Kind::kCursor:
      case state::Kind::kLetter: return {};
    }
    return {};
  }

  FoldedState Finish(Offset offset) {
    folded_.offset = offset;
    for (auto& [key, facts] : facts_) Count(key, facts);
    return std::move(folded_);
  }

 private:
  Status TakeGenesis(std::string_view value) {
    Result<state::Genesis> genesis = state::DecodeGenesis(value);
    if (!genesis.ok()) return genesis.status();
    if (genesis->group == options_.group) return {};
    return Status::Stop(Cat("it is the state of group ", genesis->group, ", not of ", options_.group,
                            ": check `group` and topics.state of the configuration"));
  }

  Status TakeBreaker(std::string_view key, std::string_view value) {
    Result<std::string> stream = state::DecodeBreakerKey(key);
    if (!stream.ok()) return stream.status();
    if (value.empty()) {
      folded_.breakers.erase(*stream);
      return {};
    }
    Result<state::Breaker> breaker = state::DecodeBreaker(value);
    if (!breaker.ok()) return breaker.status();
    folded_.breakers.insert_or_assign(std::move(*stream), std::move(*breaker));
    return {};
  }

  Status TakeTicket(std::string_view key, std::string_view value) {
    Result<std::string> id = state::DecodeTicketKey(key);
    if (!id.ok()) return id.status();
    if (value.empty()) {
      folded_.tickets.erase(*id);
      return {};
    }
    Result<state::Ticket> ticket = state::DecodeTicket(value);
    if (!ticket.ok()) return ticket.status();
    folded_.tickets.insert_or_assign(std::move(*id), std::move(*ticket));
    return {};
  }

  Status TakeEntry(std::string_view key, std::string_view value) {
    if (options_.keep == FoldOptions::Keep::kCounts) return TakeFacts(key, value);
    Result<state::QuarantineKey> decoded = state::DecodeQuarantineKey(key);
    if (!decoded.ok()) return decoded.status();
    if (!options_.stream.empty() && decoded->stream != options_.stream) return {};
    if (value.empty()) {
      folded_.entries.erase(*decoded);
      return {};
    }
    Result<state::QuarantineEntry> entry = state::DecodeQuarantineEntry(value);
    if (!entry.ok()) return entry.status();
    folded_.entries.insert_or_assign(std::move(*decoded), std::move(*entry));
    return {};
  }

  Status TakeFacts(std::string_view key, std::string_view value) {
    if (value.empty()) {
      facts_.erase(std::string(key));
      return {};
    }
    Result<state::QuarantineEntry> entry = state::DecodeQuarantineEntry(value);
    if (!entry.ok()) return entry.status();
    facts_.insert_or_assign(std::string(key), EntryFacts{entry->since_ms, entry->expired});
    return {};
  }

  void Count(const std::string& key, const EntryFacts& facts) {
    Result<state::QuarantineKey> decoded = state::DecodeQuarantineKey(key);
    if (!decoded.ok()) return;  // it was decoded when it came
    QuarantineCounts& counts = folded_.quarantine[decoded->stream];
    ++counts.entries;
    counts.expired += facts.expired ? 1 : 0;
    if (counts.oldest_ms == 0 || facts.since_ms < counts.oldest_ms) counts.oldest_ms = facts.since_ms;
  }

  const FoldOptions& options_;
  FoldedState folded_;
  std::unordered_map<std::string, EntryFacts> facts_;  // by key bytes
};

Result<Watermarks> EndsOf(const FoldOptions& options, const TopicPartition& partition) {
  Result<std::vector<TopicDescription>> topics = options.admin->Describe({options.state_topic});
  if (!topics.ok()) return topics.status();
  if (topics->empty()) {
    return Status::Stop(Cat("there is no topic ", options.state_topic, " on this cluster, so group ",
                            options.group, " has no state: check the group's name and the brokers, or "
                            "make it with `fracas topics --create`"));
  }
  return options.admin->Query(partition);
}

}  // namespace

Result<FoldedState> FoldState(const FoldOptions& options) {
  const TopicPartition partition{options.state_topic, 0};
  Result<Watermarks> ends = EndsOf(options, partition);
  if (!ends.ok()) return ends.status();
  Folder folder(options);
  Status broken;
  const auto total = static_cast<uint64_t>(ends->high - ends->low);
  Status read = options.reader->Read(
      partition, ends->low, ends->high, [&](const ConsumedRecord& record, const PayloadLease&) {
        broken = folder.Take(record.key, record.value)
                     .WithPrefix(Cat(ToString(partition, record.offset), ": "));
        if (options.progress) options.progress(static_cast<uint64_t>(record.offset - ends->low), total);
        return broken.ok();
      });
  if (!broken.ok()) return broken;
  if (!read.ok()) return read;
  return folder.Finish(ends->high);
}

}  // namespace fracas::tools
