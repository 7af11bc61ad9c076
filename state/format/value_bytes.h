#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/codes.h"
#include "core/limits.h"
#include "core/status.h"
#include "core/text.h"
#include "state/format/entities.h"

// How the members of an entity become bytes and come back (the grammar is in codec.h). Writer and
// Reader have the same shape, so that one list of members (fields.h) serves both and they cannot
// drift apart.

namespace fracas::state {

// What a member that is an enumeration may be. Numbers are frozen.
inline bool IsKnown(BreakerState v) { return v <= BreakerState::kProbe; }
inline bool IsKnown(LetterEnd v) { return v == LetterEnd::kResolved || v == LetterEnd::kDiscarded; }

template <typename T>
concept Signed = std::same_as<T, int64_t> || std::same_as<T, int32_t>;
template <typename T>
concept Unsigned = std::same_as<T, uint64_t> || std::same_as<T, uint32_t>;
template <typename T>
concept Enumeration = std::is_enum_v<T> && !std::same_as<T, Code>;
template <typename T>
concept Entity = std::is_class_v<T> && !std::same_as<T, std::string>;

// Appends to `out`.
class ValueWriter {
 public:
  explicit ValueWriter(std::string* out) : out_(out) {}

  template <Unsigned T>
  void Take(std::string_view /*name*/, const T& v) {
    Varint(v);
  }
  template <Signed T>
  void Take(std::string_view /*name*/, const T& v) {
    const auto wide = static_cast<int64_t>(v);
    Varint((static_cast<uint64_t>(wide) << 1) ^ static_cast<uint64_t>(wide >> 63));
  }
  void Take(std::string_view /*name*/, const bool& v) { Varint(v ? 1 : 0); }
  void Take(std::string_view /*name*/, const Code& v) { Varint(static_cast<uint64_t>(v)); }
  template <Enumeration T>
  void Take(std::string_view /*name*/, const T& v) {
    Varint(static_cast<uint64_t>(v));
  }
  void Take(std::string_view name, const std::string& v) {
    FRACAS_CHECK(v.size() <= kTextBytesMax, name);
    Varint(v.size());
    out_->append(v);
  }
  template <typename T>
  void Take(std::string_view name, const std::vector<T>& list) {
    FRACAS_CHECK(list.size() <= limits::kStateListItemsMax, name);
    Varint(list.size());
    for (const T& item : list) Take(name, item);
  }
  template <Entity T>
  void Take(std::string_view /*name*/, const T& v) {
    Fields(this, v);
  }

 private:
  void Varint(uint64_t v) {
    for (; v >= 0x80; v >>= 7) out_->push_back(static_cast<char>(v | 0x80));
    out_->push_back(static_cast<char>(v));
  }

  std::string* out_;
};

// Reads on while nothing is wrong; the first wrong member is the failure. Strict: what it takes,
// the writer would write again byte for byte. Allocates in proportion to the bytes that are there.
class ValueReader {
 public:
  explicit ValueReader(std::string_view bytes) : bytes_(bytes) {}

  template <Unsigned T>
  void Take(std::string_view name, T& v) {
    v = Narrowed<T>(name, Varint(name));
  }
  template <Signed T>
  void Take(std::string_view name, T& v) {
    const uint64_t raw = Varint(name);
    v = Narrowed<T>(name, static_cast<int64_t>((raw >> 1) ^ (~(raw & 1) + 1)));
  }
  void Take(std::string_view name, bool& v) {
    const uint64_t raw = Varint(name);
    if (raw > 1) Fail(name, "is neither true nor false");
    v = raw == 1;
  }
  // A code that this program does not know was written by a newer one: kStop.
  void Take(std::string_view name, Code& v);
  template <Enumeration T>
  void Take(std::string_view name, T& v) {
    const uint64_t raw = Varint(name);
    const T wanted = static_cast<T>(raw);
    if (ok() && (raw > UINT8_MAX || !IsKnown(wanted))) Fail(name, Cat("has no value ", raw));
    if (ok()) v = wanted;
  }
  void Take(std::string_view name, std::string& v) {
    const uint64_t size = Varint(name);
    if (size > kTextBytesMax) Fail(name, Cat("has ", size, " bytes, more than ", kTextBytesMax));
    if (size > bytes_.size() - at_) Fail(name, "is cut off");
    if (!ok()) return;
    v.assign(bytes_.substr(at_, size));
    at_ += size;
  }
  template <typename T>
  void Take(std::string_view name, std::vector<T>& list) {
    const uint64_t count = Varint(name);
    // Each item is at least one byte: a count that the bytes cannot hold allocates nothing.
    if (count > limits::kStateListItemsMax || count > bytes_.size() - at_) {
      Fail(name, Cat("claims ", count, " items"));
    }
    for (uint64_t i = 0; ok() && i < count; ++i) {
      T item{};
      Take(name, item);
      list.push_back(std::move(item));
    }
  }
  template <Entity T>
  void Take(std::string_view /*name*/, T& v) {
    Fields(this, v);
  }

  bool ok() const { return status_.ok(); }
  const Status& status() const { return status_; }
  bool at_end() const { return at_ == bytes_.size(); }
  // The first failure stays.
  void Fail(std::string_view name, std::string_view what, Action action = Action::kReject);

 private:
  // 0 after a failure. One way to write each number: no needless bytes behind the last bits.
  uint64_t Varint(std::string_view name);

  template <typename T, typename Wide>
  T Narrowed(std::string_view name, Wide wide) {
    if (std::in_range<T>(wide)) return static_cast<T>(wide);
    Fail(name, "is out of range");
    return T{};
  }

  std::string_view bytes_;
  size_t at_ = 0;
  Status status_;
};

}  // namespace fracas::state
