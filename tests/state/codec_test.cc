#include "state/format/codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "tests/golden/state_examples.h"

namespace fracas::state {
namespace {

TEST(StateCodec, EveryEntityComesBack) {
  EXPECT_EQ(*DecodeGenesis(Encode(ExampleGenesis())), ExampleGenesis());
  EXPECT_EQ(*DecodeCursor(Encode(ExampleCursor())), ExampleCursor());
  EXPECT_EQ(*DecodeBreaker(Encode(ExampleBreaker())), ExampleBreaker());
  EXPECT_EQ(*DecodeQuarantineEntry(Encode(ExampleQuarantineEntry())), ExampleQuarantineEntry());
  EXPECT_EQ(*DecodeTicket(Encode(ExampleTicket())), ExampleTicket());
  EXPECT_EQ(*DecodeLetterResolution(Encode(ExampleLetterResolution())), ExampleLetterResolution());
}

TEST(StateCodec, DefaultsComeBack) {
  EXPECT_EQ(*DecodeGenesis(Encode(Genesis{})), Genesis{});
  EXPECT_EQ(*DecodeCursor(Encode(Cursor{})), Cursor{});
  EXPECT_EQ(*DecodeBreaker(Encode(Breaker{})), Breaker{});
  EXPECT_EQ(*DecodeQuarantineEntry(Encode(QuarantineEntry{})), QuarantineEntry{});
  EXPECT_EQ(*DecodeTicket(Encode(Ticket{})), Ticket{});
  EXPECT_EQ(*DecodeLetterResolution(Encode(LetterResolution{})), LetterResolution{});
}

TEST(StateCodec, NumbersAtTheirEnds) {
  for (const int64_t number :
       {std::numeric_limits<int64_t>::min(), int64_t{-65}, int64_t{-1}, int64_t{0}, int64_t{63},
        int64_t{64}, std::numeric_limits<int64_t>::max()}) {
    Cursor cursor;
    cursor.control_offset = number;
    EXPECT_EQ(DecodeCursor(Encode(cursor))->control_offset, number);
  }
  Breaker breaker;
  breaker.stamp.version = std::numeric_limits<uint64_t>::max();
  breaker.retry.done = std::numeric_limits<int32_t>::min();
  EXPECT_EQ(*DecodeBreaker(Encode(breaker)), breaker);
  Genesis genesis;
  genesis.format_major = std::numeric_limits<uint32_t>::max();
  EXPECT_EQ(*DecodeGenesis(Encode(genesis)), genesis);
}

TEST(StateCodec, TextsMayHoldAnyBytes) {
  Ticket ticket = ExampleTicket();
  ticket.business_id = std::string("\0\xFF\n\"", 4);
  EXPECT_EQ(*DecodeTicket(Encode(ticket)), ticket);
  ticket.why = std::string(kTextBytesMax, 'w');
  EXPECT_EQ(*DecodeTicket(Encode(ticket)), ticket);
}

TEST(StateCodec, NumbersThatDoNotFitTheirMemberAreRefused) {
  // A genesis' format_minor is the last but one member: 32 bits.
  std::string bytes = Encode(Genesis{});
  const std::string tail = {'\x80', '\x80', '\x80', '\x80', '\x10', '\0'};
  bytes.replace(bytes.size() - 2, 2, tail);
  const Result<Genesis> decoded = DecodeGenesis(bytes);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.status().message(),
            "the value of a genesis: 'format_minor' at byte 8 of 9 is out of range");
}

TEST(StateCodec, OtherMajorVersionStops) {
  for (const char major : {'\0', '\2', '\xFF'}) {
    std::string bytes = Encode(ExampleBreaker());
    bytes[0] = major;
    const Result<Breaker> decoded = DecodeBreaker(bytes);
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.status().action(), Action::kStop);
    EXPECT_NE(decoded.status().message().find("this program knows 1.x"), std::string::npos);
  }
}

TEST(StateCodec, NewerMinorVersionIsReadWithoutWhatItAdded) {
  std::string bytes = Encode(ExampleTicket());
  bytes[1] = kFormatMinor + 1;
  EXPECT_EQ(*DecodeTicket(bytes), ExampleTicket()) << "a minor version may add nothing";
  bytes += "what nobody here knows";
  EXPECT_EQ(*DecodeTicket(bytes), ExampleTicket());
}

TEST(StateCodec, BytesBehindTheEndAreRefused) {
  const Result<Ticket> decoded = DecodeTicket(Encode(ExampleTicket()) + std::string(1, '\0'));
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.status().action(), Action::kReject);
}

TEST(StateCodec, EveryCutIsRefused) {
  const std::string bytes = Encode(ExampleBreaker());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeBreaker(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
}

TEST(StateCodec, UnknownEnumerationsAreRefused) {
  Breaker breaker;
  breaker.state = static_cast<BreakerState>(3);
  EXPECT_EQ(DecodeBreaker(Encode(breaker)).status().message(),
            "the value of a breaker: 'state' at byte 5 of 25 has no value 3");
  LetterResolution letter;
  letter.end = static_cast<LetterEnd>(0);
  EXPECT_FALSE(DecodeLetterResolution(Encode(letter)).ok());
}

TEST(StateCodec, FailureCodeOfANewerProgramStops) {
  Breaker breaker;
  breaker.cause = static_cast<Code>(9998);
  const Result<Breaker> decoded = DecodeBreaker(Encode(breaker));
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.status().action(), Action::kStop);
  EXPECT_NE(decoded.status().message().find("9998"), std::string::npos);
}

TEST(StateCodec, FlagsAreZeroOrOne) {
  std::string bytes = Encode(QuarantineEntry{});
  bytes.back() = 2;
  EXPECT_EQ(
      DecodeQuarantineEntry(bytes).status().message(),
      "the value of a quarantine entry: 'expired' at byte 11 of 11 is neither true nor false");
}

TEST(StateCodec, ListsThatClaimMoreThanTheirBytesAllocateNothing) {
  // A breaker's last member is a list: its length 0 becomes 2^63.
  std::string bytes = Encode(Breaker{});
  bytes.pop_back();
  bytes += std::string("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10);
  const Result<Breaker> decoded = DecodeBreaker(bytes);
  ASSERT_FALSE(decoded.ok());
  EXPECT_NE(decoded.status().message().find("'isolated_ms'"), std::string::npos);
}

TEST(StateCodec, LongTextsAreRefused) {
  std::string bytes = Encode(Cursor{});
  bytes.erase(2, 1);                            // the text's length
  bytes.insert(2, std::string("\x81\x20", 2));  // 4,097
  bytes.insert(4, std::string(4'097, 'x'));
  EXPECT_EQ(
      DecodeCursor(bytes).status().message(),
      "the value of a cursor: 'control_uuid' at byte 2 of 4101 has 4097 bytes, more than 4096");
}

}  // namespace
}  // namespace fracas::state
