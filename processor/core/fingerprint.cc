#include "core/fingerprint.h"

#include "core/sha256.h"
#include "core/text.h"

namespace fracas {

std::string Fingerprint(const FailureModeKey& key) {
  const std::string_view nul("\0", 1);
  const std::string text = Cat("1", nul, static_cast<uint16_t>(key.code), nul, key.pipeline, nul,
                               key.stream, nul, key.mode, nul);
  return Sha256Hex(text).substr(0, 16);
}

}  // namespace fracas
