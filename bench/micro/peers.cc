// The same records through other people's C++: RapidJSON's SAX parser with its schema validator,
// and RapidJSON's DOM with valijson. Neither asserts formats; RapidJSON's validator knows draft 4
// only (no const). Neither looks at event times, characters, duplicates or drift: they do less.

#include <rapidjson/document.h>
#include <rapidjson/reader.h>
#include <rapidjson/schema.h>

#include <valijson/adapters/rapidjson_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "bench/micro/measured.h"

namespace fracas::bench {
namespace {

constexpr unsigned kParseFlags = rapidjson::kParseValidateEncodingFlag;

int RapidJsonSax(const MicroArguments& arguments, const rapidjson::Document& schema_document) {
  const rapidjson::SchemaDocument schema(schema_document);
  rapidjson::SchemaValidator validator(schema);
  rapidjson::Reader reader;
  return Measure(arguments, [&](const MicroRecord& record) {
    validator.Reset();
    rapidjson::MemoryStream bytes(record.value.data(), record.value.size());
    rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(bytes);
    return !reader.Parse<kParseFlags>(stream, validator).IsError() && validator.IsValid();
  });
}

int RapidJsonParse(const MicroArguments& arguments) {
  rapidjson::Reader reader;
  rapidjson::BaseReaderHandler<> handler;
  return Measure(arguments, [&](const MicroRecord& record) {
    rapidjson::MemoryStream bytes(record.value.data(), record.value.size());
    rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(bytes);
    return !reader.Parse<kParseFlags>(stream, handler).IsError();
  });
}

int Valijson(const MicroArguments& arguments, const rapidjson::Document& schema_document) {
  valijson::Schema schema;
  valijson::SchemaParser parser;
  const valijson::adapters::RapidJsonAdapter schema_adapter(schema_document);
  parser.populateSchema(schema_adapter, schema);
  valijson::Validator validator;
  return Measure(arguments, [&](const MicroRecord& record) {
    rapidjson::Document document;
    document.Parse<kParseFlags>(record.value.data(), record.value.size());
    if (document.HasParseError()) return false;
    const valijson::adapters::RapidJsonAdapter adapter(document);
    return validator.validate(schema, adapter, nullptr);
  });
}

int Run(int argc, char** argv) {
  MicroArguments arguments;
  if (!ParseMicroArguments(argc, argv, &arguments)) return 2;
  rapidjson::Document schema;
  schema.Parse(SchemaText(arguments.profile).c_str());
  if (arguments.mode == "rapidjson-parse") return RapidJsonParse(arguments);
  if (arguments.mode == "rapidjson-sax") return RapidJsonSax(arguments, schema);
  if (arguments.mode == "valijson") return Valijson(arguments, schema);
  std::fprintf(stderr, "no such mode: %s (rapidjson-parse, rapidjson-sax, valijson)\n",
               arguments.mode.c_str());
  return 2;
}

}  // namespace
}  // namespace fracas::bench

int main(int argc, char** argv) { return fracas::bench::Run(argc, argv); }
