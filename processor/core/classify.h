#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/codes.h"
#include "core/finding.h"
#include "core/record.h"

// From findings to the outcome of each record. Pure.

namespace fracas {

// What each code does to its batch in one stream.
class Dispositions {
 public:
  // The codes' defaults (schemas/failure_codes.yaml).
  Dispositions();
  // REQUIRES: a code of the table.
  void Set(Code code, Disposition disposition);
  Disposition Of(Code code) const;

 private:
  std::array<Disposition, kCodeCount> by_code_;
};

// What happens to good and rejected records of the stream.
enum class Publishing : uint8_t {
  kCopy,     // good → published, rejected → dead_lettered
  kObserve,  // every record → observed
};

inline constexpr size_t kNoRecord = SIZE_MAX;

// A record that is not judged like the others.
struct Treatment {
  enum class Kind : uint8_t {
    kMask,    // quarantined: masked whatever was found, coded as `code`, and no failure of its batch
    kReplay,  // comes under a ticket: if it fails it goes back to the dead letters and never holds its
              // batch, coded as `code` unless that is kNone
  };
  uint32_t record = 0;
  Kind kind = Kind::kMask;
  Code code = Code::kNone;
};

// The batch in numbers. A record counts once, by the disposition that decided it.
struct Classified {
  uint64_t records = 0;    // without the masked ones
  uint64_t masked = 0;
  uint64_t warned = 0;
  uint64_t rejected = 0;   // by a dead_letter code
  uint64_t held = 0;       // by a hold code
  size_t first_held = kNoRecord;  // index of the first record that a hold code decided
  uint64_t failed() const { return rejected + held; }
  bool operator==(const Classified&) const = default;
};

// Fills outcome, code and decider of every record. A record's deciding finding is the severest by
// disposition (hold > dead_letter > warn); among equals critical elements (CDE_MISSING, CDE_NULL) come
// first, then document order, then order of discovery. A warned record passes; a record that a hold
// code decided gets the outcome of a rejected one, which counts only if its batch is published anyway.
// REQUIRES: `findings` and `treatments` in ascending order of their records, one treatment each at most;
// none with kObserve.
Classified Classify(const Dispositions& dispositions, const Findings& findings, Publishing publishing,
                    RecordColumns* records, std::span<const Treatment> treatments = {});

}  // namespace fracas
