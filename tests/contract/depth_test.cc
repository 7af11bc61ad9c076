// Depth, size and repetition: what hostile documents and schemas may cost.

#include <gtest/gtest.h>

#include <thread>

#include "tests/contract/judge.h"

namespace fracas::contract {
namespace {

std::string Nested(size_t depth, const std::string& open, const std::string& middle,
                   const std::string& close) {
  std::string text;
  for (size_t i = 0; i < depth; ++i) text += open;
  text += middle;
  for (size_t i = 0; i < depth; ++i) text += close;
  return text;
}

// The deepest document that is JSON, under a schema with several steps for each level.
const char* const kRecursive = R"({"$ref":"#/$defs/n","$defs":{"n":{
    "anyOf":[{"type":"null"},{"properties":{"a":{"$ref":"#/$defs/n"}},"items":{"$ref":"#/$defs/n"}}],
    "uniqueItems":true}}})";

TEST(Depth, DeepestDocumentIsJudged) {
  const size_t depth = limits::kJsonDepthMax;
  EXPECT_EQ(Lines(kRecursive, Nested(depth, "[", "null", "]")), "");
  EXPECT_EQ(Lines(kRecursive, Nested(depth, "{\"a\":", "null", "}")), "");
  EXPECT_EQ(Lines(kRecursive, Nested(depth + 1, "[", "null", "]")), "JSON_MALFORMED \n");
}

TEST(Depth, TooDeepForTheSchemaIsAFinding) {
  std::string steps = R"({"$ref":"#/$defs/s0","$defs":{)";
  for (int i = 0; i < 8; ++i) {
    steps += "\"s" + std::to_string(i) + R"(":{"allOf":[{"$ref":"#/$defs/s)" +
             std::to_string(i + 1) + "\"}]},";
  }
  steps += R"("s8":{"items":{"$ref":"#"}}}})";
  EXPECT_EQ(Lines(steps, Nested(1000, "[", "", "]")), "RECORD_OVERSIZE \n");
  EXPECT_EQ(Lines(steps, Nested(100, "[", "", "]")), "");
}

// Evaluation fits into the stack of a thread half as large as the usual one. (Sanitizers make
// frames several times larger; the usual size must do for them.)
TEST(Depth, FitsTheStack) {
  const auto contract = CompileOrDie(kRecursive);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  pthread_attr_setstacksize(&attributes, 8 * limits::kMiB);
#else
  pthread_attr_setstacksize(&attributes, 2 * limits::kMiB);
#endif
  pthread_t thread;
  const auto run = [](void* argument) -> void* {
    const auto& judged = *static_cast<const Contract*>(argument);
    JudgeWith(judged, Nested(limits::kJsonDepthMax, "[", "7", "]"));
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, const_cast<Contract*>(contract.get())), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

// The same with the most frames that evaluation allows.
TEST(Depth, TheBoundFitsTheStack) {
  std::string schema = R"({"$ref":"#/$defs/n","$defs":{"n":{"allOf":[{"anyOf":[{"oneOf":[
      {"if":true,"then":{"properties":{"a":{"$ref":"#/$defs/n"}},"items":{"$ref":"#/$defs/n"}}}
      ]}]}]}}})";
  EXPECT_EQ(Lines(schema, Nested(1020, "[", "7", "]")), "RECORD_OVERSIZE \n");
  EXPECT_EQ(Lines(schema, Nested(1020, "{\"a\":", "7", "}")), "RECORD_OVERSIZE \n");
  EXPECT_EQ(Lines(schema, Nested(500, "[", "7", "]")), "");
}

// Alternatives that look into the same children double the work with each level.
TEST(Depth, ExponentialWorkEnds) {
  const char* const schema = R"({"$ref":"#/$defs/n","$defs":{"n":{"anyOf":[
      {"properties":{"a":{"$ref":"#/$defs/n"}},"required":["b"]},
      {"properties":{"a":{"$ref":"#/$defs/n"}},"required":["c"]}]}}})";
  EXPECT_EQ(Lines(schema, Nested(200, "{\"a\":", "{}", "}")), "RECORD_OVERSIZE \n");
  EXPECT_EQ(Lines(schema, Nested(200, "{\"b\":1,\"a\":", "{}", "}")), "RECORD_OVERSIZE \n");
  EXPECT_EQ(Lines(schema, Nested(200, "{\"c\":1,\"b\":1,\"a\":", "[]", "}")), "");
}

TEST(Size, ManyElementsAreUniqueInLittleTime) {
  std::string document = "[";
  for (int i = 0; i < 100'000; ++i) document += (i == 0 ? "" : ",") + std::to_string(i);
  EXPECT_EQ(Lines(R"({"uniqueItems":true})", document + "]"), "");
  EXPECT_EQ(Lines(R"({"uniqueItems":true})", document + ",5.0e0]"), "VALUE_OUT_OF_RANGE \n");
}

TEST(Size, ManyMembersAndRequired) {
  std::string document = "{";
  std::string required = R"({"required":[)";
  for (int i = 0; i < 20'000; ++i) {
    const std::string name = "\"k" + std::to_string(i) + "\"";
    document += (i == 0 ? "" : ",") + name + ":1";
    required += (i == 0 ? "" : ",") + name;
  }
  EXPECT_EQ(Lines(required + "]}", document + "}"), "");
  EXPECT_EQ(Lines(required + ",\"more\"]}", document + "}"), "CDE_MISSING /more\n");
}

TEST(Size, LongNumbers) {
  const std::string digits(100'000, '9');
  EXPECT_EQ(Lines(R"({"type":"integer","multipleOf":3})", digits), "");
  EXPECT_EQ(Lines(R"({"maximum":1e99999})", digits), "VALUE_OUT_OF_RANGE \n");
  EXPECT_EQ(Lines(R"({"multipleOf":7})", "1e999999999999999999"), "VALUE_OUT_OF_RANGE \n");
}

// Expressions that ruin backtracking engines.
TEST(Size, PatternsAreLinear) {
  EXPECT_EQ(Lines(R"x({"pattern":"^(a+)+$"})x", "\"" + std::string(100'000, 'a') + "b\""),
            "FORMAT_INVALID \n");
}

}  // namespace
}  // namespace fracas::contract
