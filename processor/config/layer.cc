// From nodes to values, key by key. Each trouble is reported where it stands, and reading goes on
// with the next key, so that one run finds everything.

#include "config/layer.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "config/values/dispositions.h"
#include "config/values/kafka_settings.h"
#include "config/values/spelling.h"
#include "config/values/substitute.h"
#include "config/values/value.h"
#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"

namespace fracas::config {
namespace {

using std::string_view;

bool IsList(Type type) {
  return type == Type::kTextList || type == Type::kTopicList || type == Type::kPointerList ||
         type == Type::kChoiceList;
}
bool IsMap(Type type) {
  return type == Type::kPathMap || type == Type::kDispositions || type == Type::kSettings;
}
bool IsPath(Type type) { return type == Type::kPath || type == Type::kPathMap; }

string_view FirstName(string_view path) { return path.substr(0, path.find('.')); }

// Names that may stand in the mapping `prefix` ("" or "audit.").
std::vector<string_view> NamesUnder(const KeyTable& table, string_view prefix) {
  std::vector<string_view> names;
  for (const Key* key : table.keys) {
    if (!key->path.starts_with(prefix)) continue;
    const string_view name = FirstName(key->path.substr(prefix.size()));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  if (prefix.empty()) names.insert(names.end(), table.elsewhere.begin(), table.elsewhere.end());
  return names;
}

std::string Join(const std::vector<string_view>& words) {
  std::string text;
  for (const string_view word : words) AppendTo(&text, text.empty() ? "" : ", ", word);
  return text;
}

class LayerReader {
 public:
  LayerReader(const KeyTable& table, Layer layer, const ReadContext& context)
      : table_(table), layer_(layer), context_(context), values_(table.keys.size()) {}

  void ReadMapping(const Node& node, const std::string& prefix);
  std::vector<Value> Take() { return std::move(values_); }

 private:
  void ReadMember(const Member& member, const std::string& prefix);
  void ReadValue(const Key& key, const Node& node, Value* value);
  void ReadList(const Key& key, const Node& node, Value* value);
  void ReadMap(const Key& key, const Node& node, Value* value);
  void ReadEntry(const Key& key, const Member& member, Value* value);
  void ReadKafka(const Node& node);
  bool CheckEntryName(const Key& key, const Member& member);
  bool CheckDisposition(const Member& member, const std::string& text);
  void CheckSetting(const Member& member, const Item& item);
  bool ReadOne(const Key& key, const Node& node, string_view name, Value* value);
  void ReportUnknown(const Member& member, const std::string& prefix);
  size_t IndexOf(string_view path) const;

  const KeyTable& table_;
  Layer layer_;
  const ReadContext& context_;
  std::vector<Value> values_;
};

size_t LayerReader::IndexOf(string_view path) const {
  const auto found = std::find_if(table_.keys.begin(), table_.keys.end(),
                                  [path](const Key* key) { return key->path == path; });
  return static_cast<size_t>(found - table_.keys.begin());
}

void LayerReader::ReadMapping(const Node& node, const std::string& prefix) {
  for (const Member& member : node.members) ReadMember(member, prefix);
}

void LayerReader::ReadMember(const Member& member, const std::string& prefix) {
  const std::string path = prefix + member.key;
  const auto& elsewhere = table_.elsewhere;
  if (prefix.empty() && std::find(elsewhere.begin(), elsewhere.end(), path) != elsewhere.end())
    return;
  // A dot in a written key would otherwise name a key in a mapping.
  const bool dotted = member.key.find('.') != std::string::npos;
  const size_t index = dotted ? table_.keys.size() : IndexOf(path);
  if (index < table_.keys.size()) {
    const Key& key = *table_.keys[index];
    if (path == "kafka" && key.type == Type::kSettings) {
      if (member.value->kind != NodeKind::kMapping)
        return ReportNoMapping(*member.value, "kafka", context_);
      return ReadKafka(*member.value);
    }
    return ReadValue(key, *member.value, &values_[index]);
  }
  const std::string inner = path + ".";
  const bool is_section =
      !dotted && std::any_of(table_.keys.begin(), table_.keys.end(),
                             [&](const Key* key) { return key->path.starts_with(inner); });
  if (!is_section) return ReportUnknown(member, prefix);
  if (member.value->kind != NodeKind::kMapping)
    return ReportNoMapping(*member.value, member.key, context_);
  ReadMapping(*member.value, inner);
}

void LayerReader::ReportUnknown(const Member& member, const std::string& prefix) {
  const std::string owner = prefix.empty() ? std::string(table_.owner)
                                           : Cat("`", prefix.substr(0, prefix.size() - 1), "`");
  // A key that exists one level further in or out is the likelier slip than a misspelling.
  for (const Key* key : table_.keys) {
    const size_t dot = key->path.rfind('.');
    const bool same_name = key->path.substr(dot == string_view::npos ? 0 : dot + 1) == member.key;
    const bool written_with_dots = key->path == prefix + member.key;
    if (!same_name && !written_with_dots) continue;
    const string_view section = dot == string_view::npos ? "" : key->path.substr(0, dot);
    return context_.Error(
        member.position, Cat("'", member.key, "' is not a key of ", owner),
        section.empty() ? Cat("it belongs directly under ", table_.owner)
                        : Cat("write it as `", section, ": {", key->path.substr(dot + 1), ": …}`"));
  }
  ReportUnknownKey(member, owner, NamesUnder(table_, prefix), context_);
}

// Settings stand beside the two mappings that hold those of one kind of client.
void LayerReader::ReadKafka(const Node& node) {
  Value& common = values_[IndexOf("kafka")];
  const Key& key = *table_.keys[IndexOf("kafka")];
  common.set = true;
  common.layer = layer_;
  common.mark = context_.At(node.position);
  for (const Member& member : node.members) {
    if (member.key == "consumer" || member.key == "producer") {
      const size_t index = IndexOf("kafka." + member.key);
      ReadValue(*table_.keys[index], *member.value, &values_[index]);
    } else {
      ReadEntry(key, member, &common);
    }
  }
}

void LayerReader::ReadValue(const Key& key, const Node& node, Value* value) {
  const string_view name = key.path;
  value->refused = true;  // until the end
  if (node.kind == NodeKind::kInvalid) return;
  if (node.kind == NodeKind::kNull) {
    return context_.Error(
        node.position, Cat("`", name, "` has no value"),
        Cat("write one, for example ", key.example.empty() ? key.initial : key.example,
            ", or remove the key"));
  }
  Value read;
  const size_t before = context_.problems->size();
  if (IsList(key.type)) {
    ReadList(key, node, &read);
  } else if (IsMap(key.type)) {
    ReadMap(key, node, &read);
  } else if (!ReadOne(key, node, name, &read)) {
    return;
  }
  const auto first = context_.problems->begin() + static_cast<ptrdiff_t>(before);
  if (std::any_of(first, context_.problems->end(),
                  [](const Problem& p) { return p.severity == Severity::kError; })) {
    if (!IsMap(key.type)) return;  // the good entries of a mapping stand for themselves
  }
  *value = std::move(read);
  value->set = true;
  value->layer = layer_;
  value->mark = context_.At(node.position);
}

// One scalar, substituted and typed. False: reported.
bool LayerReader::ReadOne(const Key& key, const Node& node, string_view name, Value* value) {
  if (node.kind == NodeKind::kInvalid) return false;
  if (node.kind != NodeKind::kScalar && node.kind != NodeKind::kNull) {
    context_.Error(node.position,
                   Cat("`", name, "` is a ", node.kind == NodeKind::kMapping ? "mapping" : "list",
                       " where one value belongs"),
                   Cat("write for example ", key.example));
    return false;
  }
  Substituted text = Substitute(node.text, *context_.environment);
  if (!text.problem.empty()) {
    context_.Error(node.position, std::move(text.problem), std::move(text.next_step));
    return false;
  }
  if (!text.world_readable.empty()) {
    context_.Warn(node.position,
                  Cat("the secret file ", text.world_readable, " is readable for everybody"),
                  Cat("chmod o-r ", text.world_readable));
  }
  const Complaint complaint = ReadScalar(key, {text.text, node.quoted, text.changed}, value);
  if (!complaint.message.empty()) {
    // A complaint quotes the value; that of a secret must not be seen.
    context_.Error(node.position,
                   text.secret ? Cat("`", name, "`: what the secret file holds does not fit here")
                               : Cat("`", name, "`: ", complaint.message),
                   complaint.next_step);
    return false;
  }
  value->secret = text.secret;
  value->text = std::move(text.text);
  if (IsPath(key.type) && !value->off) {
    value->text =
        (std::filesystem::path(context_.folder) / value->text).lexically_normal().string();
  }
  return true;
}

void LayerReader::ReadList(const Key& key, const Node& node, Value* value) {
  if (node.kind != NodeKind::kSequence) {
    return context_.Error(node.position, Cat("`", key.path, "` is a list"),
                          node.kind == NodeKind::kScalar ? Cat("write [", node.text, "]")
                                                         : Cat("write for example ", key.example));
  }
  if (node.elements.empty() && (key.type == Type::kTopicList || key.type == Type::kChoiceList)) {
    return context_.Error(node.position, Cat("`", key.path, "` is empty"),
                          Cat("write for example ", key.example));
  }
  std::set<std::string> seen;
  for (const Node* element : node.elements) {
    Value one;
    if (element->kind == NodeKind::kNull) {
      context_.Error(element->position, Cat("an entry of `", key.path, "` has no value"),
                     "remove it");
      continue;
    }
    if (!ReadOne(key, *element, key.path, &one)) continue;
    if (!seen.insert(one.text).second) {
      context_.Error(element->position, Cat("'", one.text, "' is in `", key.path, "` twice"),
                     "remove one");
      continue;
    }
    value->items.push_back({"", one.text, context_.At(element->position), one.secret});
  }
}

void LayerReader::ReadMap(const Key& key, const Node& node, Value* value) {
  if (node.kind != NodeKind::kMapping) return ReportNoMapping(node, key.path, context_);
  for (const Member& member : node.members) ReadEntry(key, member, value);
}

void LayerReader::ReadEntry(const Key& key, const Member& member, Value* value) {
  if (!CheckEntryName(key, member) || member.value->kind == NodeKind::kInvalid) return;
  if (member.value->kind == NodeKind::kNull) {
    return context_.Error(member.position, Cat("`", member.key, "` has no value"),
                          "write one, or remove the key");
  }
  Value one;
  if (!ReadOne(key, *member.value, member.key, &one)) return;
  if (key.type == Type::kDispositions && !CheckDisposition(member, one.text)) return;
  Item item{member.key, one.text, context_.At(member.position), one.secret};
  if (key.type == Type::kSettings) {
    CheckSetting(member, item);
    item.secret |= IsSensitiveSetting(item.name);
  }
  value->items.push_back(std::move(item));
}

bool LayerReader::CheckEntryName(const Key& key, const Member& member) {
  if (key.type == Type::kDispositions) {
    const CodeInfo* code = FindCode(member.key);
    if (code != nullptr && code->name == member.key) return true;
    std::vector<string_view> names;
    for (const CodeInfo& info : AllCodes()) names.push_back(info.name);
    const std::string near = code != nullptr ? std::string(code->name) : Nearest(member.key, names);
    context_.Error(member.position, Cat("'", member.key, "' is no failure code's name"),
                   near.empty() ? "`fracas codes` lists them" : Cat("did you mean ", near, "?"));
    return false;
  }
  if (key.type == Type::kPathMap) {
    const size_t colon = member.key.find(':');
    if (colon != std::string::npos && colon > 0 && member.key.find('#') == std::string::npos)
      return true;
    context_.Error(member.position, Cat("'", member.key, "' is no base URI"),
                   "write it with its scheme and without a fragment, for example "
                   "https://example.com/schemas/");
    return false;
  }
  return true;
}

bool LayerReader::CheckDisposition(const Member& member, const std::string& text) {
  const CodeInfo* code = FindCode(member.key);
  FRACAS_CHECK(code != nullptr, member.key);
  const auto allowed = AllowedDispositions(*code);
  if (std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return true;
  context_.Error(
      member.position, Cat(member.key, " cannot be ", text, ": ", WhyNotOthers(*code)),
      allowed.empty() ? "remove it" : Cat("write ", Join({allowed.begin(), allowed.end()})));
  return false;
}

void LayerReader::CheckSetting(const Member& member, const Item& item) {
  const Refusal refusal = RefuseSetting(item.name, item.text);
  if (!refusal.reason.empty()) {
    context_.Error(member.position, Cat("the setting ", item.name, " is refused: ", refusal.reason),
                   refusal.next_step);
  }
  const std::string warning = WarnAboutSetting(item.name, item.text);
  if (!warning.empty()) context_.Warn(member.position, Cat(item.name, ": ", warning), "");
  const bool inline_secret = IsSensitiveSetting(item.name) && !item.secret && !item.text.empty() &&
                             member.value->text == item.text;
  if (inline_secret) {
    context_.Warn(member.position, Cat(item.name, " stands in the file itself"),
                  "keep it in a file of its own: ${file:/run/secrets/NAME}");
  }
}

std::vector<Item> DefaultItems(string_view initial) {
  std::vector<Item> items;
  for (string_view rest = initial.substr(1, initial.size() - 2); !rest.empty();) {
    const size_t comma = rest.find(", ");
    items.push_back({"", std::string(rest.substr(0, comma)), {}, false});
    rest = comma == string_view::npos ? "" : rest.substr(comma + 2);
  }
  return items;
}

}  // namespace

void ReadContext::Error(Position at, std::string message, std::string next_step) const {
  problems->push_back({Severity::kError, At(at), std::move(message), std::move(next_step)});
}

void ReadContext::Warn(Position at, std::string message, std::string next_step) const {
  problems->push_back({Severity::kWarning, At(at), std::move(message), std::move(next_step)});
}

KeyTable StreamTable(string_view owner) {
  KeyTable table{owner, {}, {}};
  for (const StreamKey& row : StreamKeys()) table.keys.push_back(&row.key);
  return table;
}

KeyTable RootTable() {
  KeyTable table{"the configuration", {}, {"defaults", "pipelines"}};
  for (const RootKey& row : RootKeys()) table.keys.push_back(&row.key);
  return table;
}

std::vector<Value> ReadLayer(const KeyTable& table, const Node& node, Layer layer,
                             const ReadContext& context) {
  LayerReader reader(table, layer, context);
  reader.ReadMapping(node, "");
  return reader.Take();
}

Value DefaultOf(const Key& key) {
  Value value;
  if (key.initial.empty()) return value;
  value.set = true;
  if (IsList(key.type) || IsMap(key.type)) {
    value.items = DefaultItems(key.initial);
    return value;
  }
  string_view text = key.initial;
  if (text.starts_with('\'')) text = text.substr(1, text.size() - 2);
  const Complaint complaint = ReadScalar(key, {std::string(text), false, true}, &value);
  FRACAS_CHECK(complaint.message.empty(), Cat(key.path, ": ", complaint.message));
  value.text = text;
  return value;
}

void ReportNoMapping(const Node& node, string_view name, const ReadContext& context) {
  if (node.kind == NodeKind::kInvalid) return;
  if (node.kind == NodeKind::kNull) {
    return context.Error(node.position, Cat("`", name, "` has no value"),
                         "write its keys, or remove it");
  }
  context.Error(node.position, Cat("`", name, "` is a mapping of keys"),
                "write its keys indented below it, or as {key: value}");
}

void ReportUnknownKey(const Member& member, string_view owner,
                      const std::vector<string_view>& names, const ReadContext& context) {
  const std::string near = Nearest(member.key, names);
  context.Error(
      member.position, Cat("'", member.key, "' is not a key of ", owner),
      near.empty() ? Cat("its keys are ", Join(names)) : Cat("did you mean `", near, "`?"));
}

}  // namespace fracas::config
