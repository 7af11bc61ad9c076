#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "observability/broker_facts.h"

namespace fracas::app {

// What the Kafka clients of this process say of their brokers, put together. Thread-safe.
class BrokerWatch {
 public:
  // librdkafka's statistics of one client (STATISTICS.md): "name", "ts" (the process's steady
  // clock, in microseconds) and of each of "brokers" its "nodeid", "state", "rtt" and "throttle"
  // (windows with an "avg", in microseconds and milliseconds), "txerrs", "rxerrs", "req_timeouts",
  // "disconnects". What is not there counts as 0; text that is no JSON object is ignored. Brokers
  // beyond limits are left out: their numbers are labels. What a client said kSightUs before the
  // newest of all counts no longer: it has ended, or nobody asks it.
  void Take(std::string_view statistics);

  observability::BrokerFacts Facts() const;

  static constexpr int64_t kSightUs = 60'000'000;

 private:
  // As one client saw the broker last.
  struct Sight {
    bool up = false;
    int64_t at_us = 0;
    double round_trip_seconds = 0;
    double throttle_seconds = 0;
    uint64_t errors = 0;  // since the client began
  };
  struct Broker {
    std::map<std::string, Sight, std::less<>> sights;  // by client
    uint64_t errors = 0;  // of all clients, those that have ended included
  };

  mutable std::mutex mutex_;
  std::map<std::string, Broker, std::less<>> brokers_;  // guarded by mutex_; by number
  int64_t newest_us_ = 0;                               // guarded by mutex_
};

}  // namespace fracas::app
