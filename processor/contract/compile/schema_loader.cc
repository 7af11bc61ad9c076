#include "contract/compile/schema_loader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "contract/compile/uri.h"
#include "core/limits.h"
#include "core/percent.h"
#include "core/text.h"

namespace fracas::contract {
namespace {

struct BuiltIn {
  std::string_view uri;
  std::string_view bytes;
};

constexpr BuiltIn kMetaschemas[] = {
#define FRACAS_METASCHEMA(uri, bytes) {uri, bytes},
#include "contract/metaschemas.inc"
#undef FRACAS_METASCHEMA
};

// The path below a folder that the rest of a URI names; "" when it would leave the folder.
std::string SafePath(std::string_view rest) {
  std::string decoded;
  if (!PercentDecode(rest.substr(0, rest.find('?')), &decoded)) return "";
  while (decoded.starts_with('/')) decoded.erase(0, 1);
  for (const auto& part : std::filesystem::path(decoded)) {
    if (part == "..") return "";
  }
  return decoded.find('\0') == decoded.npos ? decoded : "";
}

}  // namespace

SchemaLoader::SchemaLoader(const Catalog& catalog) {
  for (const auto& [base, folder] : catalog) AddFolder(base, folder);
}

void SchemaLoader::AddFolder(std::string base_uri, std::string folder) {
  if (!base_uri.ends_with('/')) base_uri += '/';
  folders_.push_back({std::move(base_uri), std::move(folder)});
  std::stable_sort(folders_.begin(), folders_.end(), [](const Folder& a, const Folder& b) {
    return a.base_uri.size() > b.base_uri.size();
  });
}

Result<SchemaBytes> SchemaLoader::Load(const std::string& uri) const {
  for (const BuiltIn& metaschema : kMetaschemas) {
    if (metaschema.uri == uri) return SchemaBytes{std::string(metaschema.bytes), "", true};
  }
  std::string tried;
  for (const Folder& folder : folders_) {
    if (!uri.starts_with(folder.base_uri)) continue;
    const std::string rest = SafePath(std::string_view(uri).substr(folder.base_uri.size()));
    if (rest.empty()) continue;
    for (const std::string_view suffix : {"", ".json", ".schema.json"}) {
      const std::string path = Cat(folder.path, "/", rest, suffix);
      std::error_code ignored;
      if (!std::filesystem::is_regular_file(path, ignored)) continue;
      Result<std::string> bytes = ReadSchemaFile(path);
      if (!bytes.ok()) return bytes.status();
      return SchemaBytes{std::move(bytes).value(), path, false};
    }
    AppendTo(&tried, tried.empty() ? "" : ", ", folder.path, "/", rest);
  }
  if (!tried.empty()) return Status::Reject(Cat(uri, " is not there (looked for ", tried, ")"));
  return Status::Reject(Cat(uri,
                            " is in no local folder; nothing is fetched from the network: name the "
                            "folder that holds it with --schemas BASE_URI=DIR"));
}

Result<std::string> ReadSchemaFile(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return Status::Reject(Cat(path, ": ", std::strerror(errno != 0 ? errno : ENOENT)));
  std::string bytes(limits::kSchemaFileBytesMax + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (in.bad()) return Status::Reject(Cat(path, ": cannot be read"));
  bytes.resize(static_cast<size_t>(in.gcount()));
  bytes.shrink_to_fit();
  if (bytes.size() > limits::kSchemaFileBytesMax) {
    return Status::Reject(Cat(path, ": larger than ", limits::kSchemaFileBytesMax, " bytes"));
  }
  return bytes;
}

}  // namespace fracas::contract
