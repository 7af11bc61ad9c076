#include "tools/journal.h"

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace fracas::tools {

namespace {

constexpr size_t kSlack = 1'000;  // entries that are held beyond what is wanted

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

bool IsWanted(const JournalQuery& query, const wire::JournalEntry& entry) {
  if (!query.stream.empty() && entry.stream != query.stream) return false;
  return query.types.empty() ||
         std::any_of(query.types.begin(), query.types.end(), [&](const std::string& type) {
           return entry.type == type || entry.type.starts_with(type + ".");
         });
}

void KeepNewest(size_t count, std::vector<wire::JournalEntry>* entries) {
  std::stable_sort(entries->begin(), entries->end(),
                   [](const auto& a, const auto& b) { return a.time_ms < b.time_ms; });
  if (entries->size() <= count) return;
  entries->erase(entries->begin(), entries->end() - static_cast<ptrdiff_t>(count));
}

}  // namespace

Result<std::vector<wire::JournalEntry>> ReadJournal(const JournalQuery& query, Admin* admin,
                                                    LogReader* reader) {
  Result<std::vector<Part>> parts = PartsOf(query.topic, admin);
  if (!parts.ok()) return parts.status();
  uint64_t total = 0;
  uint64_t done = 0;
  for (const Part& part : *parts) total += static_cast<uint64_t>(part.ends.high - part.ends.low);
  std::vector<wire::JournalEntry> newest;
  for (const Part& part : *parts) {
    Status read =
        reader->Read(part.partition, part.ends.low, part.ends.high,
                     [&](const ConsumedRecord& record, const PayloadLease&) {
                       if (query.progress) query.progress(++done, total);
                       if (!query.id.empty() && record.key != query.id) return true;
                       Result<wire::JournalEntry> entry = wire::DecodeJournalEntry(record.value);
                       if (!entry.ok() || !IsWanted(query, *entry)) return true;
                       newest.push_back(std::move(*entry));
                       if (newest.size() > 2 * query.last + kSlack) KeepNewest(query.last, &newest);
                       return true;
                     });
    if (!read.ok()) return read;
  }
  KeepNewest(query.last, &newest);
  return newest;
}

}  // namespace fracas::tools
