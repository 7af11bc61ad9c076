#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "core/status.h"
#include "json/tree.h"

// Reads the members of a JSON object into a struct. The first thing that is wrong is kept and
// everything after it reads as empty, so a decoder reads straight through and asks once at the end.
// Unknown members are nobody's business (additive fields).

namespace fracas::wire {

class Fields {
 public:
  Fields(std::string_view what, const json::Tree& tree) : what_(what), tree_(&tree) {}

  // A member that must be there, of the kind the name says.
  std::string Text(json::NodeId object, std::string_view key);
  int64_t Int(json::NodeId object, std::string_view key, int64_t min,
              int64_t max = std::numeric_limits<int64_t>::max());
  uint64_t Count(json::NodeId object, std::string_view key);
  json::NodeId Object(json::NodeId object, std::string_view key);
  json::NodeId Array(json::NodeId object, std::string_view key);
  // A member that may be null or absent: empty then.
  std::string OptionalText(json::NodeId object, std::string_view key);
  // RFC 3339 as FormatTimestamp writes it, in milliseconds.
  int64_t Time(json::NodeId object, std::string_view key);
  // Members that may be null or absent: `absent`, false or 0 then.
  int64_t OptionalInt(json::NodeId object, std::string_view key, int64_t min, int64_t max,
                      int64_t absent);
  bool OptionalBool(json::NodeId object, std::string_view key);
  int64_t OptionalTime(json::NodeId object, std::string_view key);
  // Texts that are kept: refused when longer than `bytes_max`.
  std::string BoundedText(json::NodeId object, std::string_view key, size_t bytes_max);
  // Neither absent nor null.
  bool Has(json::NodeId object, std::string_view key) const;

  const json::Tree& tree() const { return *tree_; }
  void Fail(std::string_view key, std::string_view expected);
  bool ok() const { return error_.empty(); }
  // kReject naming the first member that was wrong; OK if none was.
  Status status() const;

 private:
  // kNoNode when it is absent, of another kind, or something was wrong before.
  json::NodeId Member(json::NodeId object, std::string_view key, json::Kind kind);

  std::string_view what_;
  const json::Tree* tree_;
  std::string error_;
};

// The bytes as a JSON object; kReject if they are none.
Result<std::unique_ptr<json::OwnedDocument>> ParseObject(std::string_view what,
                                                         std::string_view bytes);

}  // namespace fracas::wire
