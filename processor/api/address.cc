#include "api/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "core/text.h"

namespace fracas::api {

namespace {

constexpr int kBacklog = 128;

bool PortIsNumber(std::string_view port) {
  if (port.empty() || port.size() > 5) return false;
  int number = 0;
  for (const char c : port) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + (c - '0');
  }
  return number <= 65'535;
}

Status Explain(std::string_view setting, std::string_view address, int error) {
  const std::string where = Cat("http.", setting, ": ", address);
  switch (error) {
    case EADDRINUSE:
      return Status::Stop(Cat(where,
                              " is in use by another process: stop it (`ss -ltnp` shows which), "
                              "or set http.",
                              setting, " to another port (port 0 takes a free one)"));
    case EACCES:
    case EPERM:
      return Status::Stop(Cat(where, " needs a privilege (ports below 1024 do): set http.", setting,
                              " to a port from 1024 on"));
    case EADDRNOTAVAIL:
      return Status::Stop(Cat(where, " is no address of this machine: set http.", setting,
                              " to one that `ip addr` shows, or to 127.0.0.1"));
    default: return Status::Stop(Cat(where, ": cannot listen: ", std::strerror(error)));
  }
}

int OpenOne(const addrinfo& info, int* error) {
  const int fd =
      socket(info.ai_family, info.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, info.ai_protocol);
  if (fd < 0) {
    *error = errno;
    return -1;
  }
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, info.ai_addr, info.ai_addrlen) == 0 && listen(fd, kBacklog) == 0) return fd;
  *error = errno;
  close(fd);
  return -1;
}

}  // namespace

Result<Address> ParseAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  const Status wrong = Status::Reject(
      Cat("\"", text,
          "\" is no address to listen on: write HOST:PORT, for example 127.0.0.1:9464, "
          "[::1]:9464 or 0.0.0.0:9465 (port 0 takes a free one)"));
  if (colon == std::string_view::npos || !PortIsNumber(text.substr(colon + 1))) return wrong;
  Address address{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.find(':') != std::string::npos) {
    return wrong;
  }
  if (address.host == "*") address.host.clear();
  return address;
}

ListeningSocket::~ListeningSocket() {
  if (fd_ >= 0) close(fd_);
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

std::string ListeningSocket::Name() const {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  std::array<char, INET6_ADDRSTRLEN> host{};
  std::array<char, 8> port{};
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size) != 0 ||
      getnameinfo(reinterpret_cast<sockaddr*>(&bound), size, host.data(), host.size(), port.data(),
                  port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  const bool six = bound.ss_family == AF_INET6;
  return Cat(six ? "[" : "", host.data(), six ? "]:" : ":", port.data());
}

bool ListeningSocket::Loopback() const {
  const std::string name = Name();
  return name.starts_with("127.") || name.starts_with("[::1]:");
}

Result<ListeningSocket> Listen(std::string_view setting, std::string_view text) {
  const Result<Address> address = ParseAddress(text);
  if (!address.ok()) return address.status().WithPrefix(Cat("http.", setting, ": "));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const char* host = address->host.empty() ? nullptr : address->host.c_str();
  const int failure = getaddrinfo(host, address->port.c_str(), &hints, &found);
  if (failure != 0) {
    return Status::Reject(Cat("http.", setting, ": ", text, ": ", gai_strerror(failure),
                              ": write an address of this machine, such as 127.0.0.1"));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  int error = EADDRNOTAVAIL;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int fd = OpenOne(*each, &error);
    if (fd >= 0) return ListeningSocket(fd);
  }
  return Explain(setting, text, error);
}

}  // namespace fracas::api
