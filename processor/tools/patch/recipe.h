#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"
#include "tools/patch/json_patch.h"
#include "tools/patch/rewrite.h"
#include "tools/patch/splice.h"

namespace fracas::tools {

// What is done to a document, whatever it is; carried out in the order of the members.
struct Recipe {
  struct Assignment {
    std::string pointer;
    std::string value;  // JSON text
  };
  struct Characters {
    std::string text;  // as it was asked for
    CharacterEdit edit;
  };
  std::string transcode{};  // "": not at all
  std::vector<Characters> characters{};
  std::optional<Keep> duplicates{};
  std::vector<std::string> remove{};
  std::vector<Assignment> set{};
  std::optional<JsonPatch> patch{};

  bool empty() const;
  // Every place that it names.
  std::vector<std::string> Pointers() const;
};

// "/ptr=json"; kReject shows how it is written.
Result<Recipe::Assignment> ParseAssignment(std::string_view text);
// "chars=characters" of --replace-chars: the last "=" that has something in front parts them.
Result<Recipe::Characters> ParseReplacement(std::string_view text);

struct Cooked {
  std::string bytes;
  std::vector<std::string> steps;  // what was done, without values: "3 characters removed"
};
// kReject: a step that this document does not allow, named. Nothing is done by halves.
Result<Cooked> Apply(const Recipe& recipe, std::string_view document);

}  // namespace fracas::tools
