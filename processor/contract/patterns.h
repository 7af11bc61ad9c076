#pragma once

#include <memory>
#include <string>
#include <string_view>

// Regular expressions of ECMA-262 (as JSON Schema writes them) that run in linear time. Home of
// RE2.

namespace fracas::contract {

// Immutable; Search may be called from any thread.
class Pattern {
 public:
  // Null and *error (what cannot run and what to write instead) when the expression is malformed,
  // needs backtracking (look-around, back-references) or is over limits::kPatternBytesMax.
  static std::unique_ptr<const Pattern> Compile(std::string_view expression, std::string* error);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  // The expression occurs somewhere in `text` (UTF-8, escapes resolved; may contain NUL).
  bool Search(std::string_view text) const;
  const std::string& expression() const { return expression_; }

 private:
  struct Engine;
  Pattern(std::string expression, std::unique_ptr<const Engine> engine);

  std::string expression_;
  std::unique_ptr<const Engine> engine_;
};

}  // namespace fracas::contract
