#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

// SHA-256 (FIPS 180-4): names contracts and identifies payloads that are too large to keep.

namespace fracas {

// Digest of everything that was added, in order. Copyable: a copy continues from the same point.
class Sha256 {
 public:
  static constexpr size_t kDigestBytes = 32;
  using Digest = std::array<uint8_t, kDigestBytes>;

  Sha256();
  void Add(std::string_view bytes);
  // Ends the computation; the object must not be used afterwards.
  Digest Finish();

 private:
  void Block(const uint8_t* block);

  std::array<uint32_t, 8> state_;
  std::array<uint8_t, 64> buffer_;
  uint64_t size_ = 0;
};

// Lower-case hex of the digest of `bytes`, 64 characters.
std::string Sha256Hex(std::string_view bytes);
std::string ToHex(const Sha256::Digest& digest);

}  // namespace fracas
