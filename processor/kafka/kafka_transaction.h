#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.h"
#include "kafka/client.h"
#include "kafka/deadline.h"
#include "kafka/epoch.h"
#include "kafka/outgoing.h"
#include "kafka/producer.h"

namespace fracas::kafka {

// The transaction behind NewTransaction. Inside kafka/ only. Its code: producer.cc (claiming,
// producing), transaction_end.cc (committing, aborting, and what failed).
class KafkaTransaction final : public Transaction, private ClientEvents {
 public:
  explicit KafkaTransaction(TransactionOptions options) : options_(std::move(options)) {}
  ~KafkaTransaction() override { Discard(); }

  Status Recreate() override;
  Result<OutputTopic> Open(const std::string& topic) override;
  Status Begin() override;
  Status Forward(OutputTopic topic, Partition partition, const ConsumedRecord& record,
                 PayloadLease* lease) override;
  Status Produce(OutputTopic topic, Partition partition, const ProducedRecord& record) override;
  CommitResult Commit(const AssignmentEpoch* epoch,
                      std::span<const OffsetToCommit> offsets) override;
  CommitResult Abort() override;
  uint64_t accepted() const override { return accepted_; }
  uint64_t failed() const override { return failed_; }

 private:
  struct Target {
    std::string name;
    Topic handle;
    int32_t partitions = 0;
    bool used = false;  // in this transaction
  };
  struct Outgoing {
    std::string_view key;
    std::string_view value;
    int64_t timestamp_ms = 0;
    Headers headers;
  };
  // The first thing that went wrong in this transaction and will go wrong again.
  struct Refusal {
    std::string topic;
    Code code = Code::kNone;
    std::string text;
    bool any() const { return !text.empty(); }
  };

  void OnDeliveryFailed(const rd_kafka_message_t* message) override;
  void OnLog(std::string_view facility, std::string_view text) override;
  Failure AwaitDeliveries();
  bool Discard();
  Status Renew();
  Status Claim(const Deadline& deadline);
  Status Send(OutputTopic topic, Partition partition, Outgoing record);
  Status Refuse(const Target& target, rd_kafka_resp_err_t error, std::string text);
  Failure SendOffsets(const GroupEpoch& epoch, std::span<const OffsetToCommit> offsets);
  // Calls `step` until it has decided, at most `wait_ms`.
  template <typename Step>
  Failure Decide(int64_t wait_ms, Step step);
  CommitResult AbortAfter(CommitResult result);
  CommitResult FailedStep(std::string_view step, const Failure& failure);
  CommitResult Lost(std::string_view step, const Failure& failure);
  CommitResult NotCommitted(std::string_view step, const Failure& failure);
  CommitResult TopicRefused() const;
  enum class Logged : uint8_t { kNothing, kReason, kOther };
  Logged LoggedOf(const std::string& topic, std::string_view reason);
  void BlameTopic(rd_kafka_resp_err_t error, const std::string& text);
  std::string Named(std::string_view what) const;

  const TransactionOptions options_;
  std::shared_ptr<Client> client_;
  std::vector<Target> targets_;
  int64_t transaction_ms_ = limits::kTransactionMs;
  bool open_ = false;
  bool lost_ = true;  // Recreate is the only way on
  CommitResult lost_result_ = {.kind = CommitResult::Kind::kUnknown,
                               .status = Status::Abort("the producer was not made yet")};
  Refusal refusal_;
  uint64_t accepted_ = 0;
  uint64_t failed_ = 0;
  std::string first_failure_;           // of deliveries
  std::atomic<bool> in_error_ = false;  // librdkafka has marked the transaction as failed
  std::mutex log_mutex_;
  std::vector<std::string>
      refused_partitions_;  // guarded by log_mutex_: what librdkafka logged, see OnLog
};

}  // namespace fracas::kafka
