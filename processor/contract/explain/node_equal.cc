#include "contract/explain/node_equal.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "json/number.h"

namespace fracas::contract {
namespace {

using json::Kind;
using json::NodeId;

struct NamedValue {
  std::string_view name;
  NodeId value;
};

std::vector<NamedValue> SortedMembers(NodeRef object) {
  std::vector<NamedValue> members;
  members.reserve(object.tree.node(object.node).count);
  const NodeId end = object.tree.node(object.node).next;
  for (NodeId key = object.node + 1; key < end;) {
    const NodeId value = object.tree.node(key).next;
    members.push_back({object.tree.Text(key), value});
    key = object.tree.node(value).next;
  }
  std::stable_sort(members.begin(), members.end(),
                   [](const NamedValue& a, const NamedValue& b) { return a.name < b.name; });
  return members;
}

bool EqualObjects(NodeRef left, NodeRef right) {
  const std::vector<NamedValue> a = SortedMembers(left);
  const std::vector<NamedValue> b = SortedMembers(right);
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].name != b[i].name || !Equal({left.tree, a[i].value}, {right.tree, b[i].value})) {
      return false;
    }
  }
  return true;
}

bool EqualArrays(NodeRef left, NodeRef right) {
  const NodeId end = left.tree.node(left.node).next;
  NodeId b = right.node + 1;
  for (NodeId a = left.node + 1; a < end; a = left.tree.node(a).next) {
    if (!Equal({left.tree, a}, {right.tree, b})) return false;
    b = right.tree.node(b).next;
  }
  return true;
}

uint64_t Mix(uint64_t hash, uint64_t value) {
  hash ^= value + 0x9E3779B97F4A7C15ull + (hash << 6) + (hash >> 2);
  return hash * 0xFF51AFD7ED558CCDull;
}

uint64_t HashChildren(NodeRef value, bool object) {
  uint64_t hash = object ? 7 : 6;
  const NodeId end = value.tree.node(value.node).next;
  for (NodeId child = value.node + 1; child < end; child = value.tree.node(child).next) {
    uint64_t each = 0;
    if (object) {
      each = std::hash<std::string_view>()(value.tree.Text(child));
      child = value.tree.node(child).next;
    }
    each = Mix(each, HashOf({value.tree, child}));
    hash = object ? hash + each : Mix(hash, each);  // members have no order
  }
  return hash;
}

}  // namespace

bool Equal(NodeRef left, NodeRef right) {
  const json::Node& a = left.tree.node(left.node);
  const json::Node& b = right.tree.node(right.node);
  if (a.kind != b.kind || a.count != b.count) return false;
  switch (a.kind) {
    case Kind::kNull:
    case Kind::kFalse:
    case Kind::kTrue: return true;
    case Kind::kNumber:
      return json::Compare(json::ParseDecimal(left.tree.Raw(left.node)),
                           json::ParseDecimal(right.tree.Raw(right.node))) == 0;
    case Kind::kString: return left.tree.Text(left.node) == right.tree.Text(right.node);
    case Kind::kArray: return EqualArrays(left, right);
    case Kind::kObject: return EqualObjects(left, right);
  }
  return false;
}

uint64_t HashOf(NodeRef value) {
  switch (value.tree.node(value.node).kind) {
    case Kind::kNull: return 1;
    case Kind::kFalse: return 2;
    case Kind::kTrue: return 3;
    case Kind::kNumber: return Mix(4, json::Hash(json::ParseDecimal(value.tree.Raw(value.node))));
    case Kind::kString: return Mix(5, std::hash<std::string_view>()(value.tree.Text(value.node)));
    case Kind::kArray: return HashChildren(value, false);
    case Kind::kObject: return HashChildren(value, true);
  }
  return 0;
}

TypeMask TypeOf(NodeRef value) {
  switch (value.tree.node(value.node).kind) {
    case Kind::kNull: return kIsNull;
    case Kind::kFalse:
    case Kind::kTrue: return kIsBoolean;
    case Kind::kNumber:
      return json::IsInteger(json::ParseDecimal(value.tree.Raw(value.node))) ? kIsInteger
                                                                             : kIsFraction;
    case Kind::kString: return kIsString;
    case Kind::kArray: return kIsArray;
    case Kind::kObject: return kIsObject;
  }
  return 0;
}

bool Contains(const Plan& plan, const ValueSet& set, NodeRef value) {
  for (uint32_t i = set.values.begin; i < set.values.end; ++i) {
    const Value& known = plan.values[i];
    if (Equal({plan.documents[known.document]->tree, known.node}, value)) return true;
  }
  return false;
}

bool AllDifferent(NodeRef array) {
  std::vector<std::pair<uint64_t, NodeId>> hashes;
  hashes.reserve(array.tree.node(array.node).count);
  const NodeId end = array.tree.node(array.node).next;
  for (NodeId each = array.node + 1; each < end; each = array.tree.node(each).next) {
    hashes.emplace_back(HashOf({array.tree, each}), each);
  }
  std::sort(hashes.begin(), hashes.end());
  for (size_t i = 0; i < hashes.size(); ++i) {
    for (size_t j = i + 1; j < hashes.size() && hashes[j].first == hashes[i].first; ++j) {
      if (Equal({array.tree, hashes[i].second}, {array.tree, hashes[j].second})) return false;
    }
  }
  return true;
}

}  // namespace fracas::contract
