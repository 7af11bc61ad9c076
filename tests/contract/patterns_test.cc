// ECMA-262 expressions on RE2, and formats.

#include "contract/patterns.h"

#include <gtest/gtest.h>

#include "contract/formats.h"

namespace fracas::contract {
namespace {

bool Found(std::string_view expression, std::string_view text) {
  std::string error;
  const auto pattern = Pattern::Compile(expression, &error);
  EXPECT_NE(pattern, nullptr) << expression << ": " << error;
  return pattern != nullptr && pattern->Search(text);
}

TEST(Patterns, SearchNotFullMatch) {
  EXPECT_TRUE(Found("b", "abc"));
  EXPECT_TRUE(Found("", ""));
  EXPECT_FALSE(Found("^b$", "abc"));
  EXPECT_FALSE(Found("^abc$", "abc\n"));  // $ is the end, not before a last line feed
}

TEST(Patterns, Classes) {
  EXPECT_FALSE(Found("^\\d$", "٣"));
  EXPECT_TRUE(Found("^\\D$", "٣"));
  EXPECT_TRUE(Found("^\\s$", "\u00a0"));
  EXPECT_TRUE(Found("^[\\s]$", "\ufeff"));
  EXPECT_FALSE(Found("^\\S$", "\u3000"));
  EXPECT_TRUE(Found("^[\\S]$", "x"));
  EXPECT_FALSE(Found("^[^\\S]$", "x"));
  EXPECT_FALSE(Found("^\\w$", "é"));
  EXPECT_TRUE(Found("^[^]$", "\n"));
  EXPECT_FALSE(Found("[]", "a"));
  EXPECT_FALSE(Found("^.$", "\u2028"));
  EXPECT_TRUE(Found("^.$", "😀"));
  EXPECT_TRUE(Found("^[[:alpha:]]+$", "a]"));  // no POSIX classes in ECMA: one of [:alph, then ]
  EXPECT_TRUE(Found("^[\\w.-]+$", "a-b.c"));
  EXPECT_TRUE(Found("^[\\b]$", "\b"));
  EXPECT_FALSE(Found("^[\\D]$", "5"));
}

TEST(Patterns, Escapes) {
  EXPECT_TRUE(Found("^\\u0041\\x42\\cJ\\/\\-\\0$", std::string_view("AB\n/-\0", 6)));
  EXPECT_TRUE(Found("^\\ud83d\\ude00$", "😀"));
  EXPECT_TRUE(Found("^\\u{1F600}$", "😀"));
  EXPECT_TRUE(Found("^[\\u0600-\\u06FF]+$", "مرحبا"));
  EXPECT_TRUE(Found("^\\p{Letter}+$", "été"));
  EXPECT_TRUE(Found("^\\p{Script=Greek}+$", "λόγος"));
  EXPECT_FALSE(Found("^\\P{Lu}$", "A"));
  EXPECT_TRUE(Found("^(?<year>[0-9]{4})$", "2026"));
  EXPECT_TRUE(Found("a\\^b\\$", "a^b$"));
}

TEST(Patterns, Refused) {
  std::string error;
  for (const char* expression :
       {"(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(a)\\1", "(?<n>a)\\k<n>", "\\Qa", "\\", "[a", "a**",
        "(?i)a", "\\u12", "\\ud800", "\\p{Nonsense}", "\\pL", "a{2,1}", "\\c1", "*"}) {
    error.clear();
    EXPECT_EQ(Pattern::Compile(expression, &error), nullptr) << expression;
    EXPECT_NE(error, "") << expression;
  }
}

struct FormatCase {
  const char* name;
  std::vector<const char*> good;
  std::vector<const char*> bad;
};

TEST(Formats, GoodAndBad) {
  const FormatCase cases[] = {
      {"date-time",
       {"2026-01-31T12:00:00Z", "2026-01-31t12:00:00.123456789+05:30"},
       {"2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "2026-01-31 12:00:00Z"}},
      {"date", {"2024-02-29"}, {"2023-02-29", "2024-2-1", "2024-13-01", "٢024-02-01"}},
      {"time",
       {"23:59:60Z", "01:29:60+01:30", "00:00:00.1z"},
       {"24:00:00Z", "12:00:60Z", "12:00:00"}},
      {"duration",
       {"P4DT12H30M5S", "P4Y", "PT0S", "P2W", "P1M", "PT1M"},
       {"P", "PT", "P1D2H", "4D", "P1Y2W", "P1", "PT1D", "P2D1Y", "P1.5D"}},
      {"email",
       {"joe.bloggs@example.com", "te~st@example.com", "\"joe b\"@example.com", "a@[127.0.0.1]"},
       {"2962", ".test@example.com", "te..st@example.com", "a@", "@b", "a b@c.d"}},
      {"idn-email", {"실례@실례.테스트"}, {"2962"}},
      {"hostname",
       {"www.example.com", "xn--4gbwdl.xn--wgbh1c", "a"},
       {"-bad", "bad-", "a..b", "", "under_score", "a.b."}},
      {"ipv4", {"192.168.0.1"}, {"256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 "}},
      {"ipv6",
       {"::", "::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1::8"},
       {"1:2:3", ":::", "1::2::3", "12345::", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0", ":1", "1:"}},
      {"uri",
       {"http://a.b/c?d=e#f", "urn:x:y", "ftp://[::1]:21/"},
       {"//a/b", "a b", "http://a b", "http://[::1", "%", "http://a/\\", "bar,baz:foo"}},
      {"uri-reference", {"/abc", "#frag", "", "a/b"}, {"\\\\windows", "#frag\\ment", "1:2"}},
      {"iri", {"http://ƒøø.ßår/?∂éœ=πîx"}, {"/abc"}},
      {"iri-reference", {"/ä"}, {"\\\\ä"}},
      {"uuid",
       {"2EB8AA08-aa98-11ea-b4aa-73B441D16380"},
       {"2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08aa9811eab4aa73b441d16380"}},
      {"json-pointer", {"", "/a~0~1/", "/"}, {"a", "/~", "/~2"}},
      {"relative-json-pointer", {"1", "0/a", "120#"}, {"/a", "01/a", "-1", "0##"}},
      {"regex", {"^a+$"}, {"^(a", "(?=a)"}},
      {"uri-template", {"http://e.c/{term:1}/{term}", "a"}, {"http://e.c/{term", "{}", "a b"}},
  };
  for (const FormatCase& c : cases) {
    const auto format = FindFormat(c.name);
    ASSERT_TRUE(format.has_value()) << c.name;
    EXPECT_EQ(Name(*format), c.name);
    for (const char* text : c.good) EXPECT_TRUE(Matches(*format, text)) << c.name << " " << text;
    for (const char* text : c.bad) EXPECT_FALSE(Matches(*format, text)) << c.name << " " << text;
  }
  EXPECT_FALSE(FindFormat("x-own").has_value());
}

}  // namespace
}  // namespace fracas::contract
