#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "core/text.h"
#include "tools/inspect/document_walk.h"
#include "tools/patch/charset.h"
#include "tools/patch/json_patch.h"
#include "tools/patch/recipe.h"
#include "tools/patch/rewrite.h"
#include "tools/patch/splice.h"

// Edits change what they mean and no other byte.

namespace fracas::tools {
namespace {

std::string Removed(std::string_view document, std::string_view set) {
  uint64_t changed = 0;
  return EditCharacters(document, {*CharacterSet::Parse(set), {}, false}, &changed);
}

std::string Replaced(std::string_view document, std::string_view text) {
  const Result<Recipe::Characters> edit = ParseReplacement(text);
  EXPECT_TRUE(edit.ok()) << edit.status().message();
  uint64_t changed = 0;
  return EditCharacters(document, edit->edit, &changed);
}

std::string Escaped(std::string_view document, std::string_view set) {
  uint64_t changed = 0;
  return EditCharacters(document, {*CharacterSet::Parse(set), {}, true}, &changed);
}

TEST(EditCharactersTest, RemovesRawAndEscapedOnesInsideTexts) {
  EXPECT_EQ(Removed("{\"a\": \"x\x1Fy\\u001fz\", \"b\": 1.50}", "\\x1F"),
            "{\"a\": \"xyz\", \"b\": 1.50}");
  EXPECT_EQ(Removed("{\"k\u200B\": 1}", "zero-width"), "{\"k\": 1}") << "names too";
  EXPECT_EQ(Removed(R"({"a":"😀\uD83D\uDE00"})", "\\u{1F600}"), R"({"a":""})");
  EXPECT_EQ(Removed(R"({"a":"\\u001F"})", "\\x1F"), R"({"a":"\\u001F"})")
      << "a backslash and letters";
  EXPECT_EQ(Removed(R"({"a":"say \"x\""})", "\""), R"({"a":"say x"})");
}

TEST(EditCharactersTest, LeavesStructureAndNumbersAlone) {
  EXPECT_EQ(Removed("{\"a1\": [1, 11], \"t\": true}", "1{[,t"), "{\"a\": [1, 11], \"\": true}");
  EXPECT_EQ(Removed("{ \"a\" : 1 }\n", " \\n"), "{ \"a\" : 1 }\n")
      << "white space between tokens is nobody's";
}

TEST(EditCharactersTest, RemovesOutsideOfTextsWhatIsNoJson) {
  EXPECT_EQ(Removed("\xEF\xBB\xBF{\"a\":\u200B1}\x01", "bom,zero-width,control"), "{\"a\":1}");
  EXPECT_EQ(Replaced("\xEF\xBB\xBF{\"a\":\"\xEF\xBB\xBF\"}", "bom=?"), "{\"a\":\"?\"}")
      << "between tokens there is nothing to put a character into";
}

TEST(EditCharactersTest, WritesReplacementsAsJsonWantsThem) {
  EXPECT_EQ(Replaced("{\"a\":\"x\x1Fy\"}", "\\x1F=\\n"), "{\"a\":\"x\\ny\"}");
  EXPECT_EQ(Replaced("{\"a\":\"x|y\"}", "|=\""), "{\"a\":\"x\\\"y\"}");
  EXPECT_EQ(Replaced("{\"a\":\"caf\xE9\"}", "invalid=\\uFFFD"), "{\"a\":\"caf\uFFFD\"}");
  EXPECT_EQ(Replaced(R"({"a":"\ud83dx"})", "surrogate=?"), R"({"a":"?x"})");
  EXPECT_EQ(Replaced(R"({"a":"a=b"})", "==:"), R"({"a":"a:b"})");
}

TEST(EditCharactersTest, EscapesWithoutChangingTheText) {
  EXPECT_EQ(Escaped("{\"a\":\"x\ny\\n\x1F\"}\n", "control"), "{\"a\":\"x\\u000ay\\n\\u001f\"}\n");
}

TEST(EditCharactersTest, IsTotal) {
  for (const std::string_view document :
       {"", "\"", "\"\\", "\"\\u", "{\"a\":\"\\uD83D", "\xFF\xFE", "\\", "]]]}"}) {
    EXPECT_EQ(Removed(document, "\\x01"), document);
    EXPECT_EQ(Escaped(document, "\\x01"), document);
  }
}

TEST(TranscodeTest, MendsOnlyWhatIsNotUtf8WhereAByteIsACharacter) {
  EXPECT_EQ(*Transcode("{\"a\":\"caf\xE9 \x80 caf\xC3\xA9\"}", "cp1252"),
            "{\"a\":\"café € café\"}");
  EXPECT_EQ(*Transcode("{\"a\":\"caf\xE9\"}", "latin1"), "{\"a\":\"café\"}");
  EXPECT_EQ(*Transcode("{\"a\":\"caf\xE9\"}", "ISO-8859-1"), "{\"a\":\"café\"}");
  EXPECT_EQ(*Transcode("{\"a\":\"café\"}", "cp1252"), "{\"a\":\"café\"}")
      << "nothing to do, nothing doubled";
}

TEST(TranscodeTest, TakesAllOfTheOthers) {
  const std::string little("\xFF\xFE[\0\"\0\xE9\0\"\0]\0", 12);
  EXPECT_EQ(*Transcode(little, "utf-16"), "[\"é\"]");
  EXPECT_EQ(*Transcode(little.substr(2), "utf-16le"), "[\"é\"]");
  const std::string big("\0[\0\"\0\xE9\0\"\0]", 10);
  EXPECT_EQ(*Transcode(big, "utf-16be"), "[\"é\"]");
  EXPECT_EQ(*Transcode("[\"\x83\x41\"]", "shift_jis"), "[\"ア\"]");
}

TEST(TranscodeTest, NamesWhatItCannotDo) {
  EXPECT_NE(Transcode("x\x81", "cp1252").status().message().find("byte 0x81 at byte 1"),
            std::string_view::npos);
  EXPECT_NE(Transcode("x", "klingon").status().message().find("no such charset"),
            std::string_view::npos);
  EXPECT_FALSE(Transcode("x", "utf-8").ok());
  EXPECT_FALSE(Transcode(std::string("[\0\"", 3), "utf-16le").ok()) << "half a character";
}

constexpr std::string_view kLaidOut = "{\n  \"a\": 1.50,\n  \"b\": [1e3, 2],\n  \"c\": {}\n}\n";

std::string Put(std::string_view pointer, std::string_view value, PutMode mode = PutMode::kSet,
                std::string_view document = kLaidOut) {
  const Result<std::string> put = PutValue(document, pointer, value, mode);
  EXPECT_TRUE(put.ok()) << put.status().message();
  return put.ok() ? *put : "";
}

TEST(SpliceTest, ReplacesInPlace) {
  EXPECT_EQ(Put("/a", "\"x\""), "{\n  \"a\": \"x\",\n  \"b\": [1e3, 2],\n  \"c\": {}\n}\n");
  EXPECT_EQ(Put("/b/0", "0"), "{\n  \"a\": 1.50,\n  \"b\": [0, 2],\n  \"c\": {}\n}\n");
  EXPECT_EQ(Put("", "7"), "7\n");
  EXPECT_EQ(Put("/b/1", "9", PutMode::kReplace),
            "{\n  \"a\": 1.50,\n  \"b\": [1e3, 9],\n  \"c\": {}\n}\n");
}

TEST(SpliceTest, LaysNewMembersOutLikeTheirNeighbours) {
  EXPECT_EQ(Put("/d", "true"),
            "{\n  \"a\": 1.50,\n  \"b\": [1e3, 2],\n  \"c\": {},\n  \"d\": true\n}\n");
  EXPECT_EQ(Put("/c/x~1y", "1"),
            "{\n  \"a\": 1.50,\n  \"b\": [1e3, 2],\n  \"c\": {\"x/y\":1}\n}\n");
  EXPECT_EQ(Put("/b/-", "3"), "{\n  \"a\": 1.50,\n  \"b\": [1e3, 2, 3],\n  \"c\": {}\n}\n");
  EXPECT_EQ(Put("/b/2", "3"), "{\n  \"a\": 1.50,\n  \"b\": [1e3, 2, 3],\n  \"c\": {}\n}\n");
  EXPECT_EQ(Put("/x", "1", PutMode::kSet, "{\"a\":1}"), "{\"a\":1,\"x\":1}");
  EXPECT_EQ(Put("/0", "1", PutMode::kSet, "[]"), "[1]");
}

TEST(SpliceTest, RemovesWithTheComma) {
  const auto removed = [](std::string_view document, std::string_view pointer) {
    return RemoveValue(document, pointer).ok() ? *RemoveValue(document, pointer) : "failed";
  };
  EXPECT_EQ(removed(kLaidOut, "/a"), "{\n  \"b\": [1e3, 2],\n  \"c\": {}\n}\n");
  EXPECT_EQ(removed(kLaidOut, "/c"), "{\n  \"a\": 1.50,\n  \"b\": [1e3, 2]\n}\n");
  EXPECT_EQ(removed(kLaidOut, "/b/1"), "{\n  \"a\": 1.50,\n  \"b\": [1e3],\n  \"c\": {}\n}\n");
  EXPECT_EQ(removed("{\"a\":1}", "/a"), "{}");
  EXPECT_EQ(removed("[[1],[2]]", "/0/0"), "[[],[2]]");
}

TEST(SpliceTest, SaysHowFarAPointerLeads) {
  const auto told = [](std::string_view pointer) {
    return std::string(PutValue(kLaidOut, pointer, "1", PutMode::kSet).status().message());
  };
  EXPECT_NE(told("/x/y").find("nothing at /x"), std::string::npos);
  EXPECT_NE(told("/a/y").find("/a is neither"), std::string::npos);
  EXPECT_NE(told("/b/7").find("2 elements"), std::string::npos);
  EXPECT_NE(told("/b/01").find("2 elements"), std::string::npos);
  EXPECT_NE(told("a").find("no JSON pointer"), std::string::npos);
  EXPECT_FALSE(PutValue(kLaidOut, "/z", "1", PutMode::kReplace).ok());
  EXPECT_FALSE(PutValue(kLaidOut, "/a", "Ann", PutMode::kSet).ok());
  EXPECT_FALSE(PutValue("{\"a\":NaN}", "/a", "1", PutMode::kSet).ok());
  EXPECT_FALSE(RemoveValue(kLaidOut, "/z").ok());
  EXPECT_FALSE(RemoveValue(kLaidOut, "").ok());
  EXPECT_NE(PutValue("{\"a\":1,\"\\u0061\":2}", "/a", "3", PutMode::kSet)
                .status()
                .message()
                .find("twice"),
            std::string_view::npos);
}

TEST(SpliceTest, KeepsOneOfMembersWithTheSameName) {
  uint64_t removed = 0;
  const std::string_view document = "{\"a\":1, \"b\":{\"x\":1,\"x\":2}, \"\\u0061\":2, \"a\":3}";
  EXPECT_EQ(*RemoveDuplicates(document, Keep::kFirst, &removed), "{\"a\":1, \"b\":{\"x\":1}}");
  EXPECT_EQ(removed, 3u);
  EXPECT_EQ(*RemoveDuplicates(document, Keep::kLast, &removed), "{\"b\":{\"x\":2}, \"a\":3}");
}

TEST(SpliceTest, LeavesWhatStandsBetweenTheMembersThatStay) {
  uint64_t removed = 0;
  const std::string_view laid_out = "{ \"a\":1 ,\n \"b\":2,\t\"a\":3,  \"c\":4, \"b\":5 }";
  EXPECT_EQ(*RemoveDuplicates(laid_out, Keep::kFirst, &removed),
            "{ \"a\":1 ,\n \"b\":2,\t\"c\":4 }");
  EXPECT_EQ(*RemoveDuplicates(laid_out, Keep::kLast, &removed),
            "{ \"a\":3,  \"c\":4, \"b\":5 }");
  EXPECT_EQ(removed, 4u);
  removed = 0;
  EXPECT_EQ(*RemoveDuplicates(R"([{"x":{"y":1,"y":2},"x":{"z":1,"z":2}}])", Keep::kLast, &removed),
            R"([{"x":{"z":2}}])");
  EXPECT_EQ(removed, 2u) << "what was in a removed member does not count again";
}

// `inspect` tries it unasked on whatever was rejected.
TEST(SpliceTest, IsQuickOnAMegabyteOfRepeatedMembers) {
  std::string document = "{\"a\":0";
  while (document.size() < (size_t{1} << 20)) document.append(",\"a\":1,\"b\":{\"c\":1,\"c\":2}");
  document.append("}");
  const std::clock_t start = std::clock();
  for (const Keep keep : {Keep::kFirst, Keep::kLast}) {
    uint64_t removed = 0;
    const Result<std::string> done = RemoveDuplicates(document, keep, &removed);
    ASSERT_TRUE(done.ok()) << done.status().message();
    EXPECT_EQ(*done, keep == Keep::kFirst ? "{\"a\":0,\"b\":{\"c\":1}}" : "{\"a\":1,\"b\":{\"c\":2}}");
  }
  EXPECT_LT(std::clock() - start, 8 * CLOCKS_PER_SEC) << "processor time: others may be at work";
}

TEST(SameJsonTest, ComparesValues) {
  EXPECT_TRUE(SameJson("{\"a\":1.0,\"b\":[\"\\u0041\"]}", "{ \"b\": [\"A\"], \"a\": 1 }"));
  EXPECT_FALSE(SameJson("[1,2]", "[2,1]"));
  EXPECT_FALSE(SameJson("{\"a\":1}", "{\"a\":1,\"b\":1}"));
  EXPECT_FALSE(SameJson("1", "\"1\""));
}

std::string Patched(std::string_view document, std::string_view patch) {
  const Result<JsonPatch> read = JsonPatch::Parse(patch);
  if (!read.ok()) return Cat("not read: ", read.status().message());
  const Result<std::string> done = read->Apply(document);
  return done.ok() ? *done : Cat("failed: ", done.status().message());
}

// RFC 6902, appendix A, and what the text demands besides.
TEST(JsonPatchTest, DoesWhatTheStandardSays) {
  EXPECT_EQ(Patched(R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])"),
            R"({"foo":"bar","baz":"qux"})");
  EXPECT_EQ(Patched(R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])"),
            R"({"foo":["bar","qux","baz"]})");
  EXPECT_EQ(Patched(R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])"),
            R"({"foo":"bar"})");
  EXPECT_EQ(Patched(R"({"foo":["bar","qux","baz"]})", R"([{"op":"remove","path":"/foo/1"}])"),
            R"({"foo":["bar","baz"]})");
  EXPECT_EQ(Patched(R"({"baz":"qux"})", R"([{"op":"replace","path":"/baz","value":1.50}])"),
            R"({"baz":1.50})");
  EXPECT_EQ(
      Patched(R"({"a":{"b":1,"c":2},"d":{}})", R"([{"op":"move","from":"/a/b","path":"/d/e"}])"),
      R"({"a":{"c":2},"d":{"e":1}})");
  EXPECT_EQ(
      Patched(R"(["all","grass","cows","eat"])", R"([{"op":"move","from":"/1","path":"/3"}])"),
      R"(["all","cows","eat","grass"])");
  EXPECT_EQ(Patched(R"({"a":[1]})", R"([{"op":"copy","from":"/a","path":"/b"}])"),
            R"({"a":[1],"b":[1]})");
  EXPECT_EQ(Patched(R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":10}])"),
            R"({"/":9,"~1":10})");
  EXPECT_EQ(
      Patched(R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["abc","def"]}])"),
      R"({"foo":["bar",["abc","def"]]})");
  EXPECT_EQ(Patched(R"({"foo":1})", R"([{"op":"add","path":"/foo","value":2}])"), R"({"foo":2})");
  EXPECT_EQ(Patched("{}", R"([{"op":"add","path":"","value":[1]}])"), "[1]");
}

TEST(JsonPatchTest, FailsAsAWholeAndNamesTheOperation) {
  EXPECT_EQ(
      Patched(R"({"a":1})",
              R"([{"op":"add","path":"/b","value":2},{"op":"test","path":"/a","value":"1"}])"),
      "failed: operation 1 of the patch (test): /a: the test fails");
  for (const std::string_view patch :
       {R"([{"op":"add","path":"/x/y","value":1}])", R"([{"op":"remove","path":"/x"}])",
        R"([{"op":"replace","path":"/x","value":1}])", R"([{"op":"move","from":"/x","path":"/y"}])",
        R"([{"op":"move","from":"/a","path":"/a/b"}])",
        R"([{"op":"copy","from":"/x","path":"/y"}])"}) {
    EXPECT_TRUE(Patched(R"({"a":{}})", patch).starts_with("failed: operation 0")) << patch;
  }
  for (const std::string_view patch :
       {"{}", "nope", "[1]", R"([{"path":"/a"}])", R"([{"op":"add","path":"/a"}])",
        R"([{"op":"spam","path":"/a"}])", R"([{"op":"remove","path":"a"}])",
        R"([{"op":"move","path":"/a"}])", R"([{"op":1,"path":"/a"}])"}) {
    EXPECT_TRUE(Patched("{}", patch).starts_with("not read: ")) << patch;
  }
}

TEST(RecipeTest, DoesEverythingInItsOrderAndSaysSo) {
  Recipe recipe;
  recipe.transcode = "cp1252";
  recipe.characters.push_back({"control", {*CharacterSet::Parse("control"), {}, false}});
  recipe.remove = {"/old"};
  recipe.set = {*ParseAssignment("/n=2"), *ParseAssignment("/t=\"a=b\"")};
  const Result<Cooked> cooked =
      Apply(recipe, "{\"a\":\"caf\xE9\x01\",\"old\":1,\"n\":\"2\",\"t\":0}");
  ASSERT_TRUE(cooked.ok()) << cooked.status().message();
  EXPECT_EQ(cooked->bytes, "{\"a\":\"café\",\"n\":2,\"t\":\"a=b\"}");
  EXPECT_EQ(cooked->steps,
            (std::vector<std::string>{"transcoded from cp1252", "1 character removed",
                                      "/old removed", "/n set", "/t set"}));
  EXPECT_EQ(recipe.Pointers(), (std::vector<std::string>{"/old", "/n", "/t"}));
  EXPECT_FALSE(ParseAssignment("n=2").ok());
  EXPECT_FALSE(ParseAssignment("/n").ok());
  EXPECT_FALSE(Apply(recipe, "{\"a\":1}").ok()) << "/old is not there";
}

}  // namespace
}  // namespace fracas::tools
