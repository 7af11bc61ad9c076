#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/stream_plan.h"
#include "tests/sim/broker.h"
#include "tests/sim/random.h"

namespace fracas::sim {

// What a source record is made to be. kPoison: whoever examines it dies.
enum class Plant : uint8_t { kGood, kWarned, kRejected, kHeld, kPoison };

// In records of a thousand.
struct Shares {
  uint64_t held = 0;  // of the copied streams; mode none holds nothing
  uint64_t rejected = 50;
  uint64_t warned = 30;
  uint64_t gaps = 80;   // aborted records and markers in front of a record
  uint64_t poison = 0;  // of the copied streams
};

// Headers of the records: whose they are, and what kills.
inline constexpr char kIdHeader[] = "id";
inline constexpr char kPoisonHeader[] = "poison";
inline constexpr uint64_t kBusinessIds = 9;  // "b0" … "b8"

using Planted = std::map<TopicPartition, std::map<Offset, Plant>>;

// Streams a and b (copied) and c (observed), their topics, and records of which it is known what
// must become of them.
class Scene {
 public:
  // `identified`: the streams take the business id from kIdHeader.
  Scene(Broker* broker, Random* random, bool identified = false);
  // `mended`: streams (bits by index) whose contract lets through what is made to be held.
  std::shared_ptr<const pipeline::Plan> MakePlan(const std::string& instance,
                                                 const std::string& version,
                                                 uint32_t mended = 0) const;
  const std::string& mended_contract() const { return lenient_->sha256(); }
  const std::string& contract() const { return streams_[0]->contract->sha256(); }
  void Append(const Shares& shares, int count);
  // One that somebody else has made.
  void AppendRecord(const TopicPartition& partition, Record record, Plant plant);
  static std::string DocumentOf(Plant plant, const std::string& id);
  const std::vector<std::shared_ptr<const pipeline::StreamPlan>>& streams() const {
    return streams_;
  }
  const Planted& planted() const { return planted_; }

 private:
  void AppendOne(const Shares& shares);

  Broker* const broker_;
  Random* const random_;
  const bool identified_;
  std::shared_ptr<const contract::Contract> lenient_;
  std::vector<std::shared_ptr<const pipeline::StreamPlan>> streams_;
  Planted planted_;
};

}  // namespace fracas::sim
