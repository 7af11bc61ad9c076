#include "tools/doctor/access_look.h"

#include <set>
#include <utility>

#include "core/text.h"

namespace fracas::tools {

namespace {

using Needs = std::set<AccessNeed>;

Status TryTopics(const AccessQuestion& question, ClusterInspector* inspector,
                 std::map<std::string, TopicSeen>* seen, Needs* missing) {
  std::set<std::string> names;
  for (const PlannedTopic& topic : *question.topics) names.insert(topic.name);
  Result<std::vector<TopicSeen>> topics = inspector->Topics({names.begin(), names.end()});
  if (!topics.ok()) return topics.status();
  for (TopicSeen& topic : *topics) {
    if (!topic.status.ok())
      missing->insert({AclResource::kTopic, topic.name, AclOperation::kDescribe});
    (*seen)[topic.name] = std::move(topic);
  }
  std::vector<TopicPartition> readable;
  for (const AccessNeed& need : NeedsOf(question.work, *question.config, *question.topics)) {
    if (need.resource != AclResource::kTopic || need.operation != AclOperation::kRead) continue;
    if ((*seen)[need.name].partitions > 0) readable.push_back({need.name, 0});
  }
  const std::vector<Status> tried = inspector->TryRead(readable);
  for (size_t i = 0; i < tried.size(); ++i) {
    if (tried[i].ok()) continue;
    if (tried[i].action() == Action::kRetry) return tried[i];
    missing->insert({AclResource::kTopic, readable[i].topic, AclOperation::kRead});
  }
  return {};
}

Status TryGroup(const AccessQuestion& question, ClusterInspector* inspector, Needs* missing) {
  const Result<GroupSeen> group = inspector->Group(question.config->group);
  if (group.ok()) return {};
  if (group.status().action() == Action::kRetry) return group.status();
  missing->insert({AclResource::kGroup, question.config->group, AclOperation::kDescribe});
  return {};
}

void AddGrants(const AccessQuestion& question, const Needs& missing, const std::string& principal,
               AreaReport* report) {
  std::vector<AccessNeed> needs;
  for (const AccessNeed& need : missing) {
    const auto has = [&](AclOperation operation) {
      return missing.contains({need.resource, need.name, operation});
    };
    // Read and Write contain it.
    const bool contained = need.operation == AclOperation::kDescribe &&
                           (has(AclOperation::kRead) || has(AclOperation::kWrite));
    if (!contained) needs.push_back(need);
  }
  const bool daemon = question.work == Work::kDaemon;
  for (const Grant& grant : GrantsOf(needs, question.brokers, principal)) {
    report->findings.push_back(
        {.grade = Grade::kWarning,
         .what = Cat(principal.empty() ? "this principal" : principal, " lacks ", grant.what),
         .means = daemon ? "the daemon needs it" : "the tools cannot show or compare it",
         .next = grant.command});
  }
}

void AddNote(std::string what, std::string means, std::string next, AreaReport* report) {
  report->findings.push_back({Grade::kNote, std::move(what), std::move(means), std::move(next)});
}

// What is missing of our own goes to `missing`, beside what was tried in vain.
Status CompareRules(const AccessQuestion& question, ClusterInspector* inspector, Needs* missing,
                    AreaReport* report) {
  const std::string own = PrincipalOf(*question.config);
  const std::string principal = question.principal.empty() ? own : question.principal;
  const Result<AclsSeen> acls = inspector->Acls();
  if (!acls.ok() && acls.status().action() == Action::kRetry) return acls.status();
  if (!acls.ok()) {
    AddNote(Cat("this principal may not list ACLs: ", acls.status().message()),
            "whether writing is allowed was not looked at: it cannot be tried",
            Cat("as a Kafka admin: kafka-acls.sh --bootstrap-server ", question.brokers,
                " --list --principal ", principal.empty() ? "User:NAME" : principal),
            report);
  } else if (!acls->authorizer || !question.privileges.authorizer.value_or(true)) {
    report->about += ", the cluster has no authorizer";
  } else if (acls->rules.empty() && !question.privileges.authorizer.has_value()) {
    // librdkafka 2.0.2 answers the same for a cluster without an authorizer.
    report->about += ", the cluster lists no ACLs";
  } else if (principal.empty()) {
    AddNote("whom the brokers take us for is not known here", "no ACLs were compared",
            "name it: --principal User:…", report);
  } else {
    AppendTo(&report->about, ", ", acls->rules.size(), " rules compared for ", principal);
    const std::vector<AccessNeed> found =
        Missing(NeedsOf(question.work, *question.config, *question.topics), *acls,
                question.privileges, principal);
    if (principal == own) {
      missing->insert(found.begin(), found.end());
    } else {
      AddGrants(question, {found.begin(), found.end()}, principal, report);
    }
  }
  return {};
}

}  // namespace

Status LookAtAccess(const AccessQuestion& question, ClusterInspector* inspector,
                    std::map<std::string, TopicSeen>* seen, AreaReport* report) {
  Needs missing;
  Status status = TryTopics(question, inspector, seen, &missing);
  report->about = Cat(seen->size(), " topics tried");
  if (status.ok()) status = TryGroup(question, inspector, &missing);
  if (status.ok()) status = CompareRules(question, inspector, &missing, report);
  AddGrants(question, missing, PrincipalOf(*question.config), report);
  return status;
}

}  // namespace fracas::tools
