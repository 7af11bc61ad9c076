#pragma once

#include <string>
#include <string_view>

#include "core/status.h"

// Listening sockets.

namespace fracas::api {

struct Address {
  std::string host;  // empty: every interface
  std::string port;
};

// "127.0.0.1:9464", "[::1]:9464", "localhost:0", ":9465", "*:9465". kReject otherwise.
Result<Address> ParseAddress(std::string_view text);

// An open listening socket; closes it.
class ListeningSocket {
 public:
  ListeningSocket() = default;
  explicit ListeningSocket(int fd) : fd_(fd) {}
  ~ListeningSocket();
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  int fd() const { return fd_; }
  // "127.0.0.1:41234": what it is really bound to.
  std::string Name() const;
  // Whether only programs of this machine can reach it.
  bool Loopback() const;

 private:
  int fd_ = -1;
};

// Binds and listens without blocking. `setting` names the configuration key in messages. A port
// that somebody else listens on is refused (no SO_REUSEPORT), one that is in TIME_WAIT is not.
Result<ListeningSocket> Listen(std::string_view setting, std::string_view address);

}  // namespace fracas::api
