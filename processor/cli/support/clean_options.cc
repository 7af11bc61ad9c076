#include "cli/support/clean_options.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "config/environment.h"
#include "core/limits_tools.h"
#include "core/text.h"
#include "json/pointer.h"
#include "tools/patch/charset.h"
#include "tools/patch/clean.h"
#include "tools/patch/splice.h"

namespace fracas::cli {

namespace {

Result<std::string> ReadBounded(const std::string& file) {
  std::ifstream input(file, std::ios::binary);
  if (!input.is_open()) return Status::Reject(Cat(file, ": ", std::strerror(errno)));
  std::string text((std::istreambuf_iterator<char>(input)), std::istreambuf_iterator<char>());
  if (text.size() > limits::kPatchFileBytesMax) {
    return Status::Reject(Cat(file, " is larger than ", limits::kPatchFileBytesMax, " bytes"));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

// A line of the terminal that it does not show; of a pipe, its first line.
Result<std::string> AskHidden(const std::string& pointer) {
  termios before{};
  const bool terminal = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    termios quiet = before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
    std::fprintf(stderr, "value of %s, as JSON (not shown): ", pointer.c_str());
  }
  std::string line;
  for (int byte = std::getchar(); byte != EOF && byte != '\n'; byte = std::getchar()) {
    line.push_back(static_cast<char>(byte));
  }
  if (terminal) {
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    std::fputc('\n', stderr);
  }
  if (line.empty()) return Status::Reject(Cat("--set ", pointer, "=@-: no value was given"));
  return line;
}

bool IsReference(const std::string& value) { return value.size() > 1 && value.front() == '@'; }

Status ReadAssignments(const CleanArguments& arguments, tools::Recipe* recipe) {
  for (const std::string& text : arguments.set) {
    Result<tools::Recipe::Assignment> assignment = tools::ParseAssignment(text);
    if (!assignment.ok()) return assignment.status();
    if (IsReference(assignment->value)) {
      const std::string file = assignment->value.substr(1);
      Result<std::string> value = file == "-" ? AskHidden(assignment->pointer) : ReadBounded(file);
      if (!value.ok()) return value.status();
      assignment->value = std::move(*value);
    }
    // The value alone, against a document that has room for any.
    Result<std::string> value = tools::PutValue("{}", "", assignment->value, tools::PutMode::kSet);
    if (!value.ok()) return value.status().WithPrefix(Cat("--set ", assignment->pointer));
    recipe->set.push_back(std::move(*assignment));
  }
  return {};
}

Status ReadCharacters(const CleanArguments& arguments, tools::Recipe* recipe) {
  for (const std::string& text : arguments.replace_chars) {
    Result<tools::Recipe::Characters> edit = tools::ParseReplacement(text);
    if (!edit.ok()) return edit.status();
    recipe->characters.push_back(std::move(*edit));
  }
  const auto read = [&](const std::vector<std::string>& texts, const char* option,
                        bool escape) -> Status {
    for (const std::string& text : texts) {
      Result<tools::CharacterSet> set = tools::CharacterSet::Parse(text);
      if (!set.ok()) return set.status().WithPrefix(option);
      recipe->characters.push_back({text, {std::move(*set), {}, escape}});
    }
    return {};
  };
  if (Status s = read(arguments.escape_chars, "--escape-chars: ", true); !s.ok()) return s;
  return read(arguments.remove_chars, "--remove-chars: ", false);
}

}  // namespace

void AddCleanOptions(CLI::App* command, CleanArguments* arguments) {
  const auto many = [&](const char* name, std::vector<std::string>* values, const char* help,
                        const char* type) {
    command->add_option(name, *values, help)->type_name(type)->allow_extra_args(false);
  };
  many(
      "--remove-chars", &arguments->remove_chars,
      R"(Remove these characters inside texts: "\x1F", "\u200B", "\x00-\x08", or classes: control, zero-width, )"
      "bidi, bom, noncharacter, surrogate, invalid",
      "CHARS");
  many("--replace-chars", &arguments->replace_chars, R"(Replace them: "\xA0= ", "invalid=\uFFFD")",
       "CHARS=TEXT");
  many("--escape-chars", &arguments->escape_chars,
       R"(Write them as JSON escapes; the text stays: "\n\t")", "CHARS");
  command
      ->add_option("--transcode", arguments->transcode,
                   "It is in this charset: cp1252, latin1, utf-16, … (of 8-bit charsets only what "
                   "is not UTF-8)")
      ->type_name("CHARSET");
  command
      ->add_option("--keep-duplicate", arguments->keep_duplicate,
                   "Of members with the same name keep one")
      ->check(CLI::IsMember({"first", "last"}));
  many("--set", &arguments->set,
       "Put a value there; @FILE reads it, @- asks for it (sensitive ones)", "/PTR=JSON");
  many("--remove", &arguments->remove, "Remove what is there", "/PTR");
  command->add_option("--patch", arguments->patch, "Apply a JSON Patch (RFC 6902)")
      ->type_name("FILE");
  command->add_flag("--edit", arguments->edit, "Change it by hand, in $VISUAL or $EDITOR");
  command
      ->add_option(
          "--re-inject,--re-inject-queue", arguments->re_inject,
          "Send the result to this source topic as a replay, and wait for what becomes of it")
      ->type_name("TOPIC");
  command
      ->add_option("--out", arguments->out,
                   "Write the result to this file (0600); - is standard output")
      ->type_name("FILE");
  command->add_option("--wait", arguments->wait, "So long at most for what becomes of it; 0s: do not wait")
      ->capture_default_str();
  command->add_flag("--change-ids", arguments->change_ids,
                    "Message id, idempotency key or business id may change");
  command->add_flag("--leave-original", arguments->leave_original,
                    "Do not quarantine the original of a record that holds its stream");
  command->add_flag("--force", arguments->force,
                    "Send even what is published, resolved, discarded or under way already, or "
                    "what a newer dead letter stands for");
  command->add_flag("--dry-run", arguments->dry_run, "Show what would be done; send nothing");
  command->add_flag("--yes", arguments->yes, "Do not ask before sending");
}

Result<tools::Recipe> RecipeOf(const CleanArguments& arguments) {
  tools::Recipe recipe;
  recipe.transcode = arguments.transcode;
  if (!recipe.transcode.empty()) {
    Result<std::string> nothing = tools::Transcode("", recipe.transcode);
    if (!nothing.ok()) return nothing.status();
  }
  if (Status s = ReadCharacters(arguments, &recipe); !s.ok()) return s;
  if (!arguments.keep_duplicate.empty()) {
    recipe.duplicates =
        arguments.keep_duplicate == "first" ? tools::Keep::kFirst : tools::Keep::kLast;
  }
  recipe.remove = arguments.remove;
  for (const std::string& pointer : recipe.remove) {
    std::vector<std::string> tokens;
    if (json::SplitPointer(pointer, &tokens)) continue;
    return Status::Reject(Cat("--remove ", pointer, ": no JSON pointer, e.g. --remove /tags/0"));
  }
  if (Status s = ReadAssignments(arguments, &recipe); !s.ok()) return s;
  if (!arguments.patch.empty()) {
    Result<std::string> text = ReadBounded(arguments.patch);
    if (!text.ok()) return text.status();
    Result<tools::JsonPatch> patch = tools::JsonPatch::Parse(*text);
    if (!patch.ok()) return patch.status().WithPrefix(Cat(arguments.patch, ": "));
    recipe.patch = std::move(*patch);
  }
  return recipe;
}

Status CheckTyped(const CleanArguments& arguments, const tools::Judge& judge) {
  std::vector<std::string> typed;
  for (const std::string& text : arguments.set) {
    Result<tools::Recipe::Assignment> assignment = tools::ParseAssignment(text);
    if (assignment.ok() && !IsReference(assignment->value)) typed.push_back(assignment->pointer);
  }
  const std::string pointer = tools::SensitivePointer(typed, judge.sensitive());
  if (pointer.empty()) return {};
  return Status::Reject(
      Cat("--set ", pointer, ": a sensitive value on the command line is seen by `ps` and kept in ",
          "the shell's history; write --set ", pointer, "=@FILE, or =@- and be asked for it"));
}

Result<tools::Editor> EditorOf() {
  const config::Environment environment = config::ProcessEnvironment();
  tools::Editor editor;
  for (const char* name : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
    const std::optional<std::string> folder = environment.variable(name);
    if (folder.has_value() && !folder->empty()) editor.folders.push_back(*folder);
  }
  // In memory rather than on a disk.
  editor.folders.insert(editor.folders.begin() + (editor.folders.empty() ? 0 : 1), "/dev/shm");
  editor.folders.emplace_back("/tmp");
  for (const char* name : {"VISUAL", "EDITOR"}) {
    const std::optional<std::string> command = environment.variable(name);
    if (!command.has_value() || command->empty()) continue;
    editor.command = *command;
    return editor;
  }
  return Status::Reject("--edit: set $EDITOR, e.g. EDITOR=vi");
}

}  // namespace fracas::cli
