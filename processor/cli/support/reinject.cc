#include "cli/support/reinject.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/limits.h"
#include "core/limits_tools.h"
#include "core/text.h"

namespace fracas::cli {

namespace {

Status Refused(const wire::JournalEntry& entry) {
  return Status::Stop(Cat("refused: ", entry.because, "; nothing was sent"));
}

// An entry that is there already stays as it is: its reason and owner are somebody else's.
Status Isolate(PatchSession* session, const std::string& stream, const ReinjectRequest& request,
               std::vector<std::string> records) {
  if (records.empty()) return {};
  std::vector<state::QuarantineKey> keys;
  for (const std::string& record : records)
    keys.push_back({stream, state::QuarantineScope::kRecord, record});
  Result<std::vector<tools::QuarantineItem>> known = session->control()->live().Lookup(keys);
  if (!known.ok()) return known.status();
  for (const tools::QuarantineItem& item : *known) std::erase(records, item.key.id);
  if (records.empty()) return {};
  wire::Command command =
      session->control()->NewCommand(stream, {.why = request.why, .who = request.who});
  wire::QuarantineAdd add;
  for (const std::string& record : records) add.targets.push_back({.record = true, .id = record});
  add.owner = request.who;
  command.args = std::move(add);
  Result<wire::JournalEntry> entry = session->control()->Send(std::move(command));
  if (!entry.ok()) return entry.status();
  return entry->applied ? Status() : Refused(*entry);
}

Status CreateTickets(PatchSession* session, const ReinjectRequest& request,
                     const std::vector<tools::ReplayDraft>& drafts) {
  Result<std::unique_ptr<tools::CommandClient>> client = session->control()->Client();
  if (!client.ok()) return client.status();
  size_t next = 0;
  Progress progress("registering tickets", "tickets");
  const tools::BulkReport report = (*client)->SendAll(
      [&](wire::Command* command) -> Result<bool> {
        if (next == drafts.size()) return false;
        const tools::ReplayDraft& draft = drafts[next++];
        *command =
            session->control()->NewCommand(draft.stream, {.why = request.why, .who = request.who});
        command->args = draft.ticket;
        return true;
      },
      [&](const tools::BulkReport& so_far) { progress.Update(so_far.applied, drafts.size()); });
  if (!report.refused.empty()) return Refused(report.refused.front());
  return report.trouble.ok() ? Status() : report.trouble.WithPrefix("no record was sent: ");
}

// A newer dead letter of the same record.
Result<Obstacle> WhyOlder(PatchSession* session, const tools::Specimen& specimen) {
  const bool has_letter = specimen.letter.has_value();
  if (has_letter && specimen.letter->state == tools::LetterState::kResolved) return Obstacle();
  Result<const tools::NewerLetter*> newer = session->NewerOf(specimen);
  if (!newer.ok()) return newer.status();
  if (*newer == nullptr) return Obstacle();
  const bool open = has_letter && specimen.letter->state == tools::LetterState::kOpen;
  return Obstacle{tools::WhySuperseded(**newer, open ? specimen.letter->Place() : ""), true};
}

// Where the replays lie that failed again: from the first to the last of each partition.
std::vector<tools::OffsetRange> CameBack(const std::vector<tools::ReplayFate>& fates) {
  std::map<TopicPartition, tools::OffsetRange> ranges;
  for (const tools::ReplayFate& fate : fates) {
    if (fate.kind != tools::ReplayFate::Kind::kDeadLettered) continue;
    const tools::OffsetRange one{fate.topic, fate.offset, fate.offset + 1};
    tools::OffsetRange& range = ranges.emplace(fate.topic, one).first->second;
    range.from = std::min(range.from, one.from);
    range.to = std::max(range.to, one.to);
  }
  std::vector<tools::OffsetRange> places;
  for (auto& [partition, range] : ranges) places.push_back(std::move(range));
  return places;
}

std::vector<HeaderView> Views(const std::vector<tools::LetterHeader>& headers) {
  std::vector<HeaderView> views;
  for (const tools::LetterHeader& header : headers) {
    views.push_back({header.name, header.value.has_value() ? std::string_view(*header.value)
                                                           : std::string_view()});
  }
  return views;
}

// A record without a dead letter.
Result<std::string> WhyPassed(PatchSession* session, const tools::Specimen& specimen) {
  const ControlSession& control = *session->control();
  Result<Admin*> admin = session->control()->admin();
  if (!admin.ok()) return admin.status();
  Result<std::vector<Offset>> committed =
      (*admin)->Committed(control.config().group, {specimen.source});
  if (!committed.ok()) return committed.status();
  if (committed->front() <= specimen.source_offset) return std::string();
  return Cat("it has no dead letter and was passed already (the group stands at ",
             committed->front(),
             "): it was published, and readers would see it twice; --force sends it all the same");
}

}  // namespace

Result<ReinjectTarget> TargetOf(PatchSession* session, const std::string& topic) {
  if (session->control() == nullptr)
    return Status::Reject("--re-inject wants -c FILE: which group's tickets?");
  const config::Config& config = session->control()->config();
  const std::string name = tools::StreamOfTopic(config, topic);
  if (name.empty()) {
    std::string known;
    for (const config::Stream& stream : config.streams) {
      for (const config::Text& each : stream.topics)
        AppendTo(&known, known.empty() ? "" : ", ", each.value);
    }
    return Status::Reject(Cat("no stream of ", config.file, " reads topic ", topic,
                              ", so that nobody would judge the record; streams read: ", known));
  }
  ReinjectTarget target{tools::FindStream(config, name), topic, 0};
  if (target.stream->mode == config::PublishMode::kNone) {
    return Status::Reject(
        Cat(name, " observes only (publish.mode: none): it would not publish the record"));
  }
  Result<Admin*> admin = session->control()->admin();
  if (!admin.ok()) return admin.status();
  Result<std::vector<TopicDescription>> described = (*admin)->Describe({topic});
  if (!described.ok()) return described.status();
  if (described->empty()) return Status::Stop(Cat("there is no topic ", topic, " on this cluster"));
  target.partitions = described->front().partitions;
  return target;
}

Result<Obstacle> WhyNot(PatchSession* session, const tools::Specimen& specimen, bool force) {
  if (!specimen.from_kafka() && !specimen.letter.has_value()) {
    return Obstacle{
        "a file does not say which record it replaces: name that as SOURCE, mend it there"};
  }
  if (force) return Obstacle();
  Result<const state::Ticket*> under_way = session->UnderWay(specimen);
  if (!under_way.ok()) return under_way.status();
  if (*under_way != nullptr) return Obstacle{tools::Describe(**under_way)};
  Result<Obstacle> newer = WhyOlder(session, specimen);
  if (!newer.ok() || newer->superseded) return newer;
  if (specimen.letter.has_value()) {
    const tools::LetterState state = specimen.letter->state;
    if (state != tools::LetterState::kResolved && state != tools::LetterState::kDiscarded)
      return Obstacle();
    return Obstacle{
        Cat("its dead letter is ", tools::Name(state), " already: --force sends it all the same")};
  }
  Result<std::string> passed = WhyPassed(session, specimen);
  if (!passed.ok()) return passed.status();
  return Obstacle{std::move(*passed)};
}

std::vector<std::string> HoldingRecords(const tools::StreamLive& live,
                                        const std::vector<tools::Specimen>& specimens) {
  std::vector<std::string> records;
  for (const tools::Specimen& specimen : specimens) {
    if (specimen.letter.has_value() || specimen.source_offset == kNoOffset) continue;
    for (const state::PendingRange& range : live.breaker.pending) {
      if (range.source != specimen.source || specimen.source_offset < range.from ||
          specimen.source_offset >= range.to) {
        continue;
      }
      records.push_back(state::RecordId(specimen.source, specimen.source_offset));
    }
  }
  return records;
}

Result<Reinjected> Reinject(PatchSession* session, const ReinjectTarget& target,
                            const ReinjectRequest& request,
                            const std::vector<tools::ReplayDraft>& drafts,
                            const std::vector<std::string>& holding) {
  ControlSession& control = *session->control();
  const std::string stream = config::QualifiedName(*target.stream);
  Reinjected done;
  if (Status s = Isolate(session, stream, request, holding); !s.ok()) return s;
  done.quarantined = holding;
  if (Status s = CreateTickets(session, request, drafts); !s.ok()) return s;
  // Its worker may be another instance's, which waits for the ticket itself (pipeline/intake): this is so
  // that a state which nobody follows is told here.
  if (Status s = control.AwaitState(); !s.ok()) {
    return s.WithPrefix("no record was sent, the tickets lapse by themselves: ");
  }
  Result<tools::StreamLive> live = control.live().Stream(stream);
  if (!live.ok()) return live.status();
  Result<std::unique_ptr<LogTail>> tail = session->services().open_tail(control.config());
  if (!tail.ok()) return tail.status();
  Result<Admin*> admin = control.admin();
  if (!admin.ok()) return admin.status();
  tools::ReplayWatch watch(
      control.config(), {.tail = tail->get(), .admin = *admin, .clock = session->services().clock});
  if (Status s = watch.Begin(*target.stream, live->breaker, drafts); !s.ok()) return s;
  Result<std::unique_ptr<Outbox>> outbox = session->services().open_record_outbox(control.config());
  if (!outbox.ok()) return outbox.status();
  std::vector<tools::SentReplay> sent;
  for (const tools::ReplayDraft& draft : drafts) {
    const std::vector<HeaderView> headers = Views(draft.headers);
    const std::string_view key =
        draft.key.has_value() ? std::string_view(*draft.key) : std::string_view();
    Result<Offset> offset = (*outbox)->Send(draft.to, key, draft.value, headers, session->now_ms());
    if (!offset.ok()) {
      return offset.status().WithPrefix(
          Cat(sent.size(), " of ", drafts.size(), " were sent, then ", draft.name, ": "));
    }
    sent.push_back({&draft, *offset});
    done.offsets.push_back(*offset);
  }
  Progress progress("waiting for what becomes of it", "ms");
  Result<std::vector<tools::ReplayFate>> fates =
      watch.Wait(sent, request.wait_ms, [&](int64_t elapsed_ms) {
        progress.Update(static_cast<uint64_t>(elapsed_ms), static_cast<uint64_t>(request.wait_ms));
      });
  if (!fates.ok()) return fates.status().WithPrefix("sent, but what became of it is not known: ");
  done.fates = std::move(*fates);
  return done;
}

OlderDiscarded DiscardOlderOf(PatchSession* session, const ReinjectTarget& target,
                              const std::vector<tools::Specimen>& specimens,
                              const Reinjected& done) {
  tools::LetterReader letters = session->Letters();
  tools::Lineage& lineage = *session->lineage();
  const std::string stream = config::QualifiedName(*target.stream);
  const Status read = lineage.ReadPlaces(stream, CameBack(done.fates), &letters);
  if (!read.ok()) return {.letters = 0, .trouble = std::string(read.message())};
  std::set<std::pair<TopicPartition, Offset>> newest;
  for (const tools::Specimen& specimen : specimens) {
    const tools::NewerLetter* last = lineage.NewestOf(specimen.source, specimen.source_offset);
    if (last != nullptr) newest.insert({*last->topic, last->offset});
    if (specimen.letter.has_value())
      newest.insert({specimen.letter->topic, specimen.letter->offset});
  }
  tools::OlderScope scope;
  scope.meant = [&](const tools::NewerLetter& each) {
    return newest.contains({*each.topic, each.offset});
  };
  scope.letters.stream = stream;
  for (const tools::RecordName& older : lineage.OlderThan(scope.meant))
    scope.letters.records.push_back({older.source, older.offset, older.offset + 1});
  if (scope.letters.records.empty()) return {};
  return DiscardOlder(session->control(), scope, lineage, session->who(), &letters);
}

}  // namespace fracas::cli
