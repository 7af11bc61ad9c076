// Random schemas and documents, judged by explain and by valijson: an evaluator that shares nothing
// with ours must agree. Only what both define alike is generated: the draft-07 keywords, numbers
// that a double holds exactly. FRACAS_DIFFERENTIAL_ROUNDS makes it longer, FRACAS_SEED starts it
// elsewhere.

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "tests/contract/judge.h"

namespace fracas::contract {
namespace {

using Json = nlohmann::json;

size_t FromEnvironment(const char* name, size_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  // Names and values come from few, so that documents meet the schemas' conditions.
  Json Document(int depth) {
    switch (Pick(depth > 0 ? 9 : 6)) {
      case 0: return nullptr;
      case 1: return Pick(2) == 0;
      case 2:
      case 3: return static_cast<int64_t>(Pick(7)) - 1;
      case 4: return static_cast<double>(Pick(6)) - 0.5;
      case 5: return Text();
      case 6: return Array(depth);
      default: return Object(depth);
    }
  }

  Json Schema(int depth) {
    if (Pick(12) == 0) return Pick(4) != 0;
    Json schema = Json::object();
    const size_t keywords = 1 + Pick(3);
    for (size_t i = 0; i < keywords; ++i) AddKeyword(depth, &schema);
    return schema;
  }

 private:
  size_t Pick(size_t count) { return random_() % count; }
  std::string Name() { return std::string(1, static_cast<char>('a' + Pick(4))); }
  std::string Text() {
    static const char* const kTexts[] = {"", "a", "b", "ab", "aa", "é", "a1", "bcd"};
    return kTexts[Pick(8)];
  }
  Json Array(int depth) {
    Json array = Json::array();
    for (size_t i = Pick(4); i > 0; --i) array.push_back(Document(depth - 1));
    return array;
  }
  Json Object(int depth) {
    Json object = Json::object();
    for (size_t i = Pick(4); i > 0; --i) object[Name()] = Document(depth - 1);
    return object;
  }
  Json Schemas(int depth) {
    Json list = Json::array();
    for (size_t i = 1 + Pick(3); i > 0; --i) list.push_back(Schema(depth - 1));
    return list;
  }
  Json SchemaMap(int depth) {
    Json map = Json::object();
    for (size_t i = 1 + Pick(3); i > 0; --i) map[Name()] = Schema(depth - 1);
    return map;
  }
  Json Names() {
    std::set<std::string> names;
    for (size_t i = 1 + Pick(2); i > 0; --i) names.insert(Name());
    return Json(names);
  }
  Json Type() {
    static const char* const kTypes[] = {"null",   "boolean", "integer", "number",
                                         "string", "array",   "object"};
    if (Pick(3) > 0) return kTypes[Pick(7)];
    std::set<std::string> types;
    for (size_t i = 2 + Pick(2); i > 0; --i) types.insert(kTypes[Pick(7)]);
    return Json(types);
  }

  void AddKeyword(int depth, Json* schema) {
    Json& s = *schema;
    switch (Pick(depth > 0 ? 30 : 16)) {
      case 0:
      case 1: s["type"] = Type(); break;
      case 2: s["enum"] = Json::array({Document(1), Document(0), Document(0)}); break;
      case 3: s["const"] = Document(1); break;
      case 4: s["minimum"] = static_cast<int64_t>(Pick(4)); break;
      case 5: s["maximum"] = static_cast<int64_t>(Pick(4)); break;
      case 6: s["exclusiveMinimum"] = static_cast<int64_t>(Pick(3)); break;
      case 7: s["exclusiveMaximum"] = static_cast<int64_t>(1 + Pick(4)); break;
      case 8: s["maxItems"] = Pick(3); break;
      case 9: s["minLength"] = Pick(3); break;
      case 10: s["maxLength"] = Pick(3); break;
      case 11: s["pattern"] = Pick(2) == 0 ? "^a" : "[0-9b]$"; break;
      case 12: s["required"] = Names(); break;
      case 13: s["minItems"] = Pick(3); break;
      case 14: s["maxProperties"] = Pick(3); break;
      case 15: s["uniqueItems"] = true; break;
      default: AddApplicator(depth, schema); break;
    }
  }

  void AddApplicator(int depth, Json* schema) {
    Json& s = *schema;
    switch (Pick(14)) {
      case 0:
      case 1:
      case 2: s["properties"] = SchemaMap(depth); break;
      case 3: s["additionalProperties"] = Schema(depth - 1); break;
      case 4: s["patternProperties"] = Json{{"[ab]", Schema(depth - 1)}}; break;
      case 5: s["items"] = Schema(depth - 1); break;
      case 6:
        s["items"] = Schemas(depth);
        s["additionalItems"] = Schema(depth - 1);
        break;
      case 7: s["contains"] = Schema(depth - 1); break;
      case 8: s["propertyNames"] = Schema(depth - 1); break;
      case 9: s["dependencies"] = Json{{Name(), Names()}, {"c", Schema(depth - 1)}}; break;
      case 10: s[Pick(2) == 0 ? "allOf" : "anyOf"] = Schemas(depth); break;
      case 11: s["oneOf"] = Schemas(depth); break;
      case 12: s["not"] = Schema(depth - 1); break;
      default:
        s["if"] = Schema(depth - 1);
        s["then"] = Schema(depth - 1);
        s["else"] = Schema(depth - 1);
        break;
    }
  }

  std::mt19937_64 random_;
};

bool ValidForValijson(valijson::Schema& schema, const Json& document) {
  valijson::Validator validator;
  const valijson::adapters::NlohmannJsonAdapter adapter(document);
  return validator.validate(schema, adapter, nullptr);
}

TEST(Differential, ExplainAgreesWithValijson) {
  const size_t rounds = FromEnvironment("FRACAS_DIFFERENTIAL_ROUNDS", 1'000);
  const uint64_t seed = FromEnvironment("FRACAS_SEED", 1);
  Generator generator(seed);
  Evaluator evaluator(limits::kRecordBytesMax);
  CompileOptions options;
  options.default_dialect = Dialect::kDraft7;
  size_t valid = 0;
  size_t invalid = 0;
  for (size_t round = 0; round < rounds && !HasFailure(); ++round) {
    const Json schema = generator.Schema(3);
    valijson::Schema parsed;
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(schema), parsed);
    const auto contract = CompileOrDie(schema.dump(), {}, options);
    ASSERT_NE(contract, nullptr) << schema;
    for (int i = 0; i < 10; ++i) {
      const Json document = generator.Document(3);
      const bool expected = ValidForValijson(parsed, document);
      Findings explained;
      Findings evaluated;
      Captured captured;
      const std::string text = document.dump();
      evaluator.Explain(*contract, text, {}, &explained, &captured);
      evaluator.Evaluate(*contract, text, {}, &evaluated, &captured);
      EXPECT_EQ(explained.empty(), expected) << "seed " << seed << "\n" << schema << "\n" << text;
      EXPECT_EQ(evaluated.empty(), expected) << "seed " << seed << "\n" << schema << "\n" << text;
      ++(expected ? valid : invalid);
    }
  }
  // A generator that only makes one kind would hold nothing.
  EXPECT_GT(valid, rounds);
  EXPECT_GT(invalid, rounds);
}

}  // namespace
}  // namespace fracas::contract
