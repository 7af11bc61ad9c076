#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/status.h"

// Names of output topics: text with {topic}, {stream}, {dataset}, {pipeline}, {group} and, for a
// stream with a topics_pattern, {1} … {9} for what its groups captured of the source topic's name.

namespace fracas::config {

struct TopicNames {
  std::string_view topic;  // the source topic
  std::string_view stream;
  std::string_view dataset;
  std::string_view pipeline;
  std::string_view group;
  std::span<const std::string> captures;  // [0] is {1}
};

// "" when every placeholder is known and the text around them may stand in a topic's name;
// otherwise what is wrong. `captures`: the stream has a pattern, so that {1} … {9} may be used.
std::string CheckTopicTemplate(std::string_view text, bool captures);
// The largest N of a {N}; 0 if there is none.
int HighestCapture(std::string_view text);

// Fails when a capture is missing or the result is no legal topic name.
Result<std::string> ExpandTopic(std::string_view text, const TopicNames& names);

// Names of our own topics: only {group} is replaced.
std::string ExpandGroup(std::string_view text, std::string_view group);

// 1 to 249 of [A-Za-z0-9._-], and neither "." nor "..".
bool IsTopicName(std::string_view name);

}  // namespace fracas::config
