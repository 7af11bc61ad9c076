#pragma once

#include <string>

#include "core/ids.h"

// What retention and operators do to topics. The test fails if the broker refuses.

namespace fracas::broker_test {

// Deletes the records of a partition below `offset`, as retention does.
void DeleteRecordsBefore(const std::string& topic, int32_t partition, Offset offset);
// Returns when it is gone.
void DeleteTopic(const std::string& topic);

}  // namespace fracas::broker_test
