// The keys at the top of a configuration, without `defaults` and `pipelines`, which hold streams.

#include <array>
#include <charconv>

#include "config/keys.h"
#include "config/values/kafka_settings.h"
#include "core/check.h"
#include "core/limits.h"

namespace fracas::config {
namespace {

using std::string_view;

constexpr std::array<string_view, 4> kRoles{"pipeline", "control", "ledger", "api"};

void StoreRoles(const Value& value, Config* config) {
  config->roles = {false, false, false, false};
  for (const Item& item : value.items) {
    if (item.text == "pipeline") config->roles.pipeline = true;
    if (item.text == "control") config->roles.control = true;
    if (item.text == "ledger") config->roles.ledger = true;
    if (item.text == "api") config->roles.api = true;
  }
}

// The value has been checked: the last colon separates the port.
ListenAddress AddressOf(const Value& value) {
  if (value.off) return {"", -1, value.mark};
  const size_t colon = value.text.rfind(':');
  std::string host = value.text.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return {std::move(host), static_cast<int>(value.integer), value.mark};
}

std::vector<KafkaSetting> SettingsOf(const Value& value) {
  std::vector<KafkaSetting> settings;
  for (const Item& item : value.items) {
    settings.push_back(
        {item.name, item.text, item.secret || IsSensitiveSetting(item.name), item.mark});
  }
  return settings;
}

constexpr RootKey kKeys[] = {
    {{"group",
      Type::kName,
      "",
      "The consumer group; also the prefix of transactional ids and of our own topics.",
      "fracas",
      {1, 100}},
     [](const Value& v, Config* c) { c->group = v.text; }},
    {{"instance",
      Type::kName,
      "",
      "This process in the group: unique, and the same after a restart. Default: the host's name.",
      "node-1",
      {1, 100}},
     [](const Value& v, Config* c) { c->instance = v.text; }},
    {{"workers",
      Type::kInteger,
      "",
      "Threads that judge records, each with a consumer and a producer of its own. Default: the "
      "machine's cores.",
      "2",
      {1, limits::kWorkersMax}},
     [](const Value& v, Config* c) { c->workers = static_cast<int32_t>(v.integer); }},
    {{"roles",
      Type::kChoiceList,
      "[pipeline, control, ledger, api]",
      "What this process does.",
      "[pipeline, api]",
      {},
      kRoles},
     StoreRoles},
    {{"kafka", Type::kSettings, "",
      "librdkafka settings for every connection; bootstrap.servers is required. Any setting that "
      "breaks "
      "no guarantee.",
      "{bootstrap.servers: '127.0.0.1:9092'}"},
     [](const Value& v, Config* c) { c->kafka.common = SettingsOf(v); }},
    {{"kafka.consumer", Type::kSettings, "{}", "Settings for consumers only.",
      "{fetch.min.bytes: 65536}"},
     [](const Value& v, Config* c) { c->kafka.consumer = SettingsOf(v); }},
    {{"kafka.producer", Type::kSettings, "{}", "Settings for producers only.",
      "{compression.codec: lz4}"},
     [](const Value& v, Config* c) { c->kafka.producer = SettingsOf(v); }},
    {{"state.dir", Type::kPath, "/var/lib/fracas",
      "Where this instance keeps its copy of the state.", "/data/fracas"},
     [](const Value& v, Config* c) { c->state_dir = v.text; }},
    {{"http.listen",
      Type::kAddress,
      "127.0.0.1:9464",
      "The API for tools on this machine; it has no authentication.",
      "'[::1]:9464'",
      {},
      {},
      true},
     [](const Value& v, Config* c) { c->http.listen = AddressOf(v); }},
    {{"http.metrics_listen",
      Type::kAddress,
      "0.0.0.0:9465",
      "/metrics, /livez and /readyz only.",
      "127.0.0.1:9465",
      {},
      {},
      true},
     [](const Value& v, Config* c) { c->http.metrics_listen = AddressOf(v); }},
    {{"topics.failures", Type::kGroupTemplate, "'{group}.failures'", "The topic of failure events.",
      "data.failures"},
     [](const Value& v, Config* c) { c->topics.failures = v.text; }},
    {{"topics.batches", Type::kGroupTemplate, "'{group}.batches'", "The topic of batch summaries.",
      "data.batches"},
     [](const Value& v, Config* c) { c->topics.batches = v.text; }},
    {{"topics.control", Type::kGroupTemplate, "'{group}.control'",
      "The topic of commands and of what workers report.", "data.control"},
     [](const Value& v, Config* c) { c->topics.control = v.text; }},
    {{"topics.journal", Type::kGroupTemplate, "'{group}.journal'",
      "The topic that says who asked for what and what became of it.", "data.journal"},
     [](const Value& v, Config* c) { c->topics.journal = v.text; }},
    {{"topics.state", Type::kGroupTemplate, "'{group}.state'",
      "The topic of breakers, quarantine and tickets.", "data.state"},
     [](const Value& v, Config* c) { c->topics.state = v.text; }},
    {{"topics.ledger", Type::kGroupTemplate, "'{group}.ledger'",
      "The topic that says which dead letters are resolved or discarded.", "data.ledger"},
     [](const Value& v, Config* c) { c->topics.ledger = v.text; }},
    {{"topics.replication",
      Type::kInteger,
      "off",
      "Replicas of topics that `fracas topics --create` makes; off: the broker's default.",
      "3",
      {1, 32},
      {},
      true},
     [](const Value& v, Config* c) {
       c->topics.replication = v.off ? -1 : static_cast<int32_t>(v.integer);
     }},
};

constexpr Section kSections[] = {
    {"state", "State of this instance."},
    {"http", "What this process listens on."},
    {"topics", "Topics of our own; {group} is replaced."},
};

}  // namespace

std::span<const RootKey> RootKeys() { return kKeys; }
std::span<const Section> RootSections() { return kSections; }

size_t RootKeyIndex(std::string_view path) {
  for (size_t i = 0; i < std::size(kKeys); ++i) {
    if (kKeys[i].key.path == path) return i;
  }
  CheckFailed(__FILE__, __LINE__, "a key at the top", path);
}

}  // namespace fracas::config
