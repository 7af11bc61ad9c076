#pragma once

#include <string>

#include "config/effective.h"

// The effective configuration as text: every default visible, in the order of the key tables. What
// must not be shown is '<redacted>'. Reading the YAML again gives the same effective configuration,
// except for what was redacted.

namespace fracas::config {

std::string ShowYaml(const Effective& effective);
std::string ShowJson(const Effective& effective);

}  // namespace fracas::config
