#include "tools/doctor/brokers.h"

#include <set>
#include <string>

#include "core/text.h"

namespace fracas::tools {

namespace {

constexpr char kVersionSetting[] = "inter.broker.protocol.version";

// "" where it is not set, or may not be read.
std::string SettingOf(const BrokerSeen& broker, const std::string& name) {
  const auto found = broker.settings.find(name);
  return found == broker.settings.end() ? "" : found->second;
}

}  // namespace

AreaReport CheckBrokers(const ClusterSeen& cluster) {
  AreaReport report;
  report.area = Area::kBrokers;
  std::set<std::string> versions;
  size_t answered = 0;
  for (const BrokerSeen& broker : cluster.brokers) {
    if (!broker.answers.ok()) {
      report.findings.push_back(
          {.grade = Grade::kError,
           .what = std::string(broker.answers.message()),
           .means = "partitions that it leads stand still",
           .next = Cat("kafka-broker-api-versions.sh --bootstrap-server ", broker.address)});
      continue;
    }
    ++answered;
    if (std::string version = SettingOf(broker, kVersionSetting); !version.empty())
      versions.insert(std::move(version));
  }
  std::string told;
  for (const std::string& version : versions) AppendTo(&told, told.empty() ? "" : ", ", version);
  report.about = Cat(answered, " of ", cluster.brokers.size(), " answer, cluster ",
                     cluster.id.empty() ? "unknown" : cluster.id, ", version ",
                     told.empty() ? "not told" : told);
  if (versions.size() > 1) {
    report.findings.push_back({.grade = Grade::kNote,
                               .what = "the brokers are of several versions",
                               .means = "an upgrade is on its way",
                               .next = ""});
  }
  return report;
}

Privileges PrivilegesOf(const ClusterSeen& cluster) {
  Privileges privileges;
  for (const BrokerSeen& broker : cluster.brokers) {
    if (broker.settings.empty()) continue;
    privileges.authorizer = !SettingOf(broker, "authorizer.class.name").empty();
    privileges.super_users = SettingOf(broker, "super.users");
    privileges.everyone_if_none = SettingOf(broker, "allow.everyone.if.no.acl.found") == "true";
  }
  return privileges;
}

}  // namespace fracas::tools
