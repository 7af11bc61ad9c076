#include "tools/patch/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "core/text.h"
#include "json/character.h"
#include "json/utf8.h"

// The conversion itself is iconv's, as the C library brings it.

namespace fracas::tools {

namespace {

// iconv_t is a pointer in disguise.
struct CloseConverter {
  void operator()(void* converter) const { iconv_close(converter); }
};
using Converter = std::unique_ptr<void, CloseConverter>;

// The names that people use, where iconv has others.
std::string IconvName(std::string_view charset) {
  std::string name(charset);
  std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 32) : letter;
  });
  if (name == "UTF16") return "UTF-16";
  if (name == "UTF32") return "UTF-32";
  if (name.starts_with("WINDOWS") && !name.starts_with("WINDOWS-"))
    return Cat("WINDOWS-", name.substr(7));
  return name;
}

// REQUIRES: iconv knows it. False: bytes that it has no character for, at *stopped.
bool Convert(const Converter& converter, std::string bytes, std::string* out, size_t* stopped) {
  iconv(converter.get(), nullptr, nullptr, nullptr, nullptr);  // back to the initial state
  char* in = bytes.data();
  size_t left = bytes.size();
  std::array<char, 4096> chunk{};
  while (true) {
    char* to = chunk.data();
    size_t room = chunk.size();
    const size_t done = iconv(converter.get(), left == 0 ? nullptr : &in, &left, &to, &room);
    out->append(chunk.data(), chunk.size() - room);
    if (done != static_cast<size_t>(-1)) {
      if (left == 0) return true;
      continue;
    }
    if (errno == E2BIG) continue;
    *stopped = bytes.size() - left;
    return false;
  }
}

// What each byte from 0x80 on means, as UTF-8; "" none.
using ByteMeanings = std::array<std::string, 0x80>;

// ASCII below, one byte a character above.
bool IsByteCharset(const Converter& converter, ByteMeanings* meanings) {
  size_t above = 0;
  for (int byte = 0x20; byte < 0x100; ++byte) {
    const char text = static_cast<char>(byte);
    std::string out;
    size_t stopped = 0;
    const bool known = Convert(converter, std::string(1, text), &out, &stopped);
    if (byte < 0x7F && !(known && out.size() == 1 && out[0] == text)) return false;
    if (byte < 0x80 || !known) continue;
    ++above;
    (*meanings)[static_cast<size_t>(byte - 0x80)] = std::move(out);
  }
  return above >= 64;
}

Status NoSuchByte(std::string_view charset, std::string_view bytes, size_t at) {
  std::string byte;
  json::AppendByte(static_cast<uint8_t>(bytes[at]), &byte);
  return Status::Reject(Cat("--transcode ", charset, ": ", byte, " at byte ", at,
                            " is no character of it",
                            "; try another charset, or --replace-chars 'invalid=?'"));
}

// Everything that is not UTF-8.
Result<std::string> ConvertRest(const ByteMeanings& meanings, std::string_view bytes,
                                std::string_view charset) {
  std::string out;
  for (size_t at = 0; at < bytes.size();) {
    const json::CodePoint point = json::DecodeUtf8(bytes, at);
    const size_t size = point.valid ? point.size : 1;
    if (point.valid) {
      out.append(bytes.substr(at, size));
    } else {
      // What is not UTF-8 begins above ASCII.
      const std::string& meant = meanings[static_cast<uint8_t>(bytes[at]) - 0x80];
      if (meant.empty()) return NoSuchByte(charset, bytes, at);
      out.append(meant);
    }
    at += size;
  }
  return out;
}

}  // namespace

Result<std::string> Transcode(std::string_view bytes, std::string_view charset) {
  const std::string name = IconvName(charset);
  if (name == "UTF-8" || name == "UTF8") {
    return Status::Reject(
        "--transcode utf-8: records are to be UTF-8; name the charset that they are in");
  }
  iconv_t opened = iconv_open("UTF-8", name.c_str());
  if (opened == reinterpret_cast<iconv_t>(-1)) {
    return Status::Reject(Cat("--transcode ", charset,
                              ": no such charset here (`iconv --list` names them; ",
                              "usual are cp1252, latin1, utf-16, utf-16le, utf-16be)"));
  }
  const Converter converter(opened);
  ByteMeanings meanings;
  const bool by_byte = IsByteCharset(converter, &meanings);
  const bool has_nul = bytes.find('\0') != std::string_view::npos;
  if (json::IsUtf8(bytes) && (by_byte || !has_nul)) return std::string(bytes);
  if (by_byte) return ConvertRest(meanings, bytes, charset);
  std::string out;
  size_t stopped = 0;
  if (!Convert(converter, std::string(bytes), &out, &stopped))
    return NoSuchByte(charset, bytes, std::min(stopped, bytes.size() - 1));
  if (out.starts_with("\xEF\xBB\xBF")) out.erase(0, 3);
  return out;
}

}  // namespace fracas::tools
