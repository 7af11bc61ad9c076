#pragma once

#include <string>
#include <string_view>
#include <vector>

// librdkafka settings pass through, except those that would break a guarantee, run code, or replace
// the cluster. Which names exist at all only librdkafka knows (kafka/ asks it).

namespace fracas::config {

// Why the setting is refused: what it would do, and what to write instead. Both empty: it passes.
struct Refusal {
  std::string reason;
  std::string next_step;
};
Refusal RefuseSetting(std::string_view name, std::string_view value);
// The names that are refused whatever their value; those that end in _cb or begin with test. are,
// too.
std::vector<std::string_view> RefusedSettings();

// What is unwise but allowed; "" if nothing is.
std::string WarnAboutSetting(std::string_view name, std::string_view value);

// Its value is never shown: passwords, keys, tokens, also of settings that are not known here.
bool IsSensitiveSetting(std::string_view name);

}  // namespace fracas::config
