#include "api/server.h"

#include "api/json_text.h"
#include "api/listener.h"
#include "core/check.h"
#include "core/text.h"

namespace fracas::api {

Response ReadyResponse(const std::vector<ReadyCheck>& checks) {
  bool ready = true;
  std::string list;
  for (const ReadyCheck& check : checks) {
    ready = ready && check.ok;
    AppendTo(&list, list.empty() ? "" : ",", "{\"name\":", Quoted(check.name),
             ",\"ok\":", check.ok ? "true" : "false", ",\"reason\":", Quoted(check.reason), "}");
  }
  Response response;
  response.status = ready ? 200 : 503;
  response.body = Cat("{\"ready\":", ready ? "true" : "false", ",\"checks\":[", list, "]}\n");
  return response;
}

Response ErrorResponse(int status, std::string_view message) {
  return {status, "application/json", Cat("{\"error\":", Quoted(message), "}\n")};
}

struct Server::State {
  std::vector<Route> routes;
  bool started = false;
  std::unique_ptr<Listener> all;
  std::unique_ptr<Listener> monitoring;
};

Server::Server(std::vector<Route> routes) : state_(std::make_unique<State>()) {
  state_->routes = std::move(routes);
}

Server::~Server() { Stop(); }

Status Server::Start(const ServerOptions& options) {
  FRACAS_CHECK(!state_->started, "a server is started once");
  // Both sockets before either serves: a port in use leaves nothing half started.
  ListeningSocket all;
  ListeningSocket monitoring;
  if (!options.listen.empty()) {
    Result<ListeningSocket> socket = Listen("listen", options.listen);
    if (!socket.ok()) return socket.status();
    all = std::move(*socket);
    if (!all.Loopback()) {
      return Status::Reject(
          Cat("http.listen: ", options.listen,
              " can be reached from other machines, and this listener answers "
              "without asking who is there: use 127.0.0.1, and http.metrics_listen "
              "for what monitoring needs"));
    }
  }
  if (!options.metrics_listen.empty()) {
    Result<ListeningSocket> socket = Listen("metrics_listen", options.metrics_listen);
    if (!socket.ok()) return socket.status();
    monitoring = std::move(*socket);
  }
  state_->started = true;
  if (all.fd() >= 0) state_->all = std::make_unique<Listener>(std::move(all), state_->routes);
  if (monitoring.fd() < 0) return {};
  std::vector<Route> routes;
  for (const Route& route : state_->routes) {
    if (route.audience == Audience::kMonitoring) routes.push_back(route);
  }
  state_->monitoring = std::make_unique<Listener>(std::move(monitoring), std::move(routes));
  return {};
}

std::string Server::listen_address() const {
  return state_->all == nullptr ? std::string() : state_->all->address();
}

std::string Server::metrics_address() const {
  return state_->monitoring == nullptr ? std::string() : state_->monitoring->address();
}

void Server::Stop() {
  state_->all.reset();
  state_->monitoring.reset();
}

}  // namespace fracas::api
