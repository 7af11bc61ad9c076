#pragma once

#include <string>
#include <vector>

#include "cli/support/patch_session.h"
#include "tools/inspect/judge.h"
#include "tools/patch/editor.h"
#include "tools/patch/recipe.h"

namespace fracas::cli {

struct CleanArguments {
  SourceArguments source;
  std::vector<std::string> remove_chars;
  std::vector<std::string> replace_chars;
  std::vector<std::string> escape_chars;
  std::string transcode;
  std::string keep_duplicate;
  std::vector<std::string> set;
  std::vector<std::string> remove;
  std::string patch;
  bool edit = false;
  std::string re_inject;
  std::string out;
  std::string wait = "60s";
  bool change_ids = false;
  bool leave_original = false;
  bool force = false;
  bool dry_run = false;
  bool yes = false;
};
// What is done to a record, and where the result goes.
void AddCleanOptions(CLI::App* command, CleanArguments* arguments);

// --set /ptr=@FILE reads the value from a file, =@- asks for it without showing it.
Result<tools::Recipe> RecipeOf(const CleanArguments& arguments);
// A sensitive value does not belong on a command line: `ps` and the shell's history have it then.
Status CheckTyped(const CleanArguments& arguments, const tools::Judge& judge);
// What --edit runs, and where; kReject: neither $VISUAL nor $EDITOR is set.
Result<tools::Editor> EditorOf();

}  // namespace fracas::cli
