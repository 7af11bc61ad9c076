#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/status.h"
#include "formats/transaction_log.h"
#include "ports/cluster_inspector.h"
#include "tools/doctor/diagnosis.h"

// Who holds the last stable offset (decisions/0011-who-holds-the-last-stable-offset.md).

namespace fracas::tools {

// A partition whose readers stand still in front of an open transaction.
struct HeldPartitionEnd {
  TopicPartition partition;
  Offset stable = 0;  // where they stand; what the transaction wrote first
  Offset high = 0;
};

// What the coordinators' topic says: the newest entry of each transactional id.
struct TransactionLog {
  std::map<std::string, formats::TransactionEntry> by_id;
  uint64_t unknown = 0;     // records that this program cannot read …
  std::string unknown_why;  // … and what is wrong with the first
};
// Takes one record of it. Total: bytes of others.
void TakeTransactionRecord(const ConsumedRecord& record, TransactionLog* log);
// kStop: this principal may not read it; kRetry: there was no answer, or it did not end in time.
Result<TransactionLog> ReadTransactionLog(ClusterInspector* inspector);

// "node-1" of the transactional id "shop-node-1-0", "authority" of "shop.authority"; "" it is
// nobody's of the group.
std::string InstanceOf(const std::string& transactional_id, const std::string& group);

struct HoldersQuestion {
  std::string group;
  std::string brokers;
  int64_t now_ms = 0;  // compared with the coordinator's times, roughly
  std::vector<HeldPartitionEnd> held;
};
// The open transactions that hold them, and a finding for each that does so for longer than
// limits::kDoctorTransactionMsMax; and one for each partition that no transaction explains.
struct Holders {
  std::vector<OpenTransaction> transactions;
  std::vector<DoctorFinding> findings;
};
Holders FindHolders(const HoldersQuestion& question, const TransactionLog& log);

// What is said where that topic may not be read: a finding for each partition, with what a Kafka
// admin types.
std::vector<DoctorFinding> UnknownHolders(const HoldersQuestion& question);

}  // namespace fracas::tools
