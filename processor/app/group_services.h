#pragma once

#include "cli/services.h"

namespace fracas::app {

// The part of the services that commands about a running group use: tails, outboxes, readers, the client of
// an instance's listener, clock (borrowed), random ids and who is asking.
void AddGroupServices(const Clock* clock, cli::Services* services);

}  // namespace fracas::app
