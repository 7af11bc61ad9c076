#include "app/entropy.h"

#include <sys/random.h>
#include <sys/types.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>

#include "core/check.h"

namespace fracas::app {

namespace {

void Fill(std::span<unsigned char> bytes) {
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    FRACAS_CHECK(got > 0 || errno == EINTR, "the kernel gives no random bytes");
    if (got > 0) filled += static_cast<size_t>(got);
  }
}

}  // namespace

std::string RandomId() {
  std::array<unsigned char, 16> bytes{};
  Fill(bytes);
  std::string id;
  for (const unsigned char byte : bytes) {
    static constexpr char kHex[] = "0123456789abcdef";
    id.append({kHex[byte >> 4], kHex[byte & 15]});
  }
  return id;
}

uint64_t RandomSeed() {
  std::array<unsigned char, 8> bytes{};
  Fill(bytes);
  uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), bytes.size());
  return seed;
}

}  // namespace fracas::app
