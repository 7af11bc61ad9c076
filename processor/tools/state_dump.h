#pragma once

#include <string>
#include <string_view>

// Entities of the state as text for people and programs.

namespace fracas::tools {

// One line of JSON with every member by its name (state/format/entities.h), times as numbers, codes
// and states by name, bytes that are no UTF-8 as U+FFFD:
//   {"kind": "quarantine", "key": {"stream", "scope": "id" | "record", "id"}, "value": {…}}
// Bytes that cannot be read: {"kind": …, "key_base64", "value_base64", "error": text}.
std::string EntityJson(std::string_view key, std::string_view value);

// The key for a table: "standard_ingest/crm.contacts", "standard_ingest/crm.contacts id 4711".
std::string KeyText(std::string_view key);

}  // namespace fracas::tools
