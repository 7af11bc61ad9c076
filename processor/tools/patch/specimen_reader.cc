#include "tools/patch/specimen_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "contract/topic_pattern.h"
#include "core/limits.h"
#include "core/text.h"
#include "tools/document_reader.h"

namespace fracas::tools {

namespace {

struct CloseFile {
  int descriptor = -1;
  bool owned = false;
  ~CloseFile() {
    if (owned) close(descriptor);
  }
};

std::vector<LetterHeader> HeadersOf(const ConsumedRecord& record, const PayloadLease& lease) {
  std::vector<LetterHeader> headers;
  lease.VisitHeaders(record.lease_index, [&](std::string_view name, std::string_view value) {
    std::optional<std::string> owned;
    if (value.data() != nullptr) owned = std::string(value);
    headers.push_back({std::string(name), std::move(owned)});
  });
  return headers;
}

std::optional<std::string> Owned(std::string_view bytes) {
  if (bytes.data() == nullptr) return std::nullopt;
  return std::string(bytes);
}

}  // namespace

bool Takes(const config::Stream& stream, const std::string& topic) {
  if (!stream.topics_pattern.value.empty()) {
    const auto pattern = contract::TopicPattern::Compile(stream.topics_pattern.value);
    return pattern.ok() && (*pattern)->Match(topic, nullptr);
  }
  return std::any_of(stream.topics.begin(), stream.topics.end(),
                     [&](const config::Text& each) { return each.value == topic; });
}

std::string StreamOfTopic(const config::Config& config, const std::string& topic) {
  for (const config::Stream& stream : config.streams) {
    if (Takes(stream, topic)) return config::QualifiedName(stream);
  }
  return "";
}

const config::Stream* FindStream(const config::Config& config, const std::string& qualified) {
  for (const config::Stream& stream : config.streams) {
    if (config::QualifiedName(stream) == qualified) return &stream;
  }
  return nullptr;
}

Result<FoundSpecimens> ReadFiles(const FileRequest& request) {
  CloseFile file{.descriptor = request.standard_input};
  if (request.path != "-") {
    file.descriptor = open(request.path.c_str(), O_RDONLY | O_CLOEXEC);
    file.owned = file.descriptor >= 0;
    if (!file.owned) {
      return Status::Reject(
          Cat(request.path, ": ", std::strerror(errno),
              "; SOURCE is a file, - for standard input, or topic/partition/offset with -c FILE"));
    }
  }
  DocumentReader reader(file.descriptor, request.path,
                        request.lines ? Framing::kLines : Framing::kOneDocument,
                        limits::kCheckDocumentBytesDefault);
  FoundSpecimens found;
  found.looked_at = request.path;
  InputDocument document;
  while (true) {
    Result<bool> next = reader.Next(&document);
    if (!next.ok()) return next.status();
    if (!*next) return found;
    if (found.specimens.size() == request.limit) {
      found.more = true;
      return found;
    }
    Specimen specimen;
    specimen.name = request.lines ? Cat(request.path, ":", document.line) : request.path;
    specimen.stream = request.stream;
    specimen.value = std::string(document.bytes);
    if (document.oversize) {
      specimen.value.reset();
      specimen.why_empty = Cat("it is larger than ", limits::kCheckDocumentBytesDefault, " bytes");
    }
    found.specimens.push_back(std::move(specimen));
  }
}

Specimen SpecimenOf(const config::Config& config, const Letter& letter) {
  Specimen specimen;
  specimen.name = letter.Place();
  specimen.stream = letter.stream;
  specimen.key = letter.key;
  specimen.value = letter.value;
  for (const HeaderView& header : letter.OwnHeaders()) {
    specimen.headers.push_back({std::string(header.name), Owned(header.value)});
  }
  if (letter.origin.named()) {
    specimen.source = letter.origin.source;
    specimen.source_offset = letter.origin.offset;
  }
  const bool dated = letter.origin.timestamp_ms != kNoTime;
  specimen.timestamp_ms = dated ? letter.origin.timestamp_ms : letter.timestamp_ms;
  specimen.replay_count = letter.replay_count;
  if (specimen.stream.empty()) specimen.stream = StreamOfTopic(config, specimen.source.topic);
  if (!letter.loaded) {
    specimen.why_empty = "retention has taken the dead letter's bytes";
  } else if (!letter.has_value()) {
    specimen.why_empty =
        Cat("the dead letter does not carry the record's value",
            letter.origin.named() ? Cat("; look at ", letter.Source(), " itself") : "");
  }
  specimen.letter = letter;
  return specimen;
}

// A dead letter of the record, or the record itself.
Result<FoundSpecimens> SpecimenReader::ReadRecord(const OffsetRange& record) {
  FoundSpecimens found;
  Selection of_record;
  of_record.records = {record};
  const std::string stream = StreamOfTopic(config_, record.partition.topic);
  of_record.stream = stream;
  Status looked = letters_.Visit(of_record, LetterReader::Want::kBytes, [&](const Letter& letter) {
    if (letter.has_value()) found.specimens = {SpecimenOf(config_, letter)};  // the newest one counts
    return true;
  });
  if (!looked.ok()) return looked;
  if (!found.specimens.empty()) return found;
  Result<Admin*> admin = ports_.admin();
  if (!admin.ok()) return admin.status();
  Result<Watermarks> ends = (*admin)->Query(record.partition);
  if (!ends.ok()) return ends.status();
  const std::string name = ToString(record.partition, record.from);
  if (record.from < ends->low || record.from >= ends->high) {
    return Status::Stop(Cat(name, ": there is no such offset; the partition holds ", ends->low,
                            " to ", ends->high));
  }
  Result<std::unique_ptr<LogReader>> reader = ports_.reader();
  if (!reader.ok()) return reader.status();
  Status read = (*reader)->Read(record.partition, record.from, record.from + 1,
                                [&](const ConsumedRecord& consumed, const PayloadLease& lease) {
                                  if (consumed.offset != record.from) return false;
                                  Specimen specimen;
                                  specimen.name = name;
                                  specimen.stream = stream;
                                  specimen.key = Owned(consumed.key);
                                  specimen.value = Owned(consumed.value);
                                  specimen.headers = HeadersOf(consumed, lease);
                                  specimen.source = record.partition;
                                  specimen.source_offset = consumed.offset;
                                  specimen.timestamp_ms = consumed.timestamp_ms;
                                  found.specimens.push_back(std::move(specimen));
                                  return false;
                                });
  if (!read.ok()) return read;
  if (found.specimens.empty()) {
    return Status::Stop(Cat(
        name, " holds no record: it was compacted away, aborted, or is a transaction's marker"));
  }
  return found;
}

Result<FoundSpecimens> SpecimenReader::Read(const Selection& asked, size_t limit) {
  Selection selection = asked;
  std::erase_if(selection.places, [&](const OffsetRange& place) {
    if (StreamOfTopic(config_, place.partition.topic).empty()) return false;
    selection.records.push_back(place);
    return true;
  });
  if (selection.records.size() == 1 && selection.places.empty() &&
      selection.records.front().to == selection.records.front().from + 1) {
    return ReadRecord(selection.records.front());
  }
  FoundSpecimens found;
  Status visited = letters_.Visit(selection, LetterReader::Want::kBytes, [&](const Letter& letter) {
    if (found.specimens.size() == limit) {
      found.more = true;
      return false;
    }
    found.specimens.push_back(SpecimenOf(config_, letter));
    return true;
  });
  if (!visited.ok()) return visited;
  found.looked_at = letters_.looked().Text();
  return found;
}

}  // namespace fracas::tools
