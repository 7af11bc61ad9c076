#include "tools/letters/letter.h"

#include <array>
#include <utility>

#include "core/text.h"
#include "core/timestamp.h"
#include "formats/foreign_letter.h"

namespace fracas::tools {

namespace {

using formats::ByteTrust;
using formats::CoordinateTrust;
using formats::LetterOrigin;

constexpr std::array<std::pair<LetterState, std::string_view>, 5> kStates = {{
    {LetterState::kOpen, "open"},
    {LetterState::kResolved, "resolved"},
    {LetterState::kDiscarded, "discarded"},
    {LetterState::kExpired, "expired"},
    {LetterState::kUnknown, "unknown"},
}};

LetterOrigin OurOrigin(const wire::DeadLetter& ours, const Letter& letter, bool trusted) {
  LetterOrigin origin;
  origin.system = formats::LetterSystem::kFracas;
  origin.source = ours.source;
  origin.offset = ours.offset;
  origin.timestamp_ms = letter.timestamp_ms;
  origin.key = ours.key_size.has_value() ? ByteTrust::kLeftOut : ByteTrust::kOriginal;
  origin.value = ours.payload_size.has_value() ? ByteTrust::kLeftOut : ByteTrust::kOriginal;
  origin.headers_kept = ours.headers_dropped == 0;
  origin.component = Cat(ours.pipeline, "/", ours.stream);
  origin.stage = ours.stage;
  origin.error_class = ours.code_name;
  origin.error_message = ours.message;
  origin.attempts = static_cast<uint32_t>(ours.attempt);
  origin.own_headers = ours.block_begin;
  origin.blocks = 1;
  // We write our block last and format last in it: anything behind it is not from us.
  const bool last = !letter.headers.empty() && letter.headers.back().name == "fracas.format";
  origin.coordinates = !last     ? CoordinateTrust::kDoubtful
                       : trusted ? CoordinateTrust::kProven
                                 : CoordinateTrust::kClaimed;
  if (!last) {
    origin.notes.emplace_back(
        "headers stand behind the context of Fracas: somebody else wrote this record");
  }
  if (ours.payload_size.has_value()) {
    origin.notes.push_back(Cat("the value was not kept: ", *ours.payload_size, " bytes, sha256 ",
                               ours.payload_sha256));
  }
  if (ours.headers_dropped > 0) {
    origin.notes.push_back(Cat(ours.headers_dropped, " headers of the record were not kept"));
  }
  return origin;
}

void TakeOurs(wire::DeadLetter ours, bool trusted, Letter* letter) {
  letter->origin = OurOrigin(ours, *letter, trusted);
  letter->stream = Cat(ours.pipeline, "/", ours.stream);
  letter->code_number = ours.code_number;
  letter->code_name = ours.code_name;
  letter->fingerprint = ours.fingerprint;
  letter->attempt = ours.attempt;
  letter->replay_count = ours.replay_count;
  if (!ParseTimestamp(ours.timestamp, &letter->judged_ms)) letter->judged_ms = letter->timestamp_ms;
  letter->ours = std::move(ours);
}

}  // namespace

std::string_view Name(LetterState state) {
  for (const auto& [each, name] : kStates) {
    if (each == state) return name;
  }
  return "";
}

bool FindLetterState(std::string_view name, LetterState* state) {
  for (const auto& [each, text] : kStates) {
    if (text != name) continue;
    *state = each;
    return true;
  }
  return false;
}

std::string Letter::Source() const {
  if (origin.named()) return ToString(origin.source, origin.offset);
  return origin.source.topic;
}

Code Letter::code() const {
  if (code_number == 0) return Code::kNone;
  const CodeInfo* info = FindCode(Cat(code_number));
  return info == nullptr ? Code::kUnknown : info->code;
}

std::vector<HeaderView> Letter::AllHeaders() const {
  std::vector<HeaderView> views;
  views.reserve(headers.size());
  for (const LetterHeader& header : headers) {
    views.push_back({header.name, header.value.has_value() ? std::string_view(*header.value)
                                                           : std::string_view()});
  }
  return views;
}

std::vector<HeaderView> Letter::OwnHeaders() const {
  std::vector<HeaderView> views = AllHeaders();
  if (views.size() > origin.own_headers) views.resize(origin.own_headers);
  return views;
}

Letter ReadLetter(const TopicPartition& topic, const ConsumedRecord& record,
                  const PayloadLease& lease, bool trusted) {
  Letter letter;
  letter.topic = topic;
  letter.offset = record.offset;
  letter.timestamp_ms = record.timestamp_ms;
  letter.loaded = true;
  if (record.key.data() != nullptr) letter.key.emplace(record.key);
  if (record.value.data() != nullptr) letter.value.emplace(record.value);
  lease.VisitHeaders(record.lease_index, [&letter](std::string_view name, std::string_view value) {
    LetterHeader header{.name = std::string(name), .value = std::nullopt};
    if (value.data() != nullptr) header.value.emplace(value);
    letter.headers.push_back(std::move(header));
  });
  letter.judged_ms = record.timestamp_ms == kNoTime ? 0 : record.timestamp_ms;
  const std::vector<HeaderView> headers = letter.AllHeaders();
  Result<std::optional<wire::DeadLetter>> ours = wire::DecodeDeadLetter(headers);
  formats::LetterFacts facts{.headers = headers,
                             .key_null = !letter.key.has_value(),
                             .value_null = !letter.value.has_value(),
                             .timestamp_ms = record.timestamp_ms,
                             .topic = topic.topic};
  letter.origin = formats::ReadForeignLetter(facts);
  if (!ours.ok()) letter.origin.notes.emplace_back(ours.status().message());
  if (!ours.ok() || !ours->has_value()) return letter;
  // Whoever wrote last has given up on it last.
  const bool other_later = letter.origin.system != formats::LetterSystem::kUnknown &&
                           letter.origin.own_headers > (*ours)->block_begin;
  if (other_later) {
    letter.origin.notes.emplace_back("it was a dead letter of Fracas before");
    return letter;
  }
  TakeOurs(std::move(**ours), trusted, &letter);
  return letter;
}

}  // namespace fracas::tools
