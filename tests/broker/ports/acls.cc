#include "tests/broker/ports/acls.h"

#include <cstdlib>

#include "core/check.h"
#include "core/text.h"
#include "tests/broker/ports/cluster.h"

namespace fracas::broker_test {
namespace {

const char* OptionOf(AclOn resource) {
  switch (resource) {
    case AclOn::kTopic: return " --topic ";
    case AclOn::kGroup: return " --group ";
    case AclOn::kTransactionalId: return " --transactional-id ";
  }
  return "";
}

const char* OperationOf(AclTo what) {
  switch (what) {
    case AclTo::kDescribe: return " --operation Describe";
    case AclTo::kRead: return " --operation Read";
    case AclTo::kWrite: return " --operation Write";
  }
  return "";
}

}  // namespace

// By Kafka's own tool: librdkafka 2.0.2 has no ACLs of transactional ids.
void AllowLimited(AclOn resource, const std::string& name, AclTo what) {
  const std::string command =
      Cat(FRACAS_SOURCE_DIR "/deploy/kafka cli kafka-acls --bootstrap-server ", Brokers(),
          " --add --allow-principal User:", kLimitedUser, OperationOf(what), OptionOf(resource),
          name, " > /dev/null");
  FRACAS_CHECK(std::system(command.c_str()) == 0, command);
}

}  // namespace fracas::broker_test
