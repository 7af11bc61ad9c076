#pragma once

#include <string_view>

// CHECK: an invariant of ours that input bytes, configuration and brokers cannot break. It stays on in
// release builds. A failure prints file:line, the expression and the context, then aborts; restart and
// recovery take it from there. Anything that a record, a file or a broker can cause is a Finding or a
// Status, never a CHECK.

namespace fracas {

// Prints the failure to standard error and aborts. `context` says which thing was involved.
[[noreturn]] void CheckFailed(const char* file, int line, const char* expression,
                              std::string_view context);

}  // namespace fracas

#define FRACAS_CHECK(expression, context)                                        \
  do {                                                                           \
    if (!(expression)) [[unlikely]] {                                            \
      ::fracas::CheckFailed(__FILE__, __LINE__, #expression, (context));         \
    }                                                                            \
  } while (false)
