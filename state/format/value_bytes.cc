#include "state/format/value_bytes.h"

namespace fracas::state {

namespace {

bool IsCode(uint64_t number) {
  if (number == 0) return true;
  for (const CodeInfo& info : AllCodes()) {
    if (info.number == number) return true;
  }
  return false;
}

}  // namespace

void ValueReader::Take(std::string_view name, Code& v) {
  const uint64_t number = Varint(name);
  if (!ok()) return;
  if (IsCode(number)) {
    v = static_cast<Code>(number);
  } else if (number <= 9999) {
    Fail(name,
         Cat("is the failure code ", number, ", which a newer program wrote: upgrade this one"),
         Action::kStop);
  } else {
    Fail(name, Cat("has no value ", number));
  }
}

void ValueReader::Fail(std::string_view name, std::string_view what, Action action) {
  if (!ok()) return;
  status_ = Status(action, Cat("'", name, "' at byte ", at_, " of ", bytes_.size(), " ", what));
}

uint64_t ValueReader::Varint(std::string_view name) {
  uint64_t value = 0;
  for (int shift = 0; ok(); shift += 7) {
    if (at_ == bytes_.size()) {
      Fail(name, "is cut off");
      break;
    }
    const auto byte = static_cast<uint8_t>(bytes_[at_]);
    if ((shift == 63 && byte > 1) || (shift > 0 && byte == 0)) {
      Fail(name, "is not a number");
      break;
    }
    ++at_;
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  return 0;
}

}  // namespace fracas::state
