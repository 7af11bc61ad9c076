#include "json/diagnose.h"

#include <gtest/gtest.h>

#include <string>

#include "core/limits.h"

namespace fracas::json {
namespace {

using std::string_literals::operator""s;

struct Case {
  std::string document;
  SyntaxError error;
  size_t byte;
  uint32_t code_point;
  Code code;
  std::string text;
};

std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.document; }

class Diagnosed : public testing::TestWithParam<Case> {};

TEST_P(Diagnosed, SaysWhatWhereAndWhich) {
  const Case& expected = GetParam();
  const Diagnosis diagnosis = Diagnose(expected.document);
  EXPECT_EQ(diagnosis.error, expected.error);
  EXPECT_EQ(diagnosis.byte, expected.byte);
  EXPECT_EQ(diagnosis.code_point, expected.code_point);
  EXPECT_EQ(CodeOf(diagnosis), expected.code);
  EXPECT_EQ(Describe(diagnosis), expected.text);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Diagnosed,
    testing::Values(
        Case{"", SyntaxError::kEmpty, 0, 0, Code::kJsonMalformed,
             "there is no document: no bytes, or nothing but white space"},
        Case{R"({"a":)", SyntaxError::kTruncated, 5, 0, Code::kRecordTruncated,
             "the document ends after byte 5, where a value must begin"},
        Case{R"({"a":"b)", SyntaxError::kTruncated, 7, 0, Code::kRecordTruncated,
             "the document ends after byte 7, inside a string"},
        Case{R"({"a":[1,2}])", SyntaxError::kUnexpectedByte, 9, '}', Code::kJsonMalformed,
             "unexpected U+007D RIGHT CURLY BRACKET at byte 9, where a comma or a closing bracket "
             "must "
             "follow"},
        Case{R"({"a":1,})", SyntaxError::kUnexpectedByte, 7, '}', Code::kJsonMalformed,
             "unexpected U+007D RIGHT CURLY BRACKET at byte 7, where a key in double quotes must "
             "begin"},
        Case{"{\xE2\x80\x9C"
             "a\xE2\x80\x9D:1}",
             SyntaxError::kUnexpectedByte, 1, 0x201C, Code::kJsonMalformed,
             "unexpected U+201C LEFT DOUBLE QUOTATION MARK at byte 1, where a key in double quotes "
             "or a "
             "closing brace must stand"},
        Case{"[\xE9]", SyntaxError::kUnexpectedByte, 1, 0xE9, Code::kJsonMalformed,
             "unexpected byte 0xE9 at byte 1, where a value must begin"},
        Case{"[NaN]", SyntaxError::kBadLiteral, 1, 'N', Code::kJsonMalformed,
             "not a literal of JSON: U+004E LATIN CAPITAL LETTER N at byte 1, where a value must "
             "begin"},
        Case{"[nul]", SyntaxError::kBadLiteral, 4, ']', Code::kJsonMalformed,
             "not a literal of JSON: U+005D RIGHT SQUARE BRACKET at byte 4, inside what began as "
             "true, "
             "false or null"},
        Case{"[01]", SyntaxError::kBadNumber, 2, '1', Code::kJsonMalformed,
             "not a number of JSON: U+0031 DIGIT ONE at byte 2, behind the end of a number"},
        Case{"[1.]", SyntaxError::kBadNumber, 3, ']', Code::kJsonMalformed,
             "not a number of JSON: U+005D RIGHT SQUARE BRACKET at byte 3, where a digit must "
             "follow"},
        Case{R"(["\x41"])", SyntaxError::kBadEscape, 3, 'x', Code::kJsonMalformed,
             "not an escape of JSON: U+0078 LATIN SMALL LETTER X at byte 3, inside an escape "
             "sequence"},
        Case{R"(["\ud800!"])", SyntaxError::kLoneSurrogate, 2, 0xD800, Code::kEncodingInvalid,
             "half a surrogate pair: U+D800 at byte 2, inside a string"},
        Case{"[\"a\x01\"]", SyntaxError::kControlCharacter, 3, 1, Code::kUnprintableChars,
             "unescaped control character: U+0001 START OF HEADING at byte 3, inside a string"},
        Case{"[\"caf\xE9\"]", SyntaxError::kInvalidUtf8, 5, 0xE9, Code::kEncodingInvalid,
             "not UTF-8: byte 0xE9 at byte 5, inside a string"},
        Case{"\xEF\xBB\xBF{}", SyntaxError::kByteOrderMark, 0, 0xFEFF, Code::kEncodingInvalid,
             "a byte order mark stands in front of the document"},
        Case{"{\0}\0"s, SyntaxError::kUtf16, 0, 0, Code::kEncodingInvalid,
             "the document is UTF-16 or UTF-32; JSON is UTF-8"},
        Case{"{} x", SyntaxError::kTrailingContent, 3, 'x', Code::kJsonMalformed,
             "unexpected U+0078 LATIN SMALL LETTER X at byte 3, behind the end of the document"},
        Case{"{}\0"s, SyntaxError::kTrailingContent, 2, 0, Code::kJsonMalformed,
             "unexpected U+0000 NULL at byte 2, behind the end of the document"},
        Case{std::string(1025, '['), SyntaxError::kTooDeep, 1024, '[', Code::kJsonMalformed,
             "more than 1024 containers inside each other at byte 1024"}));

TEST(Diagnose, ADocumentIsNotWrong) {
  EXPECT_EQ(Diagnose(R"({"a\u0000":[1e400]})").error, SyntaxError::kNone);
}

TEST(Diagnose, TheLimitIsAKindOfItsOwn) {
  std::string document(limits::kRecordBytesMax + 1, ' ');
  document[0] = '1';
  const Diagnosis diagnosis = Diagnose(document);
  EXPECT_EQ(diagnosis.error, SyntaxError::kTooLarge);
  EXPECT_EQ(CodeOf(diagnosis), Code::kRecordOversize);
  document.pop_back();
  EXPECT_EQ(Diagnose(document).error, SyntaxError::kNone);
}

TEST(Diagnose, TextsNeverContainTheDocument) {
  const std::string secret = "hunter2";
  for (const std::string& document : {"{\"k\":\"" + secret, secret, "[" + secret + "]",
                                      "\"" + secret + "\" " + secret, "\"\\" + secret + "\""}) {
    const Diagnosis diagnosis = Diagnose(document);
    ASSERT_NE(diagnosis.error, SyntaxError::kNone);
    EXPECT_EQ(Describe(diagnosis).find(secret), std::string::npos) << Describe(diagnosis);
  }
}

TEST(Diagnose, WhatMakesItUnreadableComesBeforeWhatCanBeMended) {
  EXPECT_EQ(Diagnose("[\"\x01\",]").byte, 5u);
  EXPECT_EQ(Diagnose("[\"\\ud800\",\"\x01\"]").error, SyntaxError::kControlCharacter);
  EXPECT_EQ(Diagnose("[\"\xFF\",\"\\ud800\"]").error, SyntaxError::kLoneSurrogate);
  EXPECT_EQ(Diagnose("[\"\xFF\",\"\xFE\"]").byte, 2u);
}

TEST(Locate, CountsLinesAndCodePoints) {
  const std::string document = "{\"a\":\r\n \"\xC3\xA9\xF0\x9F\x98\x80z\"\n}";
  const auto at = [&](size_t byte) {
    const LineColumn found = Locate(document, byte);
    return std::pair(found.line, found.column);
  };
  EXPECT_EQ(at(0), std::pair(size_t{1}, size_t{1}));
  EXPECT_EQ(at(4), std::pair(size_t{1}, size_t{5}));
  EXPECT_EQ(at(8), std::pair(size_t{2}, size_t{2}));   // the quote
  EXPECT_EQ(at(9), std::pair(size_t{2}, size_t{3}));   // two bytes
  EXPECT_EQ(at(10), std::pair(size_t{2}, size_t{3}));  // the second of them
  EXPECT_EQ(at(11), std::pair(size_t{2}, size_t{4}));  // four bytes
  EXPECT_EQ(at(14), std::pair(size_t{2}, size_t{4}));
  EXPECT_EQ(at(15), std::pair(size_t{2}, size_t{5}));
  EXPECT_EQ(at(18), std::pair(size_t{3}, size_t{1}));
  EXPECT_EQ(at(99), std::pair(size_t{3}, size_t{2}));  // the end
  EXPECT_EQ(Locate("", 0).column, 1u);
}

}  // namespace
}  // namespace fracas::json
