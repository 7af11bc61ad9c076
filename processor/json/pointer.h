#pragma once

#include <string>
#include <string_view>
#include <vector>

// JSON pointers (RFC 6901).

namespace fracas::json {

// "~" and "/" escaped, appended to `pointer` behind a "/".
void AppendToken(std::string_view token, std::string* pointer);
// The tokens of "/a/b~1c", unescaped; false if it is not a pointer ("" is one: no tokens).
[[nodiscard]] bool SplitPointer(std::string_view pointer, std::vector<std::string>* tokens);

}  // namespace fracas::json
