#include "kafka/inspect/acl_list.h"

#include <memory>
#include <optional>

#include "kafka/admin_request.h"

namespace fracas::kafka {
namespace {

struct BindingDeleter {
  void operator()(rd_kafka_AclBinding_t* binding) const { rd_kafka_AclBinding_destroy(binding); }
};
using Binding = std::unique_ptr<rd_kafka_AclBinding_t, BindingDeleter>;

// The enums below are librdkafka's: new values come with new versions, so a default is right.

AclOperation OperationOf(rd_kafka_AclOperation_t operation) {
  switch (operation) {
    case RD_KAFKA_ACL_OPERATION_ALL: return AclOperation::kAll;
    case RD_KAFKA_ACL_OPERATION_READ: return AclOperation::kRead;
    case RD_KAFKA_ACL_OPERATION_WRITE: return AclOperation::kWrite;
    case RD_KAFKA_ACL_OPERATION_DESCRIBE: return AclOperation::kDescribe;
    case RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS: return AclOperation::kDescribeConfigs;
    default: return AclOperation::kOther;
  }
}

AclResource ResourceOf(rd_kafka_ResourceType_t type) {
  switch (type) {
    case RD_KAFKA_RESOURCE_TOPIC: return AclResource::kTopic;
    case RD_KAFKA_RESOURCE_GROUP: return AclResource::kGroup;
    case RD_KAFKA_RESOURCE_BROKER: return AclResource::kCluster;
    default: return AclResource::kTransactionalId;
  }
}

// nullopt: a pattern or a permission that this version does not know.
std::optional<AclRule> RuleOf(const rd_kafka_AclBinding_t* binding) {
  const rd_kafka_ResourcePatternType_t pattern = rd_kafka_AclBinding_resource_pattern_type(binding);
  const rd_kafka_AclPermissionType_t permission = rd_kafka_AclBinding_permission_type(binding);
  const bool known = (pattern == RD_KAFKA_RESOURCE_PATTERN_LITERAL ||
                      pattern == RD_KAFKA_RESOURCE_PATTERN_PREFIXED) &&
                     (permission == RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW ||
                      permission == RD_KAFKA_ACL_PERMISSION_TYPE_DENY);
  const char* const name = rd_kafka_AclBinding_name(binding);
  const char* const principal = rd_kafka_AclBinding_principal(binding);
  const char* const host = rd_kafka_AclBinding_host(binding);
  if (!known || name == nullptr || principal == nullptr || host == nullptr) return std::nullopt;
  return AclRule{.resource = ResourceOf(rd_kafka_AclBinding_restype(binding)),
                 .prefixed = pattern == RD_KAFKA_RESOURCE_PATTERN_PREFIXED,
                 .name = name,
                 .principal = principal,
                 .host = host,
                 .operation = OperationOf(rd_kafka_AclBinding_operation(binding)),
                 .allow = permission == RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW};
}

}  // namespace

Result<AclsSeen> ListAcls(const Client& client, int wait_ms) {
  const Binding all(rd_kafka_AclBindingFilter_new(
      RD_KAFKA_RESOURCE_ANY, nullptr, RD_KAFKA_RESOURCE_PATTERN_ANY, nullptr, nullptr,
      RD_KAFKA_ACL_OPERATION_ANY, RD_KAFKA_ACL_PERMISSION_TYPE_ANY, nullptr, 0));
  FRACAS_CHECK(all != nullptr, "a filter that matches every rule is a legal one");
  const Queue queue(rd_kafka_queue_new(client.get()));
  const Options options = NewOptions(client, RD_KAFKA_ADMIN_OP_DESCRIBEACLS, wait_ms);
  rd_kafka_DescribeAcls(client.get(), all.get(), options.get(), queue.get());
  const Event event = AwaitEvent(queue.get(), 2 * wait_ms);
  const Failure failure = FailureOf(event);
  AclsSeen acls;
  if (failure.error == RD_KAFKA_RESP_ERR_SECURITY_DISABLED) {
    acls.authorizer = false;
    return acls;
  }
  if (!failure.ok()) return CallFailed(Cat("the list of ACLs on ", client.brokers()), failure);
  size_t count = 0;
  const rd_kafka_AclBinding_t** const bindings =
      rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    if (std::optional<AclRule> rule = RuleOf(bindings[i]); rule.has_value()) {
      acls.rules.push_back(std::move(*rule));
    }
  }
  return acls;
}

}  // namespace fracas::kafka
