#pragma once

#include <string>
#include <vector>

#include "control/authority.h"

namespace fracas::control {

// A producer's records are views: this keeps what they look at until nothing can refer to it any
// more.
struct Authority::Bytes {
  std::string control_genesis;
  std::vector<StateChange> state;
  std::vector<StateChange> ledger;
  std::vector<StateChange> journal;  // key: the id
};

}  // namespace fracas::control
