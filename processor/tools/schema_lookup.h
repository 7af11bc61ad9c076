#pragma once

#include <cstdint>
#include <string_view>

#include "json/tree.h"

namespace fracas::tools {

// What a schema says of the place a JSON pointer names.
enum class Presence : uint8_t {
  kDeclared,    // it has a schema of its own there
  kPermitted,   // nothing declares it, nothing forbids it
  kImpossible,  // a valid document cannot have it
  kUnknown,     // remote references, patterns: cannot be told by looking
};

// Looks, without compiling: properties, items, additionalProperties, local references, allOf,
// anyOf, oneOf. Never claims kImpossible or kPermitted where another keyword could say otherwise.
// REQUIRES: `pointer` is a JSON pointer.
Presence LookUp(const json::Tree& schema, std::string_view pointer);

}  // namespace fracas::tools
