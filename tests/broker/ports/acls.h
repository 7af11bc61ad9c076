#pragma once

#include <string>

namespace fracas::broker_test {

enum class AclOn { kTopic, kGroup, kTransactionalId };
enum class AclTo { kDescribe, kRead, kWrite };

// Lets the limited user do `what` (and describe) with one resource.
void AllowLimited(AclOn resource, const std::string& name, AclTo what);

}  // namespace fracas::broker_test
