#pragma once

#include <string>
#include <string_view>

#include "config/effective.h"
#include "config/keys.h"

// One scalar of a configuration, read as the type that its key has.

namespace fracas::config {

struct Scalar {
  std::string text;          // after substitution
  bool quoted = false;       // in the file: text, whatever it looks like
  bool substituted = false;  // it came from outside: takes whatever type it reads as
};

// What is wrong, and what to write instead. No problem: `message` is empty.
struct Complaint {
  std::string message;
  std::string next_step;
};

// Reads `scalar` as `key` wants it (for lists and mappings: as one entry of it) into every field of
// `value` that the type has. On a complaint `value` is unspecified.
Complaint ReadScalar(const Key& key, const Scalar& scalar, Value* value);

// "" or a sequence of /tokens with ~ only as ~0 and ~1 (RFC 6901).
bool IsPointer(std::string_view text);

}  // namespace fracas::config
