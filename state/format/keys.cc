#include <cstdint>
#include <type_traits>

#include "core/text.h"
#include "state/format/codec.h"

// Keys: bytes that sort as their components do. A text cannot be the beginning of another one's
// bytes, because it ends with 00 00 and never contains that.

namespace fracas::state {

namespace {

constexpr char kEnd = '\0';
constexpr char kEscaped = '\xFF';

std::string Begin(Kind kind) { return std::string(1, static_cast<char>(kind)); }

void AppendText(std::string_view text, std::string* out) {
  for (const char c : text) {
    out->push_back(c);
    if (c == kEnd) out->push_back(kEscaped);
  }
  out->append(2, kEnd);
}

// Big endian; the flipped sign bit puts negative numbers in front.
template <typename T>
void AppendNumber(T number, std::string* out) {
  using Bits = std::make_unsigned_t<T>;
  const Bits bits = static_cast<Bits>(number) ^ (Bits{1} << (8 * sizeof(T) - 1));
  for (size_t i = sizeof(T); i > 0; --i) out->push_back(static_cast<char>(bits >> (8 * (i - 1))));
}

// Reads on while nothing is wrong.
class KeyReader {
 public:
  KeyReader(Kind kind, std::string_view key) : key_(key) {
    ok_ = !key.empty() && key.front() == static_cast<char>(kind);
  }

  std::string Text() {
    std::string text;
    while (ok_) {
      if (at_ + 1 >= key_.size() || text.size() > kTextBytesMax) {
        ok_ = false;
      } else if (key_[at_] != kEnd) {
        text.push_back(key_[at_++]);
      } else if (key_[at_ + 1] == kEscaped) {
        text.push_back(kEnd);
        at_ += 2;
      } else {
        ok_ = key_[at_ + 1] == kEnd;
        at_ += 2;
        break;
      }
    }
    return text;
  }

  template <typename T>
  T Number() {
    if (!ok_ || key_.size() - at_ < sizeof(T)) {
      ok_ = false;
      return T{};
    }
    using Bits = std::make_unsigned_t<T>;
    Bits bits = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      bits = static_cast<Bits>((bits << 8) | static_cast<uint8_t>(key_[at_++]));
    }
    return static_cast<T>(bits ^ (Bits{1} << (8 * sizeof(T) - 1)));
  }

  uint8_t Byte() {
    if (!ok_ || at_ == key_.size()) {
      ok_ = false;
      return 0;
    }
    return static_cast<uint8_t>(key_[at_++]);
  }

  // All of the key was read and nothing was wrong.
  bool Done() const { return ok_ && at_ == key_.size(); }

 private:
  std::string_view key_;
  size_t at_ = 1;
  bool ok_ = false;
};

Status NoKey(std::string_view what, std::string_view key) {
  return Status::Reject(Cat("a key of ", key.size(), " bytes is not the key of ", what));
}

}  // namespace

std::string GenesisKey() { return Begin(Kind::kGenesis); }
std::string CursorKey() { return Begin(Kind::kCursor); }

std::string BreakerKey(std::string_view stream) {
  std::string key = Begin(Kind::kBreaker);
  AppendText(stream, &key);
  return key;
}

std::string QuarantinePrefix(std::string_view stream) {
  std::string key = Begin(Kind::kQuarantine);
  AppendText(stream, &key);
  return key;
}

std::string QuarantineKeyBytes(const QuarantineKey& key) {
  std::string bytes = QuarantinePrefix(key.stream);
  bytes.push_back(static_cast<char>(key.scope));
  AppendText(key.id, &bytes);
  return bytes;
}

std::string TicketKey(std::string_view id) {
  std::string key = Begin(Kind::kTicket);
  AppendText(id, &key);
  return key;
}

std::string LetterKey(const TopicPartition& letter, Offset offset) {
  std::string key = Begin(Kind::kLetter);
  AppendText(letter.topic, &key);
  AppendNumber<int32_t>(letter.partition, &key);
  AppendNumber<int64_t>(offset, &key);
  return key;
}

Result<Kind> KindOf(std::string_view key) {
  constexpr std::string_view kKinds = "gcbqtl";
  if (key.empty()) return Status::Reject("an empty key is none of the state's");
  if (kKinds.find(key.front()) == std::string_view::npos) {
    return Status::Reject(Cat("a key that begins with byte ", static_cast<uint8_t>(key.front()),
                              " is none of the state's"));
  }
  return static_cast<Kind>(key.front());
}

Result<std::string> DecodeBreakerKey(std::string_view key) {
  KeyReader reader(Kind::kBreaker, key);
  std::string stream = reader.Text();
  if (!reader.Done()) return NoKey("a breaker", key);
  return stream;
}

Result<QuarantineKey> DecodeQuarantineKey(std::string_view key) {
  KeyReader reader(Kind::kQuarantine, key);
  QuarantineKey decoded;
  decoded.stream = reader.Text();
  const uint8_t scope = reader.Byte();
  decoded.id = reader.Text();
  decoded.scope = static_cast<QuarantineScope>(scope);
  const bool known =
      decoded.scope == QuarantineScope::kId || decoded.scope == QuarantineScope::kRecord;
  if (!reader.Done() || !known) return NoKey("a quarantine entry", key);
  return decoded;
}

Result<std::string> DecodeTicketKey(std::string_view key) {
  KeyReader reader(Kind::kTicket, key);
  std::string id = reader.Text();
  if (!reader.Done()) return NoKey("a ticket", key);
  return id;
}

Result<LetterCoordinates> DecodeLetterKey(std::string_view key) {
  KeyReader reader(Kind::kLetter, key);
  LetterCoordinates letter;
  letter.source.topic = reader.Text();
  letter.source.partition = reader.Number<int32_t>();
  letter.offset = reader.Number<int64_t>();
  if (!reader.Done()) return NoKey("a dead letter", key);
  return letter;
}

}  // namespace fracas::state
