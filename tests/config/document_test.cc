#include "config/document.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "config/show.h"
#include "core/limits.h"
#include "core/text.h"
#include "tests/config/fixture.h"

namespace fracas::config {
namespace {

std::string Problems(std::string_view yaml) {
  std::vector<Problem> problems;
  ParseYaml(yaml, "/etc/fracas/f.yaml", &problems);
  return Lines(problems);
}

TEST(Document, EverythingKnowsItsPlace) {
  std::vector<Problem> problems;
  const Document document = ParseYaml("a: 1\nb:\n  - 'x'\n  - {c: ~}\n", "f", &problems);
  ASSERT_TRUE(problems.empty());
  ASSERT_NE(document.root, nullptr);
  ASSERT_EQ(document.root->members.size(), 2U);
  const Member& b = document.root->members[1];
  EXPECT_EQ(b.position.line, 2);
  const Node& quoted = *b.value->elements.at(0);
  EXPECT_TRUE(quoted.quoted);
  EXPECT_EQ(quoted.position.line, 3);
  EXPECT_EQ(quoted.position.column, 5);
  const Member& c = b.value->elements.at(1)->members.at(0);
  EXPECT_EQ(c.value->kind, NodeKind::kNull);
}

TEST(Document, TheSameKeyTwiceIsRefusedOnEveryLevel) {
  EXPECT_EQ(Problems("a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\n"),
            "f.yaml:2:17: error: 'c' is written twice; first in line 2; keep one of them\n"
            "f.yaml:3:1: error: 'a' is written twice; first in line 1; keep one of them\n");
  EXPECT_NE(Problems("a: 1\n'a': 2\n"), "") << "quotes do not make another key";
}

TEST(Document, RefusesWhatYamlPermitsAndAConfigurationMustNotContain) {
  EXPECT_NE(Problems("a: !!int 5\n").find("the tag tag:yaml.org,2002:int has no meaning"),
            std::string::npos);
  EXPECT_NE(Problems("a: !mine {}\n").find("the tag !mine"), std::string::npos);
  EXPECT_NE(Problems("b: &b {x: 1}\na: {<<: *b}\n").find("merge keys"), std::string::npos);
  EXPECT_NE(Problems("? [a]\n: 1\n").find("a key that is not a word"), std::string::npos);
  EXPECT_NE(Problems("a: 1\n---\nb: 1\n").find("f.yaml:3:1: error: a second document"),
            std::string::npos);
  EXPECT_NE(Problems("a: [1, 2\n").find("not YAML"), std::string::npos);
  EXPECT_NE(Problems("a: *nowhere\n").find("f.yaml:1:4: error: not YAML"), std::string::npos);
}

TEST(Document, RefusesBytesThatAreNotPrintableUtf8) {
  EXPECT_EQ(
      Problems("a: 1\nb: \xFF\n"),
      "f.yaml:2:4: error: not UTF-8; save the file as UTF-8 text without control characters\n");
  for (const char* bytes : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
    EXPECT_NE(Problems(Cat("a: ", bytes)).find("not UTF-8"), std::string::npos);
  }
  // yaml-cpp would take the rest of the file for nothing.
  EXPECT_NE(Problems("a: 1\n\x04\nb: 2\n").find("2:1: error: a control character"),
            std::string::npos);
  EXPECT_NE(Problems(std::string("a: 1\0b", 6)).find("a control character"), std::string::npos);
  EXPECT_EQ(Problems("\xEF\xBB\xBF"
                     "a: ä\r\n"),
            "");
}

TEST(Document, AliasesAreBounded) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    AppendTo(&laughs, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) AppendTo(&laughs, j == 0 ? "" : ", ", "*a", i - 1);
    laughs += "]\n";
  }
  EXPECT_NE(Problems(laughs).find(Cat("expand to more than ", limits::kConfigNodesMax, " values")),
            std::string::npos);
  EXPECT_EQ(Problems("a: &x {b: 1}\nc: *x\n"), "");
  EXPECT_NE(Problems("a: &x [*x]\n").find("an alias to a value that contains the alias"),
            std::string::npos);
}

TEST(Document, NestingAndSizeAreBounded) {
  const std::string deep(limits::kConfigDepthMax + 1, '[');
  EXPECT_NE(Problems(Cat("a: ", deep, std::string(deep.size(), ']'))).find("nested deeper than"),
            std::string::npos);
  const std::string legal(limits::kConfigDepthMax - 1, '[');
  EXPECT_EQ(Problems(Cat("a: ", legal, std::string(legal.size(), ']'))), "");
  EXPECT_NE(Problems(std::string(limits::kConfigFileBytesMax + 1, ' ')).find("larger than"),
            std::string::npos);
  EXPECT_NE(Problems(std::string(2'000'000, '[')).find("error"), std::string::npos);
}

// Bytes from anywhere: the reader says something or nothing, it never crashes, hangs or prints
// garbage.
std::string Mutate(std::string text, std::mt19937* random) {
  static constexpr std::string_view kPieces[] = {
      ":",          "- ",       "{",      "}",       "[",           "]",
      "&a ",        "*a",       "'",      "\"",      "\n",          "\n  ",
      "${",         "${A:-",    "}",      "#",       "? ",          "|\n",
      ">\n",        "!!str ",   "---\n",  "...\n",   "%YAML 1.2\n", "\t",
      "\xC3\xA4",   "\xFF",     "off",    "~",       "<<",          "99999999999999999999",
      "pipelines:", "streams:", "kafka:", "topics:", "1:30",        "0o17",
      ", ",         "\\"};
  const auto pick = [random](size_t size) {
    return std::uniform_int_distribution<size_t>(0, size - 1)(*random);
  };
  for (size_t edits = pick(8) + 1; edits > 0 && !text.empty(); --edits) {
    const size_t at = pick(text.size());
    switch (pick(4)) {
      case 0: text.erase(at, pick(20) + 1); break;
      case 1: text.insert(at, kPieces[pick(std::size(kPieces))]); break;
      case 2: text[at] = static_cast<char>(pick(256)); break;
      case 3: text.insert(at, text.substr(pick(text.size()), pick(60))); break;
    }
  }
  return text;
}

TEST(Reader, RandomBytesAndRandomYamlNeverCrashIt) {
  const std::string seed = WithStream(
      "topics: [a]\nstart: earliest\nidentity: {business_id: /b}\nevent_time: {pointer: /t, "
      "max_age: 7d}\n"
      "publish: {topic: '{dataset}'}\ndispositions: {TYPE_MISMATCH: warn}\nschemas: {'urn:a': b}\n"
      "owners: &o {source: ${A:-x}, consumers: [a, b]}\n");
  std::mt19937 random(20'240'601);
  size_t refused = 0;
  for (int i = 0; i < 4'000; ++i) {
    const Reading reading = Read(Mutate(seed, &random));
    refused += reading.ok() ? 0 : 1;
    for (const Problem& problem : reading.problems) EXPECT_FALSE(problem.message.empty());
    EXPECT_TRUE(!reading.ok() || !ShowYaml(reading.effective).empty());
  }
  EXPECT_GT(refused, 1'000U);
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes(std::uniform_int_distribution<size_t>(0, 200)(random), '\0');
    for (char& byte : bytes)
      byte = static_cast<char>(std::uniform_int_distribution<int>(9, 126)(random));
    Read(bytes);
  }
}

}  // namespace
}  // namespace fracas::config
