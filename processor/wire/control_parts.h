#pragma once

#include "json/tree.h"
#include "wire/command.h"
#include "wire/fields.h"

// The kinds of control messages, each in a file of its own. Part of wire/control.cc.

namespace fracas::wire {

Command ReadCommand(json::NodeId root, Fields* fields);  // command.cc
Fact ReadFact(json::NodeId root, Fields* fields);        // fact.cc

}  // namespace fracas::wire
