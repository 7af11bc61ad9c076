#pragma once

#include <string>
#include <string_view>

#include "contract/contract.h"
#include "core/finding.h"

// Findings as text: the only place where text about records is made, and where redaction happens.

namespace fracas::contract {

struct Description {
  std::string message;    // "expected integer, found string" + bounded, redacted excerpt
  std::string schema;     // schema location: "#/properties/age/type"; "" for form and rule findings
  bool redacted = false;  // something was left out because its pointer is sensitive
};

// `document` is what was judged (behind its framing). Values that may be sensitive where they stand
// (contract/concealment.h), and every excerpt of a record that could not be parsed, are left out;
// code points and offsets stay. `conceal`: the caller knows that this value is sensitive.
Description Describe(const Contract& contract, const Finding& finding, std::string_view pointer,
                     std::string_view document, bool conceal = false);

// The same for somebody who may not even see a document's shape: names the rule and the pointer
// only; equal for all records that fail in the same way. The failure event's message.
std::string DescribeMode(const Contract& contract, const Finding& finding,
                         std::string_view pointer);

// What identifies the failure mode beside code and stream: schema location, or the pointer with
// array indexes and undeclared names replaced by "*".
std::string ModeKey(const Contract& contract, const Finding& finding, std::string_view pointer);

}  // namespace fracas::contract
