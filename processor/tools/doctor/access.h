#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/model.h"
#include "ports/cluster_inspector.h"
#include "tools/doctor/diagnosis.h"
#include "tools/topics.h"

// Which ACLs a principal needs, and which of them are missing (deploy/acls.md is the same list for
// people). Pure.

namespace fracas::tools {

// Whose work: the daemon's, or that of the command line. Each of its kinds contains those before
// it.
enum class Work : uint8_t {
  kDaemon,
  kLook,    // shows and compares
  kTools,   // sends commands
  kReplay,  // sends records again
};

// One operation on one resource.
struct AccessNeed {
  AclResource resource{};
  std::string name;
  AclOperation operation{};
  bool prefixed = false;  // on all names that begin so
  auto operator<=>(const AccessNeed&) const = default;
};

// `topics`: names and roles of the plan.
std::vector<AccessNeed> NeedsOf(Work work, const config::Config& config,
                                const std::vector<PlannedTopic>& topics);

// What a cluster says about a principal beside its rules.
struct Privileges {
  // Whether it asks anybody for permission at all; nullopt: its settings may not be read.
  std::optional<bool> authorizer{};
  std::string super_users{};      // the broker's super.users, "User:a;User:b"
  bool everyone_if_none = false;  // allow.everyone.if.no.acl.found
};

// The needs that no rule covers, or that one denies.
std::vector<AccessNeed> Missing(const std::vector<AccessNeed>& needs, const AclsSeen& acls,
                                const Privileges& privileges, const std::string& principal);

// "User:anna" of kafka.sasl.username; "User:ANONYMOUS" without authentication; "" it depends on the
// broker (TLS, Kerberos, OAuth).
std::string PrincipalOf(const config::Config& config);

// One command for each resource: all its operations.
struct Grant {
  std::string what;     // "Read, Describe on topic orders.raw"
  std::string command;  // "kafka-acls.sh --bootstrap-server … --add …"
};
std::vector<Grant> GrantsOf(const std::vector<AccessNeed>& missing, const std::string& brokers,
                            const std::string& principal);

}  // namespace fracas::tools
