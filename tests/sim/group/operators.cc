#include "tests/sim/group/operators.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "wire/replay.h"

namespace fracas::sim {

namespace {

const std::vector<std::string> kStreams = {"p/a", "p/b", "p/c"};

}  // namespace

std::string Operators::NewId() { return Cat("command-", options_.random->Next()); }

std::string Operators::AnyStream() { return kStreams[Below(kStreams.size())]; }

void Operators::SendBytes(std::string bytes) {
  // A timeout after success, and another try: it arrives twice, now or much later.
  if (Chance(80)) later_.push_back(bytes);
  const int copies = Chance(60) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    options_.broker->AppendPlain(kControlLog, {"", bytes, {}, now_ms()});
  }
}

void Operators::Send(const std::string& stream, wire::CommandArgs args) {
  wire::Command command;
  command.id = NewId();
  command.stream = stream;
  command.who = Chance(500) ? "alice" : "bob";
  command.why = "because";
  command.time_ms = now_ms();
  command.args = std::move(args);
  if (Chance(150)) command.not_after_ms = now_ms() - 100 + static_cast<int64_t>(Below(800));
  if (Chance(300)) {
    // As it was when the person looked.
    const Offset seen = std::max<Offset>(0, state_.end() - static_cast<Offset>(Below(12)));
    const state::Breaker* breaker = state_.BreakerAt(stream, seen);
    command.expected_version = breaker == nullptr ? 0 : breaker->stamp.version;
  }
  std::string bytes;
  wire::Encode(command, &bytes);
  SendBytes(std::move(bytes));
}

void Operators::Act() {
  state_.Follow();
  const uint64_t kind = Below(100);
  if (kind < 8) return Trip();
  if (kind < 45) return Reset();
  if (kind < 55) return AcceptLoss();
  if (kind < 58) return Send(AnyStream(), wire::DivertEnd{});
  if (kind < 60) return Send(AnyStream(), wire::Note{});
  if (kind < 62) return Garbage();
  if (!options_.masks) return;
  if (kind < 72) return AddQuarantine();
  if (kind < 78) return Release();
  if (kind < 81) return Discard();
  SendReplay();
}

void Operators::Deliver(bool all) {
  state_.Follow();
  if (!later_.empty() && (all || Chance(30))) {
    options_.broker->AppendPlain(kControlLog, {"", later_.front(), {}, now_ms()});
    later_.pop_front();
  }
  for (size_t i = replays_.size(); i > 0; --i) {
    Waiting replay = std::move(replays_.front());
    replays_.pop_front();
    const bool there =
        replay.ticket.empty() || state_.TicketAt(replay.ticket, state_.end()) != nullptr;
    if (!there && --replay.patience > 0) {
      replays_.push_back(std::move(replay));
      continue;
    }
    for (int copy = 0; copy < replay.copies; ++copy) {
      options_.scene->AppendRecord(replay.partition, replay.record, replay.plant);
    }
  }
}

// --- Streams
// --------------------------------------------------------------------------------------------

void Operators::Trip() {
  wire::BreakerTrip trip;
  trip.planned = Chance(400);
  if (trip.planned && Chance(600)) {
    trip.planned_until_ms = now_ms() + static_cast<int64_t>(Below(3'000));
  }
  Send(AnyStream(), trip);
}

void Operators::Reset() {
  std::string stream = AnyStream();
  for (const std::string& each : kStreams) {
    if (state_.StateOf(each) == state::BreakerState::kRed && Chance(700)) stream = each;
  }
  wire::BreakerReset reset;
  const uint64_t contract = Below(100);
  if (contract < 15) {
    mended_ |= 1u << (stream[2] - 'a');
    reset.contract = options_.scene->mended_contract();
    reset.reload = Chance(500);
  } else if (contract < 30) {
    reset.contract = options_.scene->contract();
  } else if (contract < 36) {
    reset.contract = std::string(64, 'f');  // nobody has it
  } else if (contract < 40) {
    reset.contract = "latest";
  }
  if (Chance(250)) {
    reset.divert = {Code::kTypeMismatch};
    if (Chance(200)) reset.divert.push_back(Code::kTypeMismatch);
    if (Chance(400)) reset.divert_for_ms = 1 + static_cast<int64_t>(Below(3'000));
  }
  Send(stream, std::move(reset));
}

void Operators::OrderLoss(const std::string& stream, const state::PendingRange& range) {
  Send(stream,
       wire::AcceptLoss{range.source, StandsAt(range), options_.broker->Low(range.source)});
}

// The state is told of a probed range when all of it has passed: the group knows it better.
Offset Operators::StandsAt(const state::PendingRange& range) const {
  const auto at = options_.broker->Committed(range.source);
  return at && at->offset != kNoOffset ? at->offset : range.from;
}

void Operators::AcceptLoss() {
  for (const std::string& stream : kStreams) {
    const state::Breaker* breaker = state_.breaker(stream);
    if (breaker == nullptr) continue;
    for (const state::PendingRange& range : breaker->pending) {
      const bool lost = StandsAt(range) < options_.broker->Low(range.source);
      if (lost && Chance(500)) OrderLoss(stream, range);
      // Somebody has read the wrong number.
      if (Chance(20)) {
        const Offset wrong = std::max(range.from, range.to) + 1;
        Send(stream, wire::AcceptLoss{range.source, wrong, wrong + 2});
      }
    }
  }
}

void Operators::LoseSource() {
  state_.Follow();
  const std::vector<TopicPartition> all = {{"a", 0}, {"a", 1}, {"a", 2}, {"b", 0}, {"b", 1}};
  TopicPartition partition = all[Below(all.size())];
  for (const std::string& stream : kStreams) {
    const state::Breaker* breaker = state_.breaker(stream);
    if (breaker == nullptr || stream == "p/c") continue;
    for (const state::PendingRange& range : breaker->pending) {
      if (Chance(500)) partition = range.source;
    }
  }
  const auto at = options_.broker->Committed(partition);
  const Offset from = at && at->offset != kNoOffset ? at->offset : 0;
  const auto end = static_cast<Offset>(options_.broker->log(partition).size());
  const Offset low = std::min(end, from + static_cast<Offset>(Below(5)));
  if (low > options_.broker->Low(partition)) options_.broker->DeleteBelow(partition, low);
}

bool Operators::Conclude() {
  state_.Follow();
  bool green = true;
  for (const std::string& stream : kStreams) {
    green = green && state_.StateOf(stream) == state::BreakerState::kGreen;
  }
  const int64_t monotonic_ms = options_.clock->MonotonicMs();
  if (green || monotonic_ms < concluded_ms_ + 3'000) return green;
  concluded_ms_ = monotonic_ms;
  for (const std::string& stream : kStreams) {
    const state::Breaker* breaker = state_.breaker(stream);
    if (breaker == nullptr || breaker->state == state::BreakerState::kGreen) continue;
    bool lost = false;
    for (const state::PendingRange& range : breaker->pending) {
      if (range.passed || StandsAt(range) >= options_.broker->Low(range.source)) continue;
      lost = true;
      OrderLoss(stream, range);
    }
    const bool tries = breaker->state == state::BreakerState::kProbe && breaker->contract.empty();
    if (!lost && !tries) Send(stream, wire::BreakerReset{});
  }
  return false;
}

// --- Records
// --------------------------------------------------------------------------------------------

wire::QuarantineTarget Operators::AnyTarget(const std::string& stream) {
  if (Chance(500)) return {false, Cat("b", Below(kBusinessIds))};
  const std::string topic = stream.substr(2);
  const auto partition =
      static_cast<Partition>(Below(static_cast<uint64_t>(options_.broker->Partitions(topic))));
  // Some are through already, some are yet to come.
  const auto size = options_.broker->log({topic, partition}).size();
  return {true, state::RecordId({topic, partition}, static_cast<Offset>(Below(size + 5)))};
}

void Operators::AddQuarantine() {
  const std::string stream = AnyStream();
  wire::QuarantineAdd add;
  for (uint64_t i = 1 + Below(3); i > 0; --i) add.targets.push_back(AnyTarget(stream));
  if (Chance(300)) add.expires_ms = now_ms() + static_cast<int64_t>(Below(2'000));
  if (Chance(300)) add.owner = "crm";
  Send(stream, std::move(add));
}

void Operators::Release() {
  if (state_.entries().empty()) return;
  auto at = state_.entries().begin();
  std::advance(at, static_cast<std::ptrdiff_t>(Below(state_.entries().size())));
  const bool record = at->first.scope == state::QuarantineScope::kRecord;
  Send(at->first.stream, wire::QuarantineRelease{{{record, at->first.id}}});
}

bool Operators::PickLetter(Letter* letter) {
  const std::vector<TopicPartition> all = {
      {"a.dlq", 0}, {"a.dlq", 1}, {"a.dlq", 2}, {"b.dlq", 0}, {"b.dlq", 1}};
  const TopicPartition& partition = all[Below(all.size())];
  const auto visible = options_.broker->Visible(partition);
  if (visible.empty()) return false;
  letter->record = visible[Below(visible.size())];
  std::vector<HeaderView> headers;
  for (const Header& header : letter->record.headers) {
    headers.push_back(
        {header.name, header.value ? std::string_view(*header.value) : std::string_view()});
  }
  auto decoded = wire::DecodeDeadLetter(headers);
  if (!decoded.ok() || !*decoded) return false;
  letter->context = std::move(**decoded);
  return true;
}

void Operators::Discard() {
  Letter letter;
  if (!PickLetter(&letter)) return;
  Send(Cat("p/", letter.context.source.topic),
       wire::LetterDiscard{{{letter.context.source, letter.context.offset}}});
}

// As `data-patcher … --re-inject`: a ticket first, then the mended record, back to where it came
// from.
void Operators::SendReplay() {
  Letter letter;
  if (!PickLetter(&letter)) return;
  Waiting replay;
  replay.partition = letter.context.source;
  const std::string place = ToString(letter.context.source, letter.context.offset);
  const bool mends = Chance(750);
  replay.plant = mends ? Plant::kGood : Plant::kHeld;
  replay.record.key = letter.record.key;
  replay.record.value = Scene::DocumentOf(replay.plant, Cat("again ", place, " ", Below(1'000)));
  replay.record.timestamp_ms = letter.record.timestamp_ms;
  wire::TicketCreate ticket;
  ticket.ticket = Cat("ticket-", Below(1'000'000));
  ticket.letter = letter.context.source;
  ticket.letter_offset = letter.context.offset;
  ticket.business_id = Reading::HeaderOf(letter.record, kIdHeader);
  ticket.digest = wire::ReplayDigest(
      replay.record.key ? std::string_view(*replay.record.key) : std::string_view(),
      *replay.record.value);
  ticket.original_timestamp_ms = letter.record.timestamp_ms;
  ticket.replay_count = static_cast<int32_t>(letter.context.replay_count) + 1;
  ticket.expires_ms = now_ms() + 300 + static_cast<int64_t>(Below(20'000));
  std::string stream = Cat("p/", letter.context.source.topic);
  replay.record.headers = {{kIdHeader, ticket.business_id},
                           {std::string(wire::kReplayMarkHeader), "true"},
                           {std::string(wire::kReplayTicketHeader), ticket.ticket}};
  if (Chance(700)) replay.ticket = ticket.ticket;  // waits until it is there
  if (Chance(200)) replay.copies = 2;
  if (Chance(250)) Forge(&replay, &ticket, &stream);
  Send(stream, std::move(ticket));
  replays_.push_back(std::move(replay));
}

void Operators::Forge(Waiting* replay, wire::TicketCreate* ticket, std::string* stream) {
  switch (Below(5)) {
    case 0:  // no such ticket
      replay->record.headers[2].value = "ticket-of-nobody";
      return;
    case 1:  // other bytes
      replay->record.value = Scene::DocumentOf(Plant::kGood, "forged");
      replay->plant = Plant::kGood;
      return;
    case 2:  // for somebody else
      replay->record.headers[0].value = Cat("b", Below(kBusinessIds));
      return;
    case 3:  // for another stream
      *stream = *stream == "p/a" ? "p/b" : "p/a";
      return;
    case 4:  // a mark and nothing else
      replay->record.headers.pop_back();
      ticket->ticket = Cat("unused-", Below(1'000'000));
      return;
  }
}

void Operators::Garbage() {
  switch (Below(4)) {
    case 0: return SendBytes("");
    case 1: return SendBytes("{");
    case 2:
      return SendBytes(
          R"({"v":"1.0","kind":"command","id":"odd","type":"breaker.explode","stream":"p/a","who":"eve"})");
    case 3: return SendBytes(R"({"v":"1.0","kind":"wish"})");
  }
}

}  // namespace fracas::sim
