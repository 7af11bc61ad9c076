#pragma once

#include <string>

#include "core/ids.h"

// What retention and operators do to topics. The test fails if the broker refuses.

namespace fracas::broker_test {

// Deletes the records of a partition below `offset`, as retention does.
void DeleteRecordsBefore(const std::string& topic, int32_t partition, Offset offset);
// Returns when it is gone.
void DeleteTopic(const std::string& topic);
// Gives it `count` partitions; returns when the last one can be asked.
void AddPartitions(const std::string& topic, int32_t count);

}  // namespace fracas::broker_test
