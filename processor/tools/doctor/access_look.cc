#include "tools/doctor/access_look.h"

#include <algorithm>
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
  for (TopicSeen& topic : *topics) (*seen)[topic.name] = std::move(topic);
  std::vector<TopicPartition> readable;
  for (const AccessNeed& need : NeedsOf(question.work, *question.config, *question.topics)) {
    if (need.resource != AclResource::kTopic) continue;
    const TopicSeen& topic = (*seen)[need.name];
    // Whoever may not even see it may do nothing with it.
    if (!topic.status.ok()) missing->insert(need);
    if (need.operation == AclOperation::kRead && topic.partitions > 0)
      readable.push_back({need.name, 0});
  }
  const std::vector<Status> tried = inspector->TryRead(readable);
  for (size_t i = 0; i < tried.size(); ++i) {
    if (tried[i].ok()) continue;
    if (tried[i].action() == Action::kRetry) return tried[i];
    missing->insert({AclResource::kTopic, readable[i].topic, AclOperation::kRead});
  }
  return {};
}

// By its offsets: a group that may not be described is missing from the cluster's list, as one that
// never was.
Status TryGroup(const AccessQuestion& question, ClusterInspector* inspector,
                const std::map<std::string, TopicSeen>& seen, Needs* missing) {
  const auto there = std::find_if(seen.begin(), seen.end(),
                                  [](const auto& topic) { return topic.second.partitions > 0; });
  const std::string& group = question.config->group;
  // Offsets of a topic that is not there are asked for as well.
  const std::string name =
      there == seen.end() ? question.config->topics.control : there->second.name;
  const Result<std::vector<Offset>> committed = inspector->Committed(group, {{name, 0}});
  if (committed.ok()) return {};
  if (committed.status().action() == Action::kRetry) return committed.status();
  missing->insert({AclResource::kGroup, group, AclOperation::kDescribe});
  return {};
}

std::string_view WhatFor(Work work) {
  switch (work) {
    case Work::kDaemon: return "the daemon needs it";
    case Work::kLook: return "the tools cannot show or compare it";
    case Work::kTools: return "the tools need it to show what is, and to send commands";
    case Work::kReplay:
      return "the tools need it to show what is, and to send commands and records";
  }
  return "";
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
  for (const Grant& grant : GrantsOf(needs, question.brokers, principal)) {
    report->findings.push_back(
        {.grade = Grade::kWarning,
         .what = Cat(principal.empty() ? "this principal" : principal, " lacks ", grant.what),
         .means = std::string(WhatFor(question.work)),
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
  if (!question.privileges.authorizer.value_or(true) || (acls.ok() && !acls->authorizer)) {
    report->about += ", the cluster has no authorizer";
  } else if (!acls.ok() || acls->rules.empty()) {
    // IMPORTANT: without rules nothing is known to be missing: librdkafka 2.0.2 answers a refusal
    // so.
    AddNote(acls.ok()
                ? std::string("no ACL was listed: there is none, or this principal may not list "
                              "them")
                : Cat("this principal may not list ACLs: ", acls.status().message()),
            "whether writing is allowed was not looked at: it cannot be tried",
            Cat("as a Kafka admin: kafka-acls.sh --bootstrap-server ", question.brokers,
                " --list --principal ", principal.empty() ? "User:NAME" : principal),
            report);
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
  if (status.ok()) status = TryGroup(question, inspector, *seen, &missing);
  if (status.ok()) status = CompareRules(question, inspector, &missing, report);
  AddGrants(question, missing, PrincipalOf(*question.config), report);
  return status;
}

}  // namespace fracas::tools
