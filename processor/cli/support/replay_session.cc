#include "cli/support/replay_session.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/limits_tools.h"
#include "core/text.h"
#include "tools/inspect/identity.h"
#include "tools/patch/specimen_reader.h"
#include "tools/replay/job_log.h"
#include "tools/replay/lineage.h"
#include "tools/targets.h"

namespace fracas::cli {

namespace {

constexpr int64_t kSettleEveryMs = 500;
constexpr size_t kNoteTextBytes = 512;

// A time that moves along selects what a job before has passed over: its end is no place to go on.
bool Moves(const std::string& until) { return !until.empty() && !tools::ParseTime(until).ok(); }

}  // namespace

Result<std::unique_ptr<ReplaySession>> ReplaySession::Open(const Services& services,
                                                           const ReplayArguments& arguments) {
  std::unique_ptr<ReplaySession> made(new ReplaySession(arguments));
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, arguments.group);
  if (!session.ok()) return session.status();
  made->session_ = std::move(*session);
  if (Status s = made->ReadArguments(); !s.ok()) return s;
  if (Status s = made->Plan(); !s.ok()) return s;
  if (Status s = made->FindJob(); !s.ok()) return s;
  if (Status s = made->OpenFeed(); !s.ok()) return s;
  return made;
}

tools::PlanPorts ReplaySession::ports() {
  return {.admin = admin_, .probe = probe_, .clock = session_->services().clock};
}

// All that can be refused without asking anybody.
Status ReplaySession::ReadArguments() {
  request_ = arguments_.request;
  request_.who = arguments_.change.who.empty() ? session_->services().user : arguments_.change.who;
  request_.why = arguments_.change.why;
  policy_ = arguments_.policy;
  if (Status s = ReadRates(arguments_.rates, &policy_.rates); !s.ok()) return s;
  Result<int64_t> wait_ms = tools::ParseWait(arguments_.wait);
  if (!wait_ms.ok()) return wait_ms.status().WithPrefix("--wait: ");
  wait_ms_ = *wait_ms;
  if (!request_.quarantine.empty() && !request_.letters.id.empty()) {
    return Status::Reject("--quarantine and --id both name an id: give one of them");
  }
  return tools::CheckRequest(session_->config(), request_, session_->now_ms());
}

Status ReplaySession::Plan() {
  Result<Admin*> admin = session_->admin();
  if (!admin.ok()) return admin.status();
  admin_ = *admin;
  Result<ClusterProbe*> probe = session_->probe();
  if (!probe.ok()) return probe.status();
  probe_ = *probe;
  Result<tools::ReplayPlan> plan = tools::PlanReplay(session_->config(), request_, ports());
  if (!plan.ok()) return plan.status();
  plan_ = std::move(*plan);
  return {};
}

// A job whose name was made goes on behind one of the same request that is done: the same command
// sends what has come since, and nothing twice.
Status ReplaySession::FindJob() {
  Result<std::unique_ptr<LogReader>> reader = session_->reader();
  if (!reader.ok()) return reader.status();
  progress_ = std::move(*reader);
  const bool repeats = plan_.made_name && !Moves(request_.letters.until);
  const std::string base = plan_.job.name;
  std::vector<tools::ReplayJob> before;
  for (int round = 1; round <= limits::kReplayRoundsMax; ++round) {
    if (round > 1) plan_.job.name = Cat(base, "-", round);
    Result<std::optional<tools::ReplayJob>> job =
        tools::ReadJob(session_->config(), plan_.job.name, admin_, progress_.get());
    if (!job.ok()) return job.status();
    if (!job->has_value()) return FindRanges(before);
    if ((*job)->request != plan_.job.request) {
      return Status::Reject(Cat("job ", plan_.job.name, " replays something else (",
                                (*job)->selection, " to ", (*job)->to,
                                "); give this one another --job"));
    }
    if ((*job)->state != tools::JobState::kDone || !repeats) {
      plan_.job = std::move(**job);
      known_ = true;
      return done() ? Status() : tools::CheckStillThere(plan_.job, admin_);
    }
    before.push_back(std::move(**job));
  }
  return Status::Reject(Cat("this was replayed ", limits::kReplayRoundsMax,
                            " times already: give it a --job of its own"));
}

Status ReplaySession::FindRanges(const std::vector<tools::ReplayJob>& before) {
  if (Status s = tools::PlanRanges(session_->config(), ports(), &plan_); !s.ok()) return s;
  for (const tools::ReplayJob& job : before) tools::PassOver(job, &plan_);
  if (!plan_.job.ranges.empty() || before.empty()) return {};
  plan_.job = before.back();  // nothing has come since
  known_ = true;
  return {};
}

Status ReplaySession::OpenFeed() {
  if (!plan_.letters) {
    Result<std::unique_ptr<LogReader>> reader = session_->reader();
    if (!reader.ok()) return reader.status();
    records_ = std::move(*reader);
    feed_ = std::make_unique<tools::TopicFeed>(records_.get());
    return {};
  }
  tools::LetterPorts ports;
  ports.get = session_->services().http_get;
  ports.clock = session_->services().clock;
  ports.admin = [this] { return session_->admin(); };
  ports.reader = [this] { return session_->reader(); };
  ports.identity = [this](const tools::Letter& letter) {
    const config::Stream* stream = tools::FindStream(session_->config(), letter.stream);
    if (stream == nullptr || !letter.value.has_value()) return std::string();
    tools::IdentityInput input{.document = tools::BehindFraming(stream, *letter.value),
                               .headers = &letter.headers};
    if (letter.key.has_value()) input.key = *letter.key;
    return tools::FindIds(stream, input).business_id.value_or("");
  };
  letters_ = std::make_unique<tools::LetterReader>(session_->config(), std::move(ports),
                                                   arguments_.group.from_topic);
  feed_ = std::make_unique<tools::LetterFeed>(letters_.get(), plan_.selection);
  return done() ? Status() : FindOthers();
}

// In this order: a replay that fails meanwhile is under way for the first look, or a newer letter
// for the second.
Status ReplaySession::FindOthers() {
  if (Status s = FindUnderWay(); !s.ok()) return s;
  return FindSuperseded();
}

// Only the target's own letters get tickets, and a replay without one is in nobody's way.
Status ReplaySession::FindUnderWay() {
  if (plan_.stream == nullptr || request_.force) return {};
  Result<tools::ReplaysUnderWay> read = session_->ReadUnderWay();
  if (!read.ok()) return read.status();
  under_way_ = std::move(*read);
  Result<std::vector<const state::Ticket*>> others = under_way_->OfOthers(
      config::QualifiedName(*plan_.stream), plan_.job.name, letters_.get());
  if (!others.ok()) return others.status();
  plan_.rules.under_way = {};
  for (const state::Ticket* ticket : *others) {
    plan_.rules.under_way.Add(ticket->letter, ticket->letter_offset);
    under_way_text_ = tools::Describe(*ticket);
  }
  return {};
}

Result<bool> ReplaySession::StillOpen(const std::vector<tools::PendingTicket>& tickets) {
  if (ledger_ == nullptr) {
    Result<std::unique_ptr<LogReader>> reader = session_->reader();
    if (!reader.ok()) return reader.status();
    ledger_ = std::move(*reader);
    resolutions_.emplace(session_->config().topics.ledger);
  }
  if (Status s = resolutions_->Follow(admin_, ledger_.get()); !s.ok()) return s;
  return std::all_of(tickets.begin(), tickets.end(), [&](const tools::PendingTicket& ticket) {
    const wire::TicketCreate& create = ticket.create;
    return resolutions_->StateOf(create.letter, create.letter_offset) == tools::LetterState::kOpen;
  });
}

// Letters of ours alone have a lineage that can be believed.
Status ReplaySession::FindSuperseded() {
  Result<std::map<std::string, int32_t>> own = letters_->OwnTopics();
  if (!own.ok()) return own.status();
  const std::vector<tools::ReplayRange>& ranges = plan_.job.ranges;
  const bool ours = std::any_of(ranges.begin(), ranges.end(), [&](const tools::ReplayRange& range) {
    return own->contains(range.source.topic);
  });
  if (!ours) return {};
  Result<tools::RecordPlaces> superseded = tools::FindSuperseded(plan_.selection, letters_.get());
  if (!superseded.ok()) return superseded.status();
  plan_.rules.superseded = std::move(*superseded);
  return {};
}

Result<tools::DryRun> ReplaySession::Try() {
  Progress progress("looking", plan_.letters ? "dead letters" : "records");
  return tools::TryReplay(plan_, policy_.limit, session_->now_ms(), feed_.get(),
                          [&](uint64_t looked, uint64_t total) { progress.Update(looked, total); });
}

Status ReplaySession::CheckGreen() {
  if (plan_.stream == nullptr || done()) return {};
  Result<tools::StreamLive> live = session_->live().Stream(config::QualifiedName(*plan_.stream));
  if (!live.ok()) return live.status();
  if (live->breaker.state != state::BreakerState::kRed) return {};
  return Status::Stop(Cat(live->stream, " is RED (", live->breaker.reason,
                          "): what is sent now would only wait; resume it first (data-patcher "
                          "resume-pipeline --pipeline ",
                          plan_.stream->pipeline, ")"));
}

Status ReplaySession::WriteNote() {
  if (plan_.stream == nullptr || known_) return {};
  wire::Command command =
      session_->NewCommand(config::QualifiedName(*plan_.stream), arguments_.change);
  command.why =
      Cat("replay job ", plan_.job.name, " (", plan_.job.selection.substr(0, kNoteTextBytes),
          " to ", plan_.job.to, "): ", arguments_.change.why);
  command.args = wire::Note{};
  Result<wire::JournalEntry> entry = session_->Send(std::move(command));
  if (!entry.ok()) return entry.status();
  if (entry->applied) return {};
  return Status::Stop(Cat("the journal refused the note of this replay: ", entry->because));
}

Result<tools::ReplayJob> ReplaySession::Send(uint64_t limit) {
  Result<std::unique_ptr<Transaction>> transaction = session_->services().open_transaction(
      session_->config(), tools::ReplayTransactionalId(session_->config(), plan_.job.name),
      plan_.record_bytes_max);
  if (!transaction.ok()) return transaction.status();
  std::unique_ptr<tools::CommandClient> authority;
  if (plan_.letters && plan_.stream != nullptr) {
    Result<std::unique_ptr<tools::CommandClient>> client = session_->Client();
    if (!client.ok()) return client.status();
    authority = std::move(*client);
  }
  tools::ReplaySender sender(session_->config(), plan_.job.name, plan_.job.to,
                             {.admin = admin_,
                              .reader = progress_.get(),
                              .transaction = transaction->get(),
                              .pause = Pause});
  return Send(&sender, authority.get(), limit);
}

tools::ReplayPorts ReplaySession::RunnerPorts(tools::ReplaySender* sender,
                                              tools::CommandClient* authority) {
  tools::ReplayPorts ports;
  ports.feed = feed_.get();
  ports.sender = sender;
  ports.watch = watch_.get();
  ports.authority = authority;
  ports.clock = session_->services().clock;
  ports.pause = Pause;
  ports.new_id = session_->services().new_id;
  ports.new_command = [this] {
    return session_->NewCommand(config::QualifiedName(*plan_.stream), arguments_.change);
  };
  ports.await_tickets = [this] { return session_->AwaitState(); };
  if (request_.force) return ports;
  ports.ticket_seen = [this](const TopicPartition& source, Offset offset) {
    return under_way_->TicketOf(source, offset);
  };
  if (plan_.selection.state == tools::LetterState::kOpen) {
    ports.still_open = [this](const auto& tickets) { return StillOpen(tickets); };
  }
  return ports;
}

Result<tools::ReplayJob> ReplaySession::Send(tools::ReplaySender* sender,
                                             tools::CommandClient* authority, uint64_t limit) {
  // What an earlier process has sent says nothing about how fast this one is.
  const uint64_t before = plan_.job.Total() - plan_.job.Remaining();
  Progress progress("replayed", "offsets");
  tools::ReplayPorts ports = RunnerPorts(sender, authority);
  ports.progress = [&](const tools::ReplayJob& job) {
    progress.Update(job.Total() - job.Remaining() - before, job.Total() - before);
  };
  tools::ReplayPolicy policy = policy_;
  policy.limit = limit;
  for (int tries = 1;; ++tries) {
    tools::ReplayRunner runner(plan_, policy, ports);
    Result<tools::ReplayJob> job = runner.Run();
    if (job.ok() || !runner.met_another() || tries == limits::kReplayTriesMax) return job;
    if (policy.limit > 0) policy.limit -= runner.sent();  // at its limit it would have ended well
    Pause(kSettleEveryMs);
    if (Status s = FindOthers(); !s.ok()) return s;
  }
}

Result<tools::ReplayReport> ReplaySession::Run(uint64_t limit) {
  if (Status s = OpenWatch(); !s.ok()) return s;
  tools::ReplayReport report;
  report.watched = watch_ != nullptr;
  report.job = plan_.job;
  if (!done()) {
    // Asked after the watch has begun: what comes later it sees.
    if (Status s = CheckGreen(); !s.ok()) return s;
    if (Status s = tools::EnsureReplaysTopic(session_->config(), admin_); !s.ok()) return s;
    if (Status s = WriteNote(); !s.ok()) return s;
    Result<tools::ReplayJob> job = Send(limit);
    if (!job.ok()) return job.status();
    report.job = std::move(*job);
  }
  if (!report.watched) return report;
  Settle(&report);
  DiscardOlderLetters(&report);
  return report;
}

}  // namespace fracas::cli
