#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"
#include "config/effective.h"
#include "config/environment.h"
#include "config/keys.h"
#include "config/problem.h"

// One mapping of a configuration read by a table of keys: what was written there, nothing
// inherited.

namespace fracas::config {

// What reading goes on with: where problems go and where relative paths begin.
struct ReadContext {
  std::string file;
  std::string folder;
  const Environment* environment = nullptr;
  std::vector<Problem>* problems = nullptr;

  Mark At(Position position) const { return {file, position.line, position.column}; }
  void Error(Position at, std::string message, std::string next_step) const;
  void Warn(Position at, std::string message, std::string next_step) const;
};

// A table of keys without what they are stored to.
struct KeyTable {
  std::string_view owner;  // "a stream", "the top": for messages
  std::vector<const Key*> keys;
  std::vector<std::string_view> elsewhere;  // names that belong here but are read by somebody else
};
KeyTable StreamTable(std::string_view owner);
KeyTable RootTable();

// Values parallel to the table; those that were not written are not set. Members named in
// `elsewhere` are left alone. REQUIRES: node.kind is kMapping.
std::vector<Value> ReadLayer(const KeyTable& table, const Node& node, Layer layer,
                             const ReadContext& context);

// The value that a key has when nobody writes it; not set when it has none.
Value DefaultOf(const Key& key);

// What is said of a node that is not the mapping it should be; nothing of kInvalid.
void ReportNoMapping(const Node& node, std::string_view name, const ReadContext& context);

// 'x' is not a key of …; the nearest among `names`, or all of them.
void ReportUnknownKey(const Member& member, std::string_view owner,
                      const std::vector<std::string_view>& names, const ReadContext& context);

}  // namespace fracas::config
