#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"

namespace fracas::tools {

// A JSON Patch (RFC 6902), read and checked once. Immutable.
class JsonPatch {
 public:
  // kReject: not a patch; the operation is named by its number from 0.
  static Result<JsonPatch> Parse(std::string_view text);

  // All operations in order, or none: a failed one is kReject and named. What no operation touches
  // keeps its bytes (tools/patch/splice.h).
  Result<std::string> Apply(std::string_view document) const;
  // Every pointer that it reads or writes.
  std::vector<std::string> Pointers() const;

 private:
  enum class Kind : uint8_t { kAdd, kRemove, kReplace, kMove, kCopy, kTest };
  struct Operation {
    Kind kind = Kind::kTest;
    std::string path;
    std::string from;   // kMove, kCopy
    std::string value;  // JSON text; kAdd, kReplace, kTest
  };
  static Result<std::string> Apply(const Operation& operation, std::string_view document);
  static const char* Name(Kind kind);

  std::vector<Operation> operations_;
};

}  // namespace fracas::tools
