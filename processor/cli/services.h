#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/model.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/cluster_inspector.h"
#include "ports/cluster_probe.h"
#include "ports/log_reader.h"
#include "ports/log_tail.h"
#include "ports/outbox.h"
#include "ports/state_store.h"
#include "ports/transaction.h"
#include "tools/doctor/local.h"
#include "tools/live_reader.h"

// What the command line cannot do by itself because it needs threads, a broker or the whole engine. The
// composition root (app/) fills it in; tests put in fakes.

namespace fracas::cli {

// Exit codes of every command.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;   // it was right, but did not work
inline constexpr int kExitUsage = 2;    // wrong usage or configuration
inline constexpr int kExitFindings = 3;  // the check found failures

struct RunRequest {
  std::string config_file;
  std::vector<std::string> inputs;   // not empty: on files, no Kafka
  std::string out_dir;
  std::string stream;                // with inputs: "stream" or "pipeline/stream"; "" if there is one
  std::string log_level;             // "" keeps the default
  bool json = false;                 // the summary of a run on files
};

struct TryRequest {
  std::string config_file;
  std::string stream;
  uint64_t last = 10'000;            // records per topic, from the end
  bool json = false;
};

// A stopped instance's folder, as `fracas state` reads it.
struct InspectedState {
  std::unique_ptr<StateStore> store;  // null: it cannot be used
  std::string story;                  // what it is, or why it cannot be used
};

// Connected, or why not: certificates may have been seen nevertheless.
struct OpenedInspector {
  std::unique_ptr<ClusterInspector> inspector;
  Status connected;
};

struct Services {
  // Both print their own results and return an exit code.
  std::function<int(const RunRequest&)> run;
  std::function<int(const TryRequest&)> try_stream;
  // A connection for questions and orders; `brokers` replaces bootstrap.servers unless empty. Bounded
  // in time: an unreachable cluster is a Status that says so.
  std::function<Result<std::unique_ptr<Admin>>(const config::Config&, const std::string& brokers)>
      connect;
  // What librdkafka says of a setting's name and value; OK when it would take it.
  std::function<Status(const std::string& section, const std::string& name,
                       const std::string& value)>
      check_kafka_setting;
  // What commands to a running group need; each is a connection of its own.
  std::function<Result<std::unique_ptr<LogTail>>(const config::Config&)> open_tail;
  std::function<Result<std::unique_ptr<Outbox>>(const config::Config&)> open_outbox;
  // For records of any size that a stream may have.
  std::function<Result<std::unique_ptr<Outbox>>(const config::Config&)> open_record_outbox;
  std::function<Result<std::unique_ptr<LogReader>>(const config::Config&)> open_reader;
  // GET of an instance's own listener: "127.0.0.1:9464", "/state/streams". kRetry: nobody answers.
  std::function<Result<tools::HttpAnswer>(const std::string& address, const std::string& target)> http_get;
  // Reads the state's folder, or the one of the configuration's group in a state.dir; changes nothing.
  // kReject: there is none; kStop: a running process has it (named).
  std::function<Result<InspectedState>(const config::Config&, const std::string& dir)> inspect_state;
  const Clock* clock = nullptr;
  std::function<std::string()> new_id;  // 32 random hex digits
  std::string user;                  // "anna@node-1": who gives a command unless --who says otherwise
  std::string version;               // "fracas 0.1.0 (librdkafka 2.0.2, …)"
  // Questions about logs that only tools ask.
  std::function<Result<std::unique_ptr<ClusterProbe>>(const config::Config&)> open_probe;
  // Nothing is claimed before its first Recreate. `record_bytes`: the largest record that may be sent.
  std::function<Result<std::unique_ptr<Transaction>>(
      const config::Config&, const std::string& transactional_id, size_t record_bytes)>
      open_transaction;
  // What doctor asks. The reader gives up early where it makes no progress.
  std::function<Result<OpenedInspector>(const config::Config&)> open_inspector;
  std::function<Result<std::unique_ptr<LogReader>>(const config::Config&)> open_brief_reader;
  std::function<Result<tools::DiskLook>(const config::Config&)> look_at_disk;
};

}  // namespace fracas::cli
