#include "kafka/failure.h"

#include "core/text.h"

namespace fracas::kafka {

Failure Take(rd_kafka_error_t* error) {
  if (error == nullptr) return {};
  Failure failure{.error = rd_kafka_error_code(error),
                  .fatal = rd_kafka_error_is_fatal(error) != 0,
                  .retriable = rd_kafka_error_is_retriable(error) != 0,
                  .abortable = rd_kafka_error_txn_requires_abort(error) != 0,
                  .text = rd_kafka_error_string(error)};
  rd_kafka_error_destroy(error);
  return failure;
}

Failure FromCode(rd_kafka_resp_err_t error) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return {
      .error = error, .fatal = error == RD_KAFKA_RESP_ERR__FATAL, .text = rd_kafka_err2str(error)};
}

Failure FatalErrorOf(rd_kafka_t* client) {
  char text[512] = "";
  const rd_kafka_resp_err_t error = rd_kafka_fatal_error(client, text, sizeof(text));
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return {.error = error, .fatal = true, .text = text};
}

std::string Describe(const Failure& failure) {
  return Cat(rd_kafka_err2name(failure.error), ": ", failure.text);
}

// The lists below are of librdkafka's open enum: new codes appear with new brokers, so a default is
// right here. Everything that is not named is taken for passing trouble.

bool IsFenced(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH: return true;
    default: return false;
  }
}

Code RefusalCode(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return Code::kPermissionDenied;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return Code::kObjectNotFound;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE: return Code::kSinkRejected;
    default: return Code::kNone;
  }
}

std::string RefusalAdvice(Code code, std::string_view topic) {
  if (code == Code::kPermissionDenied) {
    return Cat("allow this principal to write and describe topic ", topic, " (kafka-acls --topic ",
               topic, " --operation Write)");
  }
  if (code == Code::kObjectNotFound) {
    return Cat("create topic ", topic,
               " with at least the partitions of its source (fracas topics --check)");
  }
  return Cat("compare max.message.bytes, message.timestamp.* and cleanup.policy of topic ", topic,
             " with its source (fracas topics --check)");
}

Code PartitionErrorCode(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: return Code::kOffsetOutOfRange;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return Code::kObjectNotFound;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return Code::kPermissionDenied;
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__UNDERFLOW:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: return Code::kDecodeFailed;
    default: return Code::kNone;
  }
}

bool NeedsPerson(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION: return true;
    default: return false;
  }
}

Status CallFailed(std::string_view what, const Failure& failure) {
  std::string text = Cat(what, ": ", Describe(failure));
  return NeedsPerson(failure.error) ? Status::Stop(std::move(text))
                                    : Status::Retry(std::move(text));
}

}  // namespace fracas::kafka
