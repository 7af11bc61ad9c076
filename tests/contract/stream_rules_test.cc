// What a stream declares beside its schema: criticals, time, identity, characters, drift,
// duplicates.

#include <gtest/gtest.h>

#include "contract/formats.h"
#include "contract/stream_rules.h"
#include "tests/contract/judge.h"

namespace fracas::contract {
namespace {

Rules Critical(std::vector<std::string> pointers) {
  Rules rules;
  rules.critical = std::move(pointers);
  rules.sentinels = {"N/A", "-"};
  return rules;
}

TEST(Critical, MissingNullBlankSentinel) {
  const Rules rules = Critical({"/a", "/o/b", "/l/1"});
  EXPECT_EQ(Lines("{}", R"({"a":1,"o":{"b":0},"l":[1,2]})", rules), "");
  EXPECT_EQ(Lines("{}", R"({"a":null,"o":{},"l":[1]})", rules),
            "CDE_NULL /a\nCDE_MISSING /o/b\nCDE_MISSING /l/1\n");
  EXPECT_EQ(Lines("{}", R"({"a":" \t\n","o":{"b":"N/A"},"l":[1,""]})", rules),
            "CDE_NULL /a\nCDE_NULL /o/b\nCDE_NULL /l/1\n");
  EXPECT_EQ(Lines("{}", R"({"a":"\u00a0\u3000","o":{"b":"n/a"},"l":[1,false]})", rules),
            "CDE_NULL /a\n");
  EXPECT_EQ(Lines("{}", "7", rules), "CDE_MISSING /a\nCDE_MISSING /l/1\nCDE_MISSING /o/b\n");
}

// The critical finding alone, whatever the schema says of the same pointer.
TEST(Critical, OutranksTheSchema) {
  const std::string schema =
      R"({"required":["a"],"properties":{"a":{"type":"string","minLength":3}}})";
  EXPECT_EQ(Lines(schema, "{}", Critical({"/a"})), "CDE_MISSING /a\n");
  EXPECT_EQ(Lines(schema, R"({"a":null})", Critical({"/a"})), "CDE_NULL /a\n");
  EXPECT_EQ(Lines(schema, R"({"a":"-"})", Critical({"/a"})), "CDE_NULL /a\n");
  EXPECT_EQ(Lines(schema, R"({"a":5})", Critical({"/a"})), "TYPE_MISMATCH /a\n");
}

Rules EventTime(TimeFormat format) {
  Rules rules;
  rules.has_event_time = true;
  rules.event_time.pointer = "/t";
  rules.event_time.format = format;
  rules.event_time.max_age_ms = 3'600'000;
  rules.event_time.max_future_ms = 60'000;
  return rules;
}

constexpr int64_t kNoon = 1'767'268'800'000;  // 2026-01-01T12:00:00Z

TEST(EventTime, AgainstTheRecord) {
  const Rules rules = EventTime(TimeFormat::kRfc3339);
  const RecordContext context{kNoon, kNoon + 999'999'999, 0};  // the round's clock does not count
  EXPECT_EQ(Lines("{}", R"({"t":"2026-01-01T12:00:00Z"})", rules, context), "");
  EXPECT_EQ(Lines("{}", R"({"t":"2026-01-01T11:00:00Z"})", rules, context), "");
  EXPECT_EQ(Lines("{}", R"({"t":"2026-01-01T10:59:59.999Z"})", rules, context), "TS_STALE /t\n");
  EXPECT_EQ(Lines("{}", R"({"t":"2026-01-01T14:01:00+02:00"})", rules, context), "");
  EXPECT_EQ(Lines("{}", R"({"t":"2026-01-01T12:01:00.001Z"})", rules, context), "TS_FUTURE /t\n");
  EXPECT_EQ(Lines("{}", R"({"t":"yesterday"})", rules, context), "FORMAT_INVALID /t\n");
  EXPECT_EQ(Lines("{}", R"({"t":17})", rules, context), "FORMAT_INVALID /t\n");
  EXPECT_EQ(Lines("{}", R"({"t":null})", rules, context), "");
  EXPECT_EQ(Lines("{}", "{}", rules, context), "");
}

TEST(EventTime, WithoutATimestampTheRoundsClock) {
  const RecordContext context{kNoTime, kNoon, 0};
  EXPECT_EQ(
      Lines("{}", R"({"t":"2026-01-01T10:00:00Z"})", EventTime(TimeFormat::kRfc3339), context),
      "TS_STALE /t\n");
}

TEST(EventTime, UnixFormats) {
  const RecordContext context{kNoon, kNoon, 0};
  const Rules seconds = EventTime(TimeFormat::kUnixSeconds);
  EXPECT_EQ(Lines("{}", R"({"t":1767268800})", seconds, context), "");
  EXPECT_EQ(Lines("{}", R"({"t":"1767268800.5"})", seconds, context), "");
  EXPECT_EQ(Lines("{}", R"({"t":1767268800000})", seconds, context), "TS_FUTURE /t\n");
  EXPECT_EQ(Lines("{}", R"({"t":1e400})", seconds, context), "FORMAT_INVALID /t\n");
  EXPECT_EQ(Lines("{}", R"({"t":"17e8"})", seconds, context), "FORMAT_INVALID /t\n");
  EXPECT_EQ(Lines("{}", R"({"t":-9e18})", EventTime(TimeFormat::kUnixMilliseconds), context),
            "TS_STALE /t\n");
}

TEST(EventTime, Delivered) {
  const auto contract = CompileOrDie("{}", EventTime(TimeFormat::kUnixSeconds));
  const RecordContext context{kNoon, kNoon, 0};
  EXPECT_EQ(JudgeWith(*contract, R"({"t":-1.5})", context).captured.event_time_ms, -1500);
  EXPECT_EQ(JudgeWith(*contract, R"({"t":1.2345})", context).captured.event_time_ms, 1234);
  EXPECT_EQ(JudgeWith(*contract, R"({"t":-1.2345})", context).captured.event_time_ms, -1235);
  EXPECT_EQ(JudgeWith(*contract, R"({"t":0e99})", context).captured.event_time_ms, 0);
  EXPECT_EQ(JudgeWith(*contract, R"({})", context).captured.event_time_ms, kNoTime);
}

TEST(EventTime, Rfc3339) {
  int64_t time = 0;
  EXPECT_TRUE(ParseRfc3339("1970-01-01T00:00:00Z", 0, &time));
  EXPECT_EQ(time, 0);
  EXPECT_TRUE(ParseRfc3339("1969-12-31 23:59:59.9999z", 0, &time));
  EXPECT_EQ(time, -1);
  EXPECT_TRUE(ParseRfc3339("2000-02-29T00:00:00", 60, &time));
  EXPECT_EQ(time, 951'778'800'000);
  EXPECT_TRUE(ParseRfc3339("2016-12-31T23:59:60Z", 0, &time));
  EXPECT_EQ(time, 1'483'228'800'000);
  for (const char* bad :
       {"2001-02-29T00:00:00Z", "2000-02-29T24:00:00Z", "2000-02-29T00:00Z",
        "2000-02-29T00:00:00.Z", "2000-02-29T00:00:00+0100", "2000-2-29T00:00:00Z",
        "2000-02-29T12:30:60Z", "2000-02-29T00:00:00Zx", "", "20000229T000000Z"}) {
    EXPECT_FALSE(ParseRfc3339(bad, 0, &time)) << bad;
  }
}

Rules Captures(std::vector<std::string> pointers) {
  Rules rules;
  rules.captures = std::move(pointers);
  return rules;
}

TEST(Identity, TextOfStringsAndNumbers) {
  const auto contract = CompileOrDie("{}", Captures({"/s", "/o/n", "/l/0", "/e", "/x", "/b"}));
  const std::string document =
      R"({"s":"plain","o":{"n":1.50},"l":["é"],"e":"a\u0000\ud83d\ude00\/","b":true})";
  const Judgement told = JudgeWith(*contract, document);
  EXPECT_EQ(told.Lines(), "");
  EXPECT_EQ(told.captured.values[0].text, "plain");
  EXPECT_EQ(told.captured.values[1].text, "1.50");
  EXPECT_EQ(told.captured.values[2].text, "é");
  EXPECT_EQ(told.captured.values[3].text, std::string_view("a\0😀/", 7));
  EXPECT_FALSE(told.captured.values[4].present);
  EXPECT_FALSE(told.captured.values[5].present);
}

TEST(Identity, TooLong) {
  const auto contract = CompileOrDie("{}", Captures({"/id"}));
  const std::string fits(limits::kIdBytesMax, 'x');
  EXPECT_EQ(JudgeWith(*contract, "{\"id\":\"" + fits + "\"}").Lines(), "");
  const Judgement told = JudgeWith(*contract, "{\"id\":\"" + fits + "x\"}");
  EXPECT_EQ(told.Lines(), "FORMAT_INVALID /id\n");
  EXPECT_FALSE(told.captured.values[0].present);
}

TEST(Duplicates, OnIdentityAlways) {
  EXPECT_EQ(Lines("{}", R"({"id":1,"x":1,"id":2,"x":2})", Captures({"/id"})),
            "DUPLICATE_KEY /id\n");
  EXPECT_EQ(Lines("{}", R"({"o":{"id":1},"\u006f":{}})", Captures({"/o/id"})),
            "DUPLICATE_KEY /o\n");
  EXPECT_EQ(Lines("{}", R"({"a":1,"a":2})"), "");
}

TEST(Duplicates, Forbidden) {
  Rules rules = Captures({"/a"});
  rules.forbid_duplicate_keys = true;
  EXPECT_EQ(Lines("{}", R"({"a":1,"a":2,"a":3,"l":[{"\u0062":1,"b":2}]})", rules),
            "DUPLICATE_KEY /a\nDUPLICATE_KEY /l/0/b\n");
  EXPECT_EQ(Lines("{}", R"([{"a":1},{"a":2}])", rules), "");
}

Rules Forbid(std::initializer_list<CharacterClass> classes) {
  Rules rules;
  for (const CharacterClass c : classes) rules.forbid_characters[static_cast<size_t>(c)] = true;
  return rules;
}

TEST(Characters, ByClassWithTheExactByte) {
  const auto contract =
      CompileOrDie("{}", Forbid({CharacterClass::kControl, CharacterClass::kBidi}));
  const Judgement told =
      JudgeWith(*contract, R"({"ok":"tab\t nl\n €","a":"xy\u0000","b\u202e":"\u200b","c":")"
                           "\x7F\"}");
  ASSERT_EQ(told.Lines(),
            "UNPRINTABLE_CHARS /a\nUNPRINTABLE_CHARS /b\u202e\nUNPRINTABLE_CHARS /c\n");
  EXPECT_EQ(told.findings[0].byte, 30u);
  EXPECT_EQ(told.findings[0].message.substr(0, 6), "U+0000");
}

TEST(Characters, EveryClass) {
  using C = CharacterClass;
  const std::pair<C, std::vector<uint32_t>> cases[] = {
      {C::kControl, {0, 1, 0xB, 0x1F, 0x7F, 0x80, 0x9F}},
      {C::kZeroWidth, {0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF}},
      {C::kBidi, {0x202A, 0x202E, 0x2066, 0x2069, 0x200E, 0x200F, 0x61C}},
      {C::kNoncharacter, {0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF}},
  };
  for (const auto& [forbidden, points] : cases) {
    const Rules only = Forbid({forbidden});
    for (const auto& [other, others] : cases) {
      for (const uint32_t point : others) {
        EXPECT_EQ(IsForbidden(only.forbid_characters, point), forbidden == other) << point;
      }
    }
    for (const uint32_t harmless : {9u, 10u, 13u, 32u, 0xE000u, 0x1F600u, 0xFFFDu}) {
      EXPECT_FALSE(IsForbidden(only.forbid_characters, harmless)) << harmless;
    }
  }
}

TEST(Drift, PermittedButNotDeclared) {
  Rules rules;
  rules.report_drift = true;
  const std::string schema =
      R"({"properties":{"a":{},"o":{"properties":{"x":true}},"free":{"type":"object"}},
          "patternProperties":{"^p_":{}},"allOf":[{"properties":{"b":{}}}]})";
  EXPECT_EQ(Lines(schema, R"({"a":1,"b":2,"p_1":3,"o":{"x":1},"free":{"any":1}})", rules), "");
  EXPECT_EQ(Lines(schema, R"({"a":1,"new":2,"o":{"y":1}})", rules),
            "FIELD_UNEXPECTED /new\nFIELD_UNEXPECTED /o/y\n");
  EXPECT_EQ(Lines("{}", R"({"new":2})", rules), "");
  // What is broken is broken; drift is about what the schema permits.
  EXPECT_EQ(Lines(R"({"properties":{"a":{"type":"null"}}})", R"({"a":1,"new":2})", rules),
            "TYPE_MISMATCH /a\n");
  // Only what an alternative that holds declares counts.
  const std::string either =
      R"({"oneOf":[{"properties":{"k":{"const":1},"a":{}}},{"properties":{"k":{"const":2},"b":{}}}]})";
  EXPECT_EQ(Lines(either, R"({"k":1,"a":1})", rules), "");
  EXPECT_EQ(Lines(either, R"({"k":1,"b":1})", rules), "FIELD_UNEXPECTED /b\n");
}

TEST(Form, SyntaxAndSize) {
  Rules rules;
  rules.document_bytes_max = 10;
  EXPECT_EQ(Lines("{}", R"("12345678")", rules), "");
  EXPECT_EQ(Lines("{}", R"("123456789")", rules), "RECORD_OVERSIZE \n");
  EXPECT_EQ(Lines("{}", ""), "JSON_MALFORMED \n");
  EXPECT_EQ(Lines("{}", "{\"a\":"), "RECORD_TRUNCATED \n");
  EXPECT_EQ(Lines("{}", "\"\xFF\""), "ENCODING_INVALID \n");
  EXPECT_EQ(Lines("{}", "\"a\x01\""), "UNPRINTABLE_CHARS \n");
  EXPECT_EQ(Lines("{}", "1 2"), "JSON_MALFORMED \n");
}

TEST(Rules, WithoutASchema) {
  Rules rules = Critical({"/a"});
  rules.has_schema = false;
  const Compiled compiled = CompileRules(rules);
  ASSERT_NE(compiled.contract, nullptr);
  EXPECT_EQ(JudgeWith(*compiled.contract, R"({"a":1})").Lines(), "");
  EXPECT_EQ(JudgeWith(*compiled.contract, "{}").Lines(), "CDE_MISSING /a\n");
  EXPECT_EQ(JudgeWith(*compiled.contract, "nul").Lines(), "RECORD_TRUNCATED \n");
}

TEST(Rules, Refused) {
  EXPECT_EQ(Problems("{}", Critical({"a"})),
            "0:0 : critical: \"a\" is not a JSON pointer; write /name or /outer/inner\n");
  EXPECT_NE(Problems("{}", Captures(std::vector<std::string>(limits::kCapturesMax + 1, "/a"))), "");
}

}  // namespace
}  // namespace fracas::contract
