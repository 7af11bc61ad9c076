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
  json::Writer(&out)
      .BeginObject()
      .Member("v", kVersion)
      .Member("attempt", metadata.attempt)
      .Member("to", metadata.to)
      .Member("control_offset", metadata.control_offset)
      .EndObject();
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
  metadata.attempt = static_cast<int32_t>(
      fields.Int(tree.root(), "attempt", 1, std::numeric_limits<int32_t>::max()));
  metadata.to = fields.Int(tree.root(), "to", 0);
  metadata.control_offset = fields.Int(tree.root(), "control_offset", kNoOffset);
  if (!fields.ok()) return fields.status();
  return metadata;
}

}  // namespace fracas::wire
