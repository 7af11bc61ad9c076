#include "tests/fuzz/json_law.h"

#include "core/codes.h"
#include "core/limits.h"
#include "core/text.h"
#include "json/diagnose.h"
#include "json/number.h"
#include "json/scan.h"
#include "json/tree.h"
#include "json/utf8.h"
#include "json/writer.h"

namespace fracas::fuzz {
namespace {

using json::Kind;
using json::Node;
using json::NodeId;

// Reads with a scanner that outlives documents, as a worker's does.
bool Reads(std::string_view document, json::Tree* tree) {
  thread_local json::Scanner scanner(limits::kRecordBytesMax);
  json::ScanView view;
  return scanner.Scan(document, &view) == json::ScanError::kNone && tree->Parse(view);
}

// Everything inside strings that is not UTF-8 replaced, for the promise of kInvalidUtf8.
std::string Mended(std::string_view document) {
  std::string mended;
  for (size_t position = 0; position < document.size();) {
    const json::CodePoint next = json::DecodeUtf8(document, position);
    if (next.valid) {
      mended.append(document, position, next.size);
    } else {
      json::AppendUtf8(json::kReplacementCharacter, &mended);
    }
    position += next.size;
  }
  return mended;
}

std::string CheckRefused(std::string_view document, const json::Diagnosis& diagnosis) {
  if (diagnosis.byte > document.size()) return "the diagnosis points behind the document";
  if (json::Describe(diagnosis).empty()) return "the diagnosis has no text";
  const uint16_t number = Info(json::CodeOf(diagnosis)).number;
  if (number < 1101 || number > 1105) return "a form finding with a code that is none";
  const json::LineColumn at = json::Locate(document, diagnosis.byte);
  if (at.line == 0 || at.column == 0 || at.line > document.size() + 1) return "a wrong line";
  if (diagnosis.error == json::SyntaxError::kTruncated && diagnosis.byte != document.size()) {
    return "truncated, but not at the end";
  }
  if (diagnosis.error == json::SyntaxError::kInvalidUtf8 &&
      json::Diagnose(Mended(document)).error != json::SyntaxError::kNone) {
    return "ENCODING_INVALID in a document that is more than that";
  }
  return "";
}

// Writes a subtree in the canonical spacing and checks the nodes' arithmetic on the way.
class Copier {
 public:
  Copier(const json::Tree& tree, std::string* out) : tree_(tree), writer_(out) {}

  // The depth is bounded by the reader's limit.
  std::string Copy(NodeId id) {
    const Node& node = tree_.node(id);
    if (node.next <= id || node.next > tree_.size()) return "next does not lead on";
    switch (node.kind) {
      case Kind::kNull: writer_.Null(); return "";
      case Kind::kTrue: writer_.Bool(true); return "";
      case Kind::kFalse: writer_.Bool(false); return "";
      case Kind::kString: writer_.String(tree_.Text(id)); return "";
      case Kind::kNumber: return CopyNumber(tree_.Raw(id));
      case Kind::kArray: return CopyArray(id);
      case Kind::kObject: return CopyObject(id);
    }
    return "a node of no kind";
  }

 private:
  std::string CopyNumber(std::string_view token) {
    const json::Decimal number = json::ParseDecimal(token);
    if (json::Compare(number, number) != std::strong_ordering::equal) return "not equal to itself";
    if (!number.zero() && number.exponent == 0 && !json::IsInteger(number)) return "no integer";
    writer_.Raw(token);
    return "";
  }

  std::string CopyArray(NodeId id) {
    writer_.BeginArray();
    NodeId child = id + 1;
    for (uint32_t i = 0; i < tree_.node(id).count; ++i, child = tree_.node(child).next) {
      if (std::string problem = Copy(child); !problem.empty()) return problem;
    }
    writer_.EndArray();
    return child == tree_.node(id).next ? "" : "elements do not tile their array";
  }

  std::string CopyObject(NodeId id) {
    writer_.BeginObject();
    NodeId key = id + 1;
    for (uint32_t i = 0; i < tree_.node(id).count; ++i, key = tree_.node(key + 1).next) {
      if (tree_.node(key).kind != Kind::kString) return "a key that is no string";
      if (tree_.Find(id, tree_.Text(key)) > key + 1) return "Find passed over the first";
      writer_.Key(tree_.Text(key));
      if (std::string problem = Copy(key + 1); !problem.empty()) return problem;
    }
    writer_.EndObject();
    return key == tree_.node(id).next ? "" : "members do not tile their object";
  }

  const json::Tree& tree_;
  json::Writer writer_;
};

std::string CheckRead(json::Tree* tree) {
  std::string once;
  if (std::string problem = Copier(*tree, &once).Copy(0); !problem.empty()) return problem;
  json::Tree again;
  if (!Reads(once, &again)) return Cat("written again it is not JSON: ", once);
  if (again.size() != tree->size()) return Cat("written again it is another document: ", once);
  std::string twice;
  (void)Copier(again, &twice).Copy(0);
  return once == twice ? "" : "writing is not stable";
}

}  // namespace

std::string CheckJsonLaw(std::string_view document) {
  json::Tree tree;
  const bool reads = Reads(document, &tree);
  const json::Diagnosis diagnosis = json::Diagnose(document);
  if (reads != (diagnosis.error == json::SyntaxError::kNone)) {
    return Cat("the reader says ", reads ? "JSON" : "not JSON", ", the diagnosis is ",
               static_cast<int>(diagnosis.error), " at byte ", diagnosis.byte);
  }
  if (!reads) return CheckRefused(document, diagnosis);
  // Views of `tree` are into the scanner's buffer, which the check reuses.
  const std::string copy(document);
  std::string error;
  const auto owned = json::ParseOwned(copy, &error);
  return owned == nullptr ? Cat("owned: ", error) : CheckRead(&owned->tree);
}

}  // namespace fracas::fuzz
