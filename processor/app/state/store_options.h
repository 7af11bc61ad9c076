#pragma once

#include <cstdint>
#include <string>

#include "config/model.h"
#include "state/store/rocks_store.h"

namespace fracas::app {

// How this instance opens its copy of a topic's content: its own folder in state.dir, its name for the next
// one who tries. `now_ms` is wall time.
state::StoreOptions StoreOptionsOf(const config::Config& config, const std::string& topic, int64_t now_ms);

}  // namespace fracas::app
