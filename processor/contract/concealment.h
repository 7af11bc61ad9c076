#pragma once

#include <string>
#include <string_view>
#include <vector>

// What of a document may be shown where a stream calls some of its places sensitive. A document of
// another shape than expected has its secrets elsewhere: only what is surely none of them is shown.

namespace fracas::contract {

class Concealment {
 public:
  Concealment() = default;  // of nothing
  // Of JSON pointers; none: everything is shown.
  explicit Concealment(const std::vector<std::string>& sensitive);

  bool any() const { return !sensitive_.empty(); }
  // What stands there, names included, is hidden: at or below a sensitive place, below the same
  // names elsewhere ("/rows/3/email" of "/email"), or in a list that stands where the contract
  // expects members. Names are the same whatever their case and their invisible characters.
  bool Covers(std::string_view pointer) const;
  // A text, number or literal there is hidden: also above a sensitive place, where nothing but a
  // container is expected.
  bool HidesValue(std::string_view pointer) const;

 private:
  bool Has(std::string_view folded) const;
  bool IsListOfMembers(std::string_view pointer) const;

  std::vector<std::string> sensitive_;  // folded
};

// The token of a text ("\"{…}\"") that holds a document of its own: its pointer says nothing of
// what is in it.
bool HoldsDocument(std::string_view token);

}  // namespace fracas::contract
