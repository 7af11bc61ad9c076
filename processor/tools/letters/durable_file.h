#pragma once

#include <filesystem>
#include <string_view>

#include "core/status.h"

// Files that are there, whole, when a call returns. kStop: what cannot be written, named. New files
// are readable by their owner alone.

namespace fracas::tools {

Status MakeFolder(const std::filesystem::path& folder);
// Makes the file if there is none.
Status AppendDurably(const std::filesystem::path& file, std::string_view bytes);
// The file is as it was, or has these bytes: by way of FILE.partial.
Status ReplaceDurably(const std::filesystem::path& file, std::string_view bytes);
Status MoveDurably(const std::filesystem::path& from, const std::filesystem::path& to);
// No file is no failure.
Status Remove(const std::filesystem::path& file);

}  // namespace fracas::tools
