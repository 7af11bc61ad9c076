#include "json/pointer.h"

namespace fracas::json {

void AppendToken(std::string_view token, std::string* pointer) {
  pointer->push_back('/');
  for (const char character : token) {
    if (character == '~') {
      pointer->append("~0");
    } else if (character == '/') {
      pointer->append("~1");
    } else {
      pointer->push_back(character);
    }
  }
}

bool SplitPointer(std::string_view pointer, std::vector<std::string>* tokens) {
  tokens->clear();
  if (pointer.empty()) return true;
  if (pointer.front() != '/') return false;
  for (size_t i = 0; i < pointer.size(); ++i) {
    const char character = pointer[i];
    if (character == '/') {
      tokens->emplace_back();
    } else if (character != '~') {
      tokens->back().push_back(character);
    } else {
      const char escaped = i + 1 < pointer.size() ? pointer[i + 1] : '\0';
      if (escaped != '0' && escaped != '1') return false;
      tokens->back().push_back(escaped == '0' ? '~' : '/');
      ++i;
    }
  }
  return true;
}

}  // namespace fracas::json
