#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace fracas::fuzz {

// Endless variations of seed documents for tests that run without a fuzzer: one number, one
// sequence.
class Mutator {
 public:
  Mutator(std::vector<std::string> seeds, uint32_t number)
      : seeds_(std::move(seeds)), random_(number) {}

  std::string Next() {
    std::string text = Pick(seeds_);
    for (size_t i = Below(4); i > 0; --i) MutateOnce(&text);
    return text;
  }

  // A number below `bound`. REQUIRES: bound > 0.
  size_t Below(size_t bound) { return random_() % bound; }

 private:
  const std::string& Pick(const std::vector<std::string>& from) { return from[Below(from.size())]; }

  void MutateOnce(std::string* text) {
    // What breaks readers: structure, escapes, beginnings and ends of UTF-8, bytes that look like
    // space.
    static const std::vector<std::string> kPieces = {"{",
                                                     "}",
                                                     "[",
                                                     "]",
                                                     ",",
                                                     ":",
                                                     "\"",
                                                     "\\",
                                                     "\\\"",
                                                     "\\u",
                                                     "u00",
                                                     "\\ud83d",
                                                     "\\ude39",
                                                     "\\u0000",
                                                     "e",
                                                     "E+",
                                                     ".",
                                                     "-",
                                                     "0",
                                                     "1e400",
                                                     "true",
                                                     "nul",
                                                     "\n",
                                                     " ",
                                                     "\t",
                                                     "\f",
                                                     "\x1A",
                                                     "\v",
                                                     "\x7F",
                                                     "\xC3",
                                                     "\xA9",
                                                     "\xE2\x82",
                                                     "\xED\xA0\x80",
                                                     "\xF0\x9F\x98\x80",
                                                     "\xFF",
                                                     "\xEF\xBB\xBF",
                                                     "\x01",
                                                     std::string(1, '\0'),
                                                     "\"a\":",
                                                     "[[[[",
                                                     "]]",
                                                     "\r\n"};
    const size_t at = Below(text->size() + 1);
    switch (Below(6)) {
      case 0: text->insert(at, Pick(kPieces)); break;
      case 1: text->erase(at, 1 + Below(3)); break;
      case 2: text->resize(at); break;
      case 3: text->insert(at, 1, static_cast<char>(Below(256))); break;
      case 4: {
        const std::string& other = Pick(seeds_);
        text->insert(at, other, Below(other.size() + 1), Below(20));
        break;
      }
      default:
        if (at < text->size()) (*text)[at] = static_cast<char>(Below(256));
    }
  }

  std::vector<std::string> seeds_;
  std::mt19937 random_;
};

}  // namespace fracas::fuzz
