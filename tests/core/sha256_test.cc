#include "core/sha256.h"

#include <gtest/gtest.h>

namespace fracas {
namespace {

// FIPS 180-4 examples and the million-a vector.
TEST(Sha256, KnownVectors) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The result does not depend on how the bytes are cut, around every block and padding boundary.
TEST(Sha256, PiecesEqualTheWhole) {
  for (const size_t size : {1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 200}) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7);
    for (size_t cut = 0; cut <= size; ++cut) {
      Sha256 sha;
      sha.Update(std::string_view(bytes).substr(0, cut));
      sha.Update(std::string_view(bytes).substr(cut));
      EXPECT_EQ(sha.Finish(), Sha256Hex(bytes)) << size << " cut at " << cut;
    }
  }
}

}  // namespace
}  // namespace fracas
