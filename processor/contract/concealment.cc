#include "contract/concealment.h"

#include <algorithm>
#include <array>

#include "contract/stream_rules.h"
#include "json/utf8.h"

namespace fracas::contract {
namespace {

constexpr std::array<bool, kCharacterClasses> kEveryClass = {true, true, true, true};

char Lower(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte; }

// As names are compared: without case, blanks, and what cannot be seen.
std::string Folded(std::string_view pointer) {
  std::string folded;
  folded.reserve(pointer.size() + 1);
  for (size_t at = 0; at < pointer.size();) {
    if (pointer[at] > ' ' && pointer[at] < 0x7F) {
      folded.push_back(Lower(pointer[at++]));
      continue;
    }
    const json::CodePoint point = json::DecodeUtf8(pointer, at);
    const bool seen = point.valid && point.value > ' ' && point.value != 0xA0 &&
                      point.value != 0xAD && point.value != 0xFFFD &&
                      !IsForbidden(kEveryClass, point.value);
    if (seen) folded.append(pointer.substr(at, point.size));
    at += std::max<size_t>(point.size, 1);
  }
  return folded;
}

bool IsIndex(std::string_view token) {
  return !token.empty() && token.find_first_not_of("0123456789") == std::string_view::npos;
}

// Takes the first token off a pointer that begins with "/".
std::string_view TakeToken(std::string_view* pointer) {
  pointer->remove_prefix(1);
  const std::string_view token = pointer->substr(0, pointer->find('/'));
  pointer->remove_prefix(token.size());
  return token;
}

}  // namespace

Concealment::Concealment(const std::vector<std::string>& sensitive) {
  for (const std::string& pointer : sensitive) sensitive_.push_back(Folded(pointer));
}

// An element where a sensitive pointer has a name.
bool Concealment::IsListOfMembers(std::string_view pointer) const {
  return std::any_of(sensitive_.begin(), sensitive_.end(), [&](std::string_view expected) {
    std::string_view rest = pointer;
    while (!rest.empty() && rest.front() == '/' && !expected.empty()) {
      const std::string_view found = TakeToken(&rest);
      const std::string_view wanted = TakeToken(&expected);
      if (IsIndex(found) && !IsIndex(wanted)) return true;
      if (found != wanted && Folded(found) != wanted) return false;
    }
    return false;
  });
}

bool Concealment::Has(std::string_view folded) const {
  return std::any_of(sensitive_.begin(), sensitive_.end(), [&](const std::string& each) {
    if (each.empty()) return true;
    for (size_t at = folded.find(each); at != std::string_view::npos;
         at = folded.find(each, at + 1)) {
      const size_t end = at + each.size();
      if (end == folded.size() || folded[end] == '/') return true;
    }
    return false;
  });
}

bool Concealment::Covers(std::string_view pointer) const {
  if (!any()) return false;
  return IsListOfMembers(pointer) || Has(Folded(pointer));
}

bool Concealment::HidesValue(std::string_view pointer) const {
  if (Covers(pointer)) return true;
  const std::string above = Folded(pointer) + "/";
  return std::any_of(sensitive_.begin(), sensitive_.end(),
                     [&](const std::string& each) { return each.starts_with(above); });
}

bool HoldsDocument(std::string_view token) {
  if (!token.starts_with('"')) return false;
  token.remove_prefix(1);
  while (!token.empty()) {
    const std::string_view three = token.substr(0, 3);
    if (token.front() <= ' ' && token.front() >= 0) {
      token.remove_prefix(1);
    } else if (token.starts_with("\\n") || token.starts_with("\\r") || token.starts_with("\\t")) {
      token.remove_prefix(2);
    } else if (three == "\xEF\xBB\xBF") {
      token.remove_prefix(3);
    } else {
      break;
    }
  }
  const std::string code = Folded(token.substr(0, 6));
  return token.starts_with('{') || token.starts_with('[') || token.starts_with("\\\"") ||
         code == "\\u007b" || code == "\\u005b" || code == "\\u0022" || code == "\\ufeff";
}

}  // namespace fracas::contract
