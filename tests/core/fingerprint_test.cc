#include "core/fingerprint.h"

#include "gtest/gtest.h"

namespace fracas {
namespace {

constexpr FailureModeKey kKey{Code::kTypeMismatch, "p", "s", "#/properties/age/type"};

TEST(Fingerprint, IsFrozen) {
  // sha256("1\0" "2103\0" "p\0" "s\0" "#/properties/age/type\0"), computed with sha256sum.
  EXPECT_EQ(Fingerprint(kKey), "33f0126e8b4b694b");
}

TEST(Fingerprint, DependsOnEveryPartAndItsBorders) {
  FailureModeKey other = kKey;
  other.code = Code::kEnumUnknown;
  EXPECT_NE(Fingerprint(other), Fingerprint(kKey));
  EXPECT_NE(Fingerprint({Code::kTypeMismatch, "ps", "", "m"}),
            Fingerprint({Code::kTypeMismatch, "p", "s", "m"}));
  EXPECT_NE(Fingerprint({Code::kTypeMismatch, "p", "s", "m"}),
            Fingerprint({Code::kTypeMismatch, "p", "s", "n"}));
}

}  // namespace
}  // namespace fracas
