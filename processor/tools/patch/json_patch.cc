#include "tools/patch/json_patch.h"

#include <array>
#include <utility>

#include "core/text.h"
#include "json/pointer.h"
#include "json/tree.h"
#include "tools/patch/splice.h"

namespace fracas::tools {

namespace {

using json::NodeId;
using json::Tree;

// A member that must be a text.
Result<std::string> TextMember(const Tree& tree, NodeId object, const char* name) {
  const NodeId value = tree.Find(object, name);
  if (value == Tree::kNoNode) return Status::Reject(Cat("'", name, "' is missing"));
  if (tree.node(value).kind != json::Kind::kString)
    return Status::Reject(Cat("'", name, "' must be a text"));
  return std::string(tree.Text(value));
}

Result<std::string> PointerMember(const Tree& tree, NodeId object, const char* name) {
  Result<std::string> pointer = TextMember(tree, object, name);
  std::vector<std::string> tokens;
  if (pointer.ok() && !json::SplitPointer(*pointer, &tokens)) {
    return Status::Reject(Cat("'", name, "': ", *pointer, " is no JSON pointer"));
  }
  return pointer;
}

}  // namespace

const char* JsonPatch::Name(Kind kind) {
  switch (kind) {
    case Kind::kAdd: return "add";
    case Kind::kRemove: return "remove";
    case Kind::kReplace: return "replace";
    case Kind::kMove: return "move";
    case Kind::kCopy: return "copy";
    case Kind::kTest: return "test";
  }
  return "";
}

Result<JsonPatch> JsonPatch::Parse(std::string_view text) {
  std::string error;
  const auto document = json::ParseOwned(std::string(text), &error);
  if (document == nullptr) return Status::Reject(Cat("the patch is not JSON: ", error));
  const Tree& tree = document->tree;
  if (tree.node(0).kind != json::Kind::kArray) {
    return Status::Reject("a JSON Patch (RFC 6902) is an array of operations");
  }
  constexpr std::array<Kind, 6> kKinds = {Kind::kAdd,  Kind::kRemove, Kind::kReplace,
                                          Kind::kMove, Kind::kCopy,   Kind::kTest};
  JsonPatch patch;
  NodeId item = 1;
  for (uint32_t i = 0; i < tree.node(0).count; ++i, item = tree.node(item).next) {
    const std::string where = Cat("operation ", i, " of the patch: ");
    if (tree.node(item).kind != json::Kind::kObject)
      return Status::Reject(Cat(where, "must be an object"));
    const Result<std::string> op = TextMember(tree, item, "op");
    if (!op.ok()) return op.status().WithPrefix(where);
    Operation operation;
    bool known = false;
    for (const Kind kind : kKinds) {
      if (*op != Name(kind)) continue;
      operation.kind = kind;
      known = true;
    }
    if (!known) return Status::Reject(Cat(where, "there is no '", *op, "'"));
    Result<std::string> path = PointerMember(tree, item, "path");
    if (!path.ok()) return path.status().WithPrefix(where);
    operation.path = std::move(*path);
    if (operation.kind == Kind::kMove || operation.kind == Kind::kCopy) {
      Result<std::string> from = PointerMember(tree, item, "from");
      if (!from.ok()) return from.status().WithPrefix(where);
      operation.from = std::move(*from);
    } else if (operation.kind != Kind::kRemove) {
      const NodeId value = tree.Find(item, "value");
      if (value == Tree::kNoNode) return Status::Reject(Cat(where, "'value' is missing"));
      operation.value = tree.Raw(value);
    }
    patch.operations_.push_back(std::move(operation));
  }
  return patch;
}

Result<std::string> JsonPatch::Apply(const Operation& operation, std::string_view document) {
  switch (operation.kind) {
    case Kind::kAdd: return PutValue(document, operation.path, operation.value, PutMode::kAdd);
    case Kind::kRemove: return RemoveValue(document, operation.path);
    case Kind::kReplace:
      return PutValue(document, operation.path, operation.value, PutMode::kReplace);
    case Kind::kMove:
    case Kind::kCopy: break;
    case Kind::kTest: {
      Result<std::string> there = ValueAt(document, operation.path);
      if (!there.ok()) return there;
      if (!SameJson(*there, operation.value))
        return Status::Reject(Cat(operation.path, ": the test fails"));
      return std::string(document);
    }
  }
  Result<std::string> value = ValueAt(document, operation.from);
  if (!value.ok() || operation.kind == Kind::kCopy) {
    return value.ok() ? PutValue(document, operation.path, *value, PutMode::kAdd) : value;
  }
  if (operation.path == operation.from) return std::string(document);
  if (operation.path.starts_with(Cat(operation.from, "/"))) {
    return Status::Reject(Cat(operation.from, " cannot be moved into itself"));
  }
  Result<std::string> without = RemoveValue(document, operation.from);
  return without.ok() ? PutValue(*without, operation.path, *value, PutMode::kAdd) : without;
}

Result<std::string> JsonPatch::Apply(std::string_view document) const {
  std::string text(document);
  for (size_t i = 0; i < operations_.size(); ++i) {
    Result<std::string> next = Apply(operations_[i], text);
    if (!next.ok()) {
      return next.status().WithPrefix(
          Cat("operation ", i, " of the patch (", Name(operations_[i].kind), "): "));
    }
    text = std::move(*next);
  }
  return text;
}

std::vector<std::string> JsonPatch::Pointers() const {
  std::vector<std::string> pointers;
  for (const Operation& operation : operations_) {
    pointers.push_back(operation.path);
    if (!operation.from.empty()) pointers.push_back(operation.from);
  }
  return pointers;
}

}  // namespace fracas::tools
