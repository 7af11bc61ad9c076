#include "contract/topic_pattern.h"

#include <re2/re2.h>

#include <array>

#include "core/limits.h"
#include "core/text.h"

namespace fracas::contract {

namespace {

constexpr int kGroupsMax = 9;  // {1} … {9} in topic templates

RE2::Options Options() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

// "" when RE2 and POSIX read the expression alike; else what they do not.
std::string_view NotCommon(std::string_view expression) {
  for (size_t i = 0; i + 1 < expression.size(); ++i) {
    const char next = expression[i + 1];
    if (expression[i] == '\\') {
      const bool letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') ||
                          (next >= '0' && next <= '9');
      if (letter) return expression.substr(i, 2);
      ++i;  // an escaped byte
    } else if (next == '?' &&
               std::string_view("(*+?}").find(expression[i]) != std::string_view::npos) {
      return expression.substr(i, 2);
    }
  }
  return "";
}

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct TopicPattern::Engine {
  explicit Engine(std::string_view expression) : re(Piece(expression), Options()) {}
  RE2 re;
};

TopicPattern::TopicPattern(std::unique_ptr<const Engine> engine) : engine_(std::move(engine)) {}
TopicPattern::~TopicPattern() = default;

Result<std::unique_ptr<const TopicPattern>> TopicPattern::Compile(std::string_view expression) {
  if (expression.size() > limits::kPatternBytesMax) {
    return Status::Reject(Cat("the topic pattern has ", expression.size(), " bytes; at most ",
                              limits::kPatternBytesMax, " are allowed"));
  }
  if (const std::string_view strange = NotCommon(expression); !strange.empty()) {
    return Status::Reject(
        Cat("the topic pattern uses '", strange,
            "', which the Kafka client does not know; write a class such as [0-9] or "
            "a plain group instead"));
  }
  auto engine = std::make_unique<const Engine>(expression);
  if (!engine->re.ok()) {
    return Status::Reject(Cat("the topic pattern cannot be used: ", engine->re.error(),
                              "; it is RE2 syntax, without look-around and back-references"));
  }
  if (engine->re.NumberOfCapturingGroups() > kGroupsMax) {
    return Status::Reject(Cat("the topic pattern has ", engine->re.NumberOfCapturingGroups(),
                              " groups; templates know {1} to {9}, write (?:…) for the others"));
  }
  return std::unique_ptr<const TopicPattern>(new TopicPattern(std::move(engine)));
}

bool TopicPattern::Match(std::string_view topic, std::vector<std::string>* captures) const {
  std::array<re2::StringPiece, kGroupsMax + 1> groups;  // [0] is the whole match
  const int wanted = engine_->re.NumberOfCapturingGroups() + 1;
  if (!engine_->re.Match(Piece(topic), 0, topic.size(), RE2::ANCHOR_BOTH, groups.data(), wanted)) {
    return false;
  }
  if (captures == nullptr) return true;
  captures->clear();
  for (int group = 1; group < wanted; ++group) {
    const re2::StringPiece& text = groups[static_cast<size_t>(group)];
    captures->emplace_back(text.data() == nullptr ? "" : text.data(), text.size());
  }
  return true;
}

int TopicPattern::groups() const { return engine_->re.NumberOfCapturingGroups(); }

}  // namespace fracas::contract
