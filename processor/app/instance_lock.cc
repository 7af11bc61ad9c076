#include "app/instance_lock.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "core/sha256.h"
#include "core/text.h"

namespace fracas::app {

namespace {

struct Address {
  sockaddr_un name{};
  socklen_t size = 0;
};

Address AddressOf(const std::string& group, const std::string& instance) {
  Address address;
  address.name.sun_family = AF_UNIX;
  // A leading NUL puts the name into the abstract namespace: no file, gone with its process.
  const std::string text = Cat("fracas/", Sha256Hex(Cat(group, "/", instance)));
  std::memcpy(address.name.sun_path + 1, text.data(), text.size());
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  return address;
}

// The process that holds the name; 0 if it does not say.
pid_t Holder(const Address& address) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return 0;
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address.name), address.size) != 0 ||
      getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    peer.pid = 0;
  }
  close(fd);
  return peer.pid;
}

}  // namespace

Result<std::unique_ptr<InstanceLock>> InstanceLock::Take(const std::string& group,
                                                         const std::string& instance) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return Status::Stop(Cat("cannot open a local socket: ", std::strerror(errno),
                            "; raise the limit of open files (ulimit -n)"));
  }
  std::unique_ptr<InstanceLock> lock(new InstanceLock(fd));
  const Address address = AddressOf(group, instance);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address.name), address.size) == 0) {
    if (listen(fd, 1) != 0) {
      return Status::Stop(Cat("cannot hold the instance name: ", std::strerror(errno)));
    }
    return lock;
  }
  const pid_t holder = Holder(address);
  return Status::Stop(Cat("another process", holder > 0 ? Cat(" (pid ", holder, ")") : std::string(),
                          " on this machine already runs as instance '", instance, "' of group '", group,
                          "'; stop it, or give this one a name of its own with the key `instance`"));
}

InstanceLock::~InstanceLock() { close(fd_); }

}  // namespace fracas::app
