// Names, topics and other texts.

#include "config/values/readers.h"

#include <algorithm>

#include "config/topic_template.h"
#include "config/values/looks.h"
#include "core/limits.h"
#include "core/text.h"

namespace fracas::config {
namespace {

using std::string_view;

std::string Quote(string_view text) { return Cat("'", text, "'"); }

}  // namespace

Complaint RefuseLook(const Scalar& scalar) {
  if (scalar.quoted || scalar.substituted) return {};
  const std::string quoted = Cat("put it in quotes: ", Quote(scalar.text));
  switch (LookOf(scalar.text)) {
    case PlainLook::kText: return {};
    case PlainLook::kInteger:
    case PlainLook::kFraction:
    case PlainLook::kOctal: return {Cat(scalar.text, " is a number where a text belongs"), quoted};
    case PlainLook::kBoolean:
      return {Cat(scalar.text, " is a boolean where a text belongs"), quoted};
    case PlainLook::kNull: return {"no value where a text belongs", "write one, or remove the key"};
    case PlainLook::kWord:
      return {Cat(scalar.text, " is a boolean for readers of YAML 1.1 where a text belongs"),
              quoted};
    case PlainLook::kSixties:
      return {
          Cat(scalar.text, " is a number to base 60 for readers of YAML 1.1 where a text belongs"),
          quoted};
  }
  return {};
}

Complaint ReadText(const Key&, const Scalar& scalar, Value*) {
  if (scalar.text.empty()) return {"an empty text", "write one, or remove the key"};
  return RefuseLook(scalar);
}

Complaint ReadName(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = ReadText(key, scalar, value);
  if (!complaint.message.empty()) return complaint;
  if (!IsTopicName(scalar.text) || static_cast<int64_t>(scalar.text.size()) > key.bounds.max) {
    return {Cat(Quote(scalar.text), " is not a name"),
            Cat("use 1 to ", std::min<int64_t>(key.bounds.max, 249), " of A-Z a-z 0-9 . _ -")};
  }
  return {};
}

Complaint ReadTopic(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = ReadText(key, scalar, value);
  if (!complaint.message.empty()) return complaint;
  if (IsTopicName(scalar.text)) return {};
  return {Cat(Quote(scalar.text), " is no legal topic name"),
          scalar.text.starts_with('^') ? "for a regular expression use topics_pattern"
                                       : "use 1 to 249 of A-Z a-z 0-9 . _ -"};
}

Complaint ReadTopicTemplate(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = ReadText(key, scalar, value);
  if (!complaint.message.empty()) return complaint;
  // Whether captures exist is known when the stream is whole (config/contradictions.cc).
  const std::string problem = CheckTopicTemplate(scalar.text, true);
  if (!problem.empty()) return {problem, Cat("write for example ", key.example)};
  return {};
}

Complaint ReadGroupTemplate(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = ReadText(key, scalar, value);
  if (!complaint.message.empty()) return complaint;
  if (IsTopicName(ExpandGroup(scalar.text, "g"))) return {};
  return {Cat(Quote(scalar.text), " is no legal topic name"),
          "use 1 to 249 of A-Z a-z 0-9 . _ - and {group}"};
}

Complaint ReadPattern(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = ReadText(key, scalar, value);
  if (!complaint.message.empty()) return complaint;
  if (scalar.text.size() > limits::kPatternBytesMax)
    return {"a pattern of more than 4 KiB", "shorten it"};
  if (scalar.text.starts_with('^') && scalar.text.size() > 1) return {};
  return {Cat(Quote(scalar.text), " does not begin with ^"),
          Cat("write a pattern for the whole name, for example ", key.example)};
}

}  // namespace fracas::config
