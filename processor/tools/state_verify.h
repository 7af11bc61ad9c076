#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"
#include "ports/state_store.h"
#include "tools/live_reader.h"
#include "tools/state_digest.h"

// Is a copy of the state what its topic says, byte for byte? The topic is folded to the high
// watermark; a running instance is asked for its digest once it has come so far; a stopped one's
// folder is read and, in memory, brought to the same offset. Both sides must stand at the high
// watermark: a topic that has been compacted may lack older values that a copy at an older offset
// rightly holds.

namespace fracas::tools {

struct FoldPorts {
  Admin* admin = nullptr;
  LogReader* reader = nullptr;
  std::function<void(uint64_t done, uint64_t total)> progress;  // in offsets; may be empty
};

using RawState = std::map<std::string, std::string, std::less<>>;

// All keys and values of a changelog as its bytes; `offset` is where it was read to. kStop: there
// is no such topic, or it carries a record without a key; kRetry: the cluster did not answer.
struct RawFold {
  Offset offset = 0;
  RawState content;
};
Result<RawFold> FoldRaw(const FoldPorts& ports, const TopicPartition& changelog);

struct KeyDifference {
  std::string key;
  std::optional<std::string> topic;  // nullopt: it has no such key
  std::optional<std::string> copy;
};

struct VerifyReport {
  Offset offset = 0;  // both sides as of here
  uint64_t topic_keys = 0;
  uint64_t copy_keys = 0;
  std::string topic_sha256;
  std::string copy_sha256;
  std::vector<std::string> kinds;          // of entities that differ: "breaker", …
  uint64_t differing = 0;                  // keys; 0 with `kinds`: an instance does not say which
  std::vector<KeyDifference> differences;  // the first ones
  bool equal() const { return topic_sha256 == copy_sha256; }
};

// `ask(at_least)` is GET /state/digest?at_least=N; kRetry: the instance has not come so far.
// `wait(ms)` lets time pass between two questions.
struct InstancePort {
  std::function<Result<StateDigest>(Offset at_least)> ask;
  std::function<void(int64_t ms)> wait;
};
// What `ask` is for an instance of `group` that listens at `address`: GET by `get`. kStop: nobody
// answers there, or not for this group.
struct InstanceAddress {
  std::string address;
  std::string group;
};
using HttpGet = std::function<Result<HttpAnswer>(const std::string&, const std::string&)>;
Result<StateDigest> AskDigest(const HttpGet& get, const InstanceAddress& instance, Offset at_least);
// kRetry: the instance does not reach the high watermark within limits::kCommandWaitMsMax.
Result<VerifyReport> VerifyInstance(const FoldPorts& ports, const TopicPartition& changelog,
                                    const InstancePort& instance);
// `store` is nobody else's. kStop: it stands behind the topic's end (the topic was made anew).
Result<VerifyReport> VerifyStore(const FoldPorts& ports, const TopicPartition& changelog,
                                 const StateStore& store);

}  // namespace fracas::tools
