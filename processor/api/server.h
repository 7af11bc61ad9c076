#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/status.h"

// The HTTP server: home of cpp-httplib, which parses and routes. Sockets are ours: one thread
// accepts, reads and writes without blocking, so that a client costs a handler thread only once its
// whole request is here and only until its answer is ready. Bounds (core/limits.h): connections
// (when they are used up the one that has been waiting longest is closed), header bytes and number,
// body bytes, seconds per request. Refused: a request with both Content-Length and
// Transfer-Encoding, or any Transfer-Encoding; a path with bytes outside [A-Za-z0-9._~/-] after
// decoding. One request a connection.

namespace fracas::api {

struct Request {
  std::string method;
  std::string path;   // decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in no particular order
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

// Runs on one of limits::kHttpThreads threads, several at a time: thread-safe, and back within
// limits::kHttpTimeoutSeconds. Does not throw.
using Handler = std::function<Response(const Request&)>;

// Who may reach a route.
enum class Audience : uint8_t {
  kMonitoring,  // on both listeners: /metrics, /livez, /readyz
  kOperator,    // on `listen` only
};

struct Route {
  std::string method;  // "GET" (also answers HEAD), "POST", …
  std::string path;    // exact; a segment "*" matches any one, e.g. "/state/breakers/*/*"
  Audience audience = Audience::kOperator;
  Handler handler;
};

struct ServerOptions {
  std::string listen;          // "127.0.0.1:9464", "[::1]:0"; empty: none. Port 0: a free one
  std::string metrics_listen;  // empty: none
};

// One reason why an instance is not ready, or one thing that is worth knowing.
struct ReadyCheck {
  std::string name;     // "assignment", "stream crm.contacts"
  bool ok = true;
  std::string reason;   // what is wrong and what to do; empty when ok
};
// 200 or 503 with {"ready":bool,"checks":[{"name","ok","reason"}]}.
Response ReadyResponse(const std::vector<ReadyCheck>& checks);
// An error as {"error": message}.
Response ErrorResponse(int status, std::string_view message);

class Server {
 public:
  explicit Server(std::vector<Route> routes);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds and serves. kReject: an address that cannot be read; kStop: a port in use or not
  // permitted, named, with what to change. REQUIRES: not started before.
  Status Start(const ServerOptions& options);
  // "127.0.0.1:41234" with the port that is really bound; empty if there is no such listener.
  std::string listen_address() const;
  std::string metrics_address() const;
  // Answers what is being handled, closes everything else; returns within a second of the last
  // handler. Idempotent.
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fracas::api
