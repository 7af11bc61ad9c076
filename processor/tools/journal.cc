#include "tools/journal.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "core/text.h"

namespace fracas::tools {

namespace {

struct Part {
  TopicPartition partition;
  Watermarks ends;
};

Result<std::vector<Part>> PartsOf(const std::string& topic, Admin* admin) {
  Result<std::vector<TopicDescription>> topics = admin->Describe({topic});
  if (!topics.ok()) return topics.status();
  if (topics->empty()) {
    return Status::Stop(
        Cat("there is no topic ", topic, " on this cluster: check `group` and the brokers"));
  }
  std::vector<Part> parts;
  for (Partition number = 0; number < topics->front().partitions; ++number) {
    Part part{.partition = {topic, number}, .ends = {}};
    Result<Watermarks> ends = admin->Query(part.partition);
    if (!ends.ok()) return ends.status();
    part.ends = *ends;
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace

Result<std::vector<wire::JournalEntry>> ReadJournal(const JournalQuery& query, Admin* admin,
                                                    LogReader* reader) {
  Result<std::vector<Part>> parts = PartsOf(query.topic, admin);
  if (!parts.ok()) return parts.status();
  uint64_t total = 0;
  uint64_t done = 0;
  for (const Part& part : *parts) total += static_cast<uint64_t>(part.ends.high - part.ends.low);
  std::deque<wire::JournalEntry> newest;
  for (const Part& part : *parts) {
    Status read =
        reader->Read(part.partition, part.ends.low, part.ends.high,
                     [&](const ConsumedRecord& record, const PayloadLease&) {
                       if (query.progress) query.progress(++done, total);
                       if (!query.id.empty() && record.key != query.id) return true;
                       Result<wire::JournalEntry> entry = wire::DecodeJournalEntry(record.value);
                       if (!entry.ok() || (!query.stream.empty() && entry->stream != query.stream))
                         return true;
                       newest.push_back(std::move(*entry));
                       if (parts->size() == 1 && newest.size() > query.last) newest.pop_front();
                       return true;
                     });
    if (!read.ok()) return read;
  }
  std::vector<wire::JournalEntry> entries(std::make_move_iterator(newest.begin()),
                                          std::make_move_iterator(newest.end()));
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.time_ms < b.time_ms; });
  if (entries.size() > query.last) {
    entries.erase(entries.begin(), entries.end() - static_cast<ptrdiff_t>(query.last));
  }
  return entries;
}

}  // namespace fracas::tools
