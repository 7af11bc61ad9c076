#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>

#include "ports/source.h"
#include "tests/sim/broker.h"

// What consumed records leave with whoever has consumed them.

namespace fracas::sim {

inline std::string_view View(const std::optional<std::string>& bytes) {
  return bytes ? std::string_view(bytes->data(), bytes->size()) : std::string_view();
}

// Copies, so that a payload that is used after its lease is a use after free.
class SimLease : public PayloadLease {
 public:
  using Told = std::function<void(const Record&)>;
  // `headers_read`: outlives it; may be empty.
  explicit SimLease(const Told* headers_read) : headers_read_(headers_read) {}
  uint32_t Add(const Record& record) {
    records_.push_back(record);
    return static_cast<uint32_t>(records_.size() - 1);
  }
  const Record& at(uint32_t index) const { return records_[index]; }
  void VisitHeaders(
      uint32_t index,
      const std::function<void(std::string_view, std::string_view)>& visit) const override {
    if (*headers_read_) (*headers_read_)(records_[index]);
    for (const Header& header : records_[index].headers) visit(header.name, View(header.value));
  }

 private:
  const Told* const headers_read_;
  std::deque<Record> records_;
};

class SimEpoch : public AssignmentEpoch {
 public:
  SimEpoch(uint64_t number, Membership membership)
      : number_(number), membership_(std::move(membership)) {}
  uint64_t number() const override { return number_; }
  const Membership& membership() const { return membership_; }

 private:
  const uint64_t number_;
  const Membership membership_;
};

}  // namespace fracas::sim
