#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/stream.h"

// The effective configuration as plain data: every default applied, every inherited value resolved
// (built-in < `defaults` < the pipeline's `defaults` < the stream; the nearest wins, nested
// mappings key by key), every text substituted. It knows the names of things, not what contracts
// are. Made by config/reader.h, immutable afterwards, any thread.

namespace fracas::config {

// A librdkafka setting that is passed through. Names that only librdkafka knows are checked by
// kafka/.
struct KafkaSetting {
  std::string name;
  std::string value;
  bool sensitive = false;  // never shown
  Mark mark;
};

struct Kafka {
  std::vector<KafkaSetting> common;  // for consumers, producers and admin; holds bootstrap.servers
  std::vector<KafkaSetting> consumer;  // each list in ascending order of names, without repetition
  std::vector<KafkaSetting> producer;
};

struct Roles {
  bool pipeline = true;
  bool control = true;
  bool ledger = true;
  bool api = true;
};

// "" host and port -1: not listening.
struct ListenAddress {
  std::string host;
  int port = -1;
  Mark mark;
};

struct Http {
  ListenAddress listen;
  ListenAddress metrics_listen;  // /metrics, /livez, /readyz only
};

// Topics of our own, names expanded.
struct OwnTopics {
  std::string failures;  // default <group>.failures
  std::string batches;   // default <group>.batches
  std::string control;   // default <group>.control
  std::string journal;   // default <group>.journal
  std::string state;     // default <group>.state
  std::string ledger;    // default <group>.ledger
  int32_t replication =
      -1;  // of topics that `fracas topics --create` makes; -1: the broker's default
};

struct Config {
  std::string file;  // as it was named; "" when read from bytes
  std::string group;
  std::string instance;
  int32_t workers = 1;
  Roles roles;
  Kafka kafka;
  std::string state_dir;
  Http http;
  OwnTopics topics;
  std::vector<Stream> streams;  // of all pipelines, in the order of the file; index = StreamIndex
  std::map<std::string, Mark> marks;  // of top-level values, as in Stream
};

const Mark& MarkOf(const Config& config, const std::string& path);

}  // namespace fracas::config
