#include "contract/compile/uri.h"

#include "core/percent.h"
#include "core/text.h"

namespace fracas::contract {
namespace {

struct Parts {
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;
  std::string_view query;
  std::string_view fragment;
  bool has_scheme = false;
  bool has_authority = false;
  bool has_query = false;
  bool has_fragment = false;
};

bool IsSchemeByte(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (!first && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'));
}

size_t SchemeSize(std::string_view uri) {
  size_t size = 0;
  while (size < uri.size() && IsSchemeByte(uri[size], size == 0)) ++size;
  return size > 0 && size < uri.size() && uri[size] == ':' ? size : 0;
}

Parts Parse(std::string_view uri) {
  Parts parts;
  if (const size_t hash = uri.find('#'); hash != uri.npos) {
    parts.has_fragment = true;
    parts.fragment = uri.substr(hash + 1);
    uri = uri.substr(0, hash);
  }
  if (const size_t question = uri.find('?'); question != uri.npos) {
    parts.has_query = true;
    parts.query = uri.substr(question + 1);
    uri = uri.substr(0, question);
  }
  if (const size_t size = SchemeSize(uri); size > 0) {
    parts.has_scheme = true;
    parts.scheme = uri.substr(0, size);
    uri.remove_prefix(size + 1);
  }
  if (uri.starts_with("//")) {
    parts.has_authority = true;
    const size_t slash = uri.find('/', 2);
    parts.authority = uri.substr(2, slash == uri.npos ? uri.npos : slash - 2);
    uri = slash == uri.npos ? std::string_view() : uri.substr(slash);
  }
  parts.path = uri;
  return parts;
}

std::string RemoveDotSegments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const size_t slash = path.find('/', 1);
    const std::string_view segment = path.substr(0, slash);
    const bool last = slash == path.npos;
    path = last ? std::string_view() : path.substr(slash);
    if (segment == "/." || segment == ".") {
      if (last) out += '/';
    } else if (segment == "/.." || segment == "..") {
      const size_t cut = out.rfind('/');
      out.resize(cut == out.npos ? 0 : cut);
      if (last) out += '/';
    } else {
      out += segment;
    }
  }
  return out;
}

std::string Merge(const Parts& base, std::string_view path) {
  if (base.has_authority && base.path.empty()) return Cat("/", path);
  const size_t slash = base.path.rfind('/');
  return Cat(slash == base.path.npos ? std::string_view() : base.path.substr(0, slash + 1), path);
}

std::string Join(const Parts& parts) {
  std::string out;
  if (parts.has_scheme) AppendTo(&out, parts.scheme, ":");
  if (parts.has_authority) AppendTo(&out, "//", parts.authority);
  out += parts.path;
  if (parts.has_query) AppendTo(&out, "?", parts.query);
  if (parts.has_fragment) AppendTo(&out, "#", parts.fragment);
  return out;
}

}  // namespace

std::string ResolveUri(std::string_view base, std::string_view reference) {
  Parts target = Parse(reference);
  const Parts from = Parse(base);
  if (base.empty()) return std::string(reference);
  std::string path;
  if (target.has_scheme || target.has_authority) {
    path = RemoveDotSegments(target.path);
  } else {
    target.has_authority = from.has_authority;
    target.authority = from.authority;
    if (target.path.empty()) {
      path = from.path;
      if (!target.has_query) {
        target.has_query = from.has_query;
        target.query = from.query;
      }
    } else {
      path = RemoveDotSegments(target.path.front() == '/' ? std::string(target.path)
                                                          : Merge(from, target.path));
    }
  }
  if (!target.has_scheme) {
    target.has_scheme = from.has_scheme;
    target.scheme = from.scheme;
  }
  target.path = path;
  return Join(target);
}

SplitUri SplitFragment(std::string_view uri) {
  const size_t hash = uri.find('#');
  if (hash == uri.npos) return {uri, {}};
  return {uri.substr(0, hash), uri.substr(hash + 1)};
}

std::string FileUri(std::string_view absolute_path) {
  return "file://" + PercentEncode(absolute_path, "/");
}

}  // namespace fracas::contract
