#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contract/contract.h"
#include "core/status.h"

// Where the bytes of a referenced schema come from: what is built in, the catalogue, and the folder
// of the contract's own file. Never the network.

namespace fracas::contract {

inline constexpr std::string_view kDraft202012Uri = "https://json-schema.org/draft/2020-12/schema";
inline constexpr std::string_view kDraft7Uri = "http://json-schema.org/draft-07/schema";

struct SchemaBytes {
  std::string bytes;
  std::string file;       // "" when built in
  bool built_in = false;  // one of the metaschemas
};

class SchemaLoader {
 public:
  explicit SchemaLoader(const Catalog& catalog);
  // A folder that answers for `base_uri` where the catalogue does not.
  void AddFolder(std::string base_uri, std::string folder);
  // `uri` is absolute, without a fragment. A failure says where it was looked for.
  Result<SchemaBytes> Load(const std::string& uri) const;

 private:
  struct Folder {
    std::string base_uri;
    std::string path;
  };
  std::vector<Folder> folders_;  // longer base URIs first, the catalogue's before added ones
};

// The whole file; a failure names it and the reason. Over limits::kSchemaFileBytesMax is one.
Result<std::string> ReadSchemaFile(const std::string& path);

}  // namespace fracas::contract
