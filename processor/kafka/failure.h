#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "core/codes.h"
#include "core/status.h"

// What librdkafka says about trouble, as a plain value. Its three flags are read here, once, at the
// boundary, and nowhere else. Inside kafka/ only.

namespace fracas::kafka {

struct Failure {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  bool fatal = false;      // the handle is unusable
  bool retriable = false;  // the same call may be made again; the operation goes on meanwhile
  bool abortable = false;  // the transaction must be aborted, the handle is fine
  std::string text;        // librdkafka's own, for people

  bool ok() const { return error == RD_KAFKA_RESP_ERR_NO_ERROR; }
};

// Reads and destroys `error`; nullptr is success.
Failure Take(rd_kafka_error_t* error);
// Of a call that answers with a bare code. Bare codes carry no flags.
Failure FromCode(rd_kafka_resp_err_t error);
// The fatal error that `client` has raised, ok() if none.
Failure FatalErrorOf(rd_kafka_t* client);

// "TOPIC_AUTHORIZATION_FAILED: Broker: Topic authorization failed".
std::string Describe(const Failure& failure);

// Another process uses our static member name or transactional id.
bool IsFenced(rd_kafka_resp_err_t error);

// What a permanent refusal of a topic or of a record is called; kNone when the same produce call
// may succeed later.
Code RefusalCode(rd_kafka_resp_err_t error);
// What to do about a refusal: a sentence that names `topic`.
std::string RefusalAdvice(Code code, std::string_view topic);

// What is wrong with a consumed partition; kNone when librdkafka goes on by itself.
Code PartitionErrorCode(rd_kafka_resp_err_t error);

// Nothing that this process does helps: credentials, ACLs on group or transactional id, an unknown
// protocol. The caller stops.
bool NeedsPerson(rd_kafka_resp_err_t error);

// `what` failed: kStop if a person must act, else kRetry.
Status CallFailed(std::string_view what, const Failure& failure);

}  // namespace fracas::kafka
