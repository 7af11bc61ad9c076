#include "core/base64.h"

#include <gtest/gtest.h>

namespace fracas {
namespace {

TEST(Base64, MatchesTheRfc) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("foob"), "Zm9vYg==");
  EXPECT_EQ(Base64(std::string("\0\xff\xfe", 3)), "AP/+");
}

TEST(Base64, ReadsBackWhatItWrites) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    std::string read = "something";
    EXPECT_TRUE(DecodeBase64(Base64(bytes), &read));
    EXPECT_EQ(read, bytes);
    bytes.push_back(static_cast<char>(i * 37));
  }
}

TEST(Base64, RefusesWhatItWouldNotWrite) {
  std::string read;
  for (const char* text : {"Z", "Zg", "Zg=", "Zg==Zg==", "Zh==", "Zm9=", "====", "Z===", "Zm 9", "Zm9v\n",
                           "Zm-_", "=Zm9"}) {
    EXPECT_FALSE(DecodeBase64(text, &read)) << text;
  }
}

}  // namespace
}  // namespace fracas
