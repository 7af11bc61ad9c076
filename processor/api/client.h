#pragma once

#include <string>

#include "core/status.h"

namespace fracas::api {

struct Answer {
  int status = 0;
  std::string body;
};

// GET http://`address``target` of an instance's own listener ("127.0.0.1:9464", "/state/streams"; the
// target is percent-encoded). No proxy, no redirect, one request a connection; bounded in time
// (limits::kHttpTimeoutSeconds twice) and size (limits::kHttpAnswerBytesMax). kRetry: nobody listens
// there, or there was no whole answer.
Result<Answer> Get(const std::string& address, const std::string& target);

}  // namespace fracas::api
