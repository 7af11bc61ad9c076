// What is refused when a contract is compiled, and where references lead.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/text.h"
#include "tests/contract/judge.h"

namespace fracas::contract {
namespace {

using testing::TempDir;

std::string Folder(const std::string& name) {
  const std::string folder = Cat(TempDir(), "/fracas_contract_", name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

void Write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

TEST(Compile, NotASchema) {
  EXPECT_EQ(Problems("{\n  \"type\": \"strin\"\n}").substr(0, 10), "2:11 /type");
  EXPECT_EQ(Problems(R"({"minLength":-1})"),
            "1:14 /minLength: expected at least 0, found integer -1\n");
  EXPECT_EQ(Problems("[]"), "1:1 : expected boolean or object, found array\n");
  EXPECT_EQ(Problems(R"({"required":["a","a"]})"),
            "1:13 /required: expected elements that are all different, found array\n");
  EXPECT_EQ(Problems(R"({"properties":{"a":{"type":1}}})").substr(0, 24),
            "1:28 /properties/a/type:");
  EXPECT_EQ(Problems(R"({"type":"null","type":"null"})"),
            "1:16 /type: key is there twice in its object\n");
  EXPECT_EQ(Problems(R"({"multipleOf":0})"),
            "1:15 /multipleOf: expected more than 0, found integer 0\n");
}

TEST(Compile, NotJson) {
  EXPECT_EQ(Problems("{\n \"a\": tru }").substr(0, 15), "2:10 : not JSON");
  EXPECT_NE(Problems("").find("not JSON"), std::string::npos);
}

TEST(Compile, PatternsThatCannotRun) {
  const std::string look_ahead = Problems(R"({"properties":{"a":{"pattern":"^(?=a).*$"}}})");
  EXPECT_EQ(look_ahead.substr(0, 27), "1:31 /properties/a/pattern:");
  EXPECT_NE(look_ahead.find("look-around; say it with allOf"), std::string::npos);
  EXPECT_NE(Problems(R"({"pattern":"(a)\\1"})").find("back-reference"), std::string::npos);
  EXPECT_NE(Problems(R"({"pattern":"(a"})").find("missing )"), std::string::npos);
  EXPECT_NE(Problems(R"({"pattern":"\\Z"})").find("is no escape"), std::string::npos);
  EXPECT_NE(Problems(R"({"pattern":"^.{1,5000}$"})").find("maxLength"), std::string::npos);
  EXPECT_NE(Problems("{\"pattern\":\"" + std::string(5000, 'a') + "\"}").find("5000 bytes"),
            std::string::npos);
  EXPECT_EQ(Problems(R"x({"patternProperties":{"(?!x)":{}}})x").substr(0, 30),
            "1:23 /patternProperties/(?!x):");
}

TEST(Compile, References) {
  EXPECT_EQ(Problems(R"({"$ref":"#/$defs/a"})"),
            "1:9 /$ref: cannot be resolved: #/$defs/a is not there: no \"$defs\" below #\n");
  EXPECT_NE(Problems(R"({"$ref":"#nowhere"})").find("no $anchor \"nowhere\""), std::string::npos);
  EXPECT_NE(Problems(R"({"$ref":"http://example.test/x"})").find("--schemas BASE_URI=DIR"),
            std::string::npos);
  EXPECT_NE(Problems(R"({"$ref":"#/minLength","minLength":3})").find("is not a schema"),
            std::string::npos);
  EXPECT_NE(Problems(R"({"$schema":"http://json-schema.org/draft-04/schema#"})")
                .find("2020-12 and draft-07 are"),
            std::string::npos);
  EXPECT_NE(Problems(R"({"$schema":"http://example.test/meta"})").find("$schema: "),
            std::string::npos);
  EXPECT_EQ(Problems(R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})"), "");
}

// A schema that applies itself to the same value never ends; recursion through members is fine.
TEST(Compile, LoopsWithoutProgress) {
  EXPECT_NE(Problems(R"({"$ref":"#"})").find("without end"), std::string::npos);
  EXPECT_NE(Problems(R"({"allOf":[{"anyOf":[{"$ref":"#/$defs/a"}]}],
                         "$defs":{"a":{"not":{"$ref":"#"}}}})")
                .find("without end"),
            std::string::npos);
  EXPECT_EQ(Problems(R"({"properties":{"a":{"$ref":"#"}},"items":{"$ref":"#"}})"), "");
}

// A loop that only the dynamic scope closes is stopped when it runs.
TEST(Compile, DynamicLoopEnds) {
  const auto contract = CompileOrDie(
      R"({"$id":"http://x.test/root","$dynamicAnchor":"n","$ref":"list",
          "$defs":{"l":{"$id":"list","$dynamicRef":"#n","$defs":{"d":{"$dynamicAnchor":"n"}}}}})");
  ASSERT_NE(contract, nullptr);
  EXPECT_EQ(JudgeWith(*contract, "1").Lines(), "RECORD_OVERSIZE \n");
}

TEST(Compile, FilesBesideTheContract) {
  const std::string folder = Folder("files");
  Write(folder + "/order.json",
        R"({"$id":"https://example.test/c/order.json","$ref":"parts/line.json#/$defs/qty"})");
  Write(folder + "/parts/line.json", R"({"$defs":{"qty":{"type":"integer"}}})");
  const Compiled by_id = CompileFile(folder + "/order.json", {}, {});
  ASSERT_NE(by_id.contract, nullptr) << by_id.problems.front().message;
  EXPECT_EQ(JudgeWith(*by_id.contract, "1.5").Lines(), "TYPE_MISMATCH \n");

  Write(folder + "/plain.json", R"({"$ref":"parts/line.json#/$defs/qty"})");
  const Compiled plain = CompileFile(folder + "/plain.json", {}, {});
  ASSERT_NE(plain.contract, nullptr) << plain.problems.front().message;
  EXPECT_NE(plain.contract->sha256(), by_id.contract->sha256());

  Write(folder + "/inner/escape.json", R"({"$ref":"../plain.json"})");
  const Compiled escape = CompileFile(folder + "/inner/escape.json", {}, {});
  ASSERT_EQ(escape.contract, nullptr) << "must not leave the contract's folder";
  EXPECT_EQ(escape.problems.front().file, folder + "/inner/escape.json");
  EXPECT_EQ(escape.problems.front().location, "/$ref");
}

TEST(Compile, Catalogue) {
  const std::string folder = Folder("catalogue");
  Write(folder + "/common/id.json", R"({"type":"string"})");
  Write(folder + "/broken.json", "{\"type\": \n");
  Write(folder + "/wrong.json", "{\"type\": 7}");
  CompileOptions options;
  options.catalog["https://example.test/schemas"] = folder;
  const auto contract =
      CompileOrDie(R"({"$ref":"https://example.test/schemas/common/id"})", {}, options);
  ASSERT_NE(contract, nullptr);
  EXPECT_EQ(JudgeWith(*contract, "1").Lines(), "TYPE_MISMATCH \n");
  EXPECT_NE(Problems(R"({"$ref":"https://example.test/schemas/none.json"})", {}, options)
                .find("looked for"),
            std::string::npos);
  EXPECT_NE(Problems(R"({"$ref":"https://example.test/schemas/%2e%2e/x"})", {}, options), "");
  EXPECT_NE(Problems(R"({"$ref":"https://example.test/schemas/broken.json"})", {}, options)
                .find("not JSON"),
            std::string::npos);
  // A document that is referred to is held against its metaschema too.
  EXPECT_NE(Problems(R"({"$ref":"https://example.test/schemas/wrong.json"})", {}, options)
                .find("/type: expected"),
            std::string::npos);
}

TEST(Compile, NoSuchFile) {
  const Compiled compiled = CompileFile("/nonexistent/x.json", {}, {});
  ASSERT_EQ(compiled.problems.size(), 1u);
  EXPECT_EQ(compiled.problems[0].file, "/nonexistent/x.json");
  EXPECT_NE(compiled.problems[0].message.find("No such file"), std::string::npos);
}

TEST(Compile, DigestNamesTheContract) {
  const std::string schema = R"({"type":"object"})";
  const auto plain = CompileOrDie(schema);
  EXPECT_EQ(plain->sha256().size(), 64u);
  EXPECT_EQ(plain->sha256(), CompileOrDie(schema)->sha256());
  EXPECT_NE(plain->sha256(), CompileOrDie(R"({"type": "object"})")->sha256());
  Rules rules;
  rules.critical = {"/a"};
  EXPECT_NE(plain->sha256(), CompileOrDie(schema, rules)->sha256());
  CompileOptions formats;
  formats.assert_formats = true;
  EXPECT_NE(plain->sha256(), CompileOrDie(schema, {}, formats)->sha256());
}

TEST(Compile, Draft7IgnoresSiblingsOfRef) {
  const std::string schema = R"({"$schema":"http://json-schema.org/draft-07/schema#",
    "definitions":{"a":{"type":"string"}},
    "properties":{"x":{"$ref":"#/definitions/a","maxLength":1}}})";
  EXPECT_EQ(Lines(schema, R"({"x":"long"})"), "");
  EXPECT_EQ(Lines(schema, R"({"x":1})"), "TYPE_MISMATCH /x\n");
}

TEST(Compile, Draft7AnchorsAndTuples) {
  const std::string schema = R"({"$schema":"http://json-schema.org/draft-07/schema#",
    "definitions":{"a":{"$id":"#here","type":"string"}},
    "items":[{"$ref":"#here"},true],"additionalItems":false,
    "dependencies":{"p":["q"]}})";
  EXPECT_EQ(Lines(schema, R"(["x",1])"), "");
  EXPECT_EQ(Lines(schema, "[1,1,1]"), "TYPE_MISMATCH /0\nSCHEMA_BREAKING /2\n");
  EXPECT_EQ(Lines(schema, R"({"p":1})"), "RULE_CROSS_FIELD /q\n");
}

}  // namespace
}  // namespace fracas::contract
