#pragma once

#include <string>

#include "config/effective.h"

// The effective configuration as text: every default visible, in the order of the key tables. What
// must not be shown is '<redacted>'. Reading the YAML again gives the same effective configuration,
// except for what was redacted.

namespace fracas::config {

std::string ShowYaml(const Effective& effective);
std::string ShowJson(const Effective& effective);
// ShowJson without what is an instance's own: its name, workers, roles, listeners, folders, and how it
// reaches the brokers. Two instances of a group in which this differs treat the same record differently.
std::string ShowShared(const Effective& effective);

}  // namespace fracas::config
