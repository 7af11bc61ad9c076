#include "tests/json/corpus.h"

#include <utility>

namespace fracas::json {
namespace {

using std::string_literals::operator""s;
using E = SyntaxError;

std::string Repeat(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::vector<CorpusCase> Accepted() {
  return {
      {"array empty", "[]", E::kNone},
      {"array with spaces", "[ 1 , 2 ]", E::kNone},
      {"array of arrays", "[[],[[]],[[[]]]]", E::kNone},
      {"array of everything", R"([null,true,false,0,"",{},[]])", E::kNone},
      {"array ends with newline", "[\"a\"\n]", E::kNone},
      {"all white space", " \t\r\n[ \t\r\n] \t\r\n", E::kNone},
      {"object empty", "{}", E::kNone},
      {"object", R"({"asd":"sdf","dfg":"fgh"})", E::kNone},
      {"object empty key", R"({"":0})", E::kNone},
      {"object duplicate key", R"({"a":"b","a":"b"})", E::kNone},
      {"object key with NUL", R"({"foo\u0000bar":42})", E::kNone},
      {"object newlines", "{\n\"a\": \"b\"\n}", E::kNone},
      {"object emoji key", "{\"\xF0\x9F\x98\x80\":1}", E::kNone},
      {"object escaped key", R"({"\u0061\/b~":1})", E::kNone},
      {"scalar null", "null", E::kNone},
      {"scalar true", "true", E::kNone},
      {"scalar false with space", " false ", E::kNone},
      {"scalar number", "42", E::kNone},
      {"scalar negative", "-0.1", E::kNone},
      {"scalar string", "\"asd\"", E::kNone},
      {"scalar empty string", "\"\"", E::kNone},
      {"scalar with newline", "1\n", E::kNone},
      {"number zero", "[0]", E::kNone},
      {"number minus zero", "[-0]", E::kNone},
      {"number minus zero point", "[-0.0]", E::kNone},
      {"number exponents", "[1e1,1E1,1e+1,1e-1,1E+1,1E-1,0e0,0e+1,1.5e007]", E::kNone},
      {"number huge exponent", "[0.4e00669999999999999999999999999999999999999999999999]",
       E::kNone},
      {"number huge negative exponent", "[123e-10000000]", E::kNone},
      {"number overflow", "[-1e+9999]", E::kNone},
      {"number 2^64", "[18446744073709551616]", E::kNone},
      {"number of 300 digits", "[" + Repeat("1234567890", 30) + "." + Repeat("9", 300) + "]",
       E::kNone},
      {"string all escapes", R"(["\"\\\/\b\f\n\r\t\u0041"])", E::kNone},
      {"string escaped NUL", R"(["\u0000"])", E::kNone},
      {"string surrogate pair", R"(["\uD801\udc37"])", E::kNone},
      {"string two surrogate pairs", R"(["\ud83d\ude39\ud83d\udc8d"])", E::kNone},
      {"string escaped noncharacters", R"(["\uFFFF\uFFFE\uFDD0\uD83F\uDFFE"])", E::kNone},
      {"string raw noncharacters", "[\"\xEF\xBF\xBF\xF4\x8F\xBF\xBF\"]", E::kNone},
      {"string DEL", "[\"\x7F\"]", E::kNone},
      {"string U+2028 and U+2029", "[\"\xE2\x80\xA8\xE2\x80\xA9\"]", E::kNone},
      {"string UTF-8 of every length", "[\"\xC2\x80\xE0\xA0\x80\xF0\x90\x80\x80\"]", E::kNone},
      {"string backslash before quote", R"(["\\"])", E::kNone},
      {"string many backslashes", "[\"" + Repeat("\\\\", 70) + "\"]", E::kNone},
      {"string comment inside", R"(["a/*b*/c//"])", E::kNone},
      {"string structure inside", R"(["{[:,]}"])", E::kNone},
      {"string BOM inside", "[\"\xEF\xBB\xBF\"]", E::kNone},
      {"500 levels", Repeat("[", 500) + Repeat("]", 500), E::kNone},
      {"1024 levels", Repeat("{\"a\":", 1023) + "[]" + Repeat("}", 1023), E::kNone},
      {"longer than a block", "[" + Repeat("\"0123456789abcdef\", ", 40) + "0]", E::kNone},
  };
}

std::vector<CorpusCase> Unfinished() {
  return {
      {"no data", "", E::kEmpty},
      {"white space only", " \n\t\r", E::kEmpty},
      {"1025 levels", Repeat("[", 1025) + Repeat("]", 1025), E::kTooDeep},
      {"5000 levels", Repeat("{\"a\":", 5000) + "1" + Repeat("}", 5000), E::kTooDeep},
      {"100000 opening arrays", Repeat("[", 100'000), E::kTooDeep},
      {"open array and object", Repeat("[{\"\":", 50'000), E::kTooDeep},
      {"array unclosed", "[1", E::kTruncated},
      {"array open", "[", E::kTruncated},
      {"array comma at end", "[1,", E::kTruncated},
      {"object open", "{", E::kTruncated},
      {"object key only", "{\"a\"", E::kTruncated},
      {"object colon at end", "{\"a\":", E::kTruncated},
      {"object value at end", "{\"a\":1", E::kTruncated},
      {"object comma at end", "{\"a\":1,", E::kTruncated},
      {"string unclosed", "\"a", E::kTruncated},
      {"string lone quote", "\"", E::kTruncated},
      {"string ends in backslash", "\"a\\", E::kTruncated},
      {"string ends after escaped quote", "\"a\\\"", E::kTruncated},
      {"string ends in an escape", "[\"\\u12", E::kTruncated},
      {"string ends between surrogates", "[\"\\ud83d", E::kTruncated},
      {"string ends inside a character", "[\"\xE2\x82", E::kTruncated},
      {"literal cut", "[tru", E::kTruncated},
      {"scalar cut", "nul", E::kTruncated},
      {"number minus only", "-", E::kTruncated},
      {"number point at end", "1.", E::kTruncated},
      {"number exponent at end", "[1e", E::kTruncated},
      {"number sign at end", "[1e+", E::kTruncated},
  };
}

std::vector<CorpusCase> MisplacedInArrays() {
  return {
      {"array extra comma", "[1,]", E::kUnexpectedByte},
      {"array double comma", "[1,,2]", E::kUnexpectedByte},
      {"array first comma", "[,1]", E::kUnexpectedByte},
      {"array just comma", "[,]", E::kUnexpectedByte},
      {"array colon", "[\"\":1]", E::kUnexpectedByte},
      {"array no comma", "[3[4]]", E::kUnexpectedByte},
      {"array strings without comma", "[\"a\"\"b\"]", E::kUnexpectedByte},
      {"array closed as object", "[1}", E::kUnexpectedByte},
      {"array number touches string", "[1\"a\"]", E::kUnexpectedByte},
      {"array literal touches string", "[null\"a\"]", E::kUnexpectedByte},
      {"array string touches number", "[\"a\"1]", E::kUnexpectedByte},
      {"array star", "[*]", E::kUnexpectedByte},
      {"array single quotes", "['a']", E::kUnexpectedByte},
      {"array comment", "[/*a*/1]", E::kUnexpectedByte},
      {"array form feed", "[\f]", E::kUnexpectedByte},
      {"array form feed behind number", "[1\f]", E::kUnexpectedByte},
      {"array form feed as comma", "[1\f2]", E::kUnexpectedByte},
      {"array form feed apart", "[1 \f 2]", E::kUnexpectedByte},
      {"object substitute as colon",
       "{\"a\"\x1A"
       "1}",
       E::kUnexpectedByte},
      {"array vertical tab", "[\v]", E::kUnexpectedByte},
      {"array NUL", "[\0]"s, E::kUnexpectedByte},
      {"array no-break space", "[\xC2\xA0]", E::kUnexpectedByte},
      {"array next line", "[1\xC2\x85]", E::kUnexpectedByte},
      {"array word joiner", "[\xE2\x81\xA0]", E::kUnexpectedByte},
      {"array BOM inside", "[\xEF\xBB\xBF]", E::kUnexpectedByte},
      {"array invalid UTF-8 outside a string", "[\xE9]", E::kUnexpectedByte},
      {"array number then bad byte", "[1\xE9]", E::kUnexpectedByte},
      {"array backslash outside", "[\\]", E::kUnexpectedByte},
      {"array escaped quotes outside", "[\\\"a\\\"]", E::kUnexpectedByte},
      {"array backslash behind number", "[1\\\"]", E::kUnexpectedByte},
      {"closing only", "]", E::kUnexpectedByte},
  };
}

std::vector<CorpusCase> MisplacedInObjects() {
  return {
      {"object no colon", "{\"a\" b}", E::kUnexpectedByte},
      {"object double colon", "{\"x\"::\"b\"}", E::kUnexpectedByte},
      {"object comma for colon", "{\"x\",null}", E::kUnexpectedByte},
      {"object key is a number", "{1:1}", E::kUnexpectedByte},
      {"object key unquoted", "{a:1}", E::kUnexpectedByte},
      {"object key single quotes", "{'a':0}", E::kUnexpectedByte},
      {"object key is an array", "{[1]:2}", E::kUnexpectedByte},
      {"object trailing comma", "{\"id\":0,}", E::kUnexpectedByte},
      {"object first comma", "{,\"a\":1}", E::kUnexpectedByte},
      {"object two commas", "{\"a\":0,,\"b\":1}", E::kUnexpectedByte},
      {"object no comma", "{\"a\":0 \"b\":1}", E::kUnexpectedByte},
      {"object no value", "{\"a\":}", E::kUnexpectedByte},
      {"object closed as array", "{\"a\":1]", E::kUnexpectedByte},
      {"object bracket for key", "{[: \"x\"}", E::kUnexpectedByte},
      {"object only a key", "{\"a\"}", E::kUnexpectedByte},
      {"angle bracket", "<.>", E::kUnexpectedByte},
      {"ampersand", "&", E::kUnexpectedByte},
  };
}

std::vector<CorpusCase> Trailing() {
  return {
      {"two documents", "{} {}", E::kTrailingContent},
      {"two documents touching", "{\"a\":1}{\"a\":1}", E::kTrailingContent},
      {"two scalars", "1 2", E::kTrailingContent},
      {"string twice", "\"a\"\"b\"", E::kTrailingContent},
      {"extra bracket", "[1]]", E::kTrailingContent},
      {"extra brace", "{\"a\":true}}", E::kTrailingContent},
      {"trailing comma behind all", "[1],", E::kTrailingContent},
      {"trailing comment", "{\"a\":\"b\"}/**/", E::kTrailingContent},
      {"trailing hash", "{\"a\":\"b\"}#", E::kTrailingContent},
      {"trailing NUL", "{}\0"s, E::kTrailingContent},
      {"trailing invalid byte", "1 \xE5", E::kTrailingContent},
      {"trailing unclosed string", "1 \"a", E::kTrailingContent},
  };
}

std::vector<CorpusCase> Scalars() {
  return {
      {"NaN", "[NaN]", E::kBadLiteral},
      {"Infinity", "[Infinity]", E::kBadLiteral},
      {"True", "[True]", E::kBadLiteral},
      {"capitalised null", "[NULL]", E::kBadLiteral},
      {"undefined", "undefined", E::kBadLiteral},
      {"nul", "[nul]", E::kBadLiteral},
      {"fals", "[fals]", E::kBadLiteral},
      {"nullx", "[nullx]", E::kBadLiteral},
      {"true1", "[true1]", E::kBadLiteral},
      {"letters", "[a]", E::kBadLiteral},
      {"minus Infinity", "[-Infinity]", E::kBadNumber},
      {"minus NaN", "[-NaN]", E::kBadNumber},
      {"leading zero", "[01]", E::kBadNumber},
      {"leading zeros", "[-012]", E::kBadNumber},
      {"two zeros", "[00]", E::kBadNumber},
      {"point at end of number", "[1.]", E::kBadNumber},
      {"point before exponent", "[2.e3]", E::kBadNumber},
      {"plus", "[+1]", E::kBadNumber},
      {"two pluses", "[++1234]", E::kBadNumber},
      {"leading point", "[.5]", E::kBadNumber},
      {"minus point", "[-.5]", E::kBadNumber},
      {"minus alone", "[-]", E::kBadNumber},
      {"minus letter", "[-foo]", E::kBadNumber},
      {"minus space", "[- 1]", E::kBadNumber},
      {"exponent empty", "[1e]", E::kBadNumber},
      {"exponent sign only", "[1e+]", E::kBadNumber},
      {"exponent double sign", "[1e+-2]", E::kBadNumber},
      {"exponent fraction", "[1e1.5]", E::kBadNumber},
      {"exponent twice", "[1ee2]", E::kBadNumber},
      {"two points", "[1.2.3]", E::kBadNumber},
      {"minus minus", "[--1]", E::kBadNumber},
      {"number with letter", "[1a]", E::kBadNumber},
      {"hexadecimal", "[0x42]", E::kBadNumber},
      {"sum", "[1+2]", E::kBadNumber},
      {"thousands", "[1_000]", E::kBadNumber},
      {"full-width digit", "[\xEF\xBC\x91]", E::kUnexpectedByte},
      {"escape x", R"(["\x00"])", E::kBadEscape},
      {"escape a", R"(["\a"])", E::kBadEscape},
      {"escape 0", R"(["\0"])", E::kBadEscape},
      {"escape apostrophe", R"(["\'"])", E::kBadEscape},
      {"escape upper U", R"(["\U0041"])", E::kBadEscape},
      {"escape line feed", "[\"\\\n\"]", E::kBadEscape},
      {"escape NUL", "[\"\\\0\"]"s, E::kBadEscape},
      {"escape emoji", "[\"\\\xF0\x9F\x8C\x80\"]", E::kBadEscape},
      {"escape invalid UTF-8", "[\"\\\xE5\"]", E::kBadEscape},
      {"escape short quad", R"(["\u12"])", E::kBadEscape},
      {"escape bad quad", R"(["\u00G0"])", E::kBadEscape},
      {"escape bad quad behind surrogate", R"(["\uD800\uABCX"])", E::kBadEscape},
      {"escape cut behind surrogate", R"(["\uD800\u1"])", E::kBadEscape},
      {"surrogate alone", R"(["\ud800"])", E::kLoneSurrogate},
      {"surrogate low alone", R"(["\udc00"])", E::kLoneSurrogate},
      {"surrogates reversed", R"(["\udd1e\ud834"])", E::kLoneSurrogate},
      {"surrogate and letter", R"(["\uD888a"])", E::kLoneSurrogate},
      {"surrogate and escape", R"(["\uD800\n"])", E::kLoneSurrogate},
      {"surrogate and other unit", R"(["\uD888\u1234"])", E::kLoneSurrogate},
      {"surrogate twice", R"(["\uD800\uD800"])", E::kLoneSurrogate},
      {"surrogate twice then low", R"(["\uD800\uD800\uDC00"])", E::kLoneSurrogate},
      {"surrogate in a key", R"({"\uDFAA":0})", E::kLoneSurrogate},
      {"control line feed", "[\"a\nb\"]", E::kControlCharacter},
      {"control tab", "[\"\t\"]", E::kControlCharacter},
      {"control NUL", "[\"a\0a\"]"s, E::kControlCharacter},
      {"control in a key", "{\"a\x1F\":1}", E::kControlCharacter},
      {"control behind invalid UTF-8", "[\"\xFF\x01\"]", E::kControlCharacter},
  };
}

std::vector<CorpusCase> Encodings() {
  return {
      {"latin-1", "[\"\xE9\"]", E::kInvalidUtf8},
      {"latin-1 in a key", "{\"caf\xE9\":1}", E::kInvalidUtf8},
      {"UTF-8 lone continuation", "[\"\x81\"]", E::kInvalidUtf8},
      {"UTF-8 overlong slash", "[\"\xC0\xAF\"]", E::kInvalidUtf8},
      {"UTF-8 overlong NUL", "[\"\xC0\x80\"]", E::kInvalidUtf8},
      {"UTF-8 overlong of six", "[\"\xFC\x83\xBF\xBF\xBF\xBF\"]", E::kInvalidUtf8},
      {"UTF-8 surrogate", "[\"\xED\xA0\x80\"]", E::kInvalidUtf8},
      {"UTF-8 beyond U+10FFFF", "[\"\xF4\x90\x80\x80\"]", E::kInvalidUtf8},
      {"UTF-8 truncated inside", "[\"\xE0\xFF\"]", E::kInvalidUtf8},
      {"UTF-8 cut by the quote", "[\"\xE2\x82\"]", E::kInvalidUtf8},
      {"UTF-8 0xFF", "[\"\xFF\"]", E::kInvalidUtf8},
      {"invalid UTF-8 and cut", "[\"\xE9t\xE9", E::kTruncated},
      {"invalid UTF-8 and broken", "[\"\xE9\",]", E::kUnexpectedByte},
      {"BOM", "\xEF\xBB\xBF{}", E::kByteOrderMark},
      {"BOM alone", "\xEF\xBB\xBF", E::kByteOrderMark},
      {"BOM and latin-1", "\xEF\xBB\xBF[\"\xE9\"]", E::kByteOrderMark},
      {"BOM and trailing", "\xEF\xBB\xBF{}{}", E::kTrailingContent},
      {"BOM cut", "\xEF\xBB{}", E::kUnexpectedByte},
      {"BOM twice", "\xEF\xBB\xBF\xEF\xBB\xBF{}", E::kUnexpectedByte},
      {"UTF-16 LE", "[\0\"\0\xE9\0\"\0]\0"s, E::kUtf16},
      {"UTF-16 BE", "\0[\0\"\0\xE9\0\"\0]"s, E::kUtf16},
      {"UTF-16 LE BOM", "\xFF\xFE[\0\"\0\xE9\0\"\0]\0"s, E::kUtf16},
      {"UTF-16 BE BOM", "\xFE\xFF\0{\0}"s, E::kUtf16},
      {"UTF-16 LE string", "\"\0a\0b\0\"\0"s, E::kUtf16},
      {"UTF-32 LE", "[\0\0\0]\0\0\0"s, E::kUtf16},
      {"UTF-32 BE BOM", "\0\0\xFE\xFF\0\0\0[\0\0\0]"s, E::kUtf16},
      {"number terminated by NUL", "1\0"s, E::kTrailingContent},
      {"gzip", "\x1F\x8B\x08\0\0\0\0\0\0\x03\xAB\x56\x4A"s, E::kUnexpectedByte},
      {"Confluent framing", "\0\0\0\0\x05{\"a\":1}"s, E::kUnexpectedByte},
      {"Avro file",
       "Obj\x01\x04\x16"
       "avro.schema"s,
       E::kBadLiteral},
      {"protobuf", "\x0A\x05hello\x10\x01"s, E::kUnexpectedByte},
      {"protobuf varint", "\x08\x96\x01"s, E::kUnexpectedByte},
      {"zstd", "\x28\xB5\x2F\xFD\x04\x00\x59"s, E::kUnexpectedByte},
      {"MessagePack",
       "\x82\xA7"
       "compact\xC3\xA6schema\0"s,
       E::kUnexpectedByte},
      {"two bytes of a mark", "\xFF\xFE", E::kUnexpectedByte},
  };
}

}  // namespace

std::vector<CorpusCase> Corpus() {
  std::vector<CorpusCase> all = Accepted();
  for (auto part : {Unfinished(), MisplacedInArrays(), MisplacedInObjects(), Trailing(), Scalars(),
                    Encodings()}) {
    for (CorpusCase& one : part) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace fracas::json
