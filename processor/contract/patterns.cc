#include "contract/patterns.h"

#include <re2/re2.h>

#include "contract/regex_translate.h"
#include "core/limits.h"
#include "core/text.h"

namespace fracas::contract {

struct Pattern::Engine {
  explicit Engine(const std::string& expression, const re2::RE2::Options& options)
      : re2(expression, options) {}
  re2::RE2 re2;
};

Pattern::Pattern(std::string expression, std::unique_ptr<const Engine> engine)
    : expression_(std::move(expression)), engine_(std::move(engine)) {}

Pattern::~Pattern() = default;

std::unique_ptr<const Pattern> Pattern::Compile(std::string_view expression, std::string* error) {
  if (expression.size() > limits::kPatternBytesMax) {
    *error = Cat("the pattern has ", expression.size(), " bytes, the limit is ",
                 limits::kPatternBytesMax, "; use enum or split it into several patterns in allOf");
    return nullptr;
  }
  std::string translated;
  if (!TranslateRegex(expression, &translated, error)) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  auto engine = std::make_unique<const Engine>(translated, options);
  if (!engine->re2.ok()) {
    const bool repeats = engine->re2.error_code() == re2::RE2::ErrorRepeatSize;
    *error =
        Cat("the pattern cannot run: ", engine->re2.error(), " (", engine->re2.error_arg(), ")",
            repeats ? "; at most 1000 repetitions: bound the length with maxLength instead" : "");
    return nullptr;
  }
  return std::unique_ptr<const Pattern>(new Pattern(std::string(expression), std::move(engine)));
}

bool Pattern::Search(std::string_view text) const {
  return engine_->re2.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(),
                            re2::RE2::UNANCHORED, nullptr, 0);
}

}  // namespace fracas::contract
