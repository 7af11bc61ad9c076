#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contract/contract.h"
#include "core/audit.h"
#include "core/classify.h"
#include "core/ids.h"
#include "core/limits.h"

// What the pipeline knows of its streams: the configuration with contracts compiled and names resolved.
// Made by app/, immutable and shared afterwards, any thread. Another one may take its place while the program
// runs (ControlBoard::SetPlan): whoever judges asks the control view for it and keeps none.

namespace fracas::pipeline {

enum class PublishMode : uint8_t {
  kCopy,  // good records to the published topic, rejected ones to the DLQ
  kNone,  // observe only: nothing is published or dead-lettered, never RED, says what it would have held
};

enum class Framing : uint8_t {
  kNone,
  kConfluent,  // 0x00 and a 4-byte schema id in front of the document; judged behind it, copied with it
};

// Where an identity is found.
struct IdentitySource {
  enum class Kind : uint8_t {
    kNone,
    kPointer,     // in the value; `capture` is its index in contract::Rules::captures
    kHeader,      // the last header called `name`
    kKey,         // the whole key
    kKeyPointer,  // in the key, which is JSON; `key_contract` of the stream, `capture` there
  };
  Kind kind = Kind::kNone;
  std::string name;      // the header's name or the JSON pointer
  uint32_t capture = 0;
};

struct BatchLimits {
  size_t records = limits::kBatchRecordsDefault;
  size_t bytes = limits::kBatchBytesDefault;  // of keys and values
  int64_t interval_ms = limits::kBatchIntervalMsDefault;  // from a round's first record to its judgement
};

// What a stream takes for a replay, and what that is worth. A ticket is found by its own header.
struct ReplayRules {
  enum class Trust : uint8_t {
    kTicket,  // only a ticket lifts the mask
    kMark,    // the mark lifts it too, and resolves nothing: for replays that other tools send
  };
  Trust trust = Trust::kTicket;
  std::string mark_header = "is_replay";  // its last value is "true"; "": the mark is in the body
  // A document that satisfies it is marked; null: the mark is a header.
  std::shared_ptr<const contract::Contract> mark_contract;
  int32_t count_max = 3;  // a replay that fails for the so manyeth time is parked
};

// Topics that a source topic's records go to.
struct OutputNames {
  std::string published;     // "" in mode none
  std::string dead_letters;  // "" in mode none
};

struct StreamPlan {
  StreamIndex index{};
  std::string pipeline;
  std::string id;                 // unique in the pipeline
  std::string stage;              // "ingestion"
  std::string dataset_namespace;  // dataset = namespace.name; the namespace may be empty
  std::string dataset_name;
  std::string owner;              // of the source; "" if none
  PublishMode mode = PublishMode::kCopy;
  Framing framing = Framing::kNone;
  bool tombstones_pass = true;    // false: a null value is a dead letter
  size_t record_bytes_max = limits::kRecordBytesDefault;  // of the value; more is RECORD_OVERSIZE
  std::shared_ptr<const contract::Contract> contract;      // never null (contract::CompileRules)
  std::shared_ptr<const contract::Contract> key_contract;  // set where an identity is a kKeyPointer
  IdentitySource business_id;
  ReplayRules replay;
  BatchLimits batch;
  Thresholds audit;
  Dispositions dispositions;
  std::function<OutputNames(const std::string& source_topic)> outputs;  // pure
  std::string routing;  // its topics and outputs as configured: equal texts, equal routes

  // What the mode means for the outcome of a record.
  Publishing publishing() const {
    return mode == PublishMode::kCopy ? Publishing::kCopy : Publishing::kObserve;
  }
};

// "pipeline/stream": the key of events and summaries, the name in messages.
std::string QualifiedName(const StreamPlan& stream);

struct Plan {
  std::string group;
  std::string instance;
  std::string config_sha256;
  std::string program_version;
  std::string failures_topic;
  std::string batches_topic;
  std::string control_topic;  // takes facts; "": none are written (files, try)
  std::vector<std::shared_ptr<const StreamPlan>> streams;  // position = StreamIndex
  // Which stream a source topic belongs to; nullopt: none (the partition is held and named). Pure.
  std::function<std::optional<StreamIndex>(const std::string& source_topic)> stream_of;
};

// The topics that every round of the plan may write to, beside its streams' outputs.
std::vector<std::string> OwnTopics(const Plan& plan);

}  // namespace fracas::pipeline
