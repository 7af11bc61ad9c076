#include "json/writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "json/diagnose.h"
#include "json/tree.h"

namespace fracas::json {
namespace {

using std::string_literals::operator""s;

std::string Quoted(std::string_view text) {
  std::string out;
  AppendQuoted(text, &out);
  return out;
}

TEST(Writer, SeparatesMembersAndElements) {
  std::string out;
  Writer writer(&out);
  writer.BeginObject()
      .Member("a", "x")
      .Member("b", true)
      .Member("c", int64_t{-1})
      .Key("d")
      .BeginArray()
      .Null()
      .BeginObject()
      .EndObject()
      .BeginArray()
      .EndArray()
      .Uint(UINT64_MAX)
      .Raw("[1, 2]")
      .EndArray()
      .Member("e", uint32_t{7})
      .EndObject();
  EXPECT_EQ(out, R"({"a":"x","b":true,"c":-1,"d":[null,{},[],18446744073709551615,[1, 2]],"e":7})");
}

TEST(Writer, NumbersReadBackEqual) {
  for (const double value :
       {0.0, -0.0, 0.1, 1e300, -1.7976931348623157e308, 5e-324, 123456789.125}) {
    std::string out;
    Writer(&out).Double(value);
    EXPECT_EQ(std::strtod(out.c_str(), nullptr), value) << out;
    EXPECT_EQ(std::signbit(std::strtod(out.c_str(), nullptr)), std::signbit(value));
    EXPECT_EQ(Diagnose(out).error, SyntaxError::kNone) << out;
  }
  std::string out;
  Writer(&out).BeginArray().Double(NAN).Double(INFINITY).Int(INT64_MIN).EndArray();
  EXPECT_EQ(out, "[null,null,-9223372036854775808]");
}

TEST(Writer, EscapesWhatMustBeAndNothingElse) {
  EXPECT_EQ(Quoted("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(Quoted("\b\f\n\r\t\0\x1F\x7F"s), "\"\\b\\f\\n\\r\\t\\u0000\\u001f\x7F\"");
  EXPECT_EQ(Quoted("\xC3\xA9\xE2\x80\xA8\xF0\x9F\x98\x80"),
            "\"\xC3\xA9\xE2\x80\xA8\xF0\x9F\x98\x80\"");
}

TEST(Writer, InvalidUtf8BecomesReplacementCharacters) {
  EXPECT_EQ(Quoted("\xFF"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(Quoted("a\xE2\x82z"), "\"a\xEF\xBF\xBDz\"");          // one cut sequence, one mark
  EXPECT_EQ(Quoted("\xE2\x82"), "\"\xEF\xBF\xBD\"");              // cut by the end
  EXPECT_EQ(Quoted("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");  // overlong: each byte
  EXPECT_EQ(Quoted("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // surrogate
}

TEST(Writer, WhateverIsWrittenIsJsonAndReadsBack) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 24, '\0');
    const bool ascii = random() % 2 == 0;
    for (char& byte : text) byte = static_cast<char>(random() % (ascii ? 128 : 256));
    const std::string quoted = Quoted(text);
    std::string error;
    const auto document = ParseOwned(quoted, &error);
    ASSERT_NE(document, nullptr) << error;
    if (ascii) {
      EXPECT_EQ(document->tree.Text(0), text);
    }
  }
}

}  // namespace
}  // namespace fracas::json
