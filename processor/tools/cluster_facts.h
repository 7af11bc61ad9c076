#pragma once

#include "config/model.h"
#include "core/status.h"
#include "ports/admin.h"
#include "tools/live_state.h"

namespace fracas::tools {

// Asks the cluster what the state cannot know and fills it in for every stream of the configuration: how far
// the whole group is behind (`lag`), and until when the source keeps what pending ranges wait for
// (`retention`). Some calls a partition. On a failure, what was asked before it stays filled in.
Status AddClusterFacts(const config::Config& config, Admin* admin, LiveState* live);

}  // namespace fracas::tools
