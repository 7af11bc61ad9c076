#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"

namespace fracas::tools {

struct Editor {
  std::string command;  // for a shell: $VISUAL or $EDITOR
  std::vector<std::string>
      folders;  // where a private file may lie; the first that can be written to
};

// Lets a person change `text` and returns what was saved. The file is 0600 in a folder of its own
// that is 0700; both are gone when the call returns, also when the editor fails or a signal to end
// arrives meanwhile (kStop).
Result<std::string> EditText(std::string_view text, const Editor& editor);

}  // namespace fracas::tools
