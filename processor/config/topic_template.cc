#include "config/topic_template.h"

#include <algorithm>
#include <functional>

#include "core/limits.h"
#include "core/text.h"

namespace fracas::config {
namespace {

bool IsTopicCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool IsCapture(std::string_view name) {
  return name.size() == 1 && name[0] >= '1' && name[0] <= '9';
}

bool IsPlaceholder(std::string_view name) {
  return name == "topic" || name == "stream" || name == "dataset" || name == "pipeline" ||
         name == "group" || IsCapture(name);
}

// Walks the template; false from a visitor stops. False when a brace has no partner or stopped.
bool Walk(std::string_view text, const std::function<bool(std::string_view)>& literal,
          const std::function<bool(std::string_view)>& placeholder) {
  while (!text.empty()) {
    const size_t open = text.find('{');
    if (!literal(text.substr(0, open))) return false;
    if (open == std::string_view::npos) return true;
    const size_t close = text.find('}', open);
    if (close == std::string_view::npos) return false;
    if (!placeholder(text.substr(open + 1, close - open - 1))) return false;
    text.remove_prefix(close + 1);
  }
  return true;
}

}  // namespace

bool IsTopicName(std::string_view name) {
  return !name.empty() && name.size() <= limits::kTopicNameBytesMax && name != "." &&
         name != ".." && std::all_of(name.begin(), name.end(), IsTopicCharacter);
}

std::string CheckTopicTemplate(std::string_view text, bool captures) {
  std::string problem;
  const bool whole = Walk(
      text,
      [&](std::string_view literal) {
        if (std::all_of(literal.begin(), literal.end(), IsTopicCharacter)) return true;
        problem = Cat("'", literal,
                      "' cannot stand in a topic's name, which is made of A-Z a-z 0-9 . _ -");
        return false;
      },
      [&](std::string_view name) {
        if (!IsPlaceholder(name)) {
          problem = Cat("{", name,
                        "} is no placeholder: there are {topic}, {stream}, {dataset}, "
                        "{pipeline}, {group} and {1} to {9}");
        } else if (IsCapture(name) && !captures) {
          problem = Cat("{", name,
                        "} is what a group of topics_pattern captures, and the stream has none");
        }
        return problem.empty();
      });
  if (!whole && problem.empty()) return "a { without its }";
  if (text.size() > limits::kTopicNameBytesMax) return "longer than 249 characters";
  return problem;
}

std::string ExpandGroup(std::string_view text, std::string_view group) {
  constexpr std::string_view kGroup = "{group}";
  std::string expanded;
  for (size_t at = text.find(kGroup); at != std::string_view::npos; at = text.find(kGroup)) {
    expanded.append(text.substr(0, at)).append(group);
    text.remove_prefix(at + kGroup.size());
  }
  return expanded.append(text);
}

int HighestCapture(std::string_view text) {
  int highest = 0;
  Walk(
      text, [](std::string_view) { return true; },
      [&](std::string_view name) {
        if (IsCapture(name)) highest = std::max(highest, name[0] - '0');
        return true;
      });
  return highest;
}

Result<std::string> ExpandTopic(std::string_view text, const TopicNames& names) {
  std::string expanded;
  bool missing = false;
  const bool whole = Walk(
      text,
      [&](std::string_view literal) {
        expanded += literal;
        return true;
      },
      [&](std::string_view name) {
        if (name == "topic") expanded += names.topic;
        if (name == "stream") expanded += names.stream;
        if (name == "dataset") expanded += names.dataset;
        if (name == "pipeline") expanded += names.pipeline;
        if (name == "group") expanded += names.group;
        if (IsCapture(name)) {
          const size_t index = static_cast<size_t>(name[0] - '1');
          missing |= index >= names.captures.size();
          if (!missing) expanded += names.captures[index];
        }
        return IsPlaceholder(name);
      });
  if (!whole || missing) {
    return Status::Reject(Cat("the topic template '", text, "' of stream ", names.stream,
                              " cannot be filled for source topic ", names.topic,
                              ": it names something that is not there"));
  }
  if (!IsTopicName(expanded)) {
    return Status::Reject(Cat("the topic template '", text, "' of stream ", names.stream,
                              " makes '", expanded, "' of source topic ", names.topic,
                              ", which is no legal topic name (1 to 249 of A-Z a-z 0-9 . _ -)"));
  }
  return expanded;
}

}  // namespace fracas::config
