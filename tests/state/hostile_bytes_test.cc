#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/golden/state_examples.h"

// Any bytes give an entity or a Status. What a decoder takes in our own version, the encoder writes
// again byte for byte: there is one way to say each thing.

namespace fracas::state {
namespace {

constexpr int kRounds = 200'000;

class Mutations {
 public:
  explicit Mutations(uint32_t seed) : random_(seed) {}

  std::string Of(std::string bytes, const std::string& other) {
    for (size_t times = 1 + Below(3); times > 0; --times) Once(&bytes, other);
    return bytes;
  }
  size_t Below(size_t bound) { return random_() % bound; }

 private:
  void Once(std::string* bytes, const std::string& other) {
    // Beginnings of long varints, ends, lengths that point beyond the bytes.
    static constexpr unsigned char kBytes[] = {0x00, 0x01, 0x7F, 0x80, 0xFF, 0xFE};
    const size_t at = Below(bytes->size() + 1);
    const char awkward = static_cast<char>(kBytes[Below(sizeof(kBytes))]);
    switch (Below(6)) {
      case 0: bytes->insert(at, 1 + Below(10), awkward); break;
      case 1: bytes->erase(at, 1 + Below(4)); break;
      case 2: bytes->resize(at); break;
      case 3: bytes->insert(at, other, Below(other.size() + 1), Below(30)); break;
      case 4:
        if (at < bytes->size()) (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << Below(8)));
        break;
      default:
        if (at < bytes->size()) (*bytes)[at] = awkward;
    }
  }

  std::mt19937 random_;
};

struct Counted {
  int taken = 0;
  int refused = 0;
};

template <typename T>
void Check(const Result<T>& decoded, const std::string& bytes, Counted* counted) {
  ++(decoded.ok() ? counted->taken : counted->refused);
  if (!decoded.ok()) {
    EXPECT_TRUE(decoded.status().action() == Action::kReject ||
                decoded.status().action() == Action::kStop);
    EXPECT_LT(decoded.status().message().size(), 300u);
  } else if (bytes[1] == kFormatMinor) {
    EXPECT_EQ(Encode(*decoded), bytes);
  }
}

void CheckAllValues(const std::string& bytes, Counted* counted) {
  Check(DecodeGenesis(bytes), bytes, counted);
  Check(DecodeCursor(bytes), bytes, counted);
  Check(DecodeBreaker(bytes), bytes, counted);
  Check(DecodeQuarantineEntry(bytes), bytes, counted);
  Check(DecodeTicket(bytes), bytes, counted);
  Check(DecodeLetterResolution(bytes), bytes, counted);
}

void CheckAllKeys(const std::string& key, Counted* counted) {
  const auto count = [&](bool ok, const std::string& again) {
    ++(ok ? counted->taken : counted->refused);
    EXPECT_TRUE(!ok || again == key);
  };
  const Result<std::string> breaker = DecodeBreakerKey(key);
  count(breaker.ok(), breaker.ok() ? BreakerKey(*breaker) : "");
  const Result<QuarantineKey> quarantine = DecodeQuarantineKey(key);
  count(quarantine.ok(), quarantine.ok() ? QuarantineKeyBytes(*quarantine) : "");
  const Result<std::string> ticket = DecodeTicketKey(key);
  count(ticket.ok(), ticket.ok() ? TicketKey(*ticket) : "");
  const Result<LetterCoordinates> letter = DecodeLetterKey(key);
  count(letter.ok(), letter.ok() ? LetterKey(letter->source, letter->offset) : "");
}

TEST(StateHostileBytes, ValuesAreTakenInOneFormOrRefused) {
  const std::vector<ExamplePair> seeds = ExamplePairs();
  Mutations mutations(1);
  Counted counted;
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    const std::string& other = seeds[mutations.Below(seeds.size())].value;
    CheckAllValues(mutations.Of(seeds[mutations.Below(seeds.size())].value, other), &counted);
  }
  EXPECT_GT(counted.taken, kRounds / 100)
      << "the mutations are too wild to reach the ends of decoders";
  EXPECT_GT(counted.refused, kRounds);
}

TEST(StateHostileBytes, KeysAreTakenInOneFormOrRefused) {
  const std::vector<ExamplePair> seeds = ExamplePairs();
  Mutations mutations(2);
  Counted counted;
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    const std::string& other = seeds[mutations.Below(seeds.size())].key;
    CheckAllKeys(mutations.Of(seeds[mutations.Below(seeds.size())].key, other), &counted);
  }
  EXPECT_GT(counted.taken, kRounds / 100);
  EXPECT_GT(counted.refused, kRounds);
}

TEST(StateHostileBytes, NoiseIsRefused) {
  std::mt19937 random(3);
  Counted counted;
  for (int round = 0; round < 20'000 && !HasFailure(); ++round) {
    std::string bytes(random() % 200, '\0');
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
    CheckAllValues(bytes, &counted);
    CheckAllKeys(bytes, &counted);
    if (bytes.size() > 1) {
      bytes[0] = kFormatMajor;
      bytes[1] = kFormatMinor;
      CheckAllValues(bytes, &counted);
    }
  }
  EXPECT_GT(counted.refused, 100'000);
}

}  // namespace
}  // namespace fracas::state
