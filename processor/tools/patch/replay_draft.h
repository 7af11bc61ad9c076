#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/model.h"
#include "core/status.h"
#include "tools/inspect/identity.h"
#include "tools/inspect/specimen.h"
#include "wire/command.h"

// A mended record as it will be sent again, with what the authority is told about it first.

namespace fracas::tools {

struct ReplayDraft {
  std::string name{};    // of the record that it replaces, for people
  std::string stream{};  // "pipeline/stream", which reads `to`
  TopicPartition to{};
  std::optional<std::string> key{};
  std::string value{};
  std::vector<LetterHeader> headers{};  // all of them, in order
  wire::TicketCreate ticket{};
};

struct DraftInput {
  const Specimen* specimen = nullptr;
  const config::Stream* stream = nullptr;  // whose topic it is sent to
  TopicPartition to{};
  std::string value{};        // mended
  RecordIds ids{};            // of the mended record
  std::string business_id{};  // as the stream's masks take it
  std::string ticket{};       // its id
  std::string who{};
  std::string why{};
  int64_t now_ms = 0;
};
// Its own headers first, without those of an earlier replay, then the marks (wire/replay.h). The
// message id and the idempotency key are the original's: what an earlier replay carried, else what
// the record says.
ReplayDraft MakeDraft(const DraftInput& input);

// The value with the mark that the stream's `replay.mark` wants in the body; unchanged where it is
// a header. kReject: the body has no room for it.
Result<std::string> MarkInBody(const config::Stream& stream, std::string document);

// The topics that the records of a source topic go to. kReject: not a topic of the stream, or no
// such names.
struct OutputTopics {
  std::string published;
  std::string dead_letters;
};
Result<OutputTopics> OutputsOf(const config::Config& config, const config::Stream& stream,
                               const std::string& source_topic);

// The same partition number where `to` has it, else the number modulo its partitions.
Partition PartitionFor(const Specimen& specimen, int32_t partitions);

}  // namespace fracas::tools
