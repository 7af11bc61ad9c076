#include <cstdint>

#include "contract/formats.h"

namespace fracas::contract {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsForeign(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool IsOneOf(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

bool IsLabel(std::string_view label, bool international) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
    return false;
  }
  for (const char c : label) {
    if (!IsLetter(c) && !IsDigit(c) && c != '-' && !(international && IsForeign(c))) return false;
  }
  return true;
}

bool IsName(std::string_view text, bool international) {
  if (text.empty() || text.size() > 253) return false;
  for (;;) {
    const size_t dot = text.find('.');
    if (!IsLabel(text.substr(0, dot), international)) return false;
    if (dot == text.npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsDotAtom(std::string_view text, bool international) {
  bool after_dot = true;
  for (const char c : text) {
    if (c == '.') {
      if (after_dot) return false;
      after_dot = true;
      continue;
    }
    const bool atom = IsLetter(c) || IsDigit(c) || IsOneOf(c, "!#$%&'*+-/=?^_`{|}~") ||
                      (international && IsForeign(c));
    if (!atom) return false;
    after_dot = false;
  }
  return !after_dot;
}

bool IsQuotedLocal(std::string_view text, bool international) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && ++i == text.size()) return false;
    const bool bare_quote = text[i] == '"' && (i == 0 || text[i - 1] != '\\');
    if (bare_quote || text[i] < ' ' || text[i] == 0x7F) {
      if (!(international && IsForeign(text[i]))) return false;
    }
  }
  return true;
}

// userinfo@host:port
bool IsAuthority(std::string_view text, bool international);

// Every byte is unreserved, an escape, or one of `extra`.
bool IsRun(std::string_view text, std::string_view extra, bool international) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !IsHex(text[i + 1]) || !IsHex(text[i + 2])) return false;
      i += 2;
    } else if (!IsLetter(c) && !IsDigit(c) && !IsOneOf(c, "-._~!$&'()*+,;=") &&
               !IsOneOf(c, extra) && !(international && IsForeign(c))) {
      return false;
    }
  }
  return true;
}

bool IsIpLiteral(std::string_view text) {
  if (text.empty()) return false;
  if (text.front() != 'v' && text.front() != 'V') return IsIpv6(text);
  const size_t dot = text.find('.');
  if (dot == text.npos || dot < 2 || dot + 1 == text.size()) return false;
  for (const char c : text.substr(1, dot - 1)) {
    if (!IsHex(c)) return false;
  }
  return text.find('%') == text.npos && IsRun(text.substr(dot + 1), ":", false);
}

bool IsAuthority(std::string_view text, bool international) {
  if (const size_t at = text.find('@'); at != text.npos) {
    if (!IsRun(text.substr(0, at), ":", international)) return false;
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos || !IsIpLiteral(text.substr(1, end - 1))) return false;
    port = text.substr(end + 1);
  } else {
    const size_t colon = text.find(':');
    if (!IsRun(text.substr(0, colon), "", international)) return false;
    if (colon != text.npos) port = text.substr(colon);
  }
  if (port.empty()) return true;
  if (port.front() != ':') return false;
  for (const char c : port.substr(1)) {
    if (!IsDigit(c)) return false;
  }
  return true;
}

bool IsScheme(std::string_view text) {
  if (text.empty() || !IsLetter(text.front())) return false;
  for (const char c : text) {
    if (!IsLetter(c) && !IsDigit(c) && !IsOneOf(c, "+-.")) return false;
  }
  return true;
}

// What follows the scheme.
bool IsHierarchy(std::string_view text, bool international) {
  if (const size_t hash = text.find('#'); hash != text.npos) {
    if (!IsRun(text.substr(hash + 1), ":@/?", international)) return false;
    text = text.substr(0, hash);
  }
  if (const size_t question = text.find('?'); question != text.npos) {
    if (!IsRun(text.substr(question + 1), ":@/?", international)) return false;
    text = text.substr(0, question);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const size_t slash = text.find('/');
    if (!IsAuthority(text.substr(0, slash), international)) return false;
    text = slash == text.npos ? std::string_view() : text.substr(slash);
  }
  return IsRun(text, ":@/", international);
}

// A variable list of a template's expression: name[.name…][:n|*] joined by commas.
bool IsVariableList(std::string_view text) {
  for (;;) {
    const size_t comma = text.find(',');
    std::string_view spec = text.substr(0, comma);
    if (spec.ends_with('*')) {
      spec.remove_suffix(1);
    } else if (const size_t colon = spec.find(':'); colon != spec.npos) {
      const std::string_view length = spec.substr(colon + 1);
      if (length.empty() || length.size() > 4 || length.front() == '0') return false;
      for (const char c : length) {
        if (!IsDigit(c)) return false;
      }
      spec = spec.substr(0, colon);
    }
    if (spec.empty() || spec.front() == '.' || spec.back() == '.') return false;
    for (size_t i = 0; i < spec.size(); ++i) {
      if (spec[i] == '%') {
        if (i + 2 >= spec.size() || !IsHex(spec[i + 1]) || !IsHex(spec[i + 2])) return false;
        i += 2;
      } else if (!IsLetter(spec[i]) && !IsDigit(spec[i]) && spec[i] != '_' && spec[i] != '.') {
        return false;
      }
    }
    if (comma == text.npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

bool IsEmail(std::string_view text, bool international) {
  const size_t at = text.rfind('@');
  if (at == text.npos || at == 0 || at > 64) return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  if (!IsDotAtom(local, international) && !IsQuotedLocal(local, international)) return false;
  if (domain.starts_with('[') && domain.ends_with(']')) {
    const std::string_view address = domain.substr(1, domain.size() - 2);
    return address.starts_with("IPv6:") ? IsIpv6(address.substr(5)) : IsIpv4(address);
  }
  return IsName(domain, international);
}

bool IsHostname(std::string_view text) { return IsName(text, false); }

bool IsIpv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    size_t digits = 0;
    int value = 0;
    while (digits < text.size() && digits < 4 && IsDigit(text[digits])) {
      value = value * 10 + (text[digits++] - '0');
    }
    if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && text.front() == '0')) {
      return false;
    }
    text.remove_prefix(digits);
    if (part == 3) return text.empty();
    if (!text.starts_with('.')) return false;
    text.remove_prefix(1);
  }
  return false;
}

bool IsIpv6(std::string_view text) {
  int groups = 0;
  bool gap = false;
  if (text.starts_with("::")) {
    gap = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    size_t digits = 0;
    while (digits < text.size() && IsHex(text[digits])) ++digits;
    if (digits < text.size() && text[digits] == '.') {
      groups += 2;
      return IsIpv4(text) && (gap ? groups < 8 : groups == 8);
    }
    if (digits == 0 || digits > 4) return false;
    ++groups;
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.starts_with("::")) {
      if (gap) return false;
      gap = true;
      text.remove_prefix(2);
    } else if (text.size() > 1 && text.front() == ':') {
      text.remove_prefix(1);
    } else {
      return false;
    }
  }
  return gap ? groups < 8 : groups == 8;
}

bool IsUri(std::string_view text, bool international) {
  const size_t colon = text.find(':');
  return colon != text.npos && IsScheme(text.substr(0, colon)) &&
         IsHierarchy(text.substr(colon + 1), international);
}

bool IsUriReference(std::string_view text, bool international) {
  if (IsUri(text, international)) return true;
  // A relative reference: no colon in its first segment, or it would have a scheme.
  const std::string_view first = text.substr(0, text.find_first_of("/?#"));
  return first.find(':') == first.npos && IsHierarchy(text, international);
}

bool IsUriTemplate(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '{') {
      const size_t end = text.find('}', i);
      if (end == text.npos) return false;
      std::string_view inner = text.substr(i + 1, end - i - 1);
      if (!inner.empty() && IsOneOf(inner.front(), "+#./;?&=,!@|")) inner.remove_prefix(1);
      if (!IsVariableList(inner)) return false;
      i = end;
    } else if (c == '%') {
      if (i + 2 >= text.size() || !IsHex(text[i + 1]) || !IsHex(text[i + 2])) return false;
      i += 2;
    } else if (static_cast<unsigned char>(c) <= ' ' || IsOneOf(c, "\"'<>\\^`|}")) {
      return false;
    }
  }
  return true;
}

}  // namespace fracas::contract
