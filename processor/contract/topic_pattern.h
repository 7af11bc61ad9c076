#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"

// Names of topics against `topics_pattern`. The same expression is given to the Kafka client, which
// reads POSIX extended syntax; so only what RE2 and POSIX mean alike is taken: literals, `\.`, `.`,
// classes, groups, alternatives, * + ? {n,m}, ^ and $. The whole name must match.

namespace fracas::contract {

// Immutable; Match may be called from any thread.
class TopicPattern {
 public:
  // kReject: what is wrong with the expression (malformed, outside the common syntax, longer than
  // limits::kPatternBytesMax, more than nine groups).
  static Result<std::unique_ptr<const TopicPattern>> Compile(std::string_view expression);
  ~TopicPattern();
  TopicPattern(const TopicPattern&) = delete;
  TopicPattern& operator=(const TopicPattern&) = delete;

  // False: no match. `captures`: what the groups captured, [0] is the first; a group that took no
  // part is empty. May be null.
  bool Match(std::string_view topic, std::vector<std::string>* captures) const;
  // Groups in the expression.
  int groups() const;

 private:
  struct Engine;
  explicit TopicPattern(std::unique_ptr<const Engine> engine);
  std::unique_ptr<const Engine> engine_;
};

}  // namespace fracas::contract
