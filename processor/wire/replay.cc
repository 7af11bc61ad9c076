#include "wire/replay.h"

#include <cstdint>

#include "core/sha256.h"

namespace fracas::wire {

namespace {

// With its size in front: two different pairs never give the same bytes.
void Add(std::string_view bytes, Sha256* hash) {
  char head[9] = {bytes.data() == nullptr ? 'n' : 'k'};
  for (int i = 0; i < 8; ++i) {
    head[1 + i] = static_cast<char>(static_cast<uint64_t>(bytes.size()) >> (56 - 8 * i));
  }
  hash->Update({head, sizeof(head)});
  hash->Update(bytes);
}

}  // namespace

std::string ReplayDigest(std::string_view key, std::string_view value) {
  Sha256 hash;
  Add(key, &hash);
  Add(value, &hash);
  return hash.Finish();
}

}  // namespace fracas::wire
