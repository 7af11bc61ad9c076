// The keys of a stream, put together. A row is all there is to a key: add one to
// stream_content_keys.cc or stream_policy_keys.cc, and the reader, `config show`, and (through its
// test) schemas/config.schema.json have it.

#include <vector>

#include "config/keys.h"
#include "core/check.h"

namespace fracas::config {
namespace {

constexpr Section kSections[] = {
    {"format", "What the bytes of a record are."},
    {"identity", "Where a record says what it is."},
    {"event_time", "When it happened, and how old or early that may be."},
    {"freshness", "How long a stream may be silent."},
    {"characters",
     "Invisible characters inside strings, by class: a finding UNPRINTABLE_CHARS, or allowed."},
    {"limits", "Sizes."},
    {"publish", "Where audited records go."},
    {"dead_letters", "Where rejected records go."},
    {"batch", "What is judged together; the first bound that is reached ends the batch."},
    {"audit", "How many failures are too many."},
    {"replay", "Records that are sent again."},
    {"retry", "Probes of a stopped stream."},
    {"retry.transient", "For causes of type transient, where it differs."},
    {"retry.capacity", "For causes of type capacity, where it differs."},
    {"retry.system", "For causes of type system, where it differs."},
    {"quarantine", "Isolation of single records."},
    {"owners", "Who is told."},
    {"alerts", "When."},
};

std::vector<StreamKey> Join() {
  std::vector<StreamKey> keys(ContentKeys().begin(), ContentKeys().end());
  keys.insert(keys.end(), PolicyKeys().begin(), PolicyKeys().end());
  keys.insert(keys.end(), RetryKeys().begin(), RetryKeys().end());
  return keys;
}

}  // namespace

std::span<const StreamKey> StreamKeys() {
  static const std::vector<StreamKey> keys = Join();
  return keys;
}

std::span<const Section> StreamSections() { return kSections; }

size_t StreamKeyIndex(std::string_view path) {
  const std::span<const StreamKey> keys = StreamKeys();
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].key.path == path) return i;
  }
  CheckFailed(__FILE__, __LINE__, "a key of a stream", path);
}

}  // namespace fracas::config
