#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fracas::config {

// The candidate that somebody who wrote `word` most likely meant: the fewest inserted, removed,
// changed and swapped characters (case does not count), at most a third of the word. "" when
// nothing is near. Only the first 64 characters are looked at.
std::string Nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace fracas::config
