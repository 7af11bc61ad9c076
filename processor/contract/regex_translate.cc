#include "contract/regex_translate.h"

#include <array>
#include <cstdint>
#include <utility>

#include "core/text.h"
#include "json/utf8.h"

namespace fracas::contract {
namespace {

// ECMA's white space and line ends (\s) and their complement, as ranges for inside a class: RE2's
// own \s is ASCII only.
constexpr std::string_view kSpace =
    R"(\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view kNotSpace =
    R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
    R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";
constexpr std::string_view kNotLineEnd = R"([^\n\r\x{2028}\x{2029}])";
constexpr std::string_view kAnything = R"([\x{0}-\x{10ffff}])";
constexpr std::string_view kNothing = R"([^\x{0}-\x{10ffff}])";

constexpr std::array<std::pair<std::string_view, std::string_view>, 30> kCategories = {{
    {"Letter", "L"},
    {"Cased_Letter", "LC"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"digit", "Nd"},
    {"punct", "P"},
}};

class Translator {
 public:
  Translator(std::string_view in, std::string* out, std::string* error)
      : in_(in), out_(out), error_(error) {}

  bool Run() {
    while (at_ < in_.size()) {
      if (!Token()) return false;
    }
    return true;
  }

 private:
  bool Fail(std::string_view what) {
    *error_ = Cat("the pattern cannot run: ", what, " (at character ", at_ + 1, ")");
    return false;
  }
  bool Looking(std::string_view text) const { return in_.substr(at_).starts_with(text); }

  bool Token() {
    switch (in_[at_]) {
      case '\\': return Escape(false);
      case '[': return Class();
      case '(': return Open();
      case '.': out_->append(kNotLineEnd); break;
      default: out_->push_back(in_[at_]); break;
    }
    ++at_;
    return true;
  }

  // Groups never capture: only whether the expression occurs is asked.
  bool Open() {
    if (Looking("(?=") || Looking("(?!") || Looking("(?<=") || Looking("(?<!")) {
      return Fail("look-around; say it with allOf, not or if/then over several patterns");
    }
    if (Looking("(?<")) {
      const size_t end = in_.find('>', at_);
      if (end == in_.npos) return Fail("a group's name that does not end");
      at_ = end + 1;
    } else if (Looking("(?:")) {
      at_ += 3;
    } else if (Looking("(?")) {
      return Fail("a group beginning with (? that ECMA-262 does not know");
    } else {
      ++at_;
    }
    out_->append("(?:");
    return true;
  }

  bool Class() {
    if (Looking("[^]")) return Fixed(3, kAnything);
    if (Looking("[]")) return Fixed(2, kNothing);
    out_->push_back('[');
    ++at_;
    if (Looking("^")) Fixed(1, "^");
    while (at_ < in_.size() && in_[at_] != ']') {
      if (in_[at_] == '\\') {
        if (!Escape(true)) return false;
      } else if (in_[at_] == '[') {  // RE2 would read [: as the name of a POSIX class
        Fixed(1, "\\[");
      } else {
        out_->push_back(in_[at_++]);
      }
    }
    if (at_ == in_.size()) return Fail("a character class that is not closed with ]");
    return Fixed(1, "]");
  }

  // Takes `size` bytes of the input, writes `text`.
  bool Fixed(size_t size, std::string_view text) {
    at_ += size;
    out_->append(text);
    return true;
  }
  bool CodePoint(size_t size, uint32_t value) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string digits;
    for (; value > 0 || digits.empty(); value >>= 4) digits.insert(0, 1, kHex[value & 15]);
    at_ += size;
    AppendTo(out_, "\\x{", digits, "}");
    return true;
  }

  bool Escape(bool in_class) {
    if (at_ + 1 >= in_.size()) return Fail("a backslash at the end");
    const char kind = in_[at_ + 1];
    switch (kind) {
      case 'd': return Fixed(2, in_class ? "0-9" : "[0-9]");
      case 'D': return in_class ? Fixed(2, R"(\x{0}-/:-\x{10ffff})") : Fixed(2, "[^0-9]");
      case 'w':
      case 'W':
      case 't':
      case 'n':
      case 'v':
      case 'f':
      case 'r': return Fixed(2, in_.substr(at_, 2));
      case 's': return Fixed(2, in_class ? std::string(kSpace) : Cat("[", kSpace, "]"));
      case 'S': return Fixed(2, in_class ? std::string(kNotSpace) : Cat("[", kNotSpace, "]"));
      case 'b': return in_class ? CodePoint(2, 8) : Fixed(2, "\\b");
      case 'B': return in_class ? Fail("\\B inside a class") : Fixed(2, "\\B");
      case 'c': return Control();
      case 'x': return Hex(2, 2);
      case 'u': return Unicode();
      case 'p':
      case 'P': return Property();
      case 'k': return Fail("a back-reference; list the combinations, or split the value in two");
      default: return Other(kind);
    }
  }

  bool Other(char kind) {
    if (kind == '0' && (at_ + 2 >= in_.size() || in_[at_ + 2] < '0' || in_[at_ + 2] > '9')) {
      return CodePoint(2, 0);
    }
    if (kind >= '0' && kind <= '9') {
      return Fail("a back-reference; list the combinations, or split the value in two");
    }
    if ((kind >= 'a' && kind <= 'z') || (kind >= 'A' && kind <= 'Z')) {
      return Fail(Cat("\\", kind, " is no escape of ECMA-262 (\\A and \\Z are written ^ and $)"));
    }
    if (static_cast<unsigned char>(kind) >= 0x80) return Fixed(1, "");  // the character itself
    return CodePoint(2, static_cast<unsigned char>(kind));
  }

  bool Control() {
    const char letter = at_ + 2 < in_.size() ? in_[at_ + 2] : '\0';
    const bool known = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    if (!known) return Fail("\\c without a letter behind it");
    return CodePoint(3, static_cast<uint32_t>(letter) & 31);
  }

  // `digits` hexadecimal digits behind `prefix` bytes; -1 if they are not there.
  int64_t HexAt(size_t begin, size_t digits) const {
    if (digits == 0 || begin + digits > in_.size()) return -1;
    int64_t value = 0;
    for (size_t i = begin; i < begin + digits; ++i) {
      const char c = in_[i];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return -1;
      value = value * 16 + digit;
      if (value > 0x10FFFF) return -1;
    }
    return value;
  }

  bool Hex(size_t prefix, size_t digits) {
    const int64_t value = HexAt(at_ + prefix, digits);
    if (value < 0) return Fail("\\x needs two hexadecimal digits");
    return CodePoint(prefix + digits, static_cast<uint32_t>(value));
  }

  bool Unicode() {
    if (Looking("\\u{")) {
      const size_t end = in_.find('}', at_);
      const int64_t value = end == in_.npos ? -1 : HexAt(at_ + 3, end - at_ - 3);
      if (value < 0) return Fail("\\u{…} needs a code point in hexadecimal digits");
      return CodePoint(end + 1 - at_, static_cast<uint32_t>(value));
    }
    const int64_t unit = HexAt(at_ + 2, 4);
    if (unit < 0) return Fail("\\u needs four hexadecimal digits");
    if (unit < 0xD800 || unit > 0xDFFF) return CodePoint(6, static_cast<uint32_t>(unit));
    const int64_t low = in_.substr(at_ + 6).starts_with("\\u") ? HexAt(at_ + 8, 4) : -1;
    if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF) {
      return Fail("half of a surrogate pair; no valid text contains one");
    }
    return CodePoint(12, static_cast<uint32_t>(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)));
  }

  bool Property() {
    const size_t end = in_.find('}', at_);
    if (at_ + 2 >= in_.size() || in_[at_ + 2] != '{' || end == in_.npos) {
      return Fail("\\p without a name in braces");
    }
    std::string_view name = in_.substr(at_ + 3, end - at_ - 3);
    const size_t taken = end + 1 - at_;
    for (const std::string_view prefix :
         {"Script=", "sc=", "Script_Extensions=", "scx=", "General_Category=", "gc="}) {
      if (name.starts_with(prefix)) {
        name.remove_prefix(prefix.size());
        break;
      }
    }
    for (const auto& [longer, shorter] : kCategories) {
      if (name == longer) name = shorter;
    }
    if (name == "ASCII") return Fail("\\p{ASCII}; write [\\x00-\\x7F] instead");
    const std::string text = Cat(in_.substr(at_, 2), "{", name, "}");
    return Fixed(taken, text);
  }

  std::string_view in_;
  std::string* out_;
  std::string* error_;
  size_t at_ = 0;
};

}  // namespace

bool TranslateRegex(std::string_view expression, std::string* translated, std::string* error) {
  translated->clear();
  return Translator(expression, translated, error).Run();
}

}  // namespace fracas::contract
