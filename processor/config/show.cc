// Prints what the reader made. JSON strings are legal YAML scalars, so that one way of quoting
// serves both.

#include "config/show.h"

#include <algorithm>
#include <array>

#include "config/keys.h"
#include "config/values/looks.h"
#include "config/values/substitute.h"
#include "core/text.h"

namespace fracas::config {
namespace {

using std::string_view;

constexpr string_view kRedacted = "<redacted>";

std::string Quoted(string_view text) {
  constexpr string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      AppendTo(&out, '\\', c);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      const auto byte = static_cast<unsigned char>(c);
      AppendTo(&out, "\\u00", kHex[byte >> 4], kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  return out + '"';
}

// One tree for both notations: nested objects in the order in which they were filled.
struct Tree {
  std::string scalar;  // printed as it is; "" for an object or a list
  bool is_list = false;
  std::vector<std::string> entries;  // of a list, printed as they are
  std::vector<std::pair<std::string, Tree>> members;

  // The member of that name, made when it is missing.
  Tree* At(string_view name) {
    for (auto& [existing, tree] : members) {
      if (existing == name) return &tree;
    }
    members.emplace_back(std::string(name), Tree{});
    return &members.back().second;
  }
  Tree* AtPath(string_view path) {
    const size_t dot = path.find('.');
    Tree* first = At(path.substr(0, dot));
    return dot == string_view::npos ? first : first->AtPath(path.substr(dot + 1));
  }
};

// Texts are quoted wherever anybody could read them as something else.
bool IsPlain(string_view text) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '/' || c == '-';
  };
  return !text.empty() && text[0] != '-' && std::all_of(text.begin(), text.end(), is_word) &&
         LookOf(text) == PlainLook::kText;
}

// Of the keys outside pipelines.
bool IsShared(string_view path) {
  constexpr std::array<string_view, 6> kOwn = {"instance", "workers", "roles", "kafka", "state", "http"};
  return std::find(kOwn.begin(), kOwn.end(), path.substr(0, path.find('.'))) == kOwn.end();
}

class Shower {
 public:
  explicit Shower(bool yaml, bool shared_only = false) : yaml_(yaml), shared_only_(shared_only) {}

  std::string Show(const Effective& effective) {
    Tree root;
    const std::span<const RootKey> root_keys = RootKeys();
    for (size_t i = 0; i < root_keys.size(); ++i) {
      if (!shared_only_ || IsShared(root_keys[i].key.path))
        Put(root_keys[i].key, effective.root[i], &root);
    }
    Tree* pipelines = root.At("pipelines");
    const std::span<const StreamKey> stream_keys = StreamKeys();
    for (const EffectiveStream& stream : effective.streams) {
      Tree* tree = pipelines->At(stream.pipeline)->At("streams")->At(stream.id);
      for (size_t i = 0; i < stream_keys.size(); ++i)
        Put(stream_keys[i].key, stream.values[i], tree);
    }
    std::string out;
    if (yaml_) {
      WriteYaml(root, 0, &out);
    } else {
      WriteJson(root, 0, &out);
      out += '\n';
    }
    return out;
  }

 private:
  std::string Text(string_view text) const {
    const std::string escaped = EscapeSubstitutions(text);
    return yaml_ && IsPlain(escaped) ? escaped : Quoted(yaml_ ? escaped : text);
  }
  std::string Scalar(const Key& key, const Value& value) const {
    if (value.secret) return Quoted(kRedacted);
    if (value.off) return yaml_ ? "off" : Quoted("off");
    const bool bare = key.type == Type::kInteger || key.type == Type::kRatio ||
                      key.type == Type::kFraction || key.type == Type::kBoolean;
    return bare ? value.text : Text(value.text);
  }
  void Put(const Key& key, const Value& value, Tree* root) const;
  void WriteYaml(const Tree& tree, size_t depth, std::string* out) const;
  void WriteJson(const Tree& tree, size_t depth, std::string* out) const;

  const bool yaml_;
  const bool shared_only_;
};

bool IsList(Type type) {
  return type == Type::kTextList || type == Type::kTopicList || type == Type::kPointerList ||
         type == Type::kChoiceList;
}
bool IsMap(Type type) {
  return type == Type::kPathMap || type == Type::kDispositions || type == Type::kSettings;
}

void Shower::Put(const Key& key, const Value& value, Tree* root) const {
  if (!value.set) return;
  Tree* tree = root->AtPath(key.path);
  if (!IsList(key.type) && !IsMap(key.type)) {
    tree->scalar = Scalar(key, value);
    return;
  }
  tree->is_list = IsList(key.type);
  for (const Item& item : value.items) {
    const std::string text = item.secret ? Quoted(kRedacted) : Text(item.text);
    if (tree->is_list) {
      tree->entries.push_back(text);
    } else {
      tree->At(item.name)->scalar = text;
    }
  }
}

void Shower::WriteYaml(const Tree& tree, size_t depth, std::string* out) const {
  for (const auto& [name, member] : tree.members) {
    out->append(depth * 2, ' ');
    AppendTo(out, IsPlain(name) ? name : Quoted(name), ":");
    if (!member.scalar.empty()) {
      AppendTo(out, " ", member.scalar, "\n");
    } else if (member.is_list) {
      *out += " [";
      for (size_t i = 0; i < member.entries.size(); ++i)
        AppendTo(out, i == 0 ? "" : ", ", member.entries[i]);
      *out += "]\n";
    } else if (member.members.empty()) {
      *out += " {}\n";
    } else {
      *out += '\n';
      WriteYaml(member, depth + 1, out);
    }
  }
}

void Shower::WriteJson(const Tree& tree, size_t depth, std::string* out) const {
  *out += '{';
  for (size_t i = 0; i < tree.members.size(); ++i) {
    const auto& [name, member] = tree.members[i];
    AppendTo(out, i == 0 ? "\n" : ",\n");
    out->append(depth * 2 + 2, ' ');
    AppendTo(out, Quoted(name), ": ");
    if (!member.scalar.empty()) {
      *out += member.scalar;
    } else if (member.is_list) {
      *out += '[';
      for (size_t e = 0; e < member.entries.size(); ++e)
        AppendTo(out, e == 0 ? "" : ", ", member.entries[e]);
      *out += ']';
    } else {
      WriteJson(member, depth + 1, out);
    }
  }
  if (!tree.members.empty()) {
    *out += '\n';
    out->append(depth * 2, ' ');
  }
  *out += '}';
}

}  // namespace

std::string ShowYaml(const Effective& effective) { return Shower(true).Show(effective); }
std::string ShowJson(const Effective& effective) { return Shower(false).Show(effective); }
std::string ShowShared(const Effective& effective) { return Shower(false, true).Show(effective); }

}  // namespace fracas::config
