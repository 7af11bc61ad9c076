#include "tools/replay/runner.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/limits_tools.h"
#include "core/text.h"
#include "tools/inspect/identity.h"
#include "tools/patch/replay_draft.h"
#include "tools/replay/under_way.h"
#include "wire/replay.h"

namespace fracas::tools {

namespace {

constexpr int64_t kGuardEveryMs = 1'000;
constexpr int64_t kWaitMs = 500;
constexpr int64_t kPauseMsMax = 200;

std::string Percent(double ratio) { return Cat(static_cast<int64_t>(ratio * 100), " %"); }

IdentityInput InputOf(const FeedRecord& record, const std::vector<LetterHeader>& headers,
                      const config::Stream* stream) {
  IdentityInput input{.document = BehindFraming(stream, record.value), .headers = &headers};
  if (record.key.data() != nullptr) input.key = record.key;
  return input;
}

// Of records that are no letters only what the configuration names is looked for: most have none,
// and looking costs more than sending.
bool HasNames(const config::Stream* stream) {
  using Kind = config::IdSource::Kind;
  return stream != nullptr && (stream->identity.message_id.kind != Kind::kNone ||
                               stream->identity.idempotency_key.kind != Kind::kNone);
}

}  // namespace

ReplayRunner::ReplayRunner(const ReplayPlan& plan, const ReplayPolicy& policy,
                           const ReplayPorts& ports)
    : plan_(plan), policy_(policy), ports_(ports), pace_(policy.rates, ports.clock->MonotonicMs()) {
  marks_.job = plan.job.name;
  marks_.who = plan.job.who;
  marks_.why = plan.job.why;
  if (plan.stream == nullptr) return;
  stream_ = config::QualifiedName(*plan.stream);
  if (!plan.stream->replay.mark_in_body) marks_.mark_header = plan.stream->replay.mark_name;
}

Status ReplayRunner::Claim() {
  Result<std::optional<ReplayJob>> known = ports_.sender->Claim();
  if (!known.ok()) return known.status();
  job_ = known->has_value() ? **known : plan_.job;
  if (job_.request != plan_.job.request) {
    return Status::Reject(Cat("job ", job_.name, " replays something else (", job_.selection,
                              " to ", job_.to, "); give this one another --job"));
  }
  if (job_.state == JobState::kStopped) job_.state = JobState::kRunning;
  ahead_ = job_;
  for (size_t i = job_.ranges.size(); i-- > 0;) {
    if (job_.ranges[i].next < job_.ranges[i].to) range_of_[job_.ranges[i].source] = i;
  }
  return {};
}

// The range that the record is the next of; nullptr: it was done before. Ranges are read in turn,
// so that those in front of it are read to their ends.
ReplayRange* ReplayRunner::RangeOf(const FeedRecord& record) {
  const auto at = range_of_.find(record.place);
  if (at == range_of_.end()) return nullptr;
  std::vector<ReplayRange>& ranges = ahead_.ranges;
  size_t& index = at->second;
  while (index + 1 < ranges.size() && record.offset >= ranges[index].to &&
         ranges[index + 1].source == record.place) {
    ++index;
  }
  ReplayRange& range = ranges[index];
  if (record.offset < range.next || record.offset >= range.to) return nullptr;
  for (size_t before = index; before-- > 0 && ranges[before].next < ranges[before].to;) {
    ranges[before].next = ranges[before].to;
  }
  return &range;
}

bool ReplayRunner::ChunkIsFull() const {
  const size_t most =
      ports_.authority == nullptr ? limits::kReplayChunkRecords : limits::kReplayChunkLetters;
  const uint64_t passed_over = ahead_.counts.read - job_.counts.read - chunk_.records.size();
  return chunk_.records.size() >= pace_.RecordsAtOnce(most) ||
         chunk_.bytes >= pace_.BytesAtOnce(limits::kReplayChunkBytes) ||
         passed_over >= limits::kReplayIdleRecords;
}

bool ReplayRunner::AtLimit() const {
  return policy_.limit > 0 && sent_now_ + chunk_.records.size() >= policy_.limit;
}

// For a letter of ours that the target's stream has written: published, its replay resolves it.
// Coordinates of other systems are claims, and a claim resolves nothing.
std::optional<wire::TicketCreate> ReplayRunner::TicketFor(
    const FeedRecord& record, std::string_view value, const std::vector<LetterHeader>& headers) {
  if (ports_.authority == nullptr || record.letter == nullptr) return std::nullopt;
  const Letter& letter = *record.letter;
  if (!letter.origin.named() || letter.stream != stream_) return std::nullopt;
  wire::TicketCreate create;
  create.ticket = TicketId(job_.name, ports_.new_id());
  create.letter = letter.origin.source;
  create.letter_offset = letter.origin.offset;
  if (ports_.ticket_seen)
    create.instead_of = ports_.ticket_seen(create.letter, create.letter_offset);
  JudgeInput input{
      .headers = &headers, .timestamp_ms = record.timestamp_ms, .now_ms = ports_.clock->WallMs()};
  if (value.data() != nullptr) input.value = value;
  if (record.key.data() != nullptr) input.key = record.key;
  if (plan_.judge != nullptr) create.business_id = plan_.judge->Look(input).business_id;
  create.digest = wire::ReplayDigest(record.key, value);
  create.original_timestamp_ms =
      record.timestamp_ms == kNoTime ? ports_.clock->WallMs() : record.timestamp_ms;
  create.replay_count = static_cast<int32_t>(ReplayCountOf(record)) + 1;
  create.expires_ms = ports_.clock->WallMs() + limits::kReplayTicketMs;
  return create;
}

Choice ReplayRunner::Add(const FeedRecord& record) {
  RecordToAdd added{.record = &record, .value = record.value};
  std::string marked;
  if (plan_.stream != nullptr && plan_.stream->replay.mark_in_body &&
      record.value.data() != nullptr) {
    Result<std::string> body = MarkInBody(*plan_.stream, std::string(record.value));
    if (!body.ok()) return Choice::kLeftOut;
    marked = std::move(*body);
    added.value = marked;
  }
  const bool letter = record.letter != nullptr;
  std::vector<LetterHeader> headers;
  if (letter || HasNames(plan_.identity)) {
    headers = CopyHeaders(record);
    added.ids = FindIds(plan_.identity, InputOf(record, headers, plan_.identity));
  }
  const std::optional<wire::TicketCreate> ticket = TicketFor(record, added.value, headers);
  if (ticket.has_value()) added.ticket = &*ticket;
  const bool known = letter && record.letter->origin.source.partition >= 0;
  added.partition =
      (known ? record.letter->origin.source.partition : record.place.partition) % plan_.partitions;
  AddRecord(added, marks_, &chunk_);
  return Choice::kSend;
}

bool ReplayRunner::Take(const FeedRecord& record) {
  ReplayRange* const range = RangeOf(record);
  if (range == nullptr) return true;
  Choice choice = Choose(record, plan_.rules);
  if (choice == Choice::kSend && AtLimit()) {
    stop_ = Cat("the limit of ", policy_.limit, " records is reached");
    return false;
  }
  range->next = record.offset + 1;
  if (choice == Choice::kSend) choice = Add(record);
  Count(choice, record, &ahead_.counts);
  if (ChunkIsFull()) failed_ = Flush(JobState::kRunning, "");
  return failed_.ok() && stop_.empty();
}

Status ReplayRunner::MetAnother(const std::string& because) {
  met_another_ = true;
  return Status::Retry(Cat(because, "; the same command goes on, and leaves out what others replay"));
}

// Those of the chunk from `from` on.
Status ReplayRunner::AskForTickets(BulkReport* report, size_t from) {
  size_t next = from;
  *report = ports_.authority->SendAll(
      [&](wire::Command* command) -> Result<bool> {
        if (next == chunk_.tickets.size()) return false;
        *command = ports_.new_command();
        command->args = chunk_.tickets[next++].create;
        return true;
      },
      {});
  if (!report->trouble.ok()) return report->trouble.WithPrefix("the tickets of the next records: ");
  for (const wire::JournalEntry& refused : report->refused) {
    if (refused.because.starts_with(wire::kReplayUnderWay)) return MetAnother(refused.because);
  }
  return {};
}

// Tickets that were refused get new ids and are asked for again: usually too many are open, and
// those that were used make room.
Status ReplayRunner::CreateTickets() {
  if (chunk_.tickets.empty()) return {};
  const int64_t begin_ms = ports_.clock->MonotonicMs();
  size_t done = 0;
  for (;;) {
    BulkReport report;
    if (Status s = AskForTickets(&report, done); !s.ok()) return s;
    done += report.settled;
    if (done == chunk_.tickets.size()) return CheckStillOpen();
    if (ports_.clock->MonotonicMs() - begin_ms > limits::kCommandWaitMsMax) {
      const std::string because =
          report.refused.empty() ? std::string() : report.refused.front().because;
      return Status::Stop(Cat("the tickets of the next records are refused: ", because));
    }
    for (size_t i = done; i < chunk_.tickets.size(); ++i)
      RenameTicket(i, TicketId(job_.name, ports_.new_id()), &chunk_);
    ports_.pause(kWaitMs);
  }
}

// From here on nobody else gets a ticket for them; who had one before has settled them by now, or
// never will.
Status ReplayRunner::CheckStillOpen() {
  if (ports_.still_open) {
    Result<bool> open = ports_.still_open(chunk_.tickets);
    if (!open.ok()) return open.status();
    if (!*open) return MetAnother("dead letters that were chosen are settled by now");
  }
  return ports_.await_tickets();
}

Status ReplayRunner::Flush(JobState state, const std::string& reason) {
  if (Status s = CreateTickets(); !s.ok()) return s;
  ahead_.state = state;
  ahead_.reason = reason;
  ahead_.sequence = job_.sequence + 1;
  ahead_.updated_ms = ports_.clock->WallMs();
  if (Status s = ports_.sender->Commit(chunk_, ahead_); !s.ok()) return s;
  job_ = ahead_;
  sent_now_ += chunk_.records.size();
  pace_.Sent(chunk_.records.size(), chunk_.bytes, ports_.clock->MonotonicMs());
  chunk_.Clear();
  if (ports_.progress) ports_.progress(job_);
  if (state != JobState::kRunning) return {};
  if (Status s = Guard(); !s.ok()) return s;
  return Wait();
}

// No transaction is open while it waits.
Status ReplayRunner::Wait() {
  while (stop_.empty()) {
    const int64_t left_ms = pace_.WaitMs(ports_.clock->MonotonicMs());
    if (left_ms == 0) return {};
    ports_.pause(std::min(left_ms, kPauseMsMax));
    if (ports_.progress) ports_.progress(job_);
    if (Status s = Guard(); !s.ok()) return s;
  }
  return {};
}

Status ReplayRunner::Guard() {
  if (ports_.watch == nullptr || !stop_.empty()) return {};
  const int64_t now_ms = ports_.clock->MonotonicMs();
  if (guarded_ms_ != 0 && now_ms - guarded_ms_ < kGuardEveryMs) return {};
  guarded_ms_ = now_ms;
  return WaitForJudges();
}

// So much of what was judged failed that going on would only make more dead letters. What an
// earlier process has sent says nothing: its cause may be mended since.
std::string ReplayRunner::TooManyFailures(int64_t unjudged) const {
  const JobFates& fates = ports_.watch->fates_since_begin();
  const uint64_t failed = fates.failed_again + fates.parked;
  const uint64_t before = std::min(plan_.job.counts.sent, job_.counts.sent);
  const uint64_t sent = job_.counts.sent - before;
  const uint64_t open = std::min(sent, static_cast<uint64_t>(std::max<int64_t>(0, unjudged)));
  const uint64_t judged = std::max<uint64_t>({sent - open, failed, 1});
  const double ratio = static_cast<double>(failed) / static_cast<double>(judged);
  if (failed < limits::kReplayFailedMin || ratio <= policy_.failed_ratio_max) return {};
  return Cat(failed, " of ", judged, " records that were judged since it began failed again (",
             Percent(ratio), ", --stop-at allows ", Percent(policy_.failed_ratio_max), ")");
}

// Returns at once unless its target is far behind; then when it has caught up, or does not.
Status ReplayRunner::WaitForJudges() {
  int64_t least = INT64_MAX;
  int64_t moved_ms = ports_.clock->MonotonicMs();
  for (;;) {
    if (Status s = ports_.watch->Look(); !s.ok()) return s;
    if (ports_.watch->red()) {
      stop_ = Cat(stream_, " turned RED: ", ports_.watch->red_reason());
      return {};
    }
    Result<int64_t> unjudged = ports_.watch->Unjudged();
    if (!unjudged.ok()) return unjudged.status();
    stop_ = TooManyFailures(*unjudged);
    if (!stop_.empty() || *unjudged <= limits::kReplayAheadMax) return {};
    const int64_t now_ms = ports_.clock->MonotonicMs();
    if (*unjudged < least) moved_ms = now_ms;
    least = std::min(least, *unjudged);
    if (now_ms - moved_ms > limits::kCommandWaitMsMax) {
      stop_ = Cat("nobody judges what was sent: ", *unjudged, " offsets of ", job_.to,
                  " wait; does an instance run (fracas status)?");
      return {};
    }
    ports_.pause(kWaitMs);
    if (ports_.progress) ports_.progress(job_);
  }
}

Status ReplayRunner::ReadAll() {
  const std::vector<ReplayRange> ranges = job_.ranges;  // `ahead_` moves on during the visit
  Status read =
      ports_.feed->Visit(ranges, [this](const FeedRecord& record) { return Take(record); });
  if (!failed_.ok()) return failed_;
  if (read.ok()) return {};
  // What was read so far is sent; the job says where it is.
  if (!chunk_.records.empty()) {
    if (Status s = Flush(JobState::kRunning, ""); !s.ok()) return s;
  }
  return read;
}

Result<ReplayJob> ReplayRunner::Run() {
  if (Status s = Claim(); !s.ok()) return s;
  if (job_.state == JobState::kDone) return job_;
  if (Status s = Guard(); !s.ok()) return s;
  if (stop_.empty()) {
    if (Status s = ReadAll(); !s.ok()) return s;
  }
  if (stop_.empty()) {
    for (ReplayRange& range : ahead_.ranges) range.next = range.to;
  }
  const JobState end = stop_.empty() ? JobState::kDone : JobState::kStopped;
  if (Status s = Flush(end, stop_); !s.ok()) return s;
  return job_;
}

}  // namespace fracas::tools
