#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "contract/compile/schema_loader.h"
#include "contract/contract.h"
#include "core/status.h"
#include "json/tree.h"

// The documents that a contract consists of and the names of the schemas in them: resources ($id),
// anchors, and where a reference leads. Used while compiling only.

namespace fracas::contract {

// A value in one of the library's documents.
struct Spot {
  uint32_t document = 0;
  json::NodeId node = 0;
  auto operator<=>(const Spot&) const = default;
};

// Which keywords mean something.
struct DialectRules {
  Dialect dialect = Dialect::kDraft202012;
  bool applicator = true;
  bool unevaluated = true;
  bool validation = true;
  bool format_assertion = false;
  bool draft7() const { return dialect == Dialect::kDraft7; }
};

struct LibraryDocument {
  std::string uri;   // where it was found; "" for bytes without a base URI
  std::string file;  // "" when it is none
  bool built_in = false;
  std::string metaschema;  // what it must be valid against
  std::unique_ptr<json::OwnedDocument> parsed;
};

struct LibraryResource {
  std::string uri;
  Spot root;
  DialectRules rules;
  std::map<std::string, Spot, std::less<>> anchors;  // dynamic ones too
  std::vector<std::pair<std::string, Spot>> dynamic_anchors;
};

// A subschema: the resource it belongs to and its pointer below the resource's root.
struct SchemaPlace {
  uint32_t resource = 0;
  std::string pointer;
};

class SchemaLibrary {
 public:
  explicit SchemaLibrary(const CompileOptions& options);

  // The contract itself: document 0. `file` and `base_uri` may be empty. False: see problems().
  bool AddRoot(std::string bytes, const std::string& file, const std::string& base_uri);
  // A document of its own that others may be validated against, e.g. a metaschema.
  Result<Spot> AddByUri(const std::string& uri);

  struct Target {
    Spot spot;
    std::string dynamic_anchor;  // the fragment, when it names a $dynamicAnchor
  };
  // What `reference` means in `resource`; loads documents as needed.
  Result<Target> Resolve(uint32_t resource, std::string_view reference);

  // REQUIRES: `spot` came from AddRoot, AddByUri, Resolve, or is a subschema of such.
  const SchemaPlace& Place(Spot spot) const;
  // Makes a value that is no known subschema one, as a child of a known one.
  void Adopt(Spot spot, uint32_t resource, std::string pointer);
  bool Knows(Spot spot) const { return places_.contains(Key(spot)); }

  const LibraryResource& resource(uint32_t index) const { return resources_[index]; }
  size_t documents() const { return documents_.size(); }
  const LibraryDocument& document(uint32_t index) const { return documents_[index]; }
  const json::Tree& tree(uint32_t document) const { return documents_[document].parsed->tree; }
  // Gives the parsed documents away; the library is done after that.
  std::vector<std::unique_ptr<const json::OwnedDocument>> TakeDocuments();

  // Records that the value at `spot` keeps the schema from being a contract.
  void AddProblem(Spot spot, std::string message);
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  struct Pending {
    json::NodeId node;
    uint32_t resource;
    std::string pointer;
  };
  static uint64_t Key(Spot spot) { return uint64_t{spot.document} << 32 | spot.node; }

  Result<uint32_t> AddDocument(SchemaBytes source, const std::string& uri);
  void Index(uint32_t document, Pending first);
  void IndexOne(uint32_t document, Pending item, std::vector<Pending>* pending);
  void IndexChildren(uint32_t document, const Pending& item, std::vector<Pending>* pending);
  void IndexAnchors(Spot spot, uint32_t resource);
  uint32_t OpenResource(Spot spot, uint32_t parent);
  DialectRules ReadDialect(Spot spot, const DialectRules& inherited);
  DialectRules ReadVocabulary(Spot spot, const std::string& metaschema);
  std::string_view StringMember(Spot object, std::string_view name) const;
  Result<Target> ResolvePointer(uint32_t resource, std::string_view pointer);

  const CompileOptions& options_;
  SchemaLoader loader_;
  std::vector<LibraryDocument> documents_;
  std::vector<LibraryResource> resources_;
  std::unordered_map<uint64_t, SchemaPlace> places_;
  std::map<std::string, uint32_t, std::less<>> by_uri_;  // resources
  std::vector<Problem> problems_;
};

}  // namespace fracas::contract
