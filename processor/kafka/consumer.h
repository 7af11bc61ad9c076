#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"
#include "kafka/settings.h"
#include "ports/source.h"

namespace fracas::kafka {

// Where a partition begins for which the group has no offset. Nothing else moves a position: lost
// source data is reported as OFFSET_OUT_OF_RANGE.
struct StartPolicy {
  enum class Kind : uint8_t { kEarliest, kLatest, kTime };
  Kind kind = Kind::kEarliest;
  int64_t time_ms = 0;  // kTime: the first record at or after it
};

// A partition for which the group has no offset.
struct Beginning {
  TopicPartition partition;
  CommittedOffset first;  // where the group stands on partition 0 of the topic
};

struct SourceOptions {
  Connection connection;
  std::string group;
  std::string member;  // MemberName: the static member, the same as the worker's transactional id
  std::vector<std::string> topics;  // names, and patterns that begin with ^ (POSIX extended)
  // Called from Poll. Empty: earliest for all.
  std::function<StartPolicy(const Beginning& beginning)> start;
};

// A consumer that joins `group` as a static member. Waits until a broker answers and every named
// topic is there (a pattern may match nothing yet), at most limits::kStartMsMax; the failure says
// what to do.
//
// Partitions are assigned eagerly: everything is revoked before anything is assigned. Before an
// assignment is announced its committed offsets are read, which waits for transactions in doubt;
// meanwhile Poll returns as usual. PayloadLease and AssignmentEpoch of this source go with the
// transactions of NewTransaction only.
Result<std::unique_ptr<Source>> OpenSource(SourceOptions options);

}  // namespace fracas::kafka
