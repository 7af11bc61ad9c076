#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/patch/characters.h"

// Reads a document that may be broken, token by token, and says where each stands as long as its
// structure can be followed: a record that is wrong inside a string still has pointers.

namespace fracas::tools {

struct WalkToken {
  enum class Kind : uint8_t {
    kKey,        // a member's name, quotes included
    kString,     // quotes included; without a closing one it goes to the end of the document
    kScalar,     // a number, a literal, or what stands in a scalar's place
    kStructure,  // one of { } [ ] : ,
    kSpace,      // white space in a row
    kForeign,    // bytes that cannot stand there: a control character, a byte order mark, …
  };
  Kind kind = Kind::kForeign;
  size_t begin = 0;
  size_t end = 0;
  bool closed = true;  // of strings
};

// Memory: the depth of the document. Views live as long as the document.
class DocumentWalk {
 public:
  explicit DocumentWalk(std::string_view document) : document_(document) {}

  // The next token; false at the end. Every byte belongs to exactly one token.
  bool Next(WalkToken* token);

  // Where the last token stands: of a key the pointer of its member, of structure that of its
  // container.
  std::string Pointer() const;
  // The structure was as JSON wants it up to and including the last token: Pointer() can be
  // believed.
  bool reliable() const { return reliable_; }

 private:
  struct Level {
    bool object = false;
    std::string key{};  // of the member that is being read; decoded
    size_t index = 0;   // of the element
    size_t outer = 0;   // size of prefix_ where it began
  };
  enum class Expect : uint8_t { kValue, kValueOrEnd, kKeyOrEnd, kKey, kColon, kCommaOrEnd, kEnd };

  void Scan(WalkToken* token);
  void Follow(WalkToken* token);
  void FollowStructure(char byte);
  void Open(bool object);
  void Close(bool object);
  void Comma();
  void AppendPlace(const Level& level, std::string* pointer) const;
  void ValueEnds() { expect_ = levels_.empty() ? Expect::kEnd : Expect::kCommaOrEnd; }

  const std::string_view document_;
  size_t at_ = 0;
  std::vector<Level> levels_;
  std::string prefix_;  // pointer of the innermost container: deep documents have many places
  Expect expect_ = Expect::kValue;
  bool in_container_ = false;  // the last token opened or closed one: Pointer() is the container's
  bool reliable_ = true;
};

// One character of a token and where it stands; an escape is one.
struct PlacedCharacter {
  size_t begin = 0;
  size_t size = 0;
  Character character{};
};
// Visits the characters of [begin, end); `in_string`: escapes are resolved.
void VisitCharacters(std::string_view document, size_t begin, size_t end, bool in_string,
                     const std::function<void(const PlacedCharacter&)>& visit);

// What the token of a text, number or literal says: without quotes, escapes resolved.
std::string TextOf(std::string_view document, const WalkToken& token);

// The pointer of what stands at a byte; "" where it cannot be told (`reliable` says so) or at the
// top.
struct PlacePointer {
  std::string pointer;
  bool reliable = true;
};
PlacePointer PointerAt(std::string_view document, size_t byte);

}  // namespace fracas::tools
