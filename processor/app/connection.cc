#include "app/connection.h"

#include <utility>

#include "kafka/admin.h"

namespace fracas::app {

namespace {

kafka::Settings SettingsOf(const std::vector<config::KafkaSetting>& list) {
  kafka::Settings settings;
  for (const config::KafkaSetting& setting : list) settings[setting.name] = setting.value;
  return settings;
}

}  // namespace

kafka::Connection ConnectionOf(const config::Config& config, const std::string& brokers, LogSink log) {
  kafka::Connection connection;
  connection.common = SettingsOf(config.kafka.common);
  connection.consumer = SettingsOf(config.kafka.consumer);
  connection.producer = SettingsOf(config.kafka.producer);
  connection.log = std::move(log);
  if (!brokers.empty()) connection.common["bootstrap.servers"] = brokers;
  return connection;
}

Result<std::unique_ptr<Admin>> Connect(const config::Config& config, const std::string& brokers,
                                       LogSink log) {
  return kafka::OpenAdmin(ConnectionOf(config, brokers, std::move(log)), "fracas");
}

}  // namespace fracas::app
