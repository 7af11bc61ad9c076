#include "tools/command_client.h"

#include <deque>
#include <unordered_map>
#include <utility>

#include "core/text.h"
#include "core/timestamp.h"

namespace fracas::tools {

namespace {

constexpr int kPollMs = 200;
constexpr size_t kPollRecords = 1'000;
constexpr size_t kRefusedKept = 10;
// For an entry about a command that was read in its last moment.
constexpr int64_t kGraceMs = 2'000;

Status MissingTopic(const std::string& topic) {
  return Status::Stop(Cat("there is no topic ", topic, " on this cluster: check `group` and the brokers, or "
                          "make it with `fracas topics --create`"));
}

}  // namespace

// The commands under way, oldest first.
struct CommandClient::Flight {
  struct Sent {
    std::string id;
    bool applied = false;
  };
  BulkReport report;
  std::deque<Sent> waiting;
  uint64_t first = 0;  // number of waiting.front()
  std::unordered_map<std::string, uint64_t> numbers;  // id → number, of those without an entry
  bool ended = false;
  int64_t progress_ms = 0;  // monotonic: when an entry came last

  void Take(wire::JournalEntry entry) {
    const auto found = numbers.find(entry.id);
    if (found == numbers.end()) return;  // somebody else's, or a repetition
    Sent& sent = waiting[found->second - first];
    numbers.erase(found);
    if (entry.applied) {
      sent.applied = true;
      ++report.applied;
    } else {
      ++report.refused_count;
      if (report.refused.size() < kRefusedKept) report.refused.push_back(std::move(entry));
    }
    while (!waiting.empty() && waiting.front().applied) {
      waiting.pop_front();
      ++first;
      ++report.settled;
    }
  }
};

Status CommandClient::Begin() {
  if (begun_) return {};
  Result<std::vector<TopicDescription>> topics = ports_.admin->Describe({control_topic_, journal_topic_});
  if (!topics.ok()) return topics.status();
  const TopicDescription* journal = nullptr;
  bool control = false;
  for (const TopicDescription& topic : *topics) {
    if (topic.name == journal_topic_) journal = &topic;
    if (topic.name == control_topic_) control = true;
  }
  if (!control) return MissingTopic(control_topic_);
  if (journal == nullptr) return MissingTopic(journal_topic_);
  std::vector<TailStart> starts;
  for (Partition number = 0; number < journal->partitions; ++number) {
    TailStart start{.partition = {journal_topic_, number}};
    Result<Watermarks> ends = ports_.admin->Query(start.partition);
    if (!ends.ok()) return ends.status();
    start.from = ends->high;
    starts.push_back(std::move(start));
  }
  if (Status s = ports_.journal->Follow(starts); !s.ok()) return s;
  begun_ = true;
  return {};
}

Result<std::string> CommandClient::Prepare(wire::Command* command) const {
  command->time_ms = ports_.clock->WallMs();
  command->not_after_ms = command->time_ms + limits::kCommandWaitMsMax;
  std::string bytes;
  wire::Encode(*command, &bytes);
  if (bytes.size() <= limits::kControlBytesMax) return bytes;
  return Status::Reject(Cat("the command would be ", bytes.size(), " bytes long, more than the ",
                            limits::kControlBytesMax, " that the authority reads: name fewer things at "
                            "once, or use shorter texts"));
}

Status CommandClient::Unknown(const wire::Command& command) const {
  const std::string trouble = ports_.journal->trouble();
  return Status::Retry(
      Cat("no answer to ", wire::TypeName(command.args), " within ", limits::kCommandWaitMsMax / 1000,
          " s; it is not known whether it was applied. It expires at ",
          FormatTimestamp(command.not_after_ms), ": whoever reads it later refuses it. Is an instance with "
          "the role control running (`fracas status`)? What became of it: `fracas journal --id ",
          command.id, "`", trouble.empty() ? "" : "; the journal: ", trouble));
}

Result<wire::JournalEntry> CommandClient::Send(wire::Command command, const Waiting& waiting) {
  if (Status s = Begin(); !s.ok()) return s;
  Result<std::string> bytes = Prepare(&command);
  if (!bytes.ok()) return bytes.status();
  Result<Offset> sent =
      ports_.outbox->Send({control_topic_, 0}, command.stream, *bytes, {}, command.time_ms);
  // In doubt (kAbort) is settled by the journal.
  if (!sent.ok() && sent.status().action() != Action::kAbort) return sent.status();
  const int64_t begin_ms = ports_.clock->MonotonicMs();
  wire::JournalEntry found;
  for (int64_t elapsed_ms = 0; elapsed_ms < limits::kCommandWaitMsMax + kGraceMs;
       elapsed_ms = ports_.clock->MonotonicMs() - begin_ms) {
    if (waiting) waiting(elapsed_ms);
    Status polled = ports_.journal->Poll(
        kPollMs, kPollRecords, [&](const ConsumedRecord& record, const PayloadLease&) {
          if (record.key != command.id || !found.id.empty()) return;
          Result<wire::JournalEntry> entry = wire::DecodeJournalEntry(record.value);
          if (entry.ok() && entry->id == command.id) found = std::move(*entry);
        });
    if (!found.id.empty()) return found;
    if (!polled.ok()) return polled;
  }
  return Unknown(command);
}

// Sends until enough are under way or there is no more.
Status CommandClient::Fill(const NextCommand& next, Flight* flight) {
  while (!flight->ended && flight->waiting.size() < kInFlightMax) {
    wire::Command command;
    Result<bool> more = next(&command);
    if (!more.ok()) return more.status();
    if (!*more) {
      flight->ended = true;
      break;
    }
    Result<std::string> bytes = Prepare(&command);
    if (!bytes.ok()) return bytes.status();
    if (Status s = ports_.outbox->Queue({control_topic_, 0}, command.stream, *bytes, {}, command.time_ms);
        !s.ok()) {
      return s;
    }
    flight->numbers[command.id] = flight->first + flight->waiting.size();
    flight->waiting.push_back({std::move(command.id), false});
    ++flight->report.sent;
  }
  return {};
}

// Waits for entries once.
Status CommandClient::Collect(Flight* flight) {
  const size_t before = flight->numbers.size();
  Status polled = ports_.journal->Poll(
      kPollMs, kPollRecords, [&](const ConsumedRecord& record, const PayloadLease&) {
        if (!flight->numbers.contains(std::string(record.key))) return;
        Result<wire::JournalEntry> entry = wire::DecodeJournalEntry(record.value);
        if (entry.ok()) flight->Take(std::move(*entry));
      });
  if (!polled.ok()) return polled;
  const int64_t now_ms = ports_.clock->MonotonicMs();
  if (flight->numbers.size() < before) flight->progress_ms = now_ms;
  if (now_ms - flight->progress_ms < limits::kCommandWaitMsMax + kGraceMs) return {};
  const std::string trouble = ports_.journal->trouble();
  return Status::Retry(Cat("no answer within ", limits::kCommandWaitMsMax / 1000,
                           " s; is an instance with the role control running (`fracas status`)? The commands "
                           "under way have expired or will in that time",
                           trouble.empty() ? "" : "; the journal: ", trouble));
}

BulkReport CommandClient::SendAll(const NextCommand& next, const BulkProgress& progress) {
  Flight flight;
  flight.report.trouble = Begin();
  if (!flight.report.trouble.ok()) return flight.report;
  flight.progress_ms = ports_.clock->MonotonicMs();
  bool stopping = false;
  while (true) {
    stopping = stopping || flight.report.refused_count > 0 || !flight.report.trouble.ok();
    if (!stopping) {
      const bool idle = flight.numbers.empty();
      flight.report.trouble = Fill(next, &flight);
      // What did not arrive is known now and not only when nobody answers.
      if (Status s = ports_.outbox->Flush(); !s.ok() && flight.report.trouble.ok()) flight.report.trouble = s;
      if (idle) flight.progress_ms = ports_.clock->MonotonicMs();
      if (!flight.report.trouble.ok()) stopping = true;
    }
    if (flight.numbers.empty() && (stopping || flight.ended)) break;
    if (Status s = Collect(&flight); !s.ok()) {
      if (flight.report.trouble.ok()) flight.report.trouble = s;
      break;
    }
    if (progress) progress(flight.report);
  }
  return flight.report;
}

}  // namespace fracas::tools
