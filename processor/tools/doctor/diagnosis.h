#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"

// What `fracas doctor` found, as one value. Plain data.

namespace fracas::tools {

// Closed; in the order in which they are told.
enum class Area : uint8_t {
  kBrokers,
  kCertificates,
  kAccess,
  kTopics,
  kTransactions,
  kLag,
  kState,
  kDisk,
  kClock,
};
std::string_view Name(Area area);  // "brokers"

enum class Grade : uint8_t {
  kNote,     // worth knowing; nothing has to be done
  kWarning,  // it will hurt, or could not be made sure of
  kError,    // it hurts
};
std::string_view Name(Grade grade);  // "note"

struct DoctorFinding {
  Grade grade = Grade::kWarning;
  std::string what;   // names the thing
  std::string means;  // what it does to the pipeline; "" `what` says it
  std::string next;   // one command, or what to do; "" nothing
};

struct AreaReport {
  Area area{};
  // False: there was no answer, so that nothing is known.
  bool looked = true;
  std::string about;  // what was looked at, in a few words
  std::vector<DoctorFinding> findings;
};

// A transaction that holds back readers of our topics.
struct OpenTransaction {
  std::string id;        // transactional id
  std::string instance;  // of this group, or "authority"; "" it is somebody else's
  std::string state;     // as Kafka's tools write it
  int64_t producer_id = -1;
  int32_t producer_epoch = -1;
  int64_t started_ms = 0;  // by the coordinator's clock
  int64_t timeout_ms = 0;
  std::vector<TopicPartition> partitions;  // of ours, that it holds
};

struct Diagnosis {
  std::string group;
  int64_t time_ms = 0;
  std::vector<AreaReport> areas;
  std::vector<OpenTransaction> transactions;

  size_t Count(Grade grade) const;
  // False: an area had no answer.
  bool looked() const;
  // Nothing was found that somebody should do something about.
  bool fine() const { return Count(Grade::kWarning) + Count(Grade::kError) == 0; }
};

// schemas/outputs/diagnosis.schema.json.
std::string ToJson(const Diagnosis& diagnosis);

}  // namespace fracas::tools
