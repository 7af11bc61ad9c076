#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "kafka/settings.h"
#include "ports/transaction.h"

namespace fracas::kafka {

struct TransactionOptions {
  Connection connection;
  std::string transactional_id;  // MemberName
  // The largest record (key, value, headers) that may be produced; the topics have limits of their
  // own.
  size_t record_bytes_max = 0;
};

// A transactional producer; nothing happens before its first Recreate. What is wrong with the
// settings, the brokers or the transactional id shows there, within limits::kStartMsMax.
std::unique_ptr<Transaction> NewTransaction(TransactionOptions options);

}  // namespace fracas::kafka
