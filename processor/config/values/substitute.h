#pragma once

#include <string>
#include <string_view>

#include "config/environment.h"

namespace fracas::config {

struct Substituted {
  std::string text;
  bool changed = false;        // something was substituted: the result is typed again
  bool secret = false;         // some of it came out of a secret file
  std::string world_readable;  // a secret file that everybody may read; "" if none
  std::string problem;         // not empty: what is wrong
  std::string next_step;
};

// ${NAME} (an error when it is not set), ${NAME:-default} (also when it is empty), ${file:/path} (a
// secret), $${ for the characters ${. The result is never looked at again, so a variable cannot
// bring in another substitution, and it is one scalar, so it cannot bring in structure.
Substituted Substitute(std::string_view text, const Environment& environment);

// `text` written so that Substitute gives it back.
std::string EscapeSubstitutions(std::string_view text);

}  // namespace fracas::config
