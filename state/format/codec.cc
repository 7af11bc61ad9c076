#include "state/format/codec.h"

#include "core/text.h"
#include "state/format/fields.h"
#include "state/format/value_bytes.h"

// Values. The members' order is in fields.h, the bytes of one member in value_bytes.h; here is what
// stands around them: versions in front, what a newer minor version added behind.

namespace fracas::state {

namespace {

template <typename T>
std::string EncodeValue(const T& value) {
  std::string bytes;
  bytes.push_back(static_cast<char>(kFormatMajor));
  bytes.push_back(static_cast<char>(kFormatMinor));
  ValueWriter writer(&bytes);
  Fields(&writer, value);
  return bytes;
}

template <typename T>
Result<T> DecodeValue(std::string_view what, std::string_view bytes) {
  if (bytes.size() < 2) {
    return Status::Reject(
        Cat("the value of ", what, " has ", bytes.size(), " bytes: no version in it"));
  }
  const auto major = static_cast<uint8_t>(bytes[0]);
  const auto minor = static_cast<uint8_t>(bytes[1]);
  if (major != kFormatMajor) {
    return Status::Stop(Cat("the value of ", what, " has format ", major, ".", minor,
                            ", this program knows ", kFormatMajor,
                            ".x: run the version that wrote it, or a newer one"));
  }
  ValueReader reader(bytes.substr(2));
  T value;
  Fields(&reader, value);
  if (minor <= kFormatMinor && !reader.at_end()) reader.Fail("end", "is not where the bytes end");
  if (!reader.ok()) return reader.status().WithPrefix(Cat("the value of ", what, ": "));
  return value;
}

}  // namespace

std::string Encode(const Genesis& value) { return EncodeValue(value); }
std::string Encode(const Cursor& value) { return EncodeValue(value); }
std::string Encode(const Breaker& value) { return EncodeValue(value); }
std::string Encode(const QuarantineEntry& value) { return EncodeValue(value); }
std::string Encode(const Ticket& value) { return EncodeValue(value); }
std::string Encode(const LetterResolution& value) { return EncodeValue(value); }

Result<Genesis> DecodeGenesis(std::string_view value) {
  return DecodeValue<Genesis>("a genesis", value);
}
Result<Cursor> DecodeCursor(std::string_view value) {
  return DecodeValue<Cursor>("a cursor", value);
}
Result<Breaker> DecodeBreaker(std::string_view value) {
  return DecodeValue<Breaker>("a breaker", value);
}
Result<QuarantineEntry> DecodeQuarantineEntry(std::string_view value) {
  return DecodeValue<QuarantineEntry>("a quarantine entry", value);
}
Result<Ticket> DecodeTicket(std::string_view value) {
  return DecodeValue<Ticket>("a ticket", value);
}
Result<LetterResolution> DecodeLetterResolution(std::string_view value) {
  return DecodeValue<LetterResolution>("a dead letter's end", value);
}

}  // namespace fracas::state
