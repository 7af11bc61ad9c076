#pragma once

#include <array>
#include <string>
#include <string_view>

#include "config/stream.h"
#include "tools/recovery/evidence.h"

// Is a stream well again? Five ticks, each with what it was judged by and, where it is missing,
// what to do. Pure.

namespace fracas::tools {

enum class Check : uint8_t { kQuality, kConservation, kFreshness, kMode, kReader };
inline constexpr size_t kChecks = 5;
std::string_view Name(
    Check check);  // "quality", "conservation", "freshness", "failure mode", "reader"

enum class Answer : uint8_t {
  kYes,
  kNo,
  kNotYet,  // too little has happened to say: looking again later may answer it
};
std::string_view Name(Answer answer);  // "yes", "no", "not yet"

struct Tick {
  Check check{};
  Answer answer = Answer::kNotYet;
  std::string found{};  // one sentence with the figures
  std::string next{};   // what to do; "" when it is there
};

struct Verdict {
  std::array<Tick, kChecks> ticks;
  bool flowing = false;  // the breaker is GREEN
  // All five, and the stream flows.
  bool verified() const;
  // Something says no: waiting longer does not help.
  bool refuted() const;
};

struct Bounds {
  double failed_ratio_max = -1;  // < 0: the stream's own
};

Verdict Judge(const config::Stream& stream, const Bounds& bounds, const Evidence& evidence,
              const std::string& config_file);

}  // namespace fracas::tools
