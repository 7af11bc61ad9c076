#pragma once

#include <string>
#include <vector>

#include "tools/letters/letter.h"
#include "tools/letters/letter_index.h"

// Dead letters for people.

namespace fracas::cli {

// A line each, cut to the terminal's width.
void PrintLetterTable(const std::vector<tools::Letter>& letters, int64_t now_ms);
// Everything that is known of one, but no byte of the record.
void PrintLetter(const tools::Letter& letter, int64_t now_ms);
// Where it came from and how far that can be believed; why it was given up. One line each.
std::string OriginText(const tools::Letter& letter);
std::string WhyText(const tools::Letter& letter);
// By stream and code, with a sum.
void PrintCounts(const std::vector<tools::LetterCountRow>& rows, int64_t now_ms);
// "12 TYPE_MISMATCH of shop/orders": what a selection consists of, the most first, for
// confirmations.
std::vector<std::string> SummaryOf(const std::vector<tools::Letter>& letters);

}  // namespace fracas::cli
