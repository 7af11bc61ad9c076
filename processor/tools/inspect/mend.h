#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/inspect/judge.h"
#include "tools/inspect/specimen.h"

namespace fracas::tools {

struct Trouble;

// What secure-clean would be asked to do.
struct Mend {
  std::vector<std::string> options{};  // arguments, quoted for a shell; never a sensitive value
  bool complete = false;               // tried: the record passes then
  bool open = false;                   // an option has a value that only a person knows: "…"
  std::vector<std::string> notes{};    // what has to be decided or asked for, a sentence each
};
Mend FindMend(const Specimen& specimen, const std::vector<Trouble>& troubles, Judge* judge,
              int64_t now_ms);

// In single quotes where a shell needs them.
std::string ShellQuoted(std::string_view text);

}  // namespace fracas::tools
