#include "tools/doctor/access.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "core/text.h"

namespace fracas::tools {

namespace {

std::string_view NameOf(AclResource resource) {
  switch (resource) {
    case AclResource::kTopic: return "topic";
    case AclResource::kGroup: return "group";
    case AclResource::kCluster: return "cluster";
    case AclResource::kTransactionalId: return "transactional-id";
  }
  return "";
}

std::string_view NameOf(AclOperation operation) {
  switch (operation) {
    case AclOperation::kAll: return "All";
    case AclOperation::kRead: return "Read";
    case AclOperation::kWrite: return "Write";
    case AclOperation::kDescribe: return "Describe";
    case AclOperation::kDescribeConfigs: return "DescribeConfigs";
    case AclOperation::kOther: return "Other";
  }
  return "";
}

class Needs {
 public:
  void Add(AclResource resource, const std::string& name,
           std::initializer_list<AclOperation> operations) {
    for (const AclOperation operation : operations) all_.insert({resource, name, operation});
  }
  void AddPrefix(AclResource resource, const std::string& prefix, AclOperation operation) {
    all_.insert({resource, prefix, operation, true});
  }
  std::vector<AccessNeed> Take() { return {all_.begin(), all_.end()}; }

 private:
  std::set<AccessNeed> all_;
};

// Read and Write contain Describe.
void AddDaemonTopic(const PlannedTopic& topic, Needs* needs) {
  const auto add = [&](std::initializer_list<AclOperation> operations) {
    needs->Add(AclResource::kTopic, topic.name, operations);
    needs->Add(AclResource::kTopic, topic.name, {AclOperation::kDescribeConfigs});
  };
  switch (topic.role) {
    case TopicRole::kSource: return add({AclOperation::kRead});
    case TopicRole::kPublished:
    case TopicRole::kFailures:
    case TopicRole::kBatches:
    case TopicRole::kJournal: return add({AclOperation::kWrite});
    case TopicRole::kDeadLetters:
    case TopicRole::kControl:
    case TopicRole::kState:
    case TopicRole::kLedger: return add({AclOperation::kRead, AclOperation::kWrite});
    case TopicRole::kReplays: return;  // of the tools: an instance never looks at it
  }
}

// A job has a transactional id of its own name.
void AddTool(Work work, const config::Config& config, const std::vector<PlannedTopic>& topics,
             Needs* needs) {
  for (const PlannedTopic& topic : topics) {
    const bool sends_there = topic.role == TopicRole::kSource || topic.role == TopicRole::kReplays;
    const bool writes = (topic.role == TopicRole::kControl && work != Work::kLook) ||
                        (sends_there && work == Work::kReplay);
    needs->Add(AclResource::kTopic, topic.name,
               {AclOperation::kRead, AclOperation::kDescribeConfigs});
    if (writes) needs->Add(AclResource::kTopic, topic.name, {AclOperation::kWrite});
  }
  needs->Add(AclResource::kGroup, config.group, {AclOperation::kDescribe});
  if (work == Work::kReplay)
    needs->AddPrefix(AclResource::kTransactionalId, config.group + ".replay.",
                     AclOperation::kWrite);
}

bool Covers(const AclRule& rule, const AccessNeed& need) {
  if (rule.resource != need.resource) return false;
  if (rule.prefixed) return need.name.starts_with(rule.name);
  return rule.name == "*" || (rule.name == need.name && !need.prefixed);
}

// Kafka's implications: Read and Write contain Describe.
bool Gives(AclOperation granted, AclOperation needed) {
  if (granted == needed || granted == AclOperation::kAll) return true;
  return needed == AclOperation::kDescribe &&
         (granted == AclOperation::kRead || granted == AclOperation::kWrite);
}

bool IsSuper(const std::string& users, const std::string& principal) {
  std::string_view rest = users;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(';'), rest.size());
    if (rest.substr(0, end) == principal) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

// A rule for single hosts counts as one for all: from where the daemon comes is not known here.
bool IsAllowed(const AccessNeed& need, const AclsSeen& acls, const Privileges& privileges,
               const std::string& principal) {
  bool any_rule = false;
  bool allowed = false;
  for (const AclRule& rule : acls.rules) {
    if (!Covers(rule, need)) continue;
    any_rule = true;
    if (rule.principal != principal && rule.principal != "User:*") continue;
    if (!rule.allow && rule.host == "*" &&
        (rule.operation == need.operation || rule.operation == AclOperation::kAll)) {
      return false;
    }
    allowed |= rule.allow && Gives(rule.operation, need.operation);
  }
  return allowed || (!any_rule && privileges.everyone_if_none);
}

std::string SettingOf(const config::Config& config, std::string_view name) {
  for (const config::KafkaSetting& setting : config.kafka.common) {
    if (setting.name == name) return setting.value;
  }
  return "";
}

}  // namespace

std::vector<AccessNeed> NeedsOf(Work work, const config::Config& config,
                                const std::vector<PlannedTopic>& topics) {
  Needs needs;
  if (work != Work::kDaemon) {
    AddTool(work, config, topics, &needs);
    return needs.Take();
  }
  for (const PlannedTopic& topic : topics) AddDaemonTopic(topic, &needs);
  // The pipeline's group, the control topic's, the authority's beacon.
  for (const char* ending : {"", ".control", ".authority"}) {
    needs.Add(AclResource::kGroup, config.group + ending, {AclOperation::kRead});
  }
  // As the workers and the authority of this instance call themselves.
  const auto member = [&](int32_t worker) {
    return Cat(config.group, "-", config.instance, "-", worker);
  };
  for (const std::string& id :
       {member(0), member(std::max(config.workers - 1, 0)), config.group + ".authority"}) {
    needs.Add(AclResource::kTransactionalId, id, {AclOperation::kWrite});
  }
  return needs.Take();
}

std::vector<AccessNeed> Missing(const std::vector<AccessNeed>& needs, const AclsSeen& acls,
                                const Privileges& privileges, const std::string& principal) {
  std::vector<AccessNeed> missing;
  if (!acls.authorizer || IsSuper(privileges.super_users, principal)) return missing;
  for (const AccessNeed& need : needs) {
    if (!IsAllowed(need, acls, privileges, principal)) missing.push_back(need);
  }
  return missing;
}

std::string PrincipalOf(const config::Config& config) {
  std::string protocol = SettingOf(config, "security.protocol");
  std::transform(protocol.begin(), protocol.end(), protocol.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (protocol.empty() || protocol == "plaintext") return "User:ANONYMOUS";
  const std::string user = SettingOf(config, "sasl.username");
  return protocol.starts_with("sasl") && !user.empty() ? "User:" + user : "";
}

std::vector<Grant> GrantsOf(const std::vector<AccessNeed>& missing, const std::string& brokers,
                            const std::string& principal) {
  const std::string who = principal.empty() ? "User:NAME" : principal;
  std::vector<Grant> grants;
  const AccessNeed* last = nullptr;
  for (const AccessNeed& need : missing) {
    const bool same = last != nullptr && last->resource == need.resource && last->name == need.name;
    if (same) {
      Grant& grant = grants.back();
      grant.what.insert(grant.what.find(" on "), Cat(", ", NameOf(need.operation)));
    } else {
      grants.push_back(
          {Cat(NameOf(need.operation), " on ", NameOf(need.resource), " ", need.name),
           Cat("kafka-acls.sh --bootstrap-server ", brokers, " --add --allow-principal ", who,
               " --", NameOf(need.resource), need.resource == AclResource::kCluster ? "" : " ",
               need.resource == AclResource::kCluster ? "" : need.name,
               need.prefixed ? " --resource-pattern-type prefixed" : "")});
      if (need.prefixed) grants.back().what += "*";
    }
    AppendTo(&grants.back().command, " --operation ", NameOf(need.operation));
    last = &need;
  }
  return grants;
}

}  // namespace fracas::tools
