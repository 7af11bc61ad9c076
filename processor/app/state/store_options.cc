#include "app/state/store_options.h"

#include "core/text.h"

namespace fracas::app {

state::StoreOptions StoreOptionsOf(const config::Config& config, const std::string& topic, int64_t now_ms) {
  state::StoreOptions store;
  store.dir = state::StoreFolder(config.state_dir, topic);
  store.group = config.group;
  store.topic = topic;
  store.owner = Cat("instance ", config.instance);
  store.now_ms = now_ms;
  return store;
}

}  // namespace fracas::app
