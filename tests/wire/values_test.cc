#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>

#include "core/limits.h"
#include "core/percent.h"
#include "tests/golden/wire_examples.h"
#include "wire/text.h"
#include "wire/version.h"

// Failure events, summaries, offset metadata: what they share is that hostile bytes never crash,
// unknown members are ignored and an unknown major version stops.

namespace fracas::wire {
namespace {

std::string Encoded(const FailureEvent& event) {
  std::string bytes;
  EncodeFailureEvent(event, &bytes);
  return bytes;
}
std::string Encoded(const Summary& summary) {
  std::string bytes;
  EncodeSummary(summary, &bytes);
  return bytes;
}
std::string Encoded(const OffsetMetadata& metadata) { return EncodeOffsetMetadata(metadata); }

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

template <typename Decode>
void ExpectToleranceAndRefusal(const std::string& bytes, Decode decode) {
  ASSERT_TRUE(decode(bytes).ok()) << decode(bytes).status().message();
  EXPECT_TRUE(decode(Replaced(bytes, "\"v\":\"1.0\"", "\"v\":\"1.9\",\"new\":{\"v\":[2]}")).ok());
  const auto newer = decode(Replaced(bytes, "\"v\":\"1.0\"", "\"v\":\"2.0\""));
  ASSERT_FALSE(newer.ok());
  EXPECT_EQ(newer.status().action(), Action::kStop);
  for (const char* version : {"\"v\":\"1\"", "\"v\":\"1.x\"", "\"v\":1", "\"v\":\"\"",
                              "\"w\":\"1.0\"", "\"v\":\"99999999999.0\"", "\"v\":\"01.0\""}) {
    const auto refused = decode(Replaced(bytes, "\"v\":\"1.0\"", version));
    ASSERT_FALSE(refused.ok()) << version;
    EXPECT_EQ(refused.status().action(), Action::kReject) << version;
  }
}

// Every truncation, every byte flipped: a value or a Status, never a crash (run under the
// sanitizers too).
template <typename Decode>
void ExpectNoCrash(const std::string& bytes, Decode decode) {
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(bytes.substr(0, size)).ok()) << size;
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int mask : {0x01, 0x20, 0x80, 0xFF}) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ mask);
      (void)decode(flipped).ok();
    }
  }
  for (const char* odd :
       {"", " ", "null", "[]", "\"v\"", "1", "{}", "{\"v\":{}}", "{\"data\":[]}"}) {
    EXPECT_FALSE(decode(odd).ok()) << odd;
  }
}

TEST(FailureEventTest, RoundTrip) {
  FailureEvent event = ExampleEvent();
  event.group = "gr/üp %";
  event.stacktrace = "at line 1";
  const auto read = DecodeFailureEvent(Encoded(event));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->group, event.group);
  EXPECT_EQ(read->pipeline, event.pipeline);
  EXPECT_EQ(read->stream, event.stream);
  EXPECT_EQ(read->stage, event.stage);
  EXPECT_EQ(read->dataset_namespace, "crm");
  EXPECT_EQ(read->dataset_name, "contacts");
  EXPECT_EQ(read->code, event.code);
  EXPECT_EQ(read->disposition, Disposition::kHold);
  EXPECT_EQ(read->time_ms, event.time_ms);
  EXPECT_EQ(read->internal_message, event.internal_message);
  EXPECT_EQ(read->external_message, Info(event.code).message);
  EXPECT_EQ(read->stacktrace, "at line 1");
  EXPECT_EQ(read->fingerprint, event.fingerprint);
  EXPECT_EQ(ToString(read->batch), ToString(event.batch));
  EXPECT_EQ(read->contract, event.contract);
  EXPECT_EQ(read->row_count, 188u);
  EXPECT_EQ(read->samples, event.samples);
  EXPECT_EQ(read->owner, "crm-team");
  EXPECT_EQ(read->id, FailureEventId(event));
}

TEST(FailureEventTest, IdIsTheSameForARetryAndDiffersForAnythingElse) {
  const FailureEvent event = ExampleEvent();
  FailureEvent retry = event;
  retry.time_ms += 60'000;
  retry.row_count = 7;
  EXPECT_EQ(FailureEventId(retry), FailureEventId(event));
  std::set<std::string> ids = {FailureEventId(event)};
  const auto differs = [&](auto change) {
    FailureEvent other = ExampleEvent();
    change(other);
    EXPECT_TRUE(ids.insert(FailureEventId(other)).second);
  };
  differs([](FailureEvent& e) { e.group = "g"; });
  differs([](FailureEvent& e) { e.pipeline = "standard_inges", e.stream = "tcrm.contacts"; });
  differs([](FailureEvent& e) { e.batch.attempt = 3; });
  differs([](FailureEvent& e) { e.batch.from += 1; });
  differs([](FailureEvent& e) { e.batch.to += 1; });
  differs([](FailureEvent& e) { e.batch.source.partition = 4; });
  differs([](FailureEvent& e) { e.code = Code::kEnumUnknown; });
  differs([](FailureEvent& e) { e.fingerprint = "0"; });
}

TEST(FailureEventTest, AbsentThingsAreNull) {
  FailureEvent event = ExampleEvent();
  event.contract.clear();
  event.owner.clear();
  const std::string bytes = Encoded(event);
  EXPECT_NE(bytes.find("\"contract\":null"), std::string::npos);
  EXPECT_NE(bytes.find("\"owner\":null"), std::string::npos);
  EXPECT_NE(bytes.find("\"stacktrace\":null"), std::string::npos);
  EXPECT_TRUE(DecodeFailureEvent(bytes)->owner.empty());
}

TEST(FailureEventTest, IsBounded) {
  FailureEvent event = ExampleEvent();
  event.internal_message = std::string(limits::kMiB, '\x01');  // six bytes each in JSON
  event.stacktrace = event.internal_message;
  event.samples.assign(1'000, {"t", 0, 0, std::string(limits::kMiB, 'p')});
  const std::string bytes = Encoded(event);
  EXPECT_LT(bytes.size(), 64 * limits::kKiB) << "what CloudEvents intermediaries must forward";
  EXPECT_EQ(DecodeFailureEvent(bytes)->samples.size(), limits::kSamplesPerFailureMax);
}

TEST(FailureEventTest, VersionsAndHostileBytes) {
  ExpectToleranceAndRefusal(Encoded(ExampleEvent()), DecodeFailureEvent);
  ExpectNoCrash(Encoded(ExampleEvent()), DecodeFailureEvent);
}

TEST(FailureEventTest, RefusalsNameTheMember) {
  const std::string bytes = Encoded(ExampleEvent());
  const auto message = [&](std::string_view from, std::string_view to) {
    const auto read = DecodeFailureEvent(Replaced(bytes, from, to));
    return read.ok() ? std::string() : std::string(read.status().message());
  };
  EXPECT_NE(message("kafka://", "s3://").find("source_path"), std::string::npos);
  EXPECT_NE(message("9041220-9041532", "9041532-9041220").find("source_path"), std::string::npos);
  EXPECT_NE(message("/fracas/fracas", "/fracas%").find("source"), std::string::npos);
  EXPECT_NE(message("\"hold\"", "\"drop\"").find("disposition"), std::string::npos);
  EXPECT_NE(message("\"row_count\":188", "\"row_count\":-1").find("row_count"), std::string::npos);
}

TEST(FailureEventTest, EveryCodeCanBeWrittenAndRead) {
  for (const CodeInfo& info : AllCodes()) {
    FailureEvent event = ExampleEvent();
    event.code = info.code;
    event.disposition = info.disposition;
    const auto read = DecodeFailureEvent(Encoded(event));
    ASSERT_TRUE(read.ok()) << info.name << ": " << read.status().message();
    EXPECT_EQ(read->code, info.code);
  }
  EXPECT_EQ(
      DecodeFailureEvent(Replaced(Encoded(ExampleEvent()), "\"code\":2103", "\"code\":2199"))->code,
      Code::kUnknown);
}

TEST(SummaryTest, RoundTrip) {
  const Summary summary = ExampleSummary();
  const auto read = DecodeSummary(Encoded(summary));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->pipeline, summary.pipeline);
  EXPECT_EQ(read->stream, summary.stream);
  EXPECT_EQ(read->time_ms, summary.time_ms);
  EXPECT_EQ(read->instance, "node-1");
  EXPECT_EQ(read->worker, 1u);
  EXPECT_EQ(read->ranges, summary.ranges);
  EXPECT_EQ(read->counts, summary.counts);
  EXPECT_EQ(read->codes, summary.codes);
  EXPECT_EQ(read->state_offset, 4'711);
  EXPECT_EQ(read->contract, summary.contract);
  EXPECT_EQ(read->config, summary.config);
  EXPECT_EQ(read->program, "0.1.0");
}

TEST(SummaryTest, EmptySummary) {
  const auto read = DecodeSummary(Encoded(Summary{}));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_TRUE(read->ranges.empty());
  EXPECT_EQ(read->state_offset, kNoOffset);
}

TEST(SummaryTest, VersionsAndHostileBytes) {
  ExpectToleranceAndRefusal(Encoded(ExampleSummary()), DecodeSummary);
  ExpectNoCrash(Encoded(ExampleSummary()), DecodeSummary);
}

TEST(SummaryTest, ConservationIsChecked) {
  EXPECT_EQ(CheckConservation(ExampleSummary()), "");
  Summary lost = ExampleSummary();
  lost.counts.published -= 1;
  EXPECT_EQ(CheckConservation(lost), "102 records consumed, 101 have an outcome");
  Summary gap = ExampleSummary();
  gap.ranges[0].gaps = 0;
  EXPECT_NE(CheckConservation(gap).find("crm.contacts.raw/0/100-203"), std::string::npos);
  Summary overflow = ExampleSummary();
  overflow.ranges[0].records = UINT64_MAX;
  overflow.ranges[0].gaps = 104;
  EXPECT_NE(CheckConservation(overflow), "");
}

TEST(OffsetMetadataTest, RoundTripAndSize) {
  const OffsetMetadata largest{std::numeric_limits<int32_t>::max(),
                               std::numeric_limits<int64_t>::max(),
                               std::numeric_limits<int64_t>::max(),
                               std::numeric_limits<int32_t>::max()};
  const OffsetMetadata moved{.partitions = 1};
  const OffsetMetadata unmoved{.attempt = 1, .to = 1};
  EXPECT_EQ(Encoded(OffsetMetadata{}), "");
  for (const OffsetMetadata& each : {ExampleMetadata(), moved, unmoved, largest}) {
    const std::string bytes = Encoded(each);
    EXPECT_LE(bytes.size(), limits::kOffsetMetadataBytesMax);
    ASSERT_TRUE(DecodeOffsetMetadata(bytes).ok());
    EXPECT_EQ(*DecodeOffsetMetadata(bytes), each);
  }
}

TEST(OffsetMetadataTest, VersionsAndHostileBytes) {
  ExpectToleranceAndRefusal(Encoded(ExampleMetadata()), DecodeOffsetMetadata);
  ExpectNoCrash(Encoded(ExampleMetadata()), DecodeOffsetMetadata);
  const std::string bytes = Encoded(ExampleMetadata());
  EXPECT_FALSE(DecodeOffsetMetadata(Replaced(bytes, ":2,", ":0,")).ok());
  EXPECT_FALSE(DecodeOffsetMetadata(Replaced(bytes, ":2,", ":2.0,")).ok());
  EXPECT_FALSE(DecodeOffsetMetadata(Replaced(bytes, ":2,", ":1e400,")).ok());
  EXPECT_FALSE(DecodeOffsetMetadata(Replaced(bytes, ":2,", ":18446744073709551618,")).ok());
  EXPECT_FALSE(DecodeOffsetMetadata(Replaced(bytes, ":12", ":0")).ok());
  EXPECT_FALSE(DecodeOffsetMetadata(Replaced(bytes, "\"attempt\":2,", "")).ok()) << "half of a trip";
  EXPECT_FALSE(DecodeOffsetMetadata("eyJ2IjoxfQ==").ok()) << "another program's metadata";
  EXPECT_FALSE(DecodeOffsetMetadata(std::string(5'000, ' ') + bytes).ok());
}

TEST(OffsetMetadataTest, TellsWhichPartitionsWereAddedLater) {
  const std::string three = Encoded(OffsetMetadata{.partitions = 3});
  EXPECT_FALSE(AddedLater(0, three));
  EXPECT_FALSE(AddedLater(2, three)) << "it was there: it only had nothing to read yet";
  EXPECT_TRUE(AddedLater(3, three));
  EXPECT_FALSE(AddedLater(0, ""));
  EXPECT_TRUE(AddedLater(1, "")) << "not known: nothing is skipped";
  EXPECT_TRUE(AddedLater(1, "somebody's note"));
  EXPECT_TRUE(AddedLater(1, Encoded(OffsetMetadata{.attempt = 1, .to = 5})));
}

TEST(TextTest, IsCutAtACodePoint) {
  const auto cut = [](std::string_view text, size_t max) {
    std::string out = "x";
    AppendText(text, max, &out);
    return out.substr(1);
  };
  EXPECT_EQ(cut("abc", 3), "abc");
  EXPECT_EQ(cut("abcd", 3), "\xE2\x80\xA6");
  EXPECT_EQ(cut("abcdefg", 6), "abc\xE2\x80\xA6");
  EXPECT_EQ(cut("\xC3\xA9\xC3\xA9\xC3\xA9", 6), "\xC3\xA9\xC3\xA9\xC3\xA9");
  EXPECT_EQ(cut("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 6), "\xC3\xA9\xE2\x80\xA6");
  EXPECT_EQ(cut("", 3), "");
  for (size_t max = 3; max < 40; ++max) {
    EXPECT_LE(cut("\xFF\xFE gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80 \xED\xA0\x80 tail", max).size(),
              max);
  }
}

TEST(TextTest, PercentCoding) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  std::string back;
  ASSERT_TRUE(PercentDecode(PercentEncode(all), &back));
  EXPECT_EQ(back, all);
  EXPECT_FALSE(PercentDecode("%", &back));
  EXPECT_FALSE(PercentDecode("%4", &back));
  EXPECT_FALSE(PercentDecode("%4G", &back));
}

TEST(VersionTest, Parse) {
  FormatVersion version;
  ASSERT_TRUE(ParseVersion("1.12", &version));
  EXPECT_EQ(version, (FormatVersion{1, 12}));
  for (const char* bad : {"", ".", "1.", ".1", "1", "1.0.0", "-1.0", "1. 0", "01.0", "1.0x"}) {
    EXPECT_FALSE(ParseVersion(bad, &version)) << bad;
  }
}

}  // namespace
}  // namespace fracas::wire
