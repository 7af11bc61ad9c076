#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/server.h"
#include "app/live/state_view.h"
#include "core/status.h"
#include "ports/state_store.h"

namespace fracas::app {

// Where the answers come from; all of it thread-safe, all of it outlives the server.
struct StateSources {
  std::string group;
  // Everything as of now; nullopt: the state is not restored yet.
  std::function<std::optional<StateInputs>()> inputs;
  std::function<const StateStore*()> store;  // nullptr: not restored yet
  // The ledger's answer to a question about dead letters, as JSON; not set: no ledger here.
  std::function<Result<std::string>(const api::Request&)> dead_letters;
  // A digest of the state as of the first moment at or behind a changelog offset: equal on all instances.
  // kRetry: this instance has not come so far.
  std::function<Result<std::string>(Offset at_least)> digest;
};

// GET, for operators on this machine (http.listen). Each takes `group`: another group's name is answered with
// 409, so that nobody takes one instance for another. 503: the state is still being read.
//
//   /state/streams                       tools/live_json.h
//   /state/breakers/<pipeline>/<stream>  one breaker of it; 404: no such stream
//   /state/quarantine                    ?stream= &expired=true &after= &limit=   a page, or the entry of
//                                        ?stream= and &id= (text), &id_base64= or &record=
//   /state/tickets                       {"tickets": [..]}, at most limits::kHttpPageItemsMax; ?stream=
//   /state/dead_letters                  what the ledger answers: app/dead_letter_list.h; ?counts=true:
//                                        ledger/counts_json.h
//   /state/authority                     {"group", "instance", "active", "state_offset", "restored",
//                                        "restore_position", "restore_target", "lag_ms"}
//   /state/digest?at_least=N             the digest; 503 while this instance is not so far
std::vector<api::Route> StateRoutes(const StateSources& sources);

}  // namespace fracas::app
