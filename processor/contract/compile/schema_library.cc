#include "contract/compile/schema_library.h"

#include <array>
#include <filesystem>

#include "contract/compile/uri.h"
#include "contract/explain/node_path.h"
#include "core/percent.h"
#include "core/text.h"
#include "json/diagnose.h"
#include "json/pointer.h"

namespace fracas::contract {
namespace {

// How a keyword holds subschemas.
enum class Shape : uint8_t { kSchema, kSchemas, kSchemaMap, kSchemaOrSchemas, kSchemaOrNamesMap };

struct Holder {
  std::string_view keyword;
  Shape shape;
  bool in_draft7;
  bool in_2020;
};

constexpr std::array<Holder, 22> kHolders = {{
    {"additionalItems", Shape::kSchema, true, false},
    {"additionalProperties", Shape::kSchema, true, true},
    {"allOf", Shape::kSchemas, true, true},
    {"anyOf", Shape::kSchemas, true, true},
    {"contains", Shape::kSchema, true, true},
    {"contentSchema", Shape::kSchema, false, true},
    {"$defs", Shape::kSchemaMap, false, true},
    {"definitions", Shape::kSchemaMap, true, true},
    {"dependencies", Shape::kSchemaOrNamesMap, true, false},
    {"dependentSchemas", Shape::kSchemaMap, false, true},
    {"else", Shape::kSchema, true, true},
    {"if", Shape::kSchema, true, true},
    {"items", Shape::kSchemaOrSchemas, true, true},
    {"not", Shape::kSchema, true, true},
    {"oneOf", Shape::kSchemas, true, true},
    {"patternProperties", Shape::kSchemaMap, true, true},
    {"prefixItems", Shape::kSchemas, false, true},
    {"properties", Shape::kSchemaMap, true, true},
    {"propertyNames", Shape::kSchema, true, true},
    {"then", Shape::kSchema, true, true},
    {"unevaluatedItems", Shape::kSchema, false, true},
    {"unevaluatedProperties", Shape::kSchema, false, true},
}};

const Holder* FindHolder(std::string_view keyword, bool draft7) {
  for (const Holder& holder : kHolders) {
    if (holder.keyword == keyword && (draft7 ? holder.in_draft7 : holder.in_2020)) return &holder;
  }
  return nullptr;
}

std::string Append(const std::string& pointer, std::string_view token) {
  std::string longer = pointer;
  json::AppendToken(token, &longer);
  return longer;
}

bool IsSchemaKind(json::Kind kind) {
  return kind == json::Kind::kObject || kind == json::Kind::kTrue || kind == json::Kind::kFalse;
}

std::string_view WithoutEmptyFragment(std::string_view uri) {
  return uri.ends_with('#') ? uri.substr(0, uri.size() - 1) : uri;
}

// The vocabularies of 2020-12, behind their common prefix.
bool ApplyVocabulary(std::string_view uri, DialectRules* rules) {
  constexpr std::string_view kPrefix = "https://json-schema.org/draft/2020-12/vocab/";
  if (!uri.starts_with(kPrefix)) return false;
  const std::string_view name = uri.substr(kPrefix.size());
  if (name == "applicator") rules->applicator = true;
  if (name == "unevaluated") rules->unevaluated = true;
  if (name == "validation") rules->validation = true;
  if (name == "format-assertion") rules->format_assertion = true;
  for (const std::string_view known :
       {"core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation",
        "format-assertion", "content"}) {
    if (name == known) return true;
  }
  return false;
}

}  // namespace

SchemaLibrary::SchemaLibrary(const CompileOptions& options)
    : options_(options), loader_(options.catalog) {}

bool SchemaLibrary::AddRoot(std::string bytes, const std::string& file,
                            const std::string& base_uri) {
  if (!file.empty()) {
    const std::string folder = std::filesystem::path(file).parent_path().string();
    loader_.AddFolder(FileUri(folder), folder);
  }
  Result<uint32_t> added = AddDocument({std::move(bytes), file, false}, base_uri);
  if (!added.ok()) return false;
  if (file.empty()) return true;
  // What the contract calls by names beside its own $id lies beside its file.
  const LibraryResource& root = resources_[Place({0, 0}).resource];
  const size_t slash = root.uri.rfind('/');
  if (slash != std::string::npos) {
    loader_.AddFolder(root.uri.substr(0, slash + 1),
                      std::filesystem::path(file).parent_path().string());
  }
  return true;
}

Result<Spot> SchemaLibrary::AddByUri(const std::string& uri) {
  if (const auto known = by_uri_.find(uri); known != by_uri_.end()) {
    return resources_[known->second].root;
  }
  Result<SchemaBytes> source = loader_.Load(uri);
  if (!source.ok()) return source.status();
  Result<uint32_t> added = AddDocument(std::move(source).value(), uri);
  if (!added.ok()) return added.status();
  return Spot{*added, 0};
}

Result<uint32_t> SchemaLibrary::AddDocument(SchemaBytes source, const std::string& uri) {
  const json::Diagnosis trouble = json::Diagnose(source.bytes);
  if (trouble.error != json::SyntaxError::kNone) {
    const json::LineColumn at = json::Locate(source.bytes, trouble.byte);
    const std::string what = Cat("not JSON: ", json::Describe(trouble));
    if (documents_.empty()) problems_.push_back({source.file, at.line, at.column, "", what});
    return Status::Reject(
        Cat(source.file.empty() ? uri : source.file, ":", at.line, ":", at.column, ": ", what));
  }
  std::string error;
  auto parsed = json::ParseOwned(std::move(source.bytes), &error);
  FRACAS_CHECK(parsed != nullptr, error);
  parsed->tree.DecodeAll();
  const auto index = static_cast<uint32_t>(documents_.size());
  documents_.push_back({uri, source.file, source.built_in, "", std::move(parsed)});
  // The document's own resource, before its $id is known: found by where it was retrieved.
  LibraryResource own;
  own.uri = uri;
  own.root = {index, 0};
  own.rules.dialect = options_.default_dialect;
  const auto resource = static_cast<uint32_t>(resources_.size());
  resources_.push_back(std::move(own));
  by_uri_.emplace(uri, resource);
  documents_[index].metaschema =
      std::string(options_.default_dialect == Dialect::kDraft7 ? kDraft7Uri : kDraft202012Uri);
  Index(index, {0, resource, ""});
  return index;
}

std::string_view SchemaLibrary::StringMember(Spot object, std::string_view name) const {
  const json::Tree& in = tree(object.document);
  if (in.node(object.node).kind != json::Kind::kObject) return {};
  const json::NodeId value = in.Find(object.node, name);
  if (value == json::Tree::kNoNode || in.node(value).kind != json::Kind::kString) return {};
  return in.Text(value);
}

void SchemaLibrary::Index(uint32_t document, Pending first) {
  std::vector<Pending> pending;
  pending.push_back(std::move(first));
  while (!pending.empty()) {
    Pending item = std::move(pending.back());
    pending.pop_back();
    IndexOne(document, std::move(item), &pending);
  }
}

void SchemaLibrary::IndexOne(uint32_t document, Pending item, std::vector<Pending>* pending) {
  const Spot spot{document, item.node};
  if (Knows(spot)) return;
  const bool is_object = tree(document).node(item.node).kind == json::Kind::kObject;
  if (is_object) {
    const std::string_view id = StringMember(spot, "$id");
    const bool root = item.node == 0;
    if (root || !id.empty()) {
      const uint32_t resource = OpenResource(spot, item.resource);
      if (resource != item.resource) item.pointer.clear();
      item.resource = resource;
    }
  }
  places_[Key(spot)] = {item.resource, item.pointer};
  if (!is_object) return;
  IndexAnchors(spot, item.resource);
  IndexChildren(document, item, pending);
}

// The resource that the schema object with an $id (or a document's root) belongs to.
uint32_t SchemaLibrary::OpenResource(Spot spot, uint32_t parent) {
  const DialectRules inherited = resources_[parent].rules;  // reading may add resources
  const DialectRules rules = ReadDialect(spot, inherited);
  if (spot.node == 0) resources_[parent].rules = rules;
  const std::string_view id = StringMember(spot, "$id");
  const bool ignored =
      rules.draft7() && tree(spot.document).Find(spot.node, "$ref") != json::Tree::kNoNode;
  if (id.empty() || id.starts_with('#') || ignored) return parent;
  const std::string absolute = ResolveUri(resources_[parent].uri, id);
  const std::string uri(SplitFragment(absolute).document);
  if (spot.node == 0) {
    resources_[parent].uri = uri;
    by_uri_.emplace(uri, parent);
    return parent;
  }
  LibraryResource resource;
  resource.uri = uri;
  resource.root = spot;
  resource.rules = rules;
  const auto index = static_cast<uint32_t>(resources_.size());
  if (!by_uri_.emplace(uri, index).second) {
    AddProblem(spot, Cat("$id ", uri, " is used twice; give each resource a URI of its own"));
  }
  resources_.push_back(std::move(resource));
  return index;
}

DialectRules SchemaLibrary::ReadDialect(Spot spot, const DialectRules& inherited) {
  const std::string_view declared = StringMember(spot, "$schema");
  if (declared.empty()) return inherited;
  const std::string uri(WithoutEmptyFragment(declared));
  if (spot.node == 0) documents_[spot.document].metaschema = uri;
  DialectRules rules;
  if (uri == kDraft202012Uri) return rules;
  if (uri == kDraft7Uri) {
    rules.dialect = Dialect::kDraft7;
    return rules;
  }
  for (const std::string_view other : {"draft-03/", "draft-04/", "draft-06/", "draft/2019-09/"}) {
    if (uri.find(Cat("://json-schema.org/", other)) == uri.npos) continue;
    AddProblem(
        spot, Cat("$schema ", declared, ": this draft is not supported; 2020-12 and draft-07 are"));
    if (spot.node == 0) documents_[spot.document].metaschema.clear();
    return inherited;
  }
  return ReadVocabulary(spot, uri);
}

DialectRules SchemaLibrary::ReadVocabulary(Spot spot, const std::string& metaschema) {
  DialectRules rules;
  Result<Spot> found = AddByUri(metaschema);
  if (!found.ok()) {
    AddProblem(spot, Cat("$schema: ", found.status().message()));
    if (spot.node == 0) documents_[spot.document].metaschema.clear();
    return rules;
  }
  rules = resources_[Place(*found).resource].rules;
  const json::Tree& meta = tree(found->document);
  const bool is_object = meta.node(found->node).kind == json::Kind::kObject;
  const json::NodeId vocabulary =
      is_object ? meta.Find(found->node, "$vocabulary") : json::Tree::kNoNode;
  if (vocabulary == json::Tree::kNoNode || meta.node(vocabulary).kind != json::Kind::kObject) {
    return rules;
  }
  rules.applicator = rules.unevaluated = rules.validation = rules.format_assertion = false;
  const json::NodeId end = meta.node(vocabulary).next;
  for (json::NodeId key = vocabulary + 1; key < end; key = meta.node(meta.node(key).next).next) {
    const bool required = meta.node(meta.node(key).next).kind == json::Kind::kTrue;
    if (!ApplyVocabulary(meta.Text(key), &rules) && required) {
      AddProblem(spot, Cat("$schema ", metaschema, " requires the vocabulary ", meta.Text(key),
                           ", which is not known here"));
    }
  }
  return rules;
}

void SchemaLibrary::IndexAnchors(Spot spot, uint32_t index) {
  LibraryResource& resource = resources_[index];
  if (resource.rules.draft7()) {
    const std::string_view id = StringMember(spot, "$id");
    if (id.starts_with('#') && id.size() > 1) resource.anchors.emplace(id.substr(1), spot);
    return;
  }
  for (const std::string_view keyword : {"$anchor", "$dynamicAnchor"}) {
    const std::string name(StringMember(spot, keyword));
    if (name.empty()) continue;
    if (!resource.anchors.emplace(name, spot).second) {
      AddProblem(spot, Cat(keyword, " \"", name, "\" is used twice in one resource"));
    } else if (keyword == "$dynamicAnchor") {
      resource.dynamic_anchors.emplace_back(name, spot);
    }
  }
}

void SchemaLibrary::IndexChildren(uint32_t document, const Pending& item,
                                  std::vector<Pending>* pending) {
  const json::Tree& in = tree(document);
  const bool draft7 = resources_[item.resource].rules.draft7();
  const auto add = [&](json::NodeId node, std::string pointer) {
    if (IsSchemaKind(in.node(node).kind)) {
      pending->push_back({node, item.resource, std::move(pointer)});
    }
  };
  const json::NodeId end = in.node(item.node).next;
  for (json::NodeId key = item.node + 1; key < end;) {
    const json::NodeId value = in.node(key).next;
    const Holder* holder = FindHolder(in.Text(key), draft7);
    const std::string pointer = holder == nullptr ? "" : Append(item.pointer, in.Text(key));
    key = in.node(value).next;
    if (holder == nullptr) continue;
    const json::Kind kind = in.node(value).kind;
    const bool map =
        holder->shape == Shape::kSchemaMap || holder->shape == Shape::kSchemaOrNamesMap;
    const bool list = holder->shape == Shape::kSchemas || holder->shape == Shape::kSchemaOrSchemas;
    if (map && kind == json::Kind::kObject) {
      for (json::NodeId name = value + 1; name < in.node(value).next;) {
        add(in.node(name).next, Append(pointer, in.Text(name)));
        name = in.node(in.node(name).next).next;
      }
    } else if (list && kind == json::Kind::kArray) {
      uint32_t position = 0;
      for (json::NodeId each = value + 1; each < in.node(value).next; each = in.node(each).next) {
        add(each, Append(pointer, Cat(position++)));
      }
    } else if (!map) {
      add(value, pointer);
    }
  }
}

const SchemaPlace& SchemaLibrary::Place(Spot spot) const {
  const auto found = places_.find(Key(spot));
  FRACAS_CHECK(found != places_.end(), "a schema that was never indexed");
  return found->second;
}

void SchemaLibrary::Adopt(Spot spot, uint32_t resource, std::string pointer) {
  Index(spot.document, {spot.node, resource, std::move(pointer)});
}

Result<SchemaLibrary::Target> SchemaLibrary::Resolve(uint32_t resource,
                                                     std::string_view reference) {
  const std::string absolute = ResolveUri(resources_[resource].uri, reference);
  const SplitUri split = SplitFragment(absolute);
  auto found = by_uri_.find(split.document);
  if (found == by_uri_.end()) {
    const Result<Spot> loaded = AddByUri(std::string(split.document));
    if (!loaded.ok()) return loaded.status();
    found = by_uri_.find(split.document);
  }
  const uint32_t target = found->second;
  std::string fragment;
  if (!PercentDecode(split.fragment, &fragment)) {
    return Status::Reject(Cat(reference, ": the fragment is not percent-encoded properly"));
  }
  if (fragment.empty() || fragment.front() == '/') return ResolvePointer(target, fragment);
  const LibraryResource& in = resources_[target];
  const auto anchor = in.anchors.find(fragment);
  if (anchor == in.anchors.end()) {
    return Status::Reject(Cat(reference, ": no $anchor \"", fragment, "\" in ",
                              in.uri.empty() ? "this schema" : in.uri));
  }
  for (const auto& [name, spot] : in.dynamic_anchors) {
    if (name == fragment && spot == anchor->second) return Target{spot, name};
  }
  return Target{anchor->second, ""};
}

Result<SchemaLibrary::Target> SchemaLibrary::ResolvePointer(uint32_t resource,
                                                            std::string_view pointer) {
  std::vector<std::string> tokens;
  if (!json::SplitPointer(pointer, &tokens)) {
    return Status::Reject(Cat("#", pointer, " is not a JSON pointer"));
  }
  Spot spot = resources_[resource].root;
  const json::Tree& in = tree(spot.document);
  std::string below;
  for (const std::string& token : tokens) {
    spot.node = FindChild(in, spot.node, token);
    if (spot.node == json::Tree::kNoNode) {
      return Status::Reject(Cat("#", pointer, " is not there: no \"", token, "\" below ",
                                resources_[resource].uri, "#", below));
    }
    json::AppendToken(token, &below);
    if (!Knows(spot)) continue;
    resource = Place(spot).resource;
    below = Place(spot).pointer;
  }
  if (!IsSchemaKind(in.node(spot.node).kind)) {
    return Status::Reject(Cat("#", pointer, " is not a schema (an object, true or false)"));
  }
  if (!Knows(spot)) Adopt(spot, resource, below);
  return Target{spot, ""};
}

std::vector<std::unique_ptr<const json::OwnedDocument>> SchemaLibrary::TakeDocuments() {
  std::vector<std::unique_ptr<const json::OwnedDocument>> taken;
  for (LibraryDocument& document : documents_) taken.push_back(std::move(document.parsed));
  return taken;
}

void SchemaLibrary::AddProblem(Spot spot, std::string message) {
  const LibraryDocument& document = documents_[spot.document];
  const json::Tree& in = document.parsed->tree;
  const json::LineColumn place = json::Locate(document.parsed->bytes, in.node(spot.node).begin);
  problems_.push_back({document.file.empty() ? document.uri : document.file, place.line,
                       place.column, PointerTo(in, spot.node), std::move(message)});
}

}  // namespace fracas::contract
