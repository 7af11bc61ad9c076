#include "tools/doctor/lingering.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/limits_tools.h"
#include "core/text.h"
#include "core/timestamp.h"

namespace fracas::tools {

namespace {

constexpr std::string_view kAuthority = "authority";

std::string PlaceOf(const TopicPartition& partition) {
  return Cat(partition.topic, "/", partition.partition);
}

std::string PlacesOf(const std::vector<TopicPartition>& partitions) {
  constexpr size_t kShown = 5;
  std::string text;
  for (size_t i = 0; i < partitions.size() && i < kShown; ++i) {
    AppendTo(&text, i == 0 ? "" : ", ", PlaceOf(partitions[i]));
  }
  if (partitions.size() > kShown) AppendTo(&text, " and ", partitions.size() - kShown, " more");
  return text;
}

// By its first offset: the broker finds out whose it is.
std::string AbortCommand(const std::string& brokers, const HeldPartitionEnd& held) {
  return Cat("kafka-transactions.sh --bootstrap-server ", brokers, " abort --topic ",
             held.partition.topic, " --partition ", held.partition.partition, " --start-offset ",
             held.stable);
}

std::string Waiting(const HeldPartitionEnd& held) {
  return Cat("readers with read_committed stand still at offset ", held.stable, "; ",
             held.high - held.stable, held.high - held.stable == 1 ? " offset" : " offsets",
             " behind it wait");
}

OpenTransaction Describe(const std::string& id, const formats::TransactionEntry& entry,
                         const std::string& group) {
  OpenTransaction open;
  open.id = id;
  open.instance = InstanceOf(id, group);
  open.state = formats::Name(entry.state);
  open.producer_id = entry.producer_id;
  open.producer_epoch = entry.producer_epoch;
  open.started_ms = entry.started_ms;
  open.timeout_ms = entry.timeout_ms;
  return open;
}

// Whom to restart; "" it is none of the group's.
std::string OwnerOf(const OpenTransaction& open) {
  if (open.instance.empty()) return "";
  return open.instance == kAuthority ? std::string("the instance that holds the authority")
                                     : "instance " + open.instance;
}

DoctorFinding FindingOf(const OpenTransaction& open, const HeldPartitionEnd& first,
                        const HoldersQuestion& question) {
  const int64_t age_ms = question.now_ms - open.started_ms;
  const std::string owner = OwnerOf(open);
  DoctorFinding finding;
  finding.grade = Grade::kError;
  finding.what = Cat("transaction ", open.id, " (",
                     owner.empty() ? std::string("not of this group") : Cat("of ", owner), ", ",
                     open.state, ") is open since ", FormatTimestamp(open.started_ms), ", ",
                     age_ms / 1000, " s ago, and holds ", PlacesOf(open.partitions));
  const int64_t ends_ms = open.started_ms + open.timeout_ms;
  finding.means =
      Cat(Waiting(first), " (", PlaceOf(first.partition), "); its coordinator ends it ",
          ends_ms > question.now_ms
              ? Cat("at ", FormatTimestamp(ends_ms))
              : std::string("now that its time is over, unless the coordinator is stuck"));
  const std::string abort = AbortCommand(question.brokers, first);
  if (owner.empty()) {
    finding.next = Cat("stop or restart the producer ", open.id, "; if it is gone: ", abort);
  } else {
    finding.next = Cat("restart ", owner, ": it ends what it left open; if it is gone: ", abort);
  }
  return finding;
}

DoctorFinding Unexplained(const HeldPartitionEnd& held, const HoldersQuestion& question) {
  return {
      .grade = Grade::kError,
      .what = Cat("no transaction that a coordinator knows explains why ", PlaceOf(held.partition),
                  " is held at offset ", held.stable, ": it was left hanging"),
      .means = Cat(Waiting(held), ", and no timeout will end it"),
      .next = AbortCommand(question.brokers, held)};
}

}  // namespace

void TakeTransactionRecord(const ConsumedRecord& record, TransactionLog* log) {
  const auto unknown = [log](const Status& status) {
    if (log->unknown++ == 0) log->unknown_why = status.message();
  };
  Result<std::string> id = formats::ReadTransactionKey(record.key);
  if (!id.ok()) return unknown(id.status());
  if (record.value.data() == nullptr) {
    log->by_id.erase(*id);
    return;
  }
  Result<formats::TransactionEntry> entry = formats::ReadTransactionValue(record.value);
  if (!entry.ok()) return unknown(entry.status());
  // Whatever is closed holds nobody: forgetting it keeps a busy cluster's topic out of memory.
  if (formats::IsOpen(entry->state)) {
    log->by_id.insert_or_assign(*id, std::move(*entry));
  } else {
    log->by_id.erase(*id);
  }
}

Result<TransactionLog> ReadTransactionLog(ClusterInspector* inspector) {
  const std::string topic(formats::kTransactionLogTopic);
  Result<std::vector<TopicSeen>> seen = inspector->Topics({topic});
  if (!seen.ok()) return seen.status();
  if (!seen->front().status.ok()) return seen->front().status;
  std::vector<TopicPartition> partitions;
  for (int32_t i = 0; i < seen->front().partitions; ++i) partitions.push_back({topic, i});
  Result<std::vector<PartitionEnds>> ends = inspector->Ends(partitions);
  if (!ends.ok()) return ends.status();
  std::vector<ClusterInspector::Range> ranges;
  for (const PartitionEnds& each : *ends) {
    if (!each.status.ok()) return each.status;
    ranges.push_back({each.partition, each.low, each.high});
  }
  TransactionLog log;
  const Status read = inspector->Read(ranges, limits::kDoctorTransactionLogMsMax,
                                      [&log](const ConsumedRecord& record) {
                                        TakeTransactionRecord(record, &log);
                                        return true;
                                      });
  if (!read.ok()) return read;
  return log;
}

// "<group>-<instance>-<worker>", as kafka/settings.h makes it, or "<group>.authority".
std::string InstanceOf(const std::string& transactional_id, const std::string& group) {
  if (transactional_id == group + ".authority") return std::string(kAuthority);
  if (!transactional_id.starts_with(group + "-")) return "";
  const std::string rest = transactional_id.substr(group.size() + 1);
  const size_t dash = rest.rfind('-');
  const bool numbered = dash != std::string::npos && dash > 0 && dash + 1 < rest.size() &&
                        std::all_of(rest.begin() + static_cast<ptrdiff_t>(dash) + 1, rest.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
  return numbered ? rest.substr(0, dash) : "";
}

Holders FindHolders(const HoldersQuestion& question, const TransactionLog& log) {
  std::map<TopicPartition, const HeldPartitionEnd*> held;
  for (const HeldPartitionEnd& each : question.held) held[each.partition] = &each;
  std::set<TopicPartition> explained;
  Holders holders;
  for (const auto& [id, entry] : log.by_id) {
    if (!formats::IsOpen(entry.state)) continue;
    OpenTransaction open = Describe(id, entry, question.group);
    for (const TopicPartition& partition : entry.partitions) {
      if (held.contains(partition)) open.partitions.push_back(partition);
    }
    if (open.partitions.empty()) continue;
    explained.insert(open.partitions.begin(), open.partitions.end());
    if (holders.transactions.size() >= limits::kDoctorTransactionsMax) continue;
    if (question.now_ms - open.started_ms >= limits::kDoctorTransactionMsMax) {
      holders.findings.push_back(FindingOf(open, *held[open.partitions.front()], question));
    }
    holders.transactions.push_back(std::move(open));
  }
  for (const auto& [partition, end] : held) {
    // What cannot be read may explain it.
    if (!explained.contains(partition) && log.unknown == 0)
      holders.findings.push_back(Unexplained(*end, question));
  }
  return holders;
}

std::vector<DoctorFinding> UnknownHolders(const HoldersQuestion& question) {
  std::vector<DoctorFinding> findings;
  for (const HeldPartitionEnd& held : question.held) {
    findings.push_back(
        {.grade = Grade::kError,
         .what = Cat("an open transaction holds ", PlaceOf(held.partition), " at offset ",
                     held.stable, "; whose it is may not be looked up by this principal"),
         .means = Waiting(held),
         .next = Cat("as a Kafka admin: kafka-transactions.sh --bootstrap-server ",
                     question.brokers, " describe-producers --topic ", held.partition.topic,
                     " --partition ", held.partition.partition)});
  }
  return findings;
}

}  // namespace fracas::tools
