#include "api/engine.h"

#include <httplib.h>

#include <algorithm>
#include <set>

#include "core/text.h"

namespace fracas::api {

namespace {

std::string_view Reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 411: return "Length Required";
    case 413: return "Payload Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Other";  // NOLINT: not an enum of ours
  }
}

// Segment by segment; a segment "*" of the route's path stands for any that is not empty.
bool Matches(const Route& route, std::string_view path) {
  std::string_view wanted = route.path;
  for (;;) {
    const size_t wanted_end = wanted.find('/');
    const size_t path_end = path.find('/');
    const std::string_view segment = path.substr(0, path_end);
    const bool any = wanted.substr(0, wanted_end) == "*";
    if (any ? segment.empty() : wanted.substr(0, wanted_end) != segment) return false;
    if (wanted_end == std::string_view::npos || path_end == std::string_view::npos) {
      return wanted_end == path_end;
    }
    wanted.remove_prefix(wanted_end + 1);
    path.remove_prefix(path_end + 1);
  }
}

// The whole request is here: reading and writing are copies.
class MemoryStream : public httplib::detail::BufferStream {
 public:
  explicit MemoryStream(std::string request) : request_(std::move(request)) {}

  ssize_t read(char* to, size_t size) override {
    const size_t count = std::min(size, request_.size() - position_);
    std::copy_n(request_.data() + position_, count, to);
    position_ += count;
    return static_cast<ssize_t>(count);
  }

 private:
  const std::string request_;
  size_t position_ = 0;
};

// Reaches the part of httplib::Server that serves one request on a stream.
class StreamServer : public httplib::Server {
 public:
  void Serve(httplib::Stream* stream) { ServeWith(*this, stream); }

 private:
  // Versions from 0.18 on want the addresses of both sides as well.
  template <typename Self>
  static void ServeWith(Self& self, httplib::Stream* stream) {
    bool closed = false;
    const std::function<void(httplib::Request&)> nothing;
    if constexpr (requires { self.process_request(*stream, true, closed, nothing); }) {
      self.process_request(*stream, true, closed, nothing);
    } else {
      self.process_request(*stream, std::string(), 0, std::string(), 0, true, closed, nothing);
    }
  }
};

Response Run(const Handler& handler, const httplib::Request& from) {
  Request request;
  request.method = from.method;
  request.path = from.path;
  for (const auto& [name, value] : from.params) request.query.emplace_back(name, value);
  request.body = from.body;
  return handler(request);
}

// Routes as cpp-httplib takes them: a pattern and a handler.
void Register(const Route& route, StreamServer* server) {
  std::string pattern;
  for (const char c : route.path) {
    if (c == '*') {
      pattern += "[^/]+";
    } else {
      if (c == '.') pattern.push_back('\\');
      pattern.push_back(c);
    }
  }
  const auto handle = [handler = route.handler](const httplib::Request& from,
                                                httplib::Response& to) {
    Response response = Run(handler, from);
    to.status = response.status;
    to.set_content(std::move(response.body), response.content_type.c_str());
  };
  if (route.method == "GET") server->Get(pattern, handle);
  if (route.method == "POST") server->Post(pattern, handle);
  if (route.method == "PUT") server->Put(pattern, handle);
  if (route.method == "DELETE") server->Delete(pattern, handle);
}

}  // namespace

struct Engine::State {
  std::vector<Route> routes;
  StreamServer server;
};

Engine::Engine(std::vector<Route> routes) : state_(std::make_unique<State>()) {
  state_->routes = std::move(routes);
  for (const Route& route : state_->routes) Register(route, &state_->server);
}

Engine::~Engine() = default;

std::string Engine::Answer(const RequestHead& head, std::string_view body) const {
  std::string answer = AnswerWithBody(head, body);
  if (head.method == "HEAD") answer.resize(std::min(answer.size(), answer.find("\r\n\r\n") + 4));
  return answer;
}

std::string Engine::AnswerWithBody(const RequestHead& head, std::string_view body) const {
  const std::string_view wanted = head.method == "HEAD" ? "GET" : std::string_view(head.method);
  std::set<std::string> allowed;
  for (const Route& route : state_->routes) {
    if (Matches(route, head.path)) allowed.insert(route.method);
  }
  if (allowed.empty()) return Refusal(404, "no such resource");
  if (!allowed.contains(std::string(wanted))) {
    if (allowed.contains("GET")) allowed.insert("HEAD");
    std::string list;
    for (const std::string& each : allowed) AppendTo(&list, list.empty() ? "" : ", ", each);
    std::string answer = Refusal(405, Cat("allowed: ", list));
    return answer.insert(answer.find("\r\n") + 2, Cat("Allow: ", list, "\r\n"));
  }
  // From here on the path is one of our routes and the head is ours.
  const size_t query = head.target.find('?');
  MemoryStream stream(Cat(
      head.method, " ", head.path,
      query == std::string::npos ? std::string_view() : std::string_view(head.target).substr(query),
      " HTTP/1.1\r\nContent-Length: ", body.size(), "\r\nConnection: close\r\n\r\n", body));
  state_->server.Serve(&stream);
  return stream.get_buffer();
}

std::string Engine::Refusal(int status, std::string_view reason) {
  const Response response = ErrorResponse(status, reason);
  return Cat("HTTP/1.1 ", status, " ", Reason(status), "\r\nContent-Type: ", response.content_type,
             "\r\nContent-Length: ", response.body.size(), "\r\nConnection: close\r\n\r\n",
             response.body);
}

}  // namespace fracas::api
