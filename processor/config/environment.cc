// Variables, secret files and the machine's name: the only place of config/ that asks the outside,
// besides reading the configuration file itself.

#include "config/environment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "core/limits.h"
#include "core/text.h"

namespace fracas::config {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Status Failure(const std::string& path, const char* what) {
  return Status::Reject(Cat("cannot read the secret file ", path, ": ", what));
}

Result<std::string> ReadBounded(const Descriptor& file, const std::string& path) {
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failure(path, std::strerror(errno));
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
    if (text.size() > limits::kSecretFileBytesMax) {
      return Failure(path, "it is larger than 64 KiB, so it is probably not a secret");
    }
  }
}

Result<Secret> ReadSecret(const std::string& path) {
  // Without O_NONBLOCK a named pipe without a writer would hang the start.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return Failure(path, std::strerror(errno));
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return Failure(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return Failure(path, "it is not a regular file");
  Result<std::string> text = ReadBounded(file, path);
  if (!text.ok()) return text.status();
  Secret secret{std::move(text).value(), (status.st_mode & S_IROTH) != 0};
  if (secret.text.ends_with('\n')) secret.text.pop_back();
  if (secret.text.ends_with('\r')) secret.text.pop_back();
  if (secret.text.find('\0') != std::string::npos) return Failure(path, "it holds a NUL byte");
  return secret;
}

std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "";
  return name.data();
}

}  // namespace

Environment ProcessEnvironment() {
  Environment environment;
  environment.variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
  environment.secret = ReadSecret;
  environment.host_name = HostName();
  environment.cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return environment;
}

}  // namespace fracas::config
