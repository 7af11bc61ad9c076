#include "peer_letters.h"

#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <span>
#include <vector>

namespace fracas::formats {
namespace {

bool IsRetry(const PeerLetter& peer) { return peer.topic.starts_with("retried"); }

// Without context headers there is nothing to recognize a letter by.
bool IsBare(const PeerLetter& peer) { return peer.topic == "dlq-bare"; }

LetterSystem SystemOf(const PeerLetter& peer) {
  if (peer.system == "connect") return LetterSystem::kConnect;
  if (peer.system == "streams") return LetterSystem::kStreams;
  return IsRetry(peer) ? LetterSystem::kSpringRetry : LetterSystem::kSpring;
}

// The producer's own block is the only one that stands there: nothing can tell.
bool OnlyForged(const PeerLetter& peer) { return IsBare(peer) && peer.name == "forged"; }

// Spring's retry topics keep an origin that is there: with a planted one no true one is written.
bool OriginReplaced(const PeerLetter& peer) {
  return IsRetry(peer) && peer.name.starts_with("planted");
}

class PeerLetters : public testing::Test {
 protected:
  const std::deque<PeerLetter> letters_ = ReadPeerLetters();
};

TEST_F(PeerLetters, EverySystemAndVersionIsThere) {
  std::set<std::string> seen;
  for (const PeerLetter& peer : letters_) seen.insert(peer.system + " " + peer.version);
  EXPECT_EQ(seen, (std::set<std::string>{"connect 3.9.1", "connect 4.3.1", "spring 3.3.16",
                                         "spring 4.1.1", "streams 4.2.2"}));
}

TEST_F(PeerLetters, AreRecognized) {
  for (const PeerLetter& peer : letters_) {
    if (OnlyForged(peer)) continue;
    EXPECT_EQ(peer.Read().system, IsBare(peer) ? LetterSystem::kUnknown : SystemOf(peer))
        << peer.Name();
  }
}

TEST_F(PeerLetters, CameFromWhereTheProducerWroteThem) {
  for (const PeerLetter& peer : letters_) {
    if (OnlyForged(peer)) continue;
    const LetterOrigin origin = peer.Read();
    SCOPED_TRACE(peer.Name());
    if (OriginReplaced(peer)) {
      EXPECT_EQ(origin.coordinates, CoordinateTrust::kDoubtful);
      EXPECT_FALSE(CanReplay(origin).possible);
    } else if (IsBare(peer) || !peer.truth.has_value()) {
      EXPECT_EQ(origin.coordinates, CoordinateTrust::kNone);
    } else if (peer.name == "repartition") {
      EXPECT_TRUE(origin.source.topic.ends_with("-repartition")) << origin.source.topic;
      EXPECT_FALSE(CanReplay(origin).possible);
    } else {
      EXPECT_EQ(origin.coordinates, CoordinateTrust::kClaimed);
      EXPECT_EQ(ToString(origin.source, origin.offset),
                ToString(peer.truth->place, peer.truth->offset));
      EXPECT_EQ(origin.timestamp_ms, peer.truth->timestamp_ms);
    }
  }
}

// Behind a repartition topic the record is the application's own, and so are its bytes.
bool IsInternal(const PeerLetter& peer) { return peer.name == "repartition"; }

// "original" is a promise. The other way round a promise may be missing: no header says that
// Spring's serializer has written the same bytes again.
TEST_F(PeerLetters, BytesThatAreCalledOriginalAre) {
  for (const PeerLetter& peer : letters_) {
    if (IsInternal(peer)) continue;
    SCOPED_TRACE(peer.Name());
    const LetterOrigin origin = peer.Read();
    const PeerRecord none;
    const PeerRecord& truth = peer.truth.has_value() ? *peer.truth : none;
    if (origin.key == ByteTrust::kOriginal) {
      EXPECT_EQ(peer.letter.key, truth.key);
    }
    if (origin.value == ByteTrust::kOriginal) {
      EXPECT_EQ(peer.letter.value, truth.value);
    }
    if (origin.value == ByteTrust::kLeftOut) {
      EXPECT_EQ(peer.letter.value, std::nullopt);
    }
    if (peer.system != "spring" && !IsBare(peer) && peer.letter.value != truth.value) {
      EXPECT_EQ(origin.value, ByteTrust::kLeftOut);
    }
  }
}

TEST_F(PeerLetters, AreReplayedExactlyOnlyAsWhatTheyWere) {
  int exact = 0;
  for (const PeerLetter& peer : letters_) {
    if (OnlyForged(peer)) continue;
    SCOPED_TRACE(peer.Name());
    const ReplayToOrigin replay = CanReplay(peer.Read());
    if (!replay.possible) continue;
    ASSERT_TRUE(peer.truth.has_value());
    EXPECT_EQ(replay.topic, peer.truth->place.topic);
    EXPECT_EQ(replay.partition, peer.truth->place.partition);
    if (!replay.exact) continue;
    ++exact;
    EXPECT_EQ(peer.letter.key, peer.truth->key);
    EXPECT_EQ(peer.letter.value, peer.truth->value);
  }
  EXPECT_GE(exact, 10);
}

// Without the errors of Spring's, which each hop takes out before it adds its own.
std::vector<HeaderView> Kept(const PeerLetter& peer, std::span<const HeaderView> headers) {
  std::vector<HeaderView> kept;
  for (const HeaderView& header : headers) {
    const bool taken_out = peer.system == "spring" && header.name.starts_with("kafka_") &&
                           header.name.find("exception-") != std::string_view::npos;
    if (!taken_out) kept.push_back(header);
  }
  return kept;
}

// What the producer planted is one of the record's own headers. Whose a lone topic is that stands
// in front of Spring's partition cannot be told.
TEST_F(PeerLetters, OwnHeadersAreTheRecords) {
  for (const PeerLetter& peer : letters_) {
    if (OnlyForged(peer) || !peer.truth.has_value() || peer.name == "planted_topic") continue;
    SCOPED_TRACE(peer.Name());
    const LetterOrigin origin = peer.Read();
    const std::span<const HeaderView> all = peer.letter.headers.headers;
    ASSERT_LE(origin.own_headers, all.size());
    const auto told = Kept(peer, all.first(origin.own_headers));
    const auto own = Kept(peer, peer.truth->headers.headers);
    ASSERT_EQ(told.size(), own.size());
    for (size_t i = 0; i < own.size(); ++i) {
      EXPECT_EQ(told[i].name, own[i].name);
      EXPECT_EQ(told[i].value, own[i].value);
      EXPECT_EQ(told[i].value.data() == nullptr, own[i].value.data() == nullptr);
    }
  }
}

TEST_F(PeerLetters, SayWhyInTheEnd) {
  for (const PeerLetter& peer : letters_) {
    if (IsBare(peer)) continue;
    SCOPED_TRACE(peer.Name());
    const LetterOrigin origin = peer.Read();
    EXPECT_NE(origin.error_class, "");
    EXPECT_NE(origin.cause_class, "");
    if (peer.name == "malformed" || peer.name == "forged") {
      EXPECT_NE(origin.cause_class.find("Json"), std::string::npos) << origin.cause_class;
    }
    const bool thrown_by_us = peer.system != "connect" || peer.topic == "dlq-put";
    if (thrown_by_us && (peer.name == "refused" || peer.name == "binary_key")) {
      EXPECT_EQ(origin.cause_class, "java.sql.SQLException");
      EXPECT_EQ(origin.cause_message, "no such customer: 'Zoë'");
    }
  }
}

TEST_F(PeerLetters, NothingForgedIsTold) {
  for (const PeerLetter& peer : letters_) {
    if (OnlyForged(peer)) continue;
    SCOPED_TRACE(peer.Name());
    const LetterOrigin origin = peer.Read();
    for (const std::string& told :
         {origin.component, origin.stage, origin.error_class, origin.error_message,
          origin.stack_trace, origin.cause_class, origin.cause_message}) {
      EXPECT_EQ(told.find("orged"), std::string::npos) << told;
    }
    if (origin.coordinates != CoordinateTrust::kDoubtful) {
      EXPECT_NE(origin.source.topic, "payments");
    }
  }
}

}  // namespace
}  // namespace fracas::formats
