#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// How the brokers answer, as the clients of this instance see them; asked for at scrape time.

namespace fracas::observability {

struct BrokerFacts {
  struct Broker {
    std::string id;                // the broker's number
    bool up = false;               // some client has a connection to it
    double round_trip_seconds = 0;  // the slowest client's mean of the last seconds; 0: nothing was asked
    double throttle_seconds = 0;   // likewise, what quotas made us wait
    uint64_t errors = 0;           // failed and timed out requests and lost connections, of all clients
  };
  std::vector<Broker> brokers;  // ascending by id
};

// Any thread.
using BrokerFactsSource = std::function<BrokerFacts()>;

}  // namespace fracas::observability
