// Pointers, and the places where an identity or a mark may be.

#include "config/values/readers.h"

#include "core/limits.h"
#include "core/text.h"

namespace fracas::config {
namespace {

using std::string_view;

std::string Quote(string_view text) { return Cat("'", text, "'"); }

Complaint PointerComplaint(string_view text) {
  if (!text.empty() && IsPointer(text)) return {};
  const std::string hint =
      text.starts_with("$.") || text.starts_with('#') || text.find('/') == string_view::npos
          ? "write /name, /outer/inner, /list/0; ~1 stands for / and ~0 for ~"
          : "begin with /; ~1 stands for / and ~0 for ~";
  return {Cat(Quote(text), " is no JSON pointer"), hint};
}

Complaint HeaderComplaint(string_view name) {
  if (!name.empty() && name.size() <= limits::kKiB) return {};
  return {"a header without a name", "write header:NAME"};
}

}  // namespace

Complaint ReadPointer(const Key&, const Scalar& scalar, Value*) {
  return PointerComplaint(scalar.text);
}

Complaint ReadIdSource(const Key&, const Scalar& scalar, Value*) {
  const string_view text = scalar.text;
  if (text == "key") return {};
  if (text.starts_with("header:")) return HeaderComplaint(text.substr(7));
  if (text.starts_with("key:")) return PointerComplaint(text.substr(4));
  if (text.starts_with('/')) return PointerComplaint(text);
  return {Cat(Quote(text), " does not say where the identity is"),
          "write /pointer (into the value), header:NAME, key or key:/pointer"};
}

Complaint ReadReplayMark(const Key&, const Scalar& scalar, Value*) {
  const string_view text = scalar.text;
  if (text.starts_with("header:")) return HeaderComplaint(text.substr(7));
  if (text.starts_with("body:")) return PointerComplaint(text.substr(5));
  return {Cat(Quote(text), " does not say where the mark is"),
          "write header:NAME or body:/pointer"};
}

}  // namespace fracas::config
