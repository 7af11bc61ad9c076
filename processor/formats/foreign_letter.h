#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/header.h"
#include "core/record.h"
#include "formats/letter_origin.h"

// The catalogue of other systems' dead letters. Each dialect has a file of its own
// (connect_letter.cc, spring_letter.cc, …); this is where they are asked in turn.

namespace fracas::formats {

// What a dialect is given of a record. Views live until the call returns.
struct LetterFacts {
  std::span<const HeaderView> headers{};
  bool key_null = false;
  bool value_null = false;
  int64_t timestamp_ms = kNoTime;
  std::string_view topic{};  // where the letter lies; "" is not known
};

// The dialect whose complete block stands last among the headers: it gave up on the record last.
// Blocks in front of it are earlier hops or were planted, and are not believed. Headers that
// tracing and type mapping append behind a block are passed over; anything else behind it makes the
// origin doubtful, as do names of a dialect that form no block. None of them: kUnknown. Total:
// never fails, whatever the bytes.
LetterOrigin ReadForeignLetter(const LetterFacts& facts);

}  // namespace fracas::formats
