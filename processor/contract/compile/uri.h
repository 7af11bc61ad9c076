#pragma once

#include <string>
#include <string_view>

// As much of RFC 3986 as schema references need.

namespace fracas::contract {

// `reference` against the absolute `base` (§5.2, dot segments removed, fragment kept). Against an
// empty base a relative reference stays as it is.
std::string ResolveUri(std::string_view base, std::string_view reference);

// Cuts "#fragment" off; the fragment comes back without "#", not decoded.
struct SplitUri {
  std::string_view document;
  std::string_view fragment;
};
SplitUri SplitFragment(std::string_view uri);

// The file URI of an absolute path.
std::string FileUri(std::string_view absolute_path);

}  // namespace fracas::contract
