#include "app/live/broker_watch.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "wire/fields.h"

namespace fracas::app {

namespace {

using json::Kind;
using json::NodeId;
using json::Tree;

double Mean(const Tree& tree, NodeId broker, std::string_view window) {
  const NodeId found = tree.Find(broker, window);
  if (found == Tree::kNoNode || tree.node(found).kind != Kind::kObject) return 0;
  wire::Fields fields("statistics", tree);
  return static_cast<double>(fields.OptionalInt(found, "avg", 0, INT64_MAX, 0));
}

}  // namespace

void BrokerWatch::Take(std::string_view statistics) {
  const auto document = wire::ParseObject("statistics", statistics);
  if (!document.ok()) return;
  const Tree& tree = (*document)->tree;
  wire::Fields fields("statistics", tree);
  const std::string client = fields.OptionalText(tree.root(), "name");
  const NodeId brokers = tree.Find(tree.root(), "brokers");
  if (brokers == Tree::kNoNode || tree.node(brokers).kind != Kind::kObject) return;
  const int64_t at_us = fields.OptionalInt(tree.root(), "ts", 0, INT64_MAX, 0);
  const std::lock_guard lock(mutex_);
  newest_us_ = std::max(newest_us_, at_us);
  for (NodeId id = brokers + 1; id < tree.node(brokers).next; id = tree.node(id).next) {
    if (tree.node(id).kind != Kind::kObject) continue;
    wire::Fields broker("statistics", tree);
    const int64_t number = broker.OptionalInt(id, "nodeid", -1, INT32_MAX, -1);
    if (number < 0) continue;  // a bootstrap address: the broker behind it has an entry of its own
    const auto known = brokers_.find(Cat(number));
    if (known == brokers_.end() && brokers_.size() >= limits::kWatchedBrokersMax) continue;
    Broker& all = known == brokers_.end() ? brokers_[Cat(number)] : known->second;
    if (!all.sights.contains(client) && all.sights.size() >= limits::kWatchedClientsMax) all.sights.clear();
    Sight& sight = all.sights[client];
    const uint64_t before = sight.errors;
    sight.at_us = at_us;
    sight.up = broker.OptionalText(id, "state") == "UP";
    sight.round_trip_seconds = Mean(tree, id, "rtt") / 1e6;
    sight.throttle_seconds = Mean(tree, id, "throttle") / 1e3;
    sight.errors = 0;
    for (const std::string_view kind : {"txerrs", "rxerrs", "req_timeouts", "disconnects"}) {
      sight.errors += static_cast<uint64_t>(broker.OptionalInt(id, kind, 0, INT64_MAX, 0));
    }
    // A client that was recreated under its name begins at 0.
    all.errors += sight.errors >= before ? sight.errors - before : sight.errors;
  }
}

observability::BrokerFacts BrokerWatch::Facts() const {
  observability::BrokerFacts facts;
  const std::lock_guard lock(mutex_);
  for (const auto& [number, broker] : brokers_) {
    observability::BrokerFacts::Broker& fact = facts.brokers.emplace_back();
    fact.id = number;
    fact.errors = broker.errors;
    for (const auto& [client, sight] : broker.sights) {
      if (sight.at_us < newest_us_ - kSightUs) continue;
      fact.up = fact.up || sight.up;
      fact.round_trip_seconds = std::max(fact.round_trip_seconds, sight.round_trip_seconds);
      fact.throttle_seconds = std::max(fact.throttle_seconds, sight.throttle_seconds);
    }
  }
  return facts;
}

}  // namespace fracas::app
