#include "tests/sim/group/reading.h"

#include <utility>

#include "core/text.h"
#include "state/format/codec.h"
#include "tests/sim/lease.h"
#include "wire/replay.h"

namespace fracas::sim {

Reading::Reading(const Broker& broker, const Planted& planted) : state(&broker), broker_(broker) {
  ReadSummaries();
  ReadLetters(planted);
  if (broker_.Partitions(kStateLog.topic) > 0) ReadLanes();
}

template <typename Visit>
void Reading::VisitLog(const TopicPartition& partition, Visit visit) const {
  const Offset end = broker_.StableEnd(partition);
  const PartitionLog& log = broker_.log(partition);
  for (Offset offset = 0; offset < end; ++offset) {
    const Entry& entry = log[static_cast<size_t>(offset)];
    if (entry.state == Entry::State::kCommitted) visit(offset, entry);
  }
}

void Reading::ReadSummaries() {
  for (int32_t i = 0; i < broker_.Partitions("batches"); ++i) {
    VisitLog({"batches", i}, [&](Offset, const Entry& entry) {
      auto summary = wire::DecodeSummary(*entry.record.value);
      if (!summary.ok()) {
        problems.push_back(Cat("summary: ", summary.status().message()));
        return;
      }
      const std::string broken = wire::CheckConservation(*summary);
      if (!broken.empty()) problems.push_back(Cat("G1: ", broken));
      summaries.push_back({std::move(*summary), entry.order});
    });
  }
  for (size_t i = 0; i < summaries.size(); ++i) {
    for (const wire::SummaryRange& range : summaries[i].summary.ranges) {
      if (range.verdict != wire::RangeVerdict::kPublish) continue;
      if (!tiles[range.source].emplace(range.from, Tile{range, i}).second) {
        problems.push_back(Cat("G1: two ranges from ", ToString(range.source, range.from)));
      }
    }
  }
}

void Reading::ReadLetters(const Planted& planted) {
  for (const auto& [source, plants] : planted) {
    if (broker_.Partitions(source.topic + ".dlq") <= source.partition) continue;
    VisitLog({source.topic + ".dlq", source.partition}, [&](Offset offset, const Entry& entry) {
      std::vector<HeaderView> headers;
      for (const Header& header : entry.record.headers) {
        headers.push_back(
            {header.name, header.value ? std::string_view(*header.value) : std::string_view()});
      }
      auto decoded = wire::DecodeDeadLetter(headers);
      if (!decoded.ok() || !*decoded) {
        problems.push_back(Cat("a dead letter without a block in ", source.topic, ".dlq"));
        return;
      }
      letters[source].push_back({std::move(**decoded), &entry.record, offset});
    });
  }
}

void Reading::ReadLanes() {
  state.Follow();
  for (const std::string& problem : state.problems()) problems.push_back(problem);
  VisitLog(kControlLog, [&](Offset offset, const Entry& entry) {
    auto message = wire::DecodeControl(entry.record.value.value_or(""));
    ReadControl& read = control.emplace_back();
    read.offset = offset;
    read.order = entry.order;
    if (message.ok()) read.message = std::move(*message);
  });
  VisitLog(kJournalLog, [&](Offset, const Entry& entry) {
    auto read = wire::DecodeJournalEntry(*entry.record.value);
    if (!read.ok()) {
      problems.push_back(Cat("journal: ", read.status().message()));
      return;
    }
    journal.push_back(std::move(*read));
  });
  ReadEnds();
}

// What compaction has taken is still there for who looks.
void Reading::ReadEnds() {
  const Offset end = broker_.StableEnd(kLedgerLog);
  for (Offset offset = 0; offset < end; ++offset) {
    const Entry& entry = broker_.log(kLedgerLog)[static_cast<size_t>(offset)];
    const bool compacted = entry.state == Entry::State::kCompacted;
    if (entry.state != Entry::State::kCommitted && !compacted) continue;
    auto read = state::DecodeLetterResolution(entry.record.value.value_or(""));
    if (!read.ok()) {
      problems.push_back(Cat("ledger: ", read.status().message()));
      continue;
    }
    ends.push_back({entry.record.key.value_or(""), compacted, std::move(*read)});
  }
}

const Tile* Reading::TileOf(const TopicPartition& source, Offset offset) const {
  const auto found = tiles.find(source);
  if (found == tiles.end()) return nullptr;
  auto behind = found->second.upper_bound(offset);
  if (behind == found->second.begin()) return nullptr;
  --behind;
  return offset < behind->second.range.to ? &behind->second : nullptr;
}

Offset Reading::CommittedOf(const TopicPartition& source) const {
  const auto at = broker_.Committed(source);
  return !at || at->offset == kNoOffset ? 0 : at->offset;
}

const state::Ticket* Reading::TicketOf(const Record& source, const std::string& stream,
                                       Offset state_offset) const {
  const state::Ticket* ticket =
      state.TicketAt(HeaderOf(source, wire::kReplayTicketHeader), state_offset);
  if (ticket == nullptr || ticket->stream != stream ||
      ticket->business_id != HeaderOf(source, kIdHeader)) {
    return nullptr;
  }
  const bool same = ticket->digest == wire::ReplayDigest(View(source.key), View(source.value));
  return same ? ticket : nullptr;
}

std::string Reading::HeaderOf(const Record& record, std::string_view name) {
  std::string value;
  for (const Header& header : record.headers) {
    if (header.name == name) value = header.value.value_or("");
  }
  return value;
}

}  // namespace fracas::sim
