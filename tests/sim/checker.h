#pragma once

#include <string>
#include <vector>

#include "core/ids.h"
#include "tests/sim/broker.h"
#include "tests/sim/fake_authority.h"
#include "tests/sim/scene.h"

namespace fracas::sim {

// A stream became RED in one process.
struct Trip {
  std::string process;  // program_version of the summaries
  std::string stream;
  Offset state_offset = 0;  // from here on nothing of the stream is published
};

// What a run has left behind.
struct Evidence {
  const Broker* broker = nullptr;
  const Planted* planted = nullptr;
  const std::vector<Trip>* trips = nullptr;
  const FakeAuthority* authority = nullptr;  // null: RED lasts as long as a process
  std::string mended_contract{};  // lets through what is planted to be held
};

// Looks at the broker's logs alone, as a reader would, and says what is not as the guarantees G1 to G4
// promise; empty: all hold. It shares no code with the pipeline but the wire decoders.
std::vector<std::string> Check(const Evidence& evidence);

}  // namespace fracas::sim
