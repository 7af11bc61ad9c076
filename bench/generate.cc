#include "bench/generate.h"

#include <array>
#include <cmath>
#include <utility>

#include "bench/generate_fields.h"
#include "core/check.h"
#include "core/text.h"

namespace fracas::bench {
namespace {

// More than the largest ordinary record of any profile; checked after each one.
constexpr size_t kScratchBytes = 32 * 1024;

struct FaultInfo {
  std::string_view name;
  Code code;
};

constexpr std::array<FaultInfo, kFaults> kFaultTable = {{
    {"truncated", Code::kRecordTruncated},
    {"invalid_utf8", Code::kEncodingInvalid},
    {"control_character", Code::kUnprintableChars},
    {"critical_missing", Code::kCdeMissing},
    {"critical_null", Code::kCdeNull},
    {"wrong_type", Code::kTypeMismatch},
    {"unknown_enum", Code::kEnumUnknown},
    {"out_of_range", Code::kValueOutOfRange},
    {"bad_format", Code::kFormatInvalid},
    {"stale", Code::kTsStale},
    {"future", Code::kTsFuture},
    {"oversize", Code::kRecordOversize},
}};

// Ends the document at a random byte of its later three quarters, never inside a character: what is
// left is a proper beginning of the document, and no line of its own.
void Truncate(Random* random, Text* text) {
  const size_t size = text->size();
  size_t keep = size / 4 + random->Below(size - size / 4 - 1);
  while ((static_cast<uint8_t>(text->begin()[keep]) & 0xC0) == 0x80) --keep;
  text->set_end(text->begin() + keep);
}

// A byte of the business id, which every record has, early in the document.
void ReplaceByteOfId(char byte, Text* text) {
  constexpr std::string_view kPrefix = R"({"customerId":"C)";
  text->begin()[kPrefix.size() + 3] = byte;
}

// The faults that are made of bytes rather than of members.
void Damage(Fault fault, Random* random, Text* text) {
  switch (fault) {
    case Fault::kTruncated: Truncate(random, text); break;
    case Fault::kInvalidUtf8:
      ReplaceByteOfId(static_cast<char>(0xF8 + random->Below(8)), text);
      break;
    case Fault::kControlCharacter:
      ReplaceByteOfId(static_cast<char>(1 + random->Below(8)), text);
      break;
    case Fault::kCriticalMissing:
    case Fault::kCriticalNull:
    case Fault::kWrongType:
    case Fault::kUnknownEnum:
    case Fault::kOutOfRange:
    case Fault::kBadFormat:
    case Fault::kStale:
    case Fault::kFuture:
    case Fault::kOversize:
    case Fault::kNone: break;
  }
}

}  // namespace

std::string_view Name(Fault fault) {
  return fault == Fault::kNone ? "none" : kFaultTable[static_cast<size_t>(fault)].name;
}

Fault FindFault(std::string_view name) {
  for (size_t i = 0; i < kFaults; ++i) {
    if (kFaultTable[i].name == name) return static_cast<Fault>(i);
  }
  return Fault::kNone;
}

Code CodeOf(Fault fault) {
  FRACAS_CHECK(fault != Fault::kNone, "a record without a fault has no code");
  return kFaultTable[static_cast<size_t>(fault)].code;
}

std::vector<Fault> DefaultFaults() {
  std::vector<Fault> faults;
  for (size_t i = 0; i < kDefaultFaults; ++i) faults.push_back(static_cast<Fault>(i));
  return faults;
}

struct Generator::State {
  explicit State(GeneratorOptions given) : options(std::move(given)), scratch(kScratchBytes, '\0') {
    for (const Field& field : FieldsOf(options.profile)) {
      prefixes.push_back(Cat(prefixes.empty() ? "{\"" : ",\"", field.name, "\":"));
    }
  }

  Fault FaultOf(uint64_t sequence) const;
  void WriteMembers(RecordSeed* record, Text* out) const;
  std::string_view Oversize(std::string_view value);

  const GeneratorOptions options;
  std::vector<std::string> prefixes;  // "{\"customerId\":", ",\"messageId\":", …
  std::string scratch;
  std::string oversize;
  std::array<char, 16> key{};
};

// Fault number n sits somewhere in the n-th of equal stretches of records: the share is met
// exactly, every kind has its turn, and there is no period that a partitioner could fall in step
// with.
Fault Generator::State::FaultOf(uint64_t sequence) const {
  if (options.invalid <= 0 || options.faults.empty()) return Fault::kNone;
  const double share = std::min(options.invalid, 1.0);
  const auto stretch = static_cast<uint64_t>(std::floor(static_cast<double>(sequence) * share));
  const auto first_of = [share](uint64_t number) {
    return static_cast<uint64_t>(std::ceil(static_cast<double>(number) / share));
  };
  const uint64_t begin = first_of(stretch);
  const uint64_t end = first_of(stretch + 1);
  if (sequence < begin || begin >= end) return Fault::kNone;
  Random random(options.seed * 0x5851F42D4C957F2Du + stretch);
  if (sequence != begin + random.Below(end - begin)) return Fault::kNone;
  return options.faults[stretch % options.faults.size()];
}

void Generator::State::WriteMembers(RecordSeed* record, Text* out) const {
  const std::span<const Field> fields = FieldsOf(options.profile);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (record->fault == Fault::kCriticalMissing && fields[i].name == "accountId") continue;
    out->Add(prefixes[i]);
    fields[i].write(record, out);
  }
  out->Add('}');
}

std::string_view Generator::State::Oversize(std::string_view value) {
  oversize.assign(value.substr(0, value.size() - 1));
  oversize += ",\"padding\":\"";
  oversize.append(options.oversize_bytes, 'x');
  oversize += "\"}";
  return oversize;
}

Generator::Generator(GeneratorOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
Generator::~Generator() = default;

Generated Generator::At(uint64_t sequence) {
  State& state = *state_;
  RecordSeed record{Random(state.options.seed ^ (sequence * 0xD6E8FEB86659FD93u))};
  record.customer = record.random.Below(state.options.customers);
  record.timestamp_ms = state.options.timestamp_ms + static_cast<int64_t>(sequence);
  record.fault = state.FaultOf(sequence);

  Text key(state.key.data());
  WriteCustomerId(record.customer, &key);
  Text value(state.scratch.data());
  state.WriteMembers(&record, &value);
  FRACAS_CHECK(value.size() <= kScratchBytes, "a generated record is larger than its buffer");
  Damage(record.fault, &record.random, &value);

  Generated out{
      {key.begin(), key.size()}, {value.begin(), value.size()}, record.timestamp_ms, record.fault};
  if (record.fault == Fault::kOversize) out.value = state.Oversize(out.value);
  return out;
}

}  // namespace fracas::bench
