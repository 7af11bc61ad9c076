#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace fracas::api {

// A TCP client that sends whatever a test wants.
class RawClient {
 public:
  // `address`: "127.0.0.1:PORT".
  explicit RawClient(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  }
  ~RawClient() {
    if (fd_ >= 0) close(fd_);
  }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  RawClient& operator=(RawClient&&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }

  // Everything until the server closes, or `patience` has passed in silence.
  std::string Receive(std::chrono::milliseconds patience = std::chrono::seconds(8)) {
    std::string all;
    char buffer[65'536];
    while (true) {
      pollfd wait{fd_, POLLIN, 0};
      if (poll(&wait, 1, static_cast<int>(patience.count())) <= 0) return all;
      const ssize_t count = recv(fd_, buffer, sizeof(buffer), 0);
      if (count <= 0) return all;
      all.append(buffer, static_cast<size_t>(count));
    }
  }

 private:
  int fd_;
  bool connected_ = false;
};

inline std::string Ask(const std::string& address, std::string_view request) {
  RawClient client(address);
  client.Send(request);
  return client.Receive();
}

inline int StatusOf(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
}

inline std::string BodyOf(const std::string& answer) {
  const size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : answer.substr(end + 4);
}

}  // namespace fracas::api
