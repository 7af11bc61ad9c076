#pragma once

#include <vector>

#include "config/effective.h"
#include "config/model.h"
#include "config/problem.h"

namespace fracas::config {

// What no single value shows: values that exclude each other, in one stream, between streams,
// between clients of Kafka. `effective` and `config` are of one reading.
void FindContradictions(const Effective& effective, const Config& config,
                        std::vector<Problem>* problems);

}  // namespace fracas::config
