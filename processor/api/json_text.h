#pragma once

#include <string>
#include <string_view>

namespace fracas::api {

// `text` as a JSON string with its quotes: what this folder says itself is short and ASCII or UTF-8
// already (it does not know the JSON library; handlers bring bodies that are finished).
std::string Quoted(std::string_view text);

}  // namespace fracas::api
