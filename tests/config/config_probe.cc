// What the reader knows and says, for config_schema_test.py: `keys` prints the key tables as JSON
// lines, `verdicts FILE…` one line per file: "ok" or "refused" and the first error.

#include <cstdio>
#include <string>
#include <string_view>

#include "config/keys.h"
#include "config/reader.h"
#include "config/values/dispositions.h"
#include "config/values/kafka_settings.h"
#include "json/writer.h"
#include "tests/config/fixture.h"

namespace fracas::config {
namespace {

constexpr std::string_view kTypeNames[] = {
    "text",           "name",           "integer",      "ratio",     "fraction",   "boolean",
    "choice",         "duration",       "size",         "rate",      "start",      "pointer",
    "id_source",      "replay_mark",    "zone",         "address",   "path",       "topic",
    "topic_template", "group_template", "pattern",      "text_list", "topic_list", "pointer_list",
    "choice_list",    "path_map",       "dispositions", "settings"};
static_assert(std::size(kTypeNames) == static_cast<size_t>(Type::kSettings) + 1);

void PrintLine(const std::string& line) { std::printf("%s\n", line.c_str()); }

void PrintKey(std::string_view table, const Key& key) {
  std::string line;
  json::Writer writer(&line);
  writer.BeginObject().Member("table", table).Member("path", key.path);
  writer.Member("type", kTypeNames[static_cast<size_t>(key.type)]).Member("initial", key.initial);
  writer.Member("about", key.about).Member("example", key.example);
  writer.Member("min", key.bounds.min)
      .Member("max", key.bounds.max)
      .Member("takes_off", key.takes_off);
  writer.Key("choices").BeginArray();
  for (const std::string_view choice : key.choices) writer.String(choice);
  writer.EndArray().EndObject();
  PrintLine(line);
}

void PrintSection(std::string_view table, const Section& section) {
  std::string line;
  json::Writer(&line)
      .BeginObject()
      .Member("table", table)
      .Member("section", section.path)
      .Member("about", section.about)
      .EndObject();
  PrintLine(line);
}

void PrintKeys() {
  for (const RootKey& row : RootKeys()) PrintKey("root", row.key);
  for (const StreamKey& row : StreamKeys()) PrintKey("stream", row.key);
  for (const Section& section : RootSections()) PrintSection("root", section);
  for (const Section& section : StreamSections()) PrintSection("stream", section);
  for (const CodeInfo& code : AllCodes()) {
    std::string line;
    json::Writer writer(&line);
    writer.BeginObject().Member("code", code.name);
    writer.Key("allowed").BeginArray();
    for (const std::string_view disposition : AllowedDispositions(code)) writer.String(disposition);
    writer.EndArray().EndObject();
    PrintLine(line);
  }
  for (const std::string_view name : RefusedSettings()) {
    std::string line;
    json::Writer(&line)
        .BeginObject()
        .Member("refused", name)
        .Member("about", RefuseSetting(name, "").reason)
        .EndObject();
    PrintLine(line);
  }
}

void PrintVerdict(const char* file) {
  const Reading reading = ReadFile(file, TestEnvironment({{"SET", "3"}}));
  std::string first = "ok";
  for (const Problem& problem : reading.problems) {
    if (problem.severity == Severity::kError && first == "ok") first = "refused " + problem.message;
  }
  PrintLine(first);
}

}  // namespace
}  // namespace fracas::config

int main(int count, char** arguments) {
  const std::string_view command = count > 1 ? arguments[1] : "";
  if (command == "keys") fracas::config::PrintKeys();
  if (command == "verdicts") {
    for (int i = 2; i < count; ++i) fracas::config::PrintVerdict(arguments[i]);
  }
  return command == "keys" || command == "verdicts" ? 0 : 2;
}
