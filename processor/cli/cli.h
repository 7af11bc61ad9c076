#pragma once

#include "cli/services.h"

namespace fracas::cli {

// Parses argv, runs the command, prints its result; returns the exit code (services.h). Wrong usage says
// what was expected and exits with 2. Never throws.
int Run(int argc, char** argv, const Services& services);

}  // namespace fracas::cli
