#include "core/check.h"

#include <cstdio>
#include <cstdlib>

namespace fracas {

void CheckFailed(const char* file, int line, const char* expression, std::string_view context) {
  std::fprintf(stderr, "fracas: internal error at %s:%d: %s is false (%.*s). This is a bug: please "
               "report it with this line; nothing was committed for the work in progress.\n",
               file, line, expression, static_cast<int>(context.size()), context.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace fracas
