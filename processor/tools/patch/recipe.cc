#include "tools/patch/recipe.h"

#include <utility>

#include "core/text.h"
#include "json/pointer.h"
#include "tools/patch/charset.h"

namespace fracas::tools {

namespace {

std::string Counted(uint64_t count, std::string_view what) {
  return Cat(count, " ", what, count == 1 ? "" : "s");
}

void ApplyCharacters(const Recipe& recipe, Cooked* cooked) {
  for (const Recipe::Characters& each : recipe.characters) {
    uint64_t changed = 0;
    cooked->bytes = EditCharacters(cooked->bytes, each.edit, &changed);
    if (changed == 0) continue;
    const bool removed = each.edit.replacement.empty();
    cooked->steps.push_back(Cat(Counted(changed, "character"), each.edit.escape
                                                                   ? " written as escapes"
                                                               : removed ? " removed"
                                                                         : " replaced"));
  }
}

Status ApplyPointers(const Recipe& recipe, Cooked* cooked) {
  for (const std::string& pointer : recipe.remove) {
    Result<std::string> next = RemoveValue(cooked->bytes, pointer);
    if (!next.ok()) return next.status().WithPrefix("--remove ");
    cooked->bytes = std::move(*next);
    cooked->steps.push_back(Cat(pointer, " removed"));
  }
  for (const Recipe::Assignment& each : recipe.set) {
    Result<std::string> next = PutValue(cooked->bytes, each.pointer, each.value, PutMode::kSet);
    if (!next.ok()) return next.status().WithPrefix("--set ");
    if (*next == cooked->bytes) continue;
    cooked->bytes = std::move(*next);
    cooked->steps.push_back(Cat(each.pointer, " set"));
  }
  if (!recipe.patch.has_value()) return {};
  Result<std::string> next = recipe.patch->Apply(cooked->bytes);
  if (!next.ok()) return next.status();
  if (*next != cooked->bytes) cooked->steps.push_back("patched");
  cooked->bytes = std::move(*next);
  return {};
}

}  // namespace

bool Recipe::empty() const {
  return transcode.empty() && characters.empty() && !duplicates.has_value() && remove.empty() &&
         set.empty() && !patch.has_value();
}

std::vector<std::string> Recipe::Pointers() const {
  std::vector<std::string> pointers = remove;
  for (const Assignment& each : set) pointers.push_back(each.pointer);
  if (patch.has_value()) {
    for (std::string& pointer : patch->Pointers()) pointers.push_back(std::move(pointer));
  }
  return pointers;
}

Result<Recipe::Assignment> ParseAssignment(std::string_view text) {
  const size_t equals = text.find('=');
  const std::string_view pointer = text.substr(0, equals);
  std::vector<std::string> tokens;
  if (equals == std::string_view::npos || !json::SplitPointer(pointer, &tokens)) {
    return Status::Reject(Cat("--set wants /POINTER=JSON, e.g. --set /loyaltyPoints=41 or --set ",
                              R"('/country="DE"')"));
  }
  return Recipe::Assignment{std::string(pointer), std::string(text.substr(equals + 1))};
}

Result<Recipe::Characters> ParseReplacement(std::string_view text) {
  // "==x" replaces the equals sign itself.
  const size_t equals = text.find('=', 1);
  if (text.size() < 2 || equals == std::string_view::npos) {
    return Status::Reject(
        Cat("--replace-chars ", text, R"(: write CHARS=TEXT, e.g. --replace-chars "\xA0= ")"));
  }
  Result<CharacterSet> set = CharacterSet::Parse(text.substr(0, equals));
  if (!set.ok()) return set.status().WithPrefix("--replace-chars: ");
  Result<std::u32string> replacement = ParseCharacters(text.substr(equals + 1));
  if (!replacement.ok()) return replacement.status().WithPrefix("--replace-chars: ");
  return Recipe::Characters{std::string(text), {std::move(*set), std::move(*replacement), false}};
}

Result<Cooked> Apply(const Recipe& recipe, std::string_view document) {
  Cooked cooked{std::string(document), {}};
  if (!recipe.transcode.empty()) {
    Result<std::string> next = Transcode(cooked.bytes, recipe.transcode);
    if (!next.ok()) return next.status();
    if (*next != cooked.bytes) cooked.steps.push_back(Cat("transcoded from ", recipe.transcode));
    cooked.bytes = std::move(*next);
  }
  ApplyCharacters(recipe, &cooked);
  if (recipe.duplicates.has_value()) {
    uint64_t removed = 0;
    Result<std::string> next = RemoveDuplicates(cooked.bytes, *recipe.duplicates, &removed);
    if (!next.ok()) return next.status().WithPrefix("--keep-duplicate: ");
    cooked.bytes = std::move(*next);
    if (removed > 0) cooked.steps.push_back(Cat(Counted(removed, "repeated member"), " removed"));
  }
  if (Status s = ApplyPointers(recipe, &cooked); !s.ok()) return s;
  return cooked;
}

}  // namespace fracas::tools
