// Which code and pointer each keyword gives.

#include <gtest/gtest.h>

#include "tests/contract/judge.h"

namespace fracas::contract {
namespace {

struct Case {
  const char* schema;
  const char* document;
  const char* expected;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.schema << " " << c.document; }

class SchemaCodes : public testing::TestWithParam<Case> {};

TEST_P(SchemaCodes, Expected) {
  EXPECT_EQ(Lines(GetParam().schema, GetParam().document), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Values, SchemaCodes,
    testing::Values(
        Case{R"({"type":"integer"})", R"("12a")", "TYPE_MISMATCH \n"},
        Case{R"({"type":"integer"})", "1.0", ""}, Case{R"({"type":"integer"})", "1e400", ""},
        Case{R"({"type":"integer"})", "1.5", "TYPE_MISMATCH \n"},
        Case{R"({"type":"integer"})", "18446744073709551616", ""},
        Case{R"({"enum":["a",1]})", "2", "ENUM_UNKNOWN \n"}, Case{R"({"enum":["a",1]})", "1.0", ""},
        Case{R"({"enum":["a"]})", R"("\u0061")", ""},
        Case{R"({"const":{"a":[1]}})", R"({"a":[1e0]})", ""},
        Case{R"({"const":{"a":[1]}})", R"({"a":[2]})", "ENUM_UNKNOWN \n"},
        Case{R"({"minimum":0.1})", "0.09999999999999999999999999", "VALUE_OUT_OF_RANGE \n"},
        Case{R"({"maximum":9007199254740993})", "9007199254740994", "VALUE_OUT_OF_RANGE \n"},
        Case{R"({"exclusiveMaximum":1e400})", "9e399", ""},
        Case{R"({"exclusiveMinimum":1})", "1.0", "VALUE_OUT_OF_RANGE \n"},
        Case{R"({"multipleOf":0.01})", "19.99", ""},
        Case{R"({"multipleOf":0.01})", "19.999", "VALUE_OUT_OF_RANGE \n"},
        Case{R"({"minLength":2})", R"("\ud83d\ude00")", "VALUE_OUT_OF_RANGE \n"},
        Case{R"({"maxLength":1})", R"("😀")", ""},
        Case{R"({"pattern":"^\\d+$"})", R"("1a")", "FORMAT_INVALID \n"},
        Case{R"({"pattern":"^\\d+$"})", R"("١٢")", "FORMAT_INVALID \n"},
        Case{R"({"format":"date"})", R"("x")", ""}));

INSTANTIATE_TEST_SUITE_P(
    Containers, SchemaCodes,
    testing::Values(
        Case{R"({"required":["a","b"]})", R"({"a":1})", "CDE_MISSING /b\n"},
        Case{R"({"required":["a/b"]})", "{}", "CDE_MISSING /a~1b\n"},
        Case{R"({"properties":{"a":{"type":"string"}}})", R"({"a":1})", "TYPE_MISMATCH /a\n"},
        Case{R"({"properties":{"a":false}})", R"({"a":1})", "SCHEMA_BREAKING /a\n"},
        Case{R"({"properties":{"a":true},"additionalProperties":false})", R"({"a":1,"x":2})",
             "SCHEMA_BREAKING /x\n"},
        Case{R"({"unevaluatedProperties":false})", R"({"x":2})", "SCHEMA_BREAKING /x\n"},
        Case{R"({"unevaluatedItems":false,"prefixItems":[true]})", "[1,2]", "SCHEMA_BREAKING /1\n"},
        Case{R"({"propertyNames":{"maxLength":1}})", R"({"a":1,"bb":2})", "SCHEMA_BREAKING /bb\n"},
        Case{R"({"items":{"items":{"type":"null"}}})", "[[null],[null,7]]", "TYPE_MISMATCH /1/1\n"},
        Case{R"({"minItems":1})", "[]", "VALUE_OUT_OF_RANGE \n"},
        Case{R"({"maxProperties":1})", R"({"a":1,"b":1})", "VALUE_OUT_OF_RANGE \n"},
        Case{R"({"uniqueItems":true})", R"([{"a":1,"b":2},{"b":2.0,"a":1}])",
             "VALUE_OUT_OF_RANGE \n"},
        Case{R"({"uniqueItems":true})", R"([1,true,"1",[1],{"a":1}])", ""},
        Case{R"({"contains":{"const":1}})", "[2]", "VALUE_OUT_OF_RANGE \n"},
        Case{R"({"contains":{"const":1},"maxContains":1})", "[1,1]", "VALUE_OUT_OF_RANGE \n"},
        Case{R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})", "RULE_CROSS_FIELD /b\n"},
        Case{R"({"dependentSchemas":{"a":{"required":["b"]}}})", R"({"a":1})",
             "RULE_CROSS_FIELD /b\n"}));

INSTANTIATE_TEST_SUITE_P(
    Logic, SchemaCodes,
    testing::Values(
        Case{R"({"not":{"type":"null"}})", "null", "RULE_CROSS_FIELD \n"},
        Case{R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "3", "RULE_CROSS_FIELD \n"},
        // No alternative has the type.
        Case{R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "3", "TYPE_MISMATCH \n"},
        // Exactly one alternative has the type: its own findings.
        Case{R"({"anyOf":[{"type":"string","maxLength":1},{"type":"null"}]})", R"("ab")",
             "VALUE_OUT_OF_RANGE \n"},
        Case{R"({"oneOf":[{"type":"object","required":["id"]},{"type":"null"}]})", "{}",
             "CDE_MISSING /id\n"},
        // A discriminator says which one is meant.
        Case{R"({"oneOf":[
               {"properties":{"kind":{"const":"a"},"n":{"type":"integer"}}},
               {"properties":{"kind":{"const":"b"},"n":{"type":"string"}}}]})",
             R"({"kind":"a","n":"x"})", "TYPE_MISMATCH /n\n"},
        // Only values differ: none is known.
        Case{R"({"oneOf":[{"const":"a"},{"const":"b"}]})", R"("c")", "ENUM_UNKNOWN \n"},
        Case{R"({"anyOf":[{"minimum":5},{"multipleOf":2}]})", "3", "RULE_CROSS_FIELD \n"},
        Case{R"({"if":{"required":["a"]},"then":{"required":["b"]}})", R"({"a":1})",
             "RULE_CROSS_FIELD /b\n"},
        Case{R"({"if":{"required":["a"]},"then":{"properties":{"b":{"type":"null"}}}})",
             R"({"a":1,"b":2})", "TYPE_MISMATCH /b\n"},
        Case{R"({"if":{"required":["a"]},"else":false})", "{}", "RULE_CROSS_FIELD \n"}));

// Several reasons come in the order of their bytes, one for each rule and pointer.
TEST(SchemaFindings, OrderedAndOnce) {
  EXPECT_EQ(Lines(R"({"allOf":[{"$ref":"#/$defs/t"},{"$ref":"#/$defs/t"}],
                      "$defs":{"t":{"properties":{"b":{"type":"null"},"a":{"type":"null"}}}}})",
                  R"({"a":1,"b":2})"),
            "TYPE_MISMATCH /a\nTYPE_MISMATCH /b\n");
}

TEST(SchemaFindings, BytesAndLocations) {
  const auto contract = CompileOrDie(
      R"({"$ref":"#/$defs/o","$defs":{"o":{"properties":{"a":{"type":"null"}},"required":["z"]},
          "x":{"$id":"http://x.test/y","items":{"maxLength":1}}},"properties":{"l":{"$ref":"http://x.test/y"}}})");
  const Judgement told = JudgeWith(*contract, R"( {"a" : "é12", "l":["ab"]})");
  ASSERT_EQ(told.Lines(), "CDE_MISSING /z\nTYPE_MISMATCH /a\nVALUE_OUT_OF_RANGE /l/0\n");
  EXPECT_EQ(told.findings[0].byte, 1u);
  EXPECT_EQ(told.findings[0].schema, "#/$defs/o/required");
  EXPECT_EQ(told.findings[1].byte, 8u);
  EXPECT_EQ(told.findings[1].schema, "#/$defs/o/properties/a/type");
  EXPECT_EQ(told.findings[1].message, "expected null, found string \"é12\"");
  EXPECT_EQ(told.findings[2].byte, 21u);
  EXPECT_EQ(told.findings[2].schema, "http://x.test/y#/items/maxLength");
}

TEST(SchemaFindings, OneKeyTwiceIsJudgedTwice) {
  EXPECT_EQ(Lines(R"({"properties":{"a":{"type":"null"}}})", R"({"a":null,"a":1})"),
            "TYPE_MISMATCH /a\n");
}

TEST(SchemaFindings, BoundedAndCounted) {
  std::string document = "[";
  for (int i = 0; i < 100; ++i) document += i == 0 ? "1" : ",1";
  document += "]";
  const auto contract = CompileOrDie(R"({"items":{"type":"null"}})");
  const Judgement told = JudgeWith(*contract, document);
  EXPECT_EQ(told.findings.size(), limits::kFindingsPerRecordMax);
  EXPECT_EQ(told.captured.findings_omitted, 100 - limits::kFindingsPerRecordMax);
}

// A pointer over its bound ends at a token.
TEST(SchemaFindings, LongPointersAreCut) {
  const std::string key(700, 'k');
  const auto contract =
      CompileOrDie(R"({"additionalProperties":{"additionalProperties":{"type":"null"}}})");
  const Judgement told = JudgeWith(*contract, "{\"" + key + "\":{\"" + key + "\":1}}");
  ASSERT_EQ(told.findings.size(), 1u);
  EXPECT_EQ(told.findings[0].pointer, "/" + key + "/…");
}

}  // namespace
}  // namespace fracas::contract
