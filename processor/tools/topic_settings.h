#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "ports/admin.h"

// Settings of a topic as a cluster describes them.

namespace fracas::tools {

inline std::optional<int64_t> NumberOf(const TopicDescription& topic, const std::string& name) {
  const auto found = topic.config.find(name);
  if (found == topic.config.end()) return std::nullopt;
  int64_t number = 0;
  const char* end = found->second.data() + found->second.size();
  const auto [stop, error] = std::from_chars(found->second.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// "" when it is not known.
inline std::string TextOf(const TopicDescription& topic, const std::string& name) {
  const auto found = topic.config.find(name);
  return found == topic.config.end() ? "" : found->second;
}

inline bool Compacts(const std::string& policy) {
  return policy.find("compact") != std::string::npos;
}

}  // namespace fracas::tools
