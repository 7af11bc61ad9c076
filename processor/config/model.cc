#include "config/model.h"

namespace fracas::config {
namespace {

// The mark of `path` or of the nearest mapping or list around it; null if none was written.
const Mark* Find(const std::map<std::string, Mark>& marks, std::string path) {
  while (true) {
    const auto found = marks.find(path);
    if (found != marks.end()) return &found->second;
    const size_t dot = path.rfind('.');
    if (dot == std::string::npos) return nullptr;
    path.resize(dot);
  }
}

}  // namespace

const Mark& MarkOf(const Stream& stream, const std::string& path) {
  const Mark* mark = Find(stream.marks, path);
  return mark != nullptr ? *mark : stream.mark;
}

RetryPolicy RetryOf(const Stream& stream, RetryClass kind) {
  const RetryOverride& own = stream.retry_of[static_cast<size_t>(kind)];
  return {.count = own.count.value_or(stream.retry.count),
          .initial_ms = own.initial_ms.value_or(stream.retry.initial_ms),
          .max_ms = own.max_ms.value_or(stream.retry.max_ms),
          .multiplier = own.multiplier.value_or(stream.retry.multiplier)};
}

std::string QualifiedName(const Stream& stream) { return stream.pipeline + "/" + stream.id; }

const Mark& MarkOf(const Config& config, const std::string& path) {
  const Mark* mark = Find(config.marks, path);
  return mark != nullptr ? *mark : config.marks.at("");
}

}  // namespace fracas::config
