#include <cstdio>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "core/codes.h"
#include "core/text.h"
#include "json/writer.h"
#include "tools/codes.h"

// `fracas codes [CODE]`.

namespace fracas::cli {

namespace {

constexpr size_t kTextWidth = 96;

void WriteCode(const CodeInfo& info, json::Writer* writer) {
  writer->BeginObject()
      .Member("code", uint32_t{info.number})
      .Member("name", info.name)
      .Member("origin", Name(info.origin))
      .Member("type", Name(info.type))
      .Member("recoverability", Name(info.recoverability))
      .Member("retryable", Name(info.retryable))
      .Member("disposition", Name(info.disposition))
      .Member("severity", uint32_t{info.severity})
      .Member("summary", info.summary)
      .Member("message", info.message)
      .Member("explanation", info.explanation)
      .Member("next_step", info.next_step)
      .EndObject();
}

// Words of `text` in lines of at most kTextWidth bytes, each behind `indent`.
std::string Wrapped(std::string_view text, std::string_view indent) {
  std::string out;
  size_t column = 0;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
    if (column > 0 && column + 1 + word.size() > kTextWidth) {
      out.push_back('\n');
      column = 0;
    }
    if (column == 0) {
      out.append(indent);
      column = indent.size();
    } else {
      out.push_back(' ');
      ++column;
    }
    out.append(word);
    column += word.size();
  }
  return out;
}

std::string_view WhatItDoes(Disposition disposition) {
  switch (disposition) {
    case Disposition::kWarn: return "warn: the record is published, counted and reported";
    case Disposition::kDeadLetter: return "dead_letter: the record is rejected, its batch goes on";
    case Disposition::kHold: return "hold: the batch is abandoned and the stream stops (RED)";
  }
  return "";
}

void Explain(const CodeInfo& info) {
  std::printf("%s  %.*s\n\n", Styled(stdout, Style::kBold, Cat(info.number, " ", info.name)).c_str(),
              static_cast<int>(info.summary.size()), info.summary.data());
  std::printf("%s\n\n", Wrapped(info.explanation, "").c_str());
  std::printf("For the data's user:\n%s\n\n", Wrapped(info.message, "  ").c_str());
  std::printf("What to do now:\n%s\n\n", Wrapped(info.next_step, "  ").c_str());
  const std::string by_default(WhatItDoes(info.disposition));
  std::printf("By default  %s\n", by_default.c_str());
  std::printf("Layer       %s\n", std::string(tools::LayerOf(info)).c_str());
  std::printf("Origin      %s\n", std::string(Name(info.origin)).c_str());
  std::printf("Type        %s\n", std::string(Name(info.type)).c_str());
  std::printf("Heals       %s, retryable: %s\n", std::string(Name(info.recoverability)).c_str(),
              std::string(Name(info.retryable)).c_str());
  std::printf("Severity    %u of 10\n", unsigned{info.severity});
}

int NothingFound(const std::string& query, const tools::CodeQueryResult& found) {
  std::string nearest;
  for (const CodeInfo* info : found.suggestions) {
    AppendTo(&nearest, nearest.empty() ? "" : ", ", info->number, " ", info->name);
  }
  PrintError(Cat("no failure code is called ", query));
  PrintHint(nearest.empty() ? "`fracas codes` lists them all" : Cat("did you mean ", nearest, "?"));
  return kExitUsage;
}

int Codes(const std::string& query, bool as_json) {
  const tools::CodeQueryResult found = tools::FindCodes(query);
  if (found.codes.empty()) return NothingFound(query, found);
  if (as_json) {
    std::string text;
    json::Writer writer(&text);
    writer.BeginArray();
    for (const CodeInfo* info : found.codes) WriteCode(*info, &writer);
    writer.EndArray();
    std::printf("%s\n", text.c_str());
    return kExitDone;
  }
  if (found.codes.size() == 1) {
    Explain(*found.codes.front());
    return kExitDone;
  }
  Table table({"CODE", "NAME", "DEFAULT", "RETRYABLE", "SEVERITY", "SEEN"});
  for (const CodeInfo* info : found.codes) {
    table.Add({Cat(info->number), std::string(info->name), std::string(Name(info->disposition)),
               std::string(Name(info->retryable)), Cat(unsigned{info->severity}),
               std::string(info->summary)});
  }
  table.Print(stdout);
  return kExitDone;
}

}  // namespace

void AddCodes(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand("codes", "The failure codes, or one of them explained");
  auto query = std::make_shared<std::string>();
  auto output = std::make_shared<std::string>("table");
  command->add_option("code", *query, "A number, a name, or how they begin")->type_name("CODE");
  AddOutput(command, output.get());
  AddExamples(command, "  fracas codes\n  fracas codes 2103\n  fracas codes TYPE_MISMATCH\n"
                       "  fracas codes 21 --output json");
  command->callback(
      [parser, query, output] { *parser.exit_code = Codes(*query, *output == "json"); });
}

}  // namespace fracas::cli
