#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

// Text for messages: Cat(1, " of ", name) without a formatting library in the pure core.

namespace fracas {

inline void AppendPiece(std::string* out, std::string_view piece) { out->append(piece); }
inline void AppendPiece(std::string* out, char piece) { out->push_back(piece); }

template <std::integral T>
  requires(!std::same_as<T, char> && !std::same_as<T, bool>)
void AppendPiece(std::string* out, T number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out->append(digits, static_cast<size_t>(end - digits));
}

// Appends every piece in order.
template <typename... Pieces>
void AppendTo(std::string* out, const Pieces&... pieces) {
  (AppendPiece(out, pieces), ...);
}

// The concatenation of every piece: text, characters and integers in decimal.
template <typename... Pieces>
std::string Cat(const Pieces&... pieces) {
  std::string out;
  AppendTo(&out, pieces...);
  return out;
}

}  // namespace fracas
