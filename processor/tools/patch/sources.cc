#include "tools/patch/sources.h"

#include <algorithm>
#include <string>

#include "tools/patch/replay_draft.h"
#include "tools/patch/specimen_reader.h"

namespace fracas::tools {

namespace {

bool Publishes(const config::Config& config, const config::Stream& stream,
               const std::string& topic) {
  return std::any_of(stream.topics.begin(), stream.topics.end(), [&](const config::Text& source) {
    const Result<OutputTopics> outputs = OutputsOf(config, stream, source.value);
    return outputs.ok() && outputs->published == topic;
  });
}

// Whose topics are not listed may publish anywhere.
bool MayPublish(const config::Stream& stream) {
  return stream.topics.empty() && stream.mode != config::PublishMode::kNone;
}

}  // namespace

Streams SourcesOf(const config::Config& config, const Specimen& specimen) {
  const std::string& from = specimen.redirected ? specimen.origin_stream : specimen.stream;
  std::string topic = specimen.source.topic;
  const bool foreign = specimen.letter.has_value() && specimen.letter->stream.empty();
  const auto trust =
      foreign ? specimen.letter->origin.coordinates : formats::CoordinateTrust::kProven;
  // A letter that names no source may be a record of a published topic.
  const bool named = trust == formats::CoordinateTrust::kClaimed ||
                     trust == formats::CoordinateTrust::kProven;
  if (foreign && !named) topic = specimen.letter->topic.topic;
  Streams sources;
  bool known = false;
  for (const config::Stream& stream : config.streams) {
    const bool of_it =
        !from.empty() && config::QualifiedName(stream) == from && (named || !foreign);
    const bool touches =
        !topic.empty() && (Takes(stream, topic) || Publishes(config, stream, topic));
    known = known || of_it || touches;
    const bool reads = !from.empty() && !foreign;
    if (of_it || touches || (!reads && MayPublish(stream))) sources.push_back(&stream);
  }
  if (known) return sources;
  sources.clear();
  for (const config::Stream& stream : config.streams) sources.push_back(&stream);
  return sources;
}

}  // namespace fracas::tools
