// Text about findings: what it says, what it never says.

#include <gtest/gtest.h>

#include "tests/contract/judge.h"

namespace fracas::contract {
namespace {

std::string Message(const std::string& schema, const std::string& document, const Rules& rules = {},
                    const RecordContext& context = {}) {
  const auto contract = CompileOrDie(schema, rules);
  const Judgement told = JudgeWith(*contract, document, context);
  return told.findings.empty() ? "" : told.findings.front().message;
}

TEST(Describe, SaysWhatWasExpectedAndFound) {
  EXPECT_EQ(Message(R"({"type":["integer","null"]})", R"("12a")"),
            "expected integer or null, found string \"12a\"");
  EXPECT_EQ(Message(R"({"type":"string"})", "1.50"), "expected string, found number 1.50");
  EXPECT_EQ(Message(R"({"type":"string"})", R"({"a":1})"), "expected string, found object");
  EXPECT_EQ(Message(R"({"type":"string"})", "true"), "expected string, found boolean true");
  EXPECT_EQ(Message(R"({"type":"string"})", "null"), "expected string, found null");
  EXPECT_EQ(Message(R"({"enum":["a","b"]})", R"("c")"),
            "expected one of \"a\", \"b\", found string \"c\"");
  EXPECT_EQ(Message(R"({"maximum":5})", "6"), "expected at most 5, found integer 6");
  EXPECT_EQ(Message(R"({"required":["a"]})", "{}"), "required member is missing");
  EXPECT_EQ(Message(R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "3"),
            "expected one of the alternatives (string or null), found integer 3");
  EXPECT_EQ(Message(R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "3"),
            "expected exactly one of the alternatives, 2 match, found integer 3");
}

TEST(Describe, ExcerptsAreBoundedAtAPiece) {
  const std::string text = Message(R"({"type":"null"})", "\"" + std::string(200, 'x') + "\"");
  EXPECT_LT(text.size(), 160u);
  EXPECT_TRUE(text.ends_with("…\"")) << text;
  // Never half a character or half an escape, whatever stands at the bound.
  for (size_t pad = 80; pad < 95; ++pad) {
    for (const std::string piece : {"😀", "\\u00e9", "\\ud83d\\ude00", "\\n"}) {
      std::string document = "\"" + std::string(pad, 'x');
      for (int i = 0; i < 20; ++i) document += piece;
      const std::string cut = Message(R"({"type":"null"})", document + "\"");
      const std::string tail = cut.substr(cut.find(std::string(pad, 'x')) + pad);
      const std::string body = tail.substr(0, tail.size() - std::string("…\"").size());
      EXPECT_EQ(body.size() % piece.size(), 0u) << cut;
    }
  }
}

TEST(Describe, HiddenCharactersBecomeEscapes) {
  EXPECT_EQ(Message(R"({"type":"null"})", "\"a\u202eb\x7F\""),
            "expected null, found string \"a\\u202eb\\u007f\"");
}

TEST(Describe, BoundedWhateverTheContractSays) {
  const std::string schema = R"({"enum":[")" + std::string(100'000, 'e') + "\"]}";
  EXPECT_LE(Message(schema, "1").size(), limits::kMessageTextBytesMax);
}

TEST(Describe, Times) {
  Rules rules;
  rules.has_event_time = true;
  rules.event_time.pointer = "/t";
  rules.event_time.max_age_ms = 7LL * 86'400'000;
  const RecordContext context{1'767'268'800'000, 0, 0};
  EXPECT_EQ(Message("{}", R"({"t":"2025-12-20T12:00:00Z"})", rules, context),
            "event time is 12 days older than the record, at most 7 days is allowed, found string "
            "\"2025-12-20T12:00:00Z\"");
}

TEST(Describe, Criticals) {
  Rules rules;
  rules.critical = {"/a"};
  rules.sentinels = {"N/A"};
  EXPECT_EQ(Message("{}", "{}", rules), "critical element is missing");
  EXPECT_EQ(Message("{}", R"({"a":null})", rules), "critical element is null");
  EXPECT_EQ(Message("{}", R"({"a":" "})", rules), "critical element is blank");
  EXPECT_EQ(Message("{}", R"({"a":"N\/A"})", rules),
            "critical element is a text that means \"missing\"");
}

// The canary stands wherever a document may hold a secret; no text may contain it.
TEST(Redaction, NoCanary) {
  const std::string canary = "s3cr3t-canary";
  Rules rules;
  rules.sensitive = {"/email", "/contact"};
  rules.captures = {"/contact/id"};
  rules.report_drift = true;
  rules.forbid_duplicate_keys = true;
  rules.forbid_characters.fill(true);
  rules.critical = {"/contact/id"};
  rules.sentinels = {canary};
  rules.has_event_time = true;
  rules.event_time.pointer = "/contact/at";
  const std::string schema = R"({"properties":{
      "email":{"type":"integer"},
      "contact":{"properties":{"id":{"maxLength":3},"at":true,"list":{"items":{"type":"null"}}},
                 "propertyNames":{"maxLength":5},"maxProperties":1}}})";
  const auto contract = CompileOrDie(schema, rules);
  const std::string documents[] = {
      R"({"email":")" + canary + R"("})",
      R"({"email":{")" + canary + R"(":1}})",
      R"({"contact":{")" + canary + R"(":1,"id":")" + canary + R"(","at":")" + canary + R"("}})",
      R"({"contact":{"list":[")" + canary + R"(","\u0000"]}})",
      R"({"contact":{")" + canary + R"(":1,")" + canary + R"(":2}})",
      R"({"contact":{")" + canary + R"(\u0000":1}})",
      R"({"email":")" + canary,
      R"({"email":")" + canary + "\xFF\"}",
      R"({"email":)" + canary + "}",
  };
  for (const std::string& document : documents) {
    const Judgement told = JudgeWith(*contract, document);
    EXPECT_FALSE(told.findings.empty()) << document;
    for (const Told& each : told.findings) {
      for (const std::string& text : {each.pointer, each.message, each.mode, each.key}) {
        EXPECT_EQ(text.find("canary"), std::string::npos) << document << " → " << text;
      }
    }
  }
}

TEST(Redaction, OnlyBelowThePointer) {
  Rules rules;
  rules.sensitive = {"/a"};
  const auto contract =
      CompileOrDie(R"({"properties":{"a":{"type":"null"},"ab":{"type":"null"}}})", rules);
  const Judgement told = JudgeWith(*contract, R"({"a":"x","ab":"y"})");
  ASSERT_EQ(told.findings.size(), 2u);
  EXPECT_EQ(told.findings[0].message, "expected null, found string (redacted)");
  EXPECT_TRUE(told.findings[0].redacted);
  EXPECT_EQ(told.findings[1].message, "expected null, found string \"y\"");
  EXPECT_FALSE(told.findings[1].redacted);
}

// A secret may stand where the contract does not expect it: its place says nothing then.
TEST(Redaction, NoCanaryInADocumentOfAnotherShape) {
  Rules rules;
  rules.sensitive = {"/email", "/contact/phone"};
  const std::string schema = R"({"type":"object","properties":{
      "email":{"type":"integer"},"note":{"type":"null"},
      "contact":{"type":"object","properties":{"phone":{"type":"integer"}}}},
      "additionalProperties":{"properties":{"email":{"type":"integer"}},"type":["object","null"]},
      "items":{"properties":{"email":{"type":"integer"},"x":{"type":"null"}}}})";
  const auto contract = CompileOrDie(schema, rules);
  for (const std::string document :
       {R"("{\"email\": \"s3cr3t-canary\"}")", R"("s3cr3t-canary")", R"([{"email":"canary"}])",
        R"([{"x":"canary"}])", R"({"contact":"canary"})", R"({"wrap":{"email":"canary"}})",
        R"({"\u0065mail":"canary"})", R"({"Email":"canary"})", R"({"em\u200bail":"canary"})",
        R"({"note":"{\"email\":\"canary\"}"})", R"({"wrap":" \u005b\"canary\"]"})"}) {
    const Judgement told = JudgeWith(*contract, document);
    EXPECT_FALSE(told.findings.empty()) << document;
    for (const Told& each : told.findings)
      EXPECT_EQ(each.message.find("canary"), std::string::npos) << document << " → " << each.message;
  }
  const Judgement number = JudgeWith(*contract, "4111111111111111");
  ASSERT_EQ(number.findings.size(), 1u);
  EXPECT_EQ(number.findings[0].message, "expected object, found integer (redacted)");
  const Judgement outside = JudgeWith(*contract, R"({"note":"seen"})");
  ASSERT_EQ(outside.findings.size(), 1u);
  EXPECT_EQ(outside.findings[0].message, "expected null, found string \"seen\"");
}

// Unparsed records: no byte of them, only code points and offsets.
TEST(Redaction, UnparsedRecords) {
  const auto contract = CompileOrDie("{}");
  for (const std::string document :
       {"{\"secret\":secret}", "secret", "{\"secret", "{\"a\":\"secret\\q\"}"}) {
    const Judgement told = JudgeWith(*contract, document);
    ASSERT_EQ(told.findings.size(), 1u);
    EXPECT_EQ(told.findings[0].message.find("secret"), std::string::npos);
  }
}

// Records that fail in the same way have the same mode, whatever their values, indexes and names.
TEST(Modes, OneForTheSameFailure) {
  Rules rules;
  rules.report_drift = true;
  rules.forbid_duplicate_keys = true;
  const auto contract = CompileOrDie(
      R"({"properties":{"l":{"items":{"properties":{"n":{"type":"integer"}},"required":["n","m"]}}}})",
      rules);
  const auto mode = [&](const std::string& document) {
    const Judgement told = JudgeWith(*contract, document);
    EXPECT_EQ(told.findings.size(), 1u) << document;
    return told.findings.front().key + " | " + told.findings.front().mode;
  };
  EXPECT_EQ(mode(R"({"l":[{"n":"a","m":1}]})"), mode(R"({"l":[{"n":1,"m":1},{"m":1,"n":"bb"}]})"));
  EXPECT_EQ(mode(R"({"l":[{"n":"a","m":1}]})"),
            "#/properties/l/items/properties/n/type | expected integer at /l/*/n");
  EXPECT_EQ(mode(R"({"x1":1})"), mode(R"({"x2":1})"));
  EXPECT_NE(mode(R"({"l":[{"m":1}]})"), mode(R"({"l":[{"n":1}]})"));
  EXPECT_EQ(mode(R"({"l":[{"m":1}]})"),
            "#/properties/l/items/required /l/*/n | required member is missing at /l/*/n");
  EXPECT_EQ(mode("{\"a\":"), mode("[[1,2"));
  EXPECT_EQ(mode(R"({"x1":1})").substr(0, 3), "/* ");
}

}  // namespace
}  // namespace fracas::contract
