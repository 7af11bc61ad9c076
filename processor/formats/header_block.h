#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/header.h"
#include "formats/foreign_letter.h"

// What the dialects share: a block is a run of headers that a system appends in an order of its
// own.

namespace fracas::formats {

struct BlockField {
  std::string_view name;
  bool required = false;
};

struct Block {
  size_t begin = 0;  // its headers are [begin, end)
  size_t end = 0;
  uint32_t count = 0;  // complete blocks, this one included
};

// The last run of headers whose names stand in the order of `fields`, each at most once, every
// required one there. nullopt: there is none.
std::optional<Block> FindLastBlock(std::span<const HeaderView> headers,
                                   std::span<const BlockField> fields);

// The last header of that name; nullopt: none, or its value is null.
std::optional<std::string_view> LastValue(std::span<const HeaderView> headers,
                                          std::string_view name);
// The same as text that messages may show: invalid UTF-8 replaced, cut; "" when there is none.
std::string TextOf(std::span<const HeaderView> headers, std::string_view name);
// A whole number as decimal text; kNoOffset when there is none or it is negative or none.
int64_t DecimalOf(std::span<const HeaderView> headers, std::string_view name, int64_t max);

// What a dialect has found: `end` says how near to the record's end its block stands.
struct Found {
  LetterOrigin origin{};
  size_t end = 0;
};

// A letter of `system` whose own block is `block`.
Found FoundAt(const Block& block, LetterSystem system);
// The headers of the block.
std::span<const HeaderView> HeadersOf(const LetterFacts& facts, const Block& block);

// How a dialect that writes decimal text names the three headers of a record's place.
struct PlaceNames {
  std::string_view topic;
  std::string_view partition;
  std::string_view offset;
};
void ReadPlace(std::span<const HeaderView> headers, const PlaceNames& names, LetterOrigin* origin);

// The innermost cause of origin->stack_trace, where that says one.
void ReadCause(LetterOrigin* origin);

// Fills in coordinates and what they are worth: kClaimed when all three are there.
void SetClaimed(LetterOrigin* origin);
// Null keys and values are null in the original too, unless the system leaves them out.
ByteTrust TrustOf(bool null, ByteTrust otherwise);

// A type's name that Spring's JSON serializer appends while it sends, behind all else.
bool IsSpringTypeName(std::string_view name);

// The dialects. nullopt: no header of theirs is there.
std::optional<Found> ReadConnectLetter(const LetterFacts& facts);
std::optional<Found> ReadSpringLetter(const LetterFacts& facts);
std::optional<Found> ReadStreamsLetter(const LetterFacts& facts);
std::optional<Found> ReadShareGroupLetter(const LetterFacts& facts);
std::optional<Found> ReadConfluentRulesLetter(const LetterFacts& facts);

}  // namespace fracas::formats
