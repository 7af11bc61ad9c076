#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "config/model.h"
#include "core/status.h"
#include "tools/inspect/specimen.h"
#include "tools/letters/letter_reader.h"
#include "tools/letters/selection.h"

// Finds the records that SOURCE and a selection name: dead letters, records of source topics,
// files.

namespace fracas::tools {

struct FoundSpecimens {
  std::vector<Specimen> specimens{};
  bool more = false;        // there are more than the limit
  std::string looked_at{};  // for messages when there are none
};

// Documents of a file or of standard input ("-"); `lines`: one a line, blank ones are skipped.
struct FileRequest {
  std::string path;
  bool lines = false;
  std::string stream;  // whose rules hold; "" none
  size_t limit = 0;    // REQUIRES: > 0
  int standard_input = 0;
};
Result<FoundSpecimens> ReadFiles(const FileRequest& request);

// The record behind a dead letter whose bytes were read (LetterReader::Want::kBytes).
Specimen SpecimenOf(const config::Config& config, const Letter& letter);

// Through Kafka. One thread; the configuration outlives it.
class SpecimenReader {
 public:
  SpecimenReader(const config::Config& config, LetterPorts ports, bool from_topic)
      : config_(config), ports_(ports), letters_(config, std::move(ports), from_topic) {}

  // Those of the selection, at most `limit`. A single record of a source topic that never became a
  // dead letter is read where it lies. kReject: nothing is selected at all.
  Result<FoundSpecimens> Read(const Selection& selection, size_t limit);

 private:
  Result<FoundSpecimens> ReadRecord(const OffsetRange& record);

  const config::Config& config_;
  const LetterPorts ports_;
  LetterReader letters_;
};

// The stream that reads a topic: "pipeline/stream"; "" none does.
std::string StreamOfTopic(const config::Config& config, const std::string& topic);
bool Takes(const config::Stream& stream, const std::string& topic);
const config::Stream* FindStream(const config::Config& config, const std::string& qualified);

}  // namespace fracas::tools
