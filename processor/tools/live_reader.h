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
#include "ports/log_reader.h"
#include "tools/live_state.h"
#include "tools/state_fold.h"

// Reads what a group is doing now: first from the instance that runs here (GET http://<http.listen>/state/…),
// and where none answers, or when asked to, from <group>.state. Nothing opens a live store.

namespace fracas::tools {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

struct LivePorts {
  // "127.0.0.1:9464", "/state/streams" → the answer. kRetry: nobody answers there. Bounded in time.
  std::function<Result<HttpAnswer>(const std::string& address, const std::string& target)> get;
  // Made when they are needed: a status that an instance answers asks no broker.
  std::function<Result<Admin*>()> admin;
  std::function<Result<std::unique_ptr<LogReader>>()> reader;
  // One that gives up soon where an open transaction is in the way. Empty: markers count as lag.
  std::function<Result<std::unique_ptr<LogReader>>()> brief_reader{};
  const Clock* clock = nullptr;
  std::function<void(uint64_t done, uint64_t total)> progress;  // of a fold, in offsets
};

// One thread. The configuration and the ports outlive it.
class LiveReader {
 public:
  LiveReader(const config::Config& config, LivePorts ports, bool from_topic)
      : config_(config), ports_(std::move(ports)), from_topic_(from_topic) {}

  // All streams: those of the configuration first, then what else the state knows. Read from the topic, each
  // stream's lag and retention are asked of the cluster, and what only a running instance knows is absent.
  Result<LiveState> Streams();
  // One stream's state alone: what a command's expected version comes from.
  Result<StreamLive> Stream(const std::string& stream);

  struct QuarantineQuery {
    std::string stream;   // "": all
    bool expired = false; // only those
    uint64_t limit = 0;   // 0: all
  };
  // Visits entries by stream, scope and id until `visit` returns false. In memory: a page of them, or, from
  // the topic, all of the stream.
  Status Quarantine(const QuarantineQuery& query, const std::function<bool(const QuarantineItem&)>& visit);
  // The entries of these keys that exist.
  Result<std::vector<QuarantineItem>> Lookup(const std::vector<state::QuarantineKey>& keys);

  // How many dead letters written under this entry are still open. A failure says why that is not known.
  Result<uint64_t> OpenLetters(const state::QuarantineKey& key);

  // Why the topic was read although an instance was asked first; "" it was not.
  const std::string& why_topic() const { return why_topic_; }

 private:
  // The body of an answer 200. kRetry: no instance; anything else is what it said.
  Result<std::string> Ask(const std::string& target);
  Result<LiveState> FromTopic();
  Status AddFacts(LiveState* live);
  Result<FoldedState> Fold(FoldOptions::Keep keep, const std::string& stream);

  const config::Config& config_;
  const LivePorts ports_;
  bool from_topic_;
  std::string why_topic_;
};

// "127.0.0.1:9464"; "" when the configuration names no port.
std::string AddressOf(const config::ListenAddress& listen);
// "stream=pipeline%2Fstream&id_base64=…": how a key is asked for.
std::string KeyQuery(const state::QuarantineKey& key);

}  // namespace fracas::tools
