#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/status.h"

// Changes of a JSON document at places that pointers name. Only the bytes that are meant change:
// numbers keep their text, strings their escapes, everything its white space. A new member is laid
// out as its neighbour is.
//
// All: the document must be JSON and have no two members of one name on the way (which one would be
// meant?); failures are kReject and name the pointer and how far it leads.

namespace fracas::tools {

enum class PutMode : uint8_t {
  kSet,      // whatever stands there is replaced; a member or an element behind the last is added
  kAdd,      // RFC 6902 "add": an element is put in front of what stands there
  kReplace,  // something must stand there
};
// `value` is JSON text and is written as it is.
Result<std::string> PutValue(std::string_view document, std::string_view pointer,
                             std::string_view value, PutMode mode);
Result<std::string> RemoveValue(std::string_view document, std::string_view pointer);
// The text of the value, as it stands there.
Result<std::string> ValueAt(std::string_view document, std::string_view pointer);

// Which of members with the same name stays.
enum class Keep : uint8_t { kFirst, kLast };
// Everywhere in the document; `removed` counts.
Result<std::string> RemoveDuplicates(std::string_view document, Keep keep, uint64_t* removed);

// Equal as JSON: numbers by value, objects without order. REQUIRES: both are JSON.
bool SameJson(std::string_view left, std::string_view right);

}  // namespace fracas::tools
