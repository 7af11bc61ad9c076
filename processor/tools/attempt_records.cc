#include "tools/attempt_records.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/text.h"
#include "wire/failure_event.h"

namespace fracas::tools {

namespace {

constexpr Offset kChunk = 10'000;

// What one disposition of the attempt's events adds up to.
struct Found {
  std::set<Offset> offsets;
  uint64_t rows = 0;
};

class Finder {
 public:
  explicit Finder(const AttemptQuestion& question) : question_(question) {}

  // One partition of the topic from its end backwards. A round's events of one stream are
  // neighbours in one partition, so what a chunk begins with may go on in the one before.
  Status Search(const TopicPartition& partition, const Watermarks& ends) {
    for (Offset to = ends.high; to > ends.low;) {
      const Offset from = std::max(ends.low, to - kChunk);
      chunk_found_ = false;
      other_before_ = false;
      Status status = question_.reader->Read(
          partition, from, to, [&](const ConsumedRecord& record, const PayloadLease&) {
            Take(record);
            Tell(static_cast<uint64_t>(ends.high - from));
            return true;
          });
      if (!status.ok()) return status;
      if (chunk_found_ && other_before_) return {};
      if (!chunk_found_ && found_any_) return {};
      to = from;
    }
    return {};
  }

  bool found_any() const { return found_any_; }
  void set_total(uint64_t total) { total_ = total; }

  AttemptRecords Finish() {
    AttemptRecords result;
    result.held = found_.contains(Disposition::kHold);
    const Found& found = found_[result.held ? Disposition::kHold : Disposition::kDeadLetter];
    for (const Offset offset : found.offsets)
      result.records.push_back({question_.attempt.source, offset});
    result.failed = found.rows;
    return result;
  }

 private:
  void Take(const ConsumedRecord& record) {
    if (record.key != question_.stream) return;
    Result<wire::FailureEvent> event = wire::DecodeFailureEvent(record.value);
    const AttemptName& wanted = question_.attempt;
    const bool ours = event.ok() && event->batch.source == wanted.source &&
                      event->batch.from == wanted.from && event->batch.to == wanted.to &&
                      event->batch.attempt == wanted.attempt;
    if (!ours) {
      other_before_ = other_before_ || !chunk_found_;
      return;
    }
    found_any_ = chunk_found_ = true;
    if (!seen_.insert(event->id).second) return;
    Found& found = found_[event->disposition];
    found.rows += event->row_count;
    for (const wire::FailureSample& sample : event->samples) {
      const bool same =
          sample.topic == wanted.source.topic && sample.partition == wanted.source.partition;
      if (same && sample.offset >= wanted.from && sample.offset < wanted.to) {
        found.offsets.insert(sample.offset);
      }
    }
  }

  void Tell(uint64_t done) const {
    if (question_.progress) question_.progress(std::min(done, total_), total_);
  }

  const AttemptQuestion& question_;
  std::map<Disposition, Found> found_;
  std::set<std::string> seen_;
  uint64_t total_ = 0;
  bool found_any_ = false;
  bool chunk_found_ = false;
  bool other_before_ = false;  // something else of the stream stands in front of it in the chunk
};

std::string NameOf(const AttemptName& attempt) {
  return ToString(BatchId{.source = attempt.source,
                          .from = attempt.from,
                          .to = attempt.to,
                          .attempt = attempt.attempt});
}

}  // namespace

Result<AttemptRecords> RecordsOfAttempt(const AttemptQuestion& question) {
  Result<std::vector<TopicDescription>> topics =
      question.admin->Describe({question.failures_topic});
  if (!topics.ok()) return topics.status();
  if (topics->empty()) {
    return Status::Stop(Cat("there is no topic ", question.failures_topic,
                            " with failure events on this "
                            "cluster: check `group` and the brokers"));
  }
  Finder finder(question);
  for (Partition number = 0; number < topics->front().partitions && !finder.found_any(); ++number) {
    const TopicPartition partition{question.failures_topic, number};
    Result<Watermarks> ends = question.admin->Query(partition);
    if (!ends.ok()) return ends.status();
    finder.set_total(static_cast<uint64_t>(ends->high - ends->low));
    if (Status s = finder.Search(partition, *ends); !s.ok()) return s;
  }
  AttemptRecords records = finder.Finish();
  if (!records.records.empty()) return records;
  return Status::Reject(
      Cat("no failure event of ", question.failures_topic, " names a record of ",
          NameOf(question.attempt), " of stream ", question.stream,
          ": check the name with `fracas status`, or name the record itself with --record"));
}

}  // namespace fracas::tools
