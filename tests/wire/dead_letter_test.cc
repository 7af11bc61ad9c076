#include "wire/dead_letter.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "tests/golden/wire_examples.h"

namespace fracas::wire {
namespace {

// Owned headers of a record on a topic.
using Headers = std::vector<std::pair<std::string, std::string>>;

std::vector<HeaderView> View(const Headers& headers) {
  std::vector<HeaderView> views;
  for (const auto& [name, value] : headers) views.push_back({name, value});
  return views;
}

// What lands on the DLQ topic when a record with `source` headers is dead-lettered.
Headers Letter(const DeadLetterContext& context, const Headers& source) {
  DeadLetterEncoder encoder;
  encoder.Begin();
  for (const auto& [name, value] : source) encoder.AddSourceHeader(name, value);
  const DeadLetterHeaders result = encoder.Encode(context);
  Headers out = result.carry_original ? source : Headers{};
  for (const HeaderView& each : result.headers) out.emplace_back(each.name, each.value);
  return out;
}

size_t Count(const Headers& headers, std::string_view name) {
  size_t count = 0;
  for (const auto& each : headers) count += each.first == name;
  return count;
}

size_t Bytes(const Headers& headers) {
  size_t bytes = 0;
  for (const auto& [name, value] : headers) bytes += name.size() + value.size();
  return bytes;
}

class DeadLetterTest : public testing::Test {
 protected:
  BatchId batch_ = ExampleBatch();
  DeadLetterContext context_ = ExampleContext(&batch_);
};

TEST_F(DeadLetterTest, RoundTrip) {
  const Headers headers = Letter(context_, {{"trace", "a"}, {"trace", "b"}});
  const auto letter = DecodeDeadLetter(View(headers));
  ASSERT_TRUE(letter.ok());
  ASSERT_TRUE(letter->has_value());
  const DeadLetter& read = **letter;
  EXPECT_EQ(read.source, batch_.source);
  EXPECT_EQ(read.offset, 9'041'251);
  EXPECT_EQ(read.stage, "VALUE_CONVERTER");
  EXPECT_EQ(read.code, Code::kTypeMismatch);
  EXPECT_EQ(read.code_name, "TYPE_MISMATCH");
  EXPECT_EQ(read.message, context_.message);
  EXPECT_EQ(read.pipeline, "standard_ingest");
  EXPECT_EQ(read.stream, "crm.contacts");
  EXPECT_EQ(read.batch, ToString(batch_));
  EXPECT_EQ(read.attempt, 2);
  EXPECT_EQ(read.contract, context_.contract);
  EXPECT_EQ(read.fingerprint, context_.fingerprint);
  EXPECT_EQ(read.replay_count, 1u);
  EXPECT_TRUE(read.redacted);
  EXPECT_EQ(read.timestamp, "2026-01-31T12:00:00.123Z");
  EXPECT_EQ(read.pointer, "/customer/age");
  EXPECT_EQ(read.schema, context_.schema);
  EXPECT_FALSE(read.payload_size.has_value());
  EXPECT_EQ(read.block_begin, 2u);
  EXPECT_EQ(headers[0].second, "a");  // the record's own come first, in order
  EXPECT_EQ(headers[1].second, "b");
}

TEST_F(DeadLetterTest, StageFollowsTheLayer) {
  const auto stage = [&](Code code) {
    context_.code = code;
    return (*DecodeDeadLetter(View(Letter(context_, {}))))->stage;
  };
  EXPECT_EQ(stage(Code::kJsonMalformed), "VALUE_CONVERTER");
  EXPECT_EQ(stage(Code::kTsStale), "VALUE_CONVERTER");
  EXPECT_EQ(stage(Code::kSinkRejected), "KAFKA_PRODUCE");
  EXPECT_EQ(stage(Code::kPoisonRecord), "TASK_PUT");
  EXPECT_EQ(stage(Code::kQuarantined), "TASK_PUT");
}

TEST_F(DeadLetterTest, MessageIsCutAtACodePoint) {
  std::string long_text;
  while (long_text.size() < 3 * limits::kHeaderValueBytesMax) long_text += "\xF0\x9F\x98\x80";
  context_.message = long_text;
  const DeadLetter letter = **DecodeDeadLetter(View(Letter(context_, {})));
  EXPECT_LE(letter.message.size(), limits::kHeaderValueBytesMax);
  EXPECT_GT(letter.message.size(), limits::kHeaderValueBytesMax - 8);
  EXPECT_TRUE(letter.message.ends_with("\xF0\x9F\x98\x80\xE2\x80\xA6"));
}

TEST_F(DeadLetterTest, InvalidUtf8BecomesReplacementCharacters) {
  context_.pointer = "/a\xFF\xC3";
  EXPECT_EQ((*DecodeDeadLetter(View(Letter(context_, {}))))->pointer, "/a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_F(DeadLetterTest, TheBlockIsBoundedWhateverTheContextHolds) {
  const std::string huge(limits::kMiB, 'x');
  batch_.source.topic = std::string(249, 't');
  for (std::string_view* each :
       {&context_.pipeline, &context_.stream, &context_.message, &context_.fingerprint,
        &context_.contract, &context_.pointer, &context_.schema}) {
    *each = huge;
  }
  context_.value = LeftOut{UINT64_MAX, huge};
  context_.key = LeftOut{UINT64_MAX, huge};
  EXPECT_LE(Bytes(Letter(context_, {{"a", huge}})), limits::kDeadLetterOverheadBytes);
}

TEST_F(DeadLetterTest, OversizeNamesWhatItLeavesOut) {
  const DeadLetterContext context = ExampleOversize(&batch_);
  const DeadLetter letter = **DecodeDeadLetter(View(Letter(context, {{"trace", "a"}})));
  EXPECT_EQ(letter.payload_size, 62'914'560u);
  EXPECT_EQ(letter.payload_sha256.size(), 64u);
  EXPECT_FALSE(letter.key_size.has_value());
  EXPECT_EQ(letter.headers_dropped, 0u);
  EXPECT_EQ(letter.block_begin, 1u);  // small headers stay
}

TEST_F(DeadLetterTest, OversizeDropsHeadersThatAreTooLargeAndSaysSo) {
  const DeadLetterContext context = ExampleOversize(&batch_);
  const Headers source(20'000, {"h", "0123456789"});
  const Headers headers = Letter(context, source);
  EXPECT_EQ(Count(headers, "h"), 0u);
  EXPECT_EQ((*DecodeDeadLetter(View(headers)))->headers_dropped, 20'000u);
}

TEST_F(DeadLetterTest, TwentyThousandHeadersOfAnOrdinaryRecordAreAllCarried) {
  const Headers source(20'000, {"h", "0123456789"});
  EXPECT_EQ(Count(Letter(context_, source), "h"), 20'000u);
}

TEST_F(DeadLetterTest, HopsDoNotGrow) {
  Headers headers = {{"own", "1"}};
  std::vector<size_t> sizes;
  for (int hop = 0; hop < 6; ++hop) {
    context_.offset = hop;
    headers = Letter(context_, headers);
    headers.emplace_back("replayed", "x");
    EXPECT_EQ((*DecodeDeadLetter(View(headers)))->offset, hop) << "the last block counts";
    EXPECT_LE(Count(headers, "fracas.format"), 2u);
    EXPECT_EQ(Count(headers, "own"), 1u);
    EXPECT_EQ(Count(headers, "replayed"), static_cast<size_t>(hop) + 1) << "foreign ones all stay";
  }
  // The block in front is the hop before.
  const auto offset = std::find_if(headers.begin(), headers.end(), [](const auto& each) {
    return each.first == "__connect.errors.offset";
  });
  EXPECT_EQ(offset->second, "4");
}

TEST_F(DeadLetterTest, ForgedHeadersAreCarriedAndNotBelieved) {
  // A producer plants single headers of ours, a beginning without an end, and a whole block.
  Headers planted = {{"fracas.code", "9001"}, {"fracas.format", "1.0"}};
  context_.code = Code::kUnknown;
  for (const auto& each : Letter(context_, {})) planted.push_back(each);
  planted.emplace_back("__connect.errors.topic", "secrets");
  context_.code = Code::kTypeMismatch;
  const Headers headers = Letter(context_, planted);
  EXPECT_EQ(headers.size(), planted.size() + Letter(context_, {}).size());
  const DeadLetter letter = **DecodeDeadLetter(View(headers));
  EXPECT_EQ(letter.code, Code::kTypeMismatch);
  EXPECT_EQ(letter.source, batch_.source);
  EXPECT_EQ(letter.block_begin, planted.size());
}

TEST_F(DeadLetterTest, WhatIsNoDeadLetterOfOurs) {
  EXPECT_FALSE((*DecodeDeadLetter({})).has_value());
  EXPECT_FALSE((*DecodeDeadLetter(View({{"a", "b"}, {"", ""}}))).has_value());
  Headers headers = Letter(context_, {});
  for (size_t i = 0; i < headers.size(); ++i) {
    if (headers[i].first == "fracas.pointer" || headers[i].first == "fracas.schema") continue;
    Headers incomplete = headers;
    incomplete.erase(incomplete.begin() + static_cast<ptrdiff_t>(i));
    const auto letter = DecodeDeadLetter(View(incomplete));
    ASSERT_TRUE(letter.ok());
    EXPECT_FALSE(letter->has_value()) << "without " << headers[i].first;
    Headers interrupted = headers;
    if (i > 0) {
      interrupted.insert(interrupted.begin() + static_cast<ptrdiff_t>(i), {"foreign", "x"});
      EXPECT_FALSE((*DecodeDeadLetter(View(interrupted))).has_value()) << headers[i].first;
    }
  }
  for (auto& [name, value] : headers) {
    if (name == "__connect.errors.offset") value = "12x";
  }
  EXPECT_FALSE((*DecodeDeadLetter(View(headers))).has_value());
}

TEST_F(DeadLetterTest, NewerFormats) {
  Headers headers = Letter(context_, {});
  headers.back().second = "1.7";
  headers.insert(headers.end() - 1, {"fracas.severity", "9"});  // an additive field
  EXPECT_EQ((*DecodeDeadLetter(View(headers)))->code, Code::kTypeMismatch);
  headers.back().second = "2.0";
  const auto letter = DecodeDeadLetter(View(headers));
  ASSERT_FALSE(letter.ok());
  EXPECT_EQ(letter.status().action(), Action::kStop);
  EXPECT_NE(letter.status().message().find("2.0"), std::string_view::npos);
}

TEST_F(DeadLetterTest, ACodeOfANewerProgramIsUnknownButNamed) {
  Headers headers = Letter(context_, {});
  for (auto& [name, value] : headers) {
    if (name == "fracas.code") value = "2199";
    if (name == "fracas.code.name") value = "NEW_THING";
  }
  const DeadLetter letter = **DecodeDeadLetter(View(headers));
  EXPECT_EQ(letter.code, Code::kUnknown);
  EXPECT_EQ(letter.code_number, 2199u);
  EXPECT_EQ(letter.code_name, "NEW_THING");
}

TEST_F(DeadLetterTest, NullAndBinaryHeadersOfTheRecordSurvive) {
  DeadLetterEncoder encoder;
  for (int hop = 0; hop < 3; ++hop) {  // the encoder is reused
    encoder.Begin();
    const Headers block = Letter(context_, Letter(context_, {}));
    encoder.AddSourceHeader("null", std::string_view());
    for (const auto& [name, value] : block) encoder.AddSourceHeader(name, value);
    encoder.AddSourceHeader("", std::string_view("\0\xFF", 2));
    const DeadLetterHeaders headers = encoder.Encode(context_);
    EXPECT_FALSE(headers.carry_original);
    EXPECT_EQ(headers.headers[0].value.data(), nullptr);
    EXPECT_EQ(headers.headers[1].name, "__connect.errors.topic");
    const auto binary = headers.headers[headers.headers.size() / 2];
    EXPECT_TRUE(binary.name.empty());
    EXPECT_EQ(binary.value, std::string_view("\0\xFF", 2));
  }
}

}  // namespace
}  // namespace fracas::wire
