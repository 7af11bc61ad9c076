#pragma once

#include <string>
#include <vector>

#include "tests/sim/world.h"

namespace fracas::sim {

// Looks at the broker's logs alone, as a reader would, and says what is not as the guarantees G1 to G4
// promise; empty: all hold. It shares no code with the pipeline but the wire decoders.
std::vector<std::string> Check(const World& world);

}  // namespace fracas::sim
