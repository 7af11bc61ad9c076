#include "tools/patch/replay_draft.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/topic_template.h"
#include "contract/topic_pattern.h"
#include "core/limits.h"
#include "core/limits_tools.h"
#include "core/text.h"
#include "tools/patch/splice.h"
#include "wire/replay.h"

namespace fracas::tools {

namespace {

// What an earlier replay has put there; a record bears these names once.
constexpr std::array kOurs = {wire::kReplayMarkHeader,       wire::kReplayTicketHeader,
                              wire::kReplayOfHeader,         wire::kReplayCountHeader,
                              wire::kReplayWhoHeader,        wire::kReplayWhyHeader,
                              wire::kOriginalMessageIdHeader};

std::string_view ViewOf(const std::optional<std::string>& bytes) {
  return bytes.has_value() ? std::string_view(*bytes) : std::string_view();
}

void AppendMarks(const DraftInput& input, uint32_t count, ReplayDraft* draft) {
  const auto add = [&](std::string_view name, std::string value) {
    draft->headers.push_back({std::string(name), std::move(value)});
  };
  add(wire::kReplayMarkHeader, "true");
  const config::Replay& rules = input.stream->replay;
  if (!rules.mark_in_body && !rules.mark_name.empty() &&
      rules.mark_name != wire::kReplayMarkHeader) {
    add(rules.mark_name, "true");
  }
  add(wire::kReplayTicketHeader, input.ticket);
  add(wire::kReplayOfHeader, ToString(draft->ticket.letter, draft->ticket.letter_offset));
  add(wire::kReplayCountHeader, Cat(count));
  const auto earlier = HeaderOf(input.specimen->headers, wire::kOriginalMessageIdHeader);
  if (earlier.has_value()) {
    add(wire::kOriginalMessageIdHeader, std::string(*earlier));
  } else if (input.ids.message_id.has_value()) {
    add(wire::kOriginalMessageIdHeader, *input.ids.message_id);
  }
  const bool has_key = HeaderOf(draft->headers, wire::kIdempotencyKeyHeader).has_value();
  if (!has_key && input.ids.idempotency_key.has_value()) {
    add(wire::kIdempotencyKeyHeader, *input.ids.idempotency_key);
  }
  add(wire::kReplayWhoHeader, input.who);
  add(wire::kReplayWhyHeader, input.why);
}

}  // namespace

ReplayDraft MakeDraft(const DraftInput& input) {
  const Specimen& specimen = *input.specimen;
  ReplayDraft draft;
  draft.name = specimen.name;
  draft.stream = config::QualifiedName(*input.stream);
  draft.to = input.to;
  draft.key = specimen.key;
  draft.value = input.value;
  const uint32_t count = specimen.replay_count + 1;
  draft.ticket.ticket = input.ticket;
  if (specimen.source_offset != kNoOffset) {
    draft.ticket.letter = specimen.source;
    draft.ticket.letter_offset = specimen.source_offset;
  } else if (specimen.letter
                 .has_value()) {  // another system's that does not say where it came from
    draft.ticket.letter = specimen.letter->topic;
    draft.ticket.letter_offset = specimen.letter->offset;
  }
  draft.ticket.business_id = input.business_id;
  draft.ticket.digest = wire::ReplayDigest(ViewOf(draft.key), draft.value);
  draft.ticket.original_timestamp_ms =
      specimen.timestamp_ms == kNoTime ? input.now_ms : specimen.timestamp_ms;
  draft.ticket.replay_count = static_cast<int32_t>(count);
  draft.ticket.expires_ms = input.now_ms + limits::kPatchTicketMs;
  for (const LetterHeader& header : specimen.headers) {
    const bool marks =
        header.name == input.stream->replay.mark_name && !input.stream->replay.mark_in_body;
    if (!marks && std::find(kOurs.begin(), kOurs.end(), header.name) == kOurs.end())
      draft.headers.push_back(header);
  }
  AppendMarks(input, count, &draft);
  return draft;
}

Result<std::string> MarkInBody(const config::Stream& stream, std::string document) {
  if (!stream.replay.mark_in_body) return document;
  Result<std::string> marked = PutValue(document, stream.replay.mark_name, "true", PutMode::kSet);
  return marked.ok() ? std::move(marked)
                     : marked.status().WithPrefix("the mark of a replay (replay.mark): ");
}

Result<OutputTopics> OutputsOf(const config::Config& config, const config::Stream& stream,
                               const std::string& source_topic) {
  std::vector<std::string> captures;
  if (!stream.topics_pattern.value.empty()) {
    auto pattern = contract::TopicPattern::Compile(stream.topics_pattern.value);
    if (!pattern.ok()) return pattern.status();
    if (!(*pattern)->Match(source_topic, &captures)) {
      return Status::Reject(Cat(source_topic, " is no topic of ", config::QualifiedName(stream)));
    }
  }
  const config::TopicNames names{.topic = source_topic,
                                 .stream = stream.id,
                                 .dataset = stream.dataset,
                                 .pipeline = stream.pipeline,
                                 .group = config.group,
                                 .captures = captures};
  Result<std::string> published = config::ExpandTopic(stream.publish_topic.value, names);
  if (!published.ok()) return published.status();
  Result<std::string> rejected = config::ExpandTopic(stream.dead_letter_topic.value, names);
  if (!rejected.ok()) return rejected.status();
  return OutputTopics{std::move(*published), std::move(*rejected)};
}

Partition PartitionFor(const Specimen& specimen, int32_t partitions) {
  const Partition own = std::max(specimen.source.partition, 0);
  return partitions <= 0 ? 0 : own % partitions;
}

}  // namespace fracas::tools
