#include "tools/patch/splice.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "core/text.h"
#include "json/number.h"
#include "json/pointer.h"
#include "json/tree.h"
#include "json/writer.h"

namespace fracas::tools {

namespace {

using json::Kind;
using json::Node;
using json::NodeId;
using json::Tree;

Result<std::unique_ptr<json::OwnedDocument>> Parse(std::string_view document) {
  std::string error;
  auto parsed = json::ParseOwned(std::string(document), &error);
  if (parsed == nullptr) {
    return Status::Reject(Cat("the document is not JSON (", error,
                              "), so that pointers lead nowhere: ",
                              "--remove-chars, --replace-chars, --transcode or --edit come first"));
  }
  return parsed;
}

// Where a pointer leads: the last container on the way, and the member or element in it.
struct Target {
  NodeId parent = Tree::kNoNode;  // kNoNode: the whole document is meant
  NodeId key = Tree::kNoNode;     // of an object's member that is there
  NodeId value = Tree::kNoNode;   // kNoNode: nothing stands there
  std::string token{};            // the last one
  uint32_t index = 0;             // in an array; its count: behind the last
};

class Finder {
 public:
  Finder(const Tree& tree, std::string_view pointer) : tree_(tree), pointer_(pointer) {}

  Result<Target> Find() {
    std::vector<std::string> tokens;
    if (!json::SplitPointer(pointer_, &tokens)) {
      return Status::Reject(Cat(
          "'", pointer_, "' is no JSON pointer: it begins with / and writes ~0 for ~, ~1 for /"));
    }
    Target target;
    target.value = tree_.root();
    std::string so_far;
    for (std::string& token : tokens) {
      if (target.value == Tree::kNoNode) return LeadsNowhere(so_far);
      const NodeId container = target.value;
      target = Target{};
      target.parent = container;
      target.token = std::move(token);
      const Kind kind = tree_.node(container).kind;
      if (kind != Kind::kObject && kind != Kind::kArray) {
        return Status::Reject(Cat(pointer_, ": ", so_far.empty() ? "the document" : so_far,
                                  " is neither an object nor an array"));
      }
      Status step = kind == Kind::kObject ? Member(&target) : Element(&target);
      if (!step.ok()) return step;
      json::AppendToken(target.token, &so_far);
    }
    return target;
  }

 private:
  Status LeadsNowhere(const std::string& so_far) const {
    return Status::Reject(Cat(pointer_, ": there is nothing at ", so_far));
  }

  Status Member(Target* target) const {
    const Node& object = tree_.node(target->parent);
    NodeId key = target->parent + 1;
    for (uint32_t i = 0; i < object.count; ++i) {
      const NodeId value = tree_.node(key).next;
      if (tree_.Text(key) == target->token) {
        if (target->value != Tree::kNoNode) {
          return Status::Reject(Cat(pointer_, ": a member of that name stands there twice; ",
                                    "--keep-duplicate first|last decides which one stays"));
        }
        target->key = key;
        target->value = value;
      }
      key = tree_.node(value).next;
    }
    return {};
  }

  Status Element(Target* target) const {
    const Node& array = tree_.node(target->parent);
    const std::string& token = target->token;
    target->index = array.count;
    if (token == "-") return {};
    const auto [end, error] =
        std::from_chars(token.data(), token.data() + token.size(), target->index);
    const bool padded = token.size() > 1 && token.front() == '0';
    if (error != std::errc() || end != token.data() + token.size() || padded ||
        target->index > array.count) {
      return Status::Reject(Cat(pointer_, ": the array has ", array.count, " elements: 0 to ",
                                array.count, ", or - for behind the last"));
    }
    if (target->index == array.count) return {};
    target->value = target->parent + 1;
    for (uint32_t i = 0; i < target->index; ++i) target->value = tree_.node(target->value).next;
    return {};
  }

  const Tree& tree_;
  const std::string_view pointer_;
};

std::string Replaced(std::string_view document, size_t begin, size_t end, std::string_view text) {
  return Cat(document.substr(0, begin), text, document.substr(end));
}

// The last child of a container and, in an object, its key; both kNoNode in an empty one.
struct LastChild {
  NodeId key = Tree::kNoNode;
  NodeId value = Tree::kNoNode;
  size_t begin = 0;  // of its key or value
};
LastChild Last(const Tree& tree, NodeId container) {
  const Node& node = tree.node(container);
  const bool object = node.kind == Kind::kObject;
  LastChild last;
  NodeId child = container + 1;
  for (uint32_t i = 0; i < node.count; ++i) {
    last.key = object ? child : Tree::kNoNode;
    last.value = object ? tree.node(child).next : child;
    last.begin = tree.node(child).begin;
    child = tree.node(last.value).next;
  }
  return last;
}

// The white space that stands in front of a byte.
std::string_view SpaceBefore(std::string_view document, size_t at) {
  size_t begin = at;
  while (begin > 0 &&
         std::string_view(" \t\r\n").find(document[begin - 1]) != std::string_view::npos)
    --begin;
  return document.substr(begin, at - begin);
}

std::string Append(const Tree& tree, std::string_view document, const Target& target,
                   std::string_view value) {
  const Node& container = tree.node(target.parent);
  const LastChild last = Last(tree, target.parent);
  std::string added;
  if (last.value != Tree::kNoNode) AppendTo(&added, ",", SpaceBefore(document, last.begin));
  if (container.kind == Kind::kObject) {
    json::AppendQuoted(target.token, &added);
    added.append(last.key == Tree::kNoNode
                     ? std::string_view(":")
                     : document.substr(tree.node(last.key).end,
                                       tree.node(last.value).begin - tree.node(last.key).end));
  }
  added.append(value);
  const size_t at = last.value == Tree::kNoNode ? container.begin + 1 : tree.node(last.value).end;
  return Replaced(document, at, at, added);
}

// In front of an element that is there.
std::string Insert(const Tree& tree, std::string_view document, NodeId element,
                   std::string_view value) {
  const size_t at = tree.node(element).begin;
  return Replaced(document, at, at, Cat(value, ",", SpaceBefore(document, at)));
}

// A member's or element's bytes with the comma that goes with it.
std::pair<size_t, size_t> SpanOf(const Tree& tree, NodeId container, NodeId first, NodeId value) {
  const Node& node = tree.node(container);
  const NodeId next = tree.node(value).next;
  if (next < node.next) return {tree.node(first).begin, tree.node(next).begin};
  // The last one: from the end of the one before.
  const bool object = node.kind == Kind::kObject;
  NodeId before = Tree::kNoNode;
  for (NodeId child = container + 1; child != first;) {
    before = object ? tree.node(child).next : child;
    child = tree.node(before).next;
  }
  const size_t begin = before == Tree::kNoNode ? tree.node(first).begin : tree.node(before).end;
  return {begin, tree.node(value).end};
}

bool SameNode(const Tree& left, NodeId a, const Tree& right, NodeId b);

bool SameObject(const Tree& left, NodeId a, const Tree& right, NodeId b) {
  NodeId key = a + 1;
  for (uint32_t i = 0; i < left.node(a).count; ++i) {
    const NodeId value = left.node(key).next;
    const NodeId other = right.Find(b, left.Text(key));
    if (other == Tree::kNoNode || !SameNode(left, value, right, other)) return false;
    key = left.node(value).next;
  }
  return true;
}

// Recursion is as deep as the documents, which the parser bounds.
bool SameNode(const Tree& left, NodeId a, const Tree& right, NodeId b) {
  const Node& x = left.node(a);
  const Node& y = right.node(b);
  if (x.kind != y.kind) return false;
  switch (x.kind) {
    case Kind::kNull:
    case Kind::kFalse:
    case Kind::kTrue: return true;
    case Kind::kNumber:
      return json::Compare(json::ParseDecimal(left.Raw(a)), json::ParseDecimal(right.Raw(b))) == 0;
    case Kind::kString: return left.Text(a) == right.Text(b);
    case Kind::kObject: return x.count == y.count && SameObject(left, a, right, b);
    case Kind::kArray: break;
  }
  if (x.count != y.count) return false;
  NodeId one = a + 1;
  NodeId other = b + 1;
  for (uint32_t i = 0; i < x.count; ++i) {
    if (!SameNode(left, one, right, other)) return false;
    one = left.node(one).next;
    other = right.node(other).next;
  }
  return true;
}

struct Member {
  NodeId key = Tree::kNoNode;
  NodeId value = Tree::kNoNode;
};

std::vector<Member> MembersOf(const Tree& tree, NodeId object) {
  std::vector<Member> members;
  members.reserve(tree.node(object).count);
  NodeId key = object + 1;
  for (uint32_t i = 0; i < tree.node(object).count; ++i) {
    members.push_back({key, tree.node(key).next});
    key = tree.node(members.back().value).next;
  }
  return members;
}

// Parallel to the members: which of them have to go.
std::vector<bool> Repeated(const Tree& tree, const std::vector<Member>& members, Keep keep) {
  std::vector<bool> gone(members.size(), false);
  std::set<std::string_view> seen;
  for (size_t i = 0; i < members.size(); ++i) {
    const size_t at = keep == Keep::kFirst ? i : members.size() - 1 - i;
    gone[at] = !seen.insert(tree.Text(members[at].key)).second;
  }
  return gone;
}

using Span = std::pair<size_t, size_t>;

// The bytes that one object loses: a member with the comma behind it, and of those behind the last one
// that stays everything since.
void AppendSpans(const Tree& tree, const std::vector<Member>& members,
                 const std::vector<bool>& gone, std::vector<Span>* spans) {
  size_t stay = members.size();  // one past the last one that stays; there always is one
  while (stay > 0 && gone[stay - 1]) --stay;
  for (size_t i = 0; i < stay; ++i) {
    if (gone[i]) spans->emplace_back(tree.node(members[i].key).begin, tree.node(members[i + 1].key).begin);
  }
  if (stay < members.size())
    spans->emplace_back(tree.node(members[stay - 1].value).end, tree.node(members.back().value).end);
}

}  // namespace

Result<std::string> PutValue(std::string_view document, std::string_view pointer,
                             std::string_view value, PutMode mode) {
  auto parsed = Parse(document);
  if (!parsed.ok()) return parsed.status();
  std::string error;
  if (json::ParseOwned(std::string(value), &error) == nullptr) {
    return Status::Reject(Cat(pointer, ": the new value is not JSON (", error,
                              R"(); a text wants its quotes: --set '/name="Ann"')"));
  }
  const Tree& tree = (*parsed)->tree;
  Result<Target> target = Finder(tree, pointer).Find();
  if (!target.ok()) return target.status();
  if (target->value == Tree::kNoNode) {
    if (mode == PutMode::kReplace)
      return Status::Reject(Cat(pointer, ": there is nothing to replace"));
    return Append(tree, document, *target, value);
  }
  const bool insert = mode == PutMode::kAdd && target->parent != Tree::kNoNode &&
                      tree.node(target->parent).kind == Kind::kArray;
  if (insert) return Insert(tree, document, target->value, value);
  const Node& node = tree.node(target->value);
  return Replaced(document, node.begin, node.end, value);
}

Result<std::string> RemoveValue(std::string_view document, std::string_view pointer) {
  auto parsed = Parse(document);
  if (!parsed.ok()) return parsed.status();
  const Tree& tree = (*parsed)->tree;
  Result<Target> target = Finder(tree, pointer).Find();
  if (!target.ok()) return target.status();
  if (target->parent == Tree::kNoNode)
    return Status::Reject("the whole document cannot be removed");
  if (target->value == Tree::kNoNode)
    return Status::Reject(Cat(pointer, ": there is nothing to remove"));
  const NodeId first = target->key == Tree::kNoNode ? target->value : target->key;
  const auto [begin, end] = SpanOf(tree, target->parent, first, target->value);
  return Replaced(document, begin, end, "");
}

Result<std::string> ValueAt(std::string_view document, std::string_view pointer) {
  auto parsed = Parse(document);
  if (!parsed.ok()) return parsed.status();
  Result<Target> target = Finder((*parsed)->tree, pointer).Find();
  if (!target.ok()) return target.status();
  if (target->value == Tree::kNoNode) return Status::Reject(Cat(pointer, ": there is nothing"));
  return std::string((*parsed)->tree.Raw(target->value));
}

Result<std::string> RemoveDuplicates(std::string_view document, Keep keep, uint64_t* removed) {
  auto parsed = Parse(document);
  if (!parsed.ok()) return parsed.status();
  const Tree& tree = (*parsed)->tree;
  std::vector<Span> spans;
  std::vector<bool> in_removed(tree.size(), false);  // its repetitions go with it, uncounted
  for (NodeId id = 0; id < tree.size(); ++id) {
    if (tree.node(id).kind != Kind::kObject || in_removed[id]) continue;
    const std::vector<Member> members = MembersOf(tree, id);
    const std::vector<bool> gone = Repeated(tree, members, keep);
    for (size_t i = 0; i < members.size(); ++i) {
      if (!gone[i]) continue;
      ++*removed;
      for (NodeId each = members[i].value; each < tree.node(members[i].value).next; ++each)
        in_removed[each] = true;
    }
    AppendSpans(tree, members, gone, &spans);
  }
  std::sort(spans.begin(), spans.end());
  std::string text;
  size_t at = 0;
  for (const auto& [begin, end] : spans) {
    text.append(document.substr(at, begin - at));
    at = end;
  }
  return text.append(document.substr(at));
}

bool SameJson(std::string_view left, std::string_view right) {
  std::string error;
  const auto one = json::ParseOwned(std::string(left), &error);
  const auto other = json::ParseOwned(std::string(right), &error);
  FRACAS_CHECK(one != nullptr && other != nullptr, "both must be JSON");
  return SameNode(one->tree, 0, other->tree, 0);
}

}  // namespace fracas::tools
