#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "core/status.h"
#include "ports/log.h"

// How every client of ours talks to a cluster: what the user may choose, what we choose where he
// does not, and what is never his choice.

namespace fracas::kafka {

using Settings = std::map<std::string, std::string>;

// Which cluster, and the user's settings for it by librdkafka's names. Values may be secrets.
struct Connection {
  Settings common;    // for every client; holds bootstrap.servers
  Settings consumer;  // for consumers, over `common`
  Settings producer;  // for producers, over `common`
  LogSink log;        // may be empty; called from librdkafka's threads
  // librdkafka's statistics (its STATISTICS.md), every ten seconds while the client is used;
  // may be empty. Called by whoever uses the client.
  std::function<void(std::string_view json)> statistics;

  std::string brokers() const;  // bootstrap.servers; "" if there is none
};

// A log reader is a consumer that joins no group: it reads logs, or asks and tells a group's
// offsets.
enum class ClientKind : uint8_t { kConsumer, kProducer, kAdmin, kLogReader };

// A setting that is always as we need it, whatever the user writes, and the reason.
struct EnforcedSetting {
  std::string_view name;
  std::string_view value;
  std::string_view why;
};
// Of consumers, producers, admin clients, log readers.
std::span<const EnforcedSetting> EnforcedSettings(ClientKind kind);

// Does librdkafka know `name` and accept `value`? kReject names the setting and says what is wrong.
// (Names that would break a guarantee are refused by the configuration.)
Status CheckSetting(const std::string& name, const std::string& value);

// The version of librdkafka that runs: "2.0.2".
std::string_view LibraryVersion();

// `group.instance.id` and `transactional.id` of one worker: "<group>-<instance>-<worker>". Stable,
// so that a restart is known to its group at once and ends what it had left open.
std::string MemberName(std::string_view group, std::string_view instance, uint32_t worker);

}  // namespace fracas::kafka
