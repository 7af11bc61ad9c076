#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/status.h"
#include "ports/source.h"

// What `fracas doctor` asks of a cluster. Questions only: no group is joined, nothing is committed,
// produced or changed.

namespace fracas {

struct BrokerSeen {
  int32_t id = -1;
  std::string address;  // "10.0.0.1:9092", as the cluster advertises it
  // Whether this very broker answered. kRetry: it did not.
  Status answers;
  // Its settings by Kafka's names; empty when they may not be read (`settings_status` says why).
  std::map<std::string, std::string> settings;
  Status settings_status;
};

struct ClusterSeen {
  std::string id;  // "" it does not say
  std::vector<BrokerSeen> brokers;
};

struct TopicSeen {
  std::string name;
  int32_t partitions = 0;  // 0: it does not exist, or may not be seen
  Status status;           // kStop: this principal may not describe it
};

// kTransactionalId: librdkafka 2.0.2 tells of no resource but topics, groups and the cluster apart;
// of the others only transactional ids know the operation Write.
enum class AclResource : uint8_t { kTopic, kGroup, kCluster, kTransactionalId };
enum class AclOperation : uint8_t {
  kAll,
  kRead,
  kWrite,
  kDescribe,
  kDescribeConfigs,
  kOther,  // one that nothing of ours needs
};

struct AclRule {
  AclResource resource{};
  bool prefixed = false;  // `name` is the beginning of names; else a name, or "*"
  std::string name;
  std::string principal;  // "User:fracas", "User:*"
  std::string host;       // "*" or an address
  AclOperation operation{};
  bool allow = true;
};

struct AclsSeen {
  // False: the cluster has none, everybody may do everything. True without rules: unknown
  // (librdkafka 2.0.2 answers the same where there is no authorizer and where this principal is
  // refused).
  bool authorizer = true;
  std::vector<AclRule> rules;
};

struct GroupSeen {
  std::string state;  // "Stable", "Empty", "Dead", …
  uint64_t members = 0;
};

struct PartitionEnds {
  TopicPartition partition;
  Offset low = kNoOffset;
  Offset high = kNoOffset;    // the high watermark
  Offset stable = kNoOffset;  // where a read_committed reader stands still
  Status status;              // why they are not known
};

// A certificate that a broker presented while a connection was made.
struct PresentedCertificate {
  std::string broker;  // "10.0.0.1:9092"
  int depth = 0;       // 0: the broker's own; above: who signed it
  std::string der;     // bytes of others
};

// Each call is bounded in time (limits::kDoctorCallMsMax a question). A failure is kStop when this
// principal is refused, kRetry when there was no answer. One thread.
class ClusterInspector {
 public:
  virtual ~ClusterInspector() = default;
  virtual Result<ClusterSeen> Brokers() = 0;
  // In the order of `names`.
  virtual Result<std::vector<TopicSeen>> Topics(const std::vector<std::string>& names) = 0;
  virtual Result<AclsSeen> Acls() = 0;
  virtual Result<GroupSeen> Group(const std::string& group) = 0;
  // In the order of `partitions`, which exist.
  virtual Result<std::vector<PartitionEnds>> Ends(
      const std::vector<TopicPartition>& partitions) = 0;
  // Of `group`, without waiting for transactions in doubt; kNoOffset where it has none.
  virtual Result<std::vector<Offset>> Committed(const std::string& group,
                                                const std::vector<TopicPartition>& partitions) = 0;
  // Tries to read at the end of each partition; takes no record. In the order of `partitions`.
  virtual std::vector<Status> TryRead(const std::vector<TopicPartition>& partitions) = 0;
  // Visits what is in [from, to) of one partition, aborted records too, until `visit` returns
  // false. kRetry: the time was over first. Views live during the visit.
  struct Range {
    TopicPartition partition;
    Offset from = 0;
    Offset to = 0;
  };
  virtual Status Read(const std::vector<Range>& ranges, int64_t wait_ms,
                      const std::function<bool(const ConsumedRecord& record)>& visit) = 0;
  // Seen until now, one for each broker and depth.
  virtual std::vector<PresentedCertificate> Certificates() const = 0;
};

}  // namespace fracas
