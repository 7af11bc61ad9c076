#include "tests/fuzz/prove_cases.h"

namespace fracas::fuzz {
namespace {

// Values that fulfil the schema, nearly fulfil it, and look as if they did.
const std::vector<SchemaCase>& Leaves() {
  static const std::vector<SchemaCase> leaves = {
      {R"({})", {R"(null)", R"({"x":[1,{"y":"\n"}]})", R"([[],{}])", R"(1e400)"}},
      {R"(false)", {"1"}},
      {R"({"type":"null"})", {"null", "nul", "nulll"}},
      {R"({"type":"boolean"})", {"true", "false", "True", "truefalse"}},
      {R"({"const":true})", {"true", "false", "1"}},
      {R"({"type":"integer"})",
       {"0", "-7", "1.0", "1.5", "1e2", "12345678901234567890", "01", "-"}},
      {R"({"type":"integer","minimum":0,"maximum":150})",
       {"0", "150", "151", "-1", "-0", "150.0", "1.5e2", "15.0e1", "99999999999999999999"}},
      {R"({"type":"number","minimum":-90,"maximum":90})",
       {"-90", "90", "90.0", "90.00001", "-90.5", "89.99999", "-89.9999999999999999999", "0.5",
        ".5", "1."}},
      {R"({"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1})",
       {"0", "0.0", "0.1", "1", "1.0", "0.9999999999", "1e-9", "-0.1",
        "0.00000000000000000000001"}},
      {R"({"type":"number","minimum":0.5})", {"0.5", "0.49", "0.50", "1", "5e-1", "0", "-1"}},
      {R"({"type":"number","maximum":1e300})", {"1e300", "1e301", "5", "123456789012345.5"}},
      {R"({"multipleOf":0.01})", {"1.23", "1.234", "5", "\"x\"", "1e-2"}},
      {R"({"enum":[1,2.50,1e2]})", {"1", "1.0", "2.5", "2.50", "100", "1e2", "2", "10e1"}},
      {R"({"const":3})", {"3", "3.0", "4", "30e-1", "\"3\""}},
      {R"({"type":"string"})",
       {R"("")", R"("plain")", R"("es\u0063aped")", R"("\ud83d\ude00")", R"("\ud83d")", R"("\x")",
        "\"\x7f\"", "\"caf\xc3\xa9\"", "\"\xe2\x80\x8bzero\"", "\"\xef\xbb\xbf\"", R"("\u0000")",
        "\"\xf0\x9f\x98\x80\""}},
      {R"({"type":"string","minLength":2,"maxLength":4})",
       {R"("ab")", R"("abcd")", R"("abcde")", R"("a")", "\"\xc3\xa9\xc3\xa9\"", "\"\xc3\xa9\"",
        R"("\u00e9\u00e9\u00e9\u00e9")", R"("\ud83d\ude00\ud83d\ude00")", R"("\ud83d\ude00")",
        R"("\n\n\n\n\n")"}},
      {R"({"enum":["red","green","blue"]})",
       {R"("red")", R"("blue")", R"("r\u0065d")", R"("Red")", R"("")"}},
      {R"({"enum":["a_rather_long_value_of_an_enumeration","a_rather_long_value_of_an_enumeratiom",null,1]})",
       {R"("a_rather_long_value_of_an_enumeration")", R"("a_rather_long_value_of_an_enumeratiom")",
        "null", "1", R"("a_rather_long_value_of_an_enumeratioN")"}},
      {R"({"type":"string","enum":["AB123","x"],"pattern":"^[A-Z]"})", {R"("AB123")", R"("x")"}},
      {R"({"type":"string","pattern":"^[A-Z]{2}[0-9]{3}$"})",
       {R"("AB123")", R"("AB12")", R"("ab123")", R"("AB1234")", R"("\u0041B123")",
        "\"AB12\xc3\xa9\""}},
      {R"({"type":"string","pattern":"^[a-z0-9_]+@[a-z]+$"})",
       {R"("me_1@home")", R"("me@")", R"("me@home ")"}},
      {R"({"type":"string","pattern":"^SKU-\\d{1,3}(x|y)?"})",
       {R"("SKU-12")", R"("SKU-")", R"("SKU-1y")"}},
      {R"({"type":"string","pattern":"^[^a]*$"})",
       {R"("bcd")", R"("abc")", R"("\u0061")", "\"\xc3\xa9\""}},
      {R"({"type":"string","pattern":"b+"})", {R"("abba")", R"("xyz")"}},
      {R"({"type":"string","pattern":"^[!-~]{3}$"})",
       {R"("a!~")", R"("\\\\")", R"("\\\\\\")", R"("a\"c")"}},
      {R"({"format":"uuid"})",
       {R"("00000000-0000-4000-a000-00000000000f")", R"("00000000-0000-4000-a000-00000000000g")",
        R"("00000000-0000-4000-A000-00000000000F")", R"("00000000_0000-4000-a000-00000000000f")",
        "7"}},
      {R"({"format":"date","type":"string"})",
       {R"("2024-02-29")", R"("2023-02-29")", R"("2023-13-01")", R"("2023-04-31")",
        R"("2023-12-31")", R"("0000-01-01")", R"("1900-02-29")", R"("2000-02-29")",
        R"("2023-1-01")"}},
      {R"({"format":"date-time","type":"string"})",
       {R"("2026-01-01T00:00:00Z")", R"("2026-01-01T00:00:00.123Z")", R"("2026-01-01T23:59:60Z")",
        R"("2026-01-01T24:00:00Z")", R"("2026-01-01T00:00:00+01:00")", R"("2026-01-01 00:00:00Z")",
        R"("2026-01-01T00:00:00")", R"("2026-02-30T00:00:00.000Z")",
        R"("2026-01-01T00:00:00.1234567Z")"}},
      {R"({"format":"email","type":"string"})",
       {R"("a.b@example.com")", R"("a..b@example.com")", R"("a@b@c.de")", R"("a@-b.de")",
        R"("@b.de")", R"("a@b")", R"("a@b-.de")", R"("x_y+z-@b-c.d3")", R"("a@1.2")", R"("a@b.c.")",
        R"("a.@b.cd")", R"("-a@b.cd")"}},
      {R"({"format":"ipv4","type":"string"})",
       {R"("127.0.0.1")", R"("256.0.0.1")", R"("01.0.0.1")", R"("1.2.3")", R"("1.2.3.4.5")",
        R"("1.2.3.4")"}},
      {R"({"format":"hostname","type":"string"})", {R"("example.com")", R"("-x")"}},
      {R"({"type":["string","null"],"maxLength":3})", {"null", R"("abc")", R"("abcd")", "1"}},
      {R"({"type":["integer","boolean"]})", {"1", "true", "1.5", "null"}},
      {R"({"type":"array"})", {"[]", "[1,\"a\",[],{}]", "[1,]", "[,1]", "[1 2]", "[1,2"}},
      {R"({"type":"object"})",
       {"{}", R"({"a":1})", R"({"a":1,"a":2})", R"({"a":1,})", R"({a:1})", R"({"a" 1})"}},
      {R"({"type":"object","additionalProperties":{"type":"integer"}})",
       {"{}", R"({"k":1,"l":2})", R"({"k":"x"})", R"({"k":1,"k":2})"}},
      {R"({"type":"object","patternProperties":{"^x_":{"type":"integer"},"_y$":{"minimum":5}},"additionalProperties":false})",
       {"{}", R"({"x_a":1})", R"({"x_y":5})", R"({"x_y":1})", R"({"z":1})", R"({"a_y":7})"}},
  };
  return leaves;
}

const std::vector<std::string>& Names() {
  static const std::vector<std::string> names = {"a",
                                                 "b",
                                                 "id",
                                                 "t",
                                                 "name",
                                                 "a_name_that_is_longer_than_sixteen",
                                                 "a_name_that_is_longer_than_sixteeN",
                                                 "sixteen_bytes__",
                                                 "fifteen_bytes_",
                                                 "é",
                                                 "tab\\tbed"};
  return names;
}

std::string Join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return out;
}

std::string Quote(std::string_view name) { return '"' + std::string(name) + '"'; }

struct Property {
  std::string name;
  SchemaCase schema;
};

// One document of an object: most members, in order or not, sometimes one too many.
std::string MakeObject(const std::vector<Property>& properties, Choices* choices) {
  std::vector<std::string> members;
  const size_t shift = choices->OneIn(3) ? 1 : 0;
  for (size_t i = 0; i < properties.size(); ++i) {
    const Property& property = properties[(i + shift) % properties.size()];
    if (choices->OneIn(8)) continue;
    std::string name = property.name;
    if (choices->OneIn(12) && name == "a") name = "\\u0061";
    members.push_back(Quote(name) + ":" + choices->Pick(property.schema.values));
    if (choices->OneIn(16)) members.push_back(members.front());
  }
  if (choices->OneIn(4)) members.push_back(R"("other":{"deep":[1,2,"x"]})");
  if (choices->OneIn(12)) members.push_back(R"("other":1,"other2":2)");
  return "{" + Join(members) + "}";
}

SchemaCase ObjectSchema(Choices* choices, int depth) {
  std::vector<Property> properties;
  std::vector<std::string> declared;
  std::vector<std::string> required;
  for (const std::string& name : Names()) {
    if (choices->Below(3) == 0) continue;
    properties.push_back({name, MakeSchema(choices, depth - 1)});
    if (!choices->OneIn(6)) declared.push_back(Quote(name) + ":" + properties.back().schema.schema);
    if (choices->OneIn(3)) required.push_back(Quote(name));
  }
  std::string schema = R"({"type":"object","properties":{)" + Join(declared) + "}";
  if (!required.empty()) schema += R"(,"required":[)" + Join(required) + "]";
  switch (choices->Below(8)) {
    case 0: schema += R"(,"additionalProperties":false)"; break;
    case 1: schema += R"(,"additionalProperties":{"type":["string","object"]})"; break;
    case 2:
      schema += R"(,"patternProperties":{"^o":{"type":"object"}},"additionalProperties":true)";
      break;
    case 3: schema += R"(,"minProperties":2,"maxProperties":6)"; break;
    case 4: schema += R"(,"dependentRequired":{"a":["b","id"],"t":["a"]})"; break;
    case 5: schema += R"(,"unevaluatedProperties":false)"; break;
    default: break;
  }
  SchemaCase out{schema + "}", {}};
  for (int i = 0; i < 4 && !properties.empty(); ++i)
    out.values.push_back(MakeObject(properties, choices));
  out.values.push_back("{}");
  return out;
}

SchemaCase ArraySchema(Choices* choices, int depth) {
  const SchemaCase items = MakeSchema(choices, depth - 1);
  SchemaCase out;
  out.schema = R"({"type":"array","items":)" + items.schema;
  switch (choices->Below(6)) {
    case 0: out.schema += R"(,"minItems":1,"maxItems":3)"; break;
    case 1: out.schema += R"(,"uniqueItems":true)"; break;
    case 2: out.schema += R"(,"prefixItems":[{"type":"string"},{"type":"integer"}])"; break;
    case 3: out.schema += R"(,"contains":{"type":"string"})"; break;
    default: break;
  }
  out.schema += "}";
  for (size_t count = 0; count < 5; ++count) {
    std::vector<std::string> elements;
    for (size_t i = 0; i < count; ++i) elements.push_back(choices->Pick(items.values));
    out.values.push_back("[" + Join(elements) + "]");
  }
  out.values.push_back(R"(["x",1])");
  return out;
}

// Two schemas under one keyword.
SchemaCase Combination(Choices* choices, int depth) {
  const SchemaCase left = MakeSchema(choices, depth - 1);
  const SchemaCase right = MakeSchema(choices, depth - 1);
  SchemaCase out;
  switch (choices->Below(6)) {
    case 0: out.schema = R"({"allOf":[)" + left.schema + "," + right.schema + "]}"; break;
    case 1: out.schema = R"({"anyOf":[)" + left.schema + "," + right.schema + "]}"; break;
    case 2: out.schema = R"({"oneOf":[)" + left.schema + "," + right.schema + "]}"; break;
    case 3: out.schema = R"({"not":)" + left.schema + "}"; break;
    case 4: out.schema = R"({"if":)" + left.schema + R"(,"then":)" + right.schema + "}"; break;
    default:
      out.schema = R"({"$defs":{"d":)" + left.schema + R"(},"$ref":"#/$defs/d","anyOf":[)" +
                   right.schema + R"(,{"type":"null"},{}]})";
      break;
  }
  out.values = left.values;
  out.values.insert(out.values.end(), right.values.begin(), right.values.end());
  return out;
}

}  // namespace

SchemaCase MakeSchema(Choices* choices, int depth) {
  const size_t kind = depth <= 0 ? 0 : choices->Below(8);
  if (kind >= 5) return ObjectSchema(choices, depth);
  if (kind == 4) return ArraySchema(choices, depth);
  if (kind == 3) return Combination(choices, depth);
  return choices->Pick(Leaves());
}

contract::Rules MakeRules(Choices* choices) {
  contract::Rules rules;
  const std::vector<std::string> pointers = {"/a",    "/id", "/a/b",    "/t",
                                             "/name", "/0",  "/a/0/id", ""};
  if (choices->OneIn(3)) rules.critical.push_back(choices->Pick(pointers));
  if (choices->OneIn(6)) rules.critical.push_back(choices->Pick(pointers));
  if (choices->OneIn(3)) rules.sentinels = {"plain", "red", "AB123", "1", "null"};
  if (choices->OneIn(2)) rules.captures.push_back(choices->Pick(pointers));
  if (choices->OneIn(4)) rules.captures.push_back(choices->Pick(pointers));
  if (choices->OneIn(3)) {
    rules.has_event_time = true;
    rules.event_time.pointer = choices->OneIn(4) ? choices->Pick(pointers) : "/t";
    rules.event_time.format = static_cast<contract::TimeFormat>(choices->Below(3));
    if (choices->OneIn(2)) rules.event_time.format = contract::TimeFormat::kRfc3339;
    rules.event_time.zone_offset_minutes = choices->OneIn(2) ? 90 : 0;
    if (choices->OneIn(2)) rules.event_time.max_age_ms = 3'600'000;
    if (choices->OneIn(2)) rules.event_time.max_future_ms = 3'600'000;
  }
  if (choices->OneIn(2))
    rules.forbid_characters[choices->Below(contract::kCharacterClasses)] = true;
  if (choices->OneIn(3)) rules.forbid_characters.fill(true);
  rules.report_drift = choices->OneIn(3);
  rules.forbid_duplicate_keys = choices->OneIn(2);
  return rules;
}

std::string Disturb(std::string document, Choices* choices) {
  constexpr std::string_view kBytes = " \t\n\r\",:{}[]\\u0a1e-+.\x01\x0c\x1a\x7f\xc2\x80\xe2\xff";
  switch (choices->Below(6)) {
    case 0:  // other bytes
      for (size_t i = 0, count = 1 + choices->Below(3); i < count && !document.empty(); ++i) {
        const size_t at = (choices->Below(256) * 256 + choices->Below(256)) % document.size();
        const char byte = kBytes[choices->Below(kBytes.size())];
        if (choices->OneIn(3))
          document.erase(at, 1);
        else if (choices->OneIn(2))
          document.insert(at, 1, byte);
        else
          document[at] = byte;
      }
      return document;
    case 1: {  // white space around structure
      std::string spaced;
      for (const char c : document) {
        const bool structural = std::string_view("{}[],:").find(c) != std::string_view::npos;
        if (structural && choices->OneIn(3)) spaced += "\n ";
        spaced += c;
        if (structural && choices->OneIn(3)) spaced += "\t";
      }
      return " " + spaced + "\r\n";
    }
    case 2: return choices->OneIn(3) ? document + document.substr(0, choices->Below(8)) : document;
    default: return document;
  }
}

}  // namespace fracas::fuzz
