#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/request_head.h"
#include "api/server.h"

// Bytes of a request in, bytes of its answer out: cpp-httplib's parsing, routing and formatting
// without its sockets. It is given a request of our own making (method, target, body and nothing
// else), so that none of its readers for forms, ranges, chunks or encodings is ever reached.

namespace fracas::api {

class Engine {
 public:
  // Only the routes that this listener carries.
  explicit Engine(std::vector<Route> routes);
  ~Engine();

  // Thread-safe. `body` has head.content_length bytes.
  std::string Answer(const RequestHead& head, std::string_view body) const;
  // The answer to a request that was refused before it came this far.
  static std::string Refusal(int status, std::string_view reason);

 private:
  std::string AnswerWithBody(const RequestHead& head, std::string_view body) const;

  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace fracas::api
