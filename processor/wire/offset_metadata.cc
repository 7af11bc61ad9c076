#include "wire/offset_metadata.h"

#include <limits>

#include "core/limits.h"
#include "core/text.h"
#include "json/writer.h"
#include "wire/fields.h"
#include "wire/version.h"

namespace fracas::wire {

namespace {
constexpr std::string_view kWhat = "offset metadata";
}  // namespace

std::string EncodeOffsetMetadata(const OffsetMetadata& metadata) {
  std::string out;
  if (!metadata.abandoned() && metadata.partitions == 0) return out;
  json::Writer writer(&out);
  writer.BeginObject().Member("v", kVersion);
  if (metadata.abandoned()) {
    writer.Member("attempt", metadata.attempt)
        .Member("to", metadata.to)
        .Member("control_offset", metadata.control_offset);
  }
  if (metadata.partitions > 0) writer.Member("partitions", metadata.partitions);
  writer.EndObject();
  return out;
}

Result<OffsetMetadata> DecodeOffsetMetadata(std::string_view bytes) {
  if (bytes.size() > limits::kOffsetMetadataBytesMax) {
    return Status::Reject(Cat("not ", kWhat, ": ", bytes.size(), " bytes"));
  }
  auto document = ParseObject(kWhat, bytes);
  if (!document.ok()) return document.status();
  const json::Tree& tree = (*document)->tree;
  Fields fields(kWhat, tree);
  const std::string version = fields.Text(tree.root(), "v");
  if (!fields.ok()) return fields.status();
  if (Status s = CheckVersion(kWhat, version); !s.ok()) return s;
  OffsetMetadata metadata;
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  if (fields.Has(tree.root(), "attempt") || fields.Has(tree.root(), "to")) {
    metadata.attempt = static_cast<int32_t>(fields.Int(tree.root(), "attempt", 1, kMost));
    metadata.to = fields.Int(tree.root(), "to", 0);
    metadata.control_offset = fields.Int(tree.root(), "control_offset", kNoOffset);
  }
  metadata.partitions =
      static_cast<int32_t>(fields.OptionalInt(tree.root(), "partitions", 1, kMost, 0));
  if (!fields.ok()) return fields.status();
  return metadata;
}

bool AddedLater(Partition partition, std::string_view first) {
  if (partition == 0) return false;
  if (first.empty()) return true;
  const Result<OffsetMetadata> said = DecodeOffsetMetadata(first);
  return !said.ok() || said->partitions <= partition;
}

}  // namespace fracas::wire
