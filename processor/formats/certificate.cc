#include "formats/certificate.h"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base64.h"
#include "core/text.h"
#include "json/utf8.h"

namespace fracas::formats {

namespace {

// Tags of DER (X.690) that a certificate's dates and subject are written with.
constexpr unsigned char kInteger = 0x02;
constexpr unsigned char kObjectId = 0x06;
constexpr unsigned char kUtcTime = 0x17;
constexpr unsigned char kGeneralizedTime = 0x18;
constexpr unsigned char kSequence = 0x30;
constexpr unsigned char kSet = 0x31;
constexpr unsigned char kVersion = 0xA0;

constexpr std::string_view kCommonName = "\x55\x04\x03";  // 2.5.4.3
constexpr size_t kSubjectBytesMax = 256;

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";

struct Element {
  unsigned char tag = 0;
  std::string_view content;
};

// Elements one after the other. nullopt: the end, or what is no element (`damaged`).
class Elements {
 public:
  explicit Elements(std::string_view bytes) : bytes_(bytes) {}

  std::optional<Element> Next() {
    if (bytes_.empty()) return std::nullopt;
    if (bytes_.size() < 2) return Damage();
    Element element{.tag = static_cast<unsigned char>(bytes_[0]), .content = {}};
    size_t length = static_cast<unsigned char>(bytes_[1]);
    size_t head = 2;
    if (length >= 0x80) {
      const size_t digits = length & 0x7F;
      if (digits == 0 || digits > 4 || bytes_.size() < head + digits) return Damage();
      length = 0;
      for (size_t i = 0; i < digits; ++i) {
        length = length << 8 | static_cast<unsigned char>(bytes_[head + i]);
      }
      head += digits;
    }
    if (bytes_.size() - head < length) return Damage();
    element.content = bytes_.substr(head, length);
    bytes_.remove_prefix(head + length);
    return element;
  }
  // The next one, which must have this tag.
  std::optional<Element> Next(unsigned char tag) {
    const std::optional<Element> element = Next();
    if (element.has_value() && element->tag == tag) return element;
    return Damage();
  }
  unsigned char peek() const { return bytes_.empty() ? 0 : static_cast<unsigned char>(bytes_[0]); }
  bool damaged() const { return damaged_; }

 private:
  std::nullopt_t Damage() {
    damaged_ = true;
    bytes_ = {};
    return std::nullopt;
  }

  std::string_view bytes_;
  bool damaged_ = false;
};

std::optional<int> Number(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0)
    return std::nullopt;
  return value;
}

// "260131120000Z" or "20260131120000Z": RFC 5280 allows no other shape.
std::optional<int64_t> TimeOf(const Element& element) {
  const bool two_digits = element.tag == kUtcTime;
  if (!two_digits && element.tag != kGeneralizedTime) return std::nullopt;
  const size_t year_digits = two_digits ? 2 : 4;
  const std::string_view text = element.content;
  if (text.size() != year_digits + 11 || text.back() != 'Z') return std::nullopt;
  std::optional<int> year = Number(text.substr(0, year_digits));
  int parts[5] = {};
  for (size_t i = 0; i < 5; ++i) {
    const std::optional<int> part = Number(text.substr(year_digits + 2 * i, 2));
    if (!part.has_value()) return std::nullopt;
    parts[i] = *part;
  }
  if (!year.has_value()) return std::nullopt;
  if (two_digits) *year += *year < 50 ? 2000 : 1900;
  using std::chrono::sys_days;
  const std::chrono::year_month_day day{std::chrono::year(*year),
                                        std::chrono::month(static_cast<unsigned>(parts[0])),
                                        std::chrono::day(static_cast<unsigned>(parts[1]))};
  if (!day.ok() || parts[2] > 23 || parts[3] > 59 || parts[4] > 60) return std::nullopt;
  const int64_t days = sys_days(day).time_since_epoch().count();
  return (((days * 24 + parts[2]) * 60 + parts[3]) * 60 + parts[4]) * 1000;
}

// As text that messages may show.
std::string Shown(std::string_view bytes) {
  bytes = bytes.substr(0, kSubjectBytesMax);
  std::string text;
  for (size_t at = 0; at < bytes.size();) {
    const json::CodePoint point = json::DecodeUtf8(bytes, at);
    const bool shown = point.valid && point.value >= 0x20 && point.value != 0x7F;
    json::AppendUtf8(shown ? point.value : json::kReplacementCharacter, &text);
    at += point.size;
  }
  return text;
}

// The common name, or the first name that stands there.
std::string SubjectOf(std::string_view names) {
  std::string first;
  Elements sets(names);
  while (const std::optional<Element> set = sets.Next(kSet)) {
    Elements pairs(set->content);
    const std::optional<Element> pair = pairs.Next(kSequence);
    if (!pair.has_value()) break;
    Elements parts(pair->content);
    const std::optional<Element> id = parts.Next(kObjectId);
    const std::optional<Element> value = parts.Next();
    if (!id.has_value() || !value.has_value()) break;
    if (id->content == kCommonName) return Shown(value->content);
    if (first.empty()) first = Shown(value->content);
  }
  return first;
}

Status NoCertificate(std::string_view where) {
  return Status::Reject(Cat("no X.509 certificate: ", where, " is not what it should be"));
}

}  // namespace

Result<Certificate> ReadCertificate(std::string_view der) {
  Elements outer(der);
  const std::optional<Element> whole = outer.Next(kSequence);
  if (!whole.has_value()) return NoCertificate("its outermost sequence");
  Elements signed_parts(whole->content);
  const std::optional<Element> body = signed_parts.Next(kSequence);
  if (!body.has_value()) return NoCertificate("its body");
  Elements fields(body->content);
  if (fields.peek() == kVersion) fields.Next();
  fields.Next(kInteger);   // serial number
  fields.Next(kSequence);  // how it is signed
  fields.Next(kSequence);  // issuer
  const std::optional<Element> validity = fields.Next(kSequence);
  const std::optional<Element> subject = fields.Next(kSequence);
  if (fields.damaged() || !validity.has_value() || !subject.has_value())
    return NoCertificate("a field of its body");
  Elements times(validity->content);
  const std::optional<Element> begin = times.Next();
  const std::optional<Element> end = times.Next();
  if (!begin.has_value() || !end.has_value()) return NoCertificate("its validity");
  const std::optional<int64_t> begins_ms = TimeOf(*begin);
  const std::optional<int64_t> ends_ms = TimeOf(*end);
  if (!begins_ms.has_value() || !ends_ms.has_value())
    return NoCertificate("a date of its validity");
  return Certificate{
      .subject = SubjectOf(subject->content), .begins_ms = *begins_ms, .ends_ms = *ends_ms};
}

Result<std::vector<Certificate>> ReadCertificates(std::string_view pem) {
  std::vector<Certificate> certificates;
  for (size_t at = pem.find(kBegin); at != std::string_view::npos; at = pem.find(kBegin, at)) {
    at += kBegin.size();
    const size_t end = pem.find(kEnd, at);
    std::string text;
    for (const char c : pem.substr(at, end == std::string_view::npos ? 0 : end - at)) {
      if (c != '\n' && c != '\r' && c != ' ' && c != '\t') text.push_back(c);
    }
    std::string der;
    if (end == std::string_view::npos || !DecodeBase64(text, &der)) {
      return Status::Reject(
          Cat("certificate ", certificates.size() + 1, " of the file is cut or no base64"));
    }
    Result<Certificate> certificate = ReadCertificate(der);
    if (!certificate.ok()) {
      return certificate.status().WithPrefix(
          Cat("certificate ", certificates.size() + 1, " of the file: "));
    }
    certificates.push_back(std::move(*certificate));
  }
  if (certificates.empty())
    return Status::Reject("there is no certificate in PEM (-----BEGIN CERTIFICATE-----) in it");
  return certificates;
}

}  // namespace fracas::formats
