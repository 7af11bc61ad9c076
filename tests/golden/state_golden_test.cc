#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/golden/state_examples.h"

// The bytes of every key and value of the state, as hexadecimal text. They are in everybody's
// topics and folders: a difference here needs a new format version with a golden of its own, never
// a new golden in the old one's place.

namespace fracas::state {
namespace {

std::string Hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    text.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
  return text;
}

std::string Golden(const std::string& name) {
  std::ifstream file(std::string(FRACAS_GOLDEN_DIR) + "/state/" + name + ".v1.hex",
                     std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

TEST(StateGolden, KeysAndValues) {
  for (const ExamplePair& pair : ExamplePairs()) {
    EXPECT_EQ("key " + Hex(pair.key) + "\nvalue " + Hex(pair.value) + "\n", Golden(pair.name))
        << pair.name;
  }
}

TEST(StateGolden, FormatVersion) {
  EXPECT_EQ(kFormatMajor, 1) << "a new major version needs goldens of its own";
  EXPECT_EQ(kFormatMinor, 0)
      << "a new minor version needs goldens of its own, and the old ones still read";
}

}  // namespace
}  // namespace fracas::state
