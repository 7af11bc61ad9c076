#include "json/tree.h"

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "json/diagnose.h"
#include "json/token.h"
#include "json/utf8.h"

namespace fracas::json {
namespace {

constexpr uint32_t kNotDecoded = UINT32_MAX;

}  // namespace

// Walks the stage-1 indexes once, in order. Containers that are open form a stack of node ids, so
// that nesting costs four bytes a level and no call.
class TreeBuilder {
 public:
  TreeBuilder(const ScanView& scan, Tree* tree)
      : scan_(scan), nodes_(tree->nodes_), open_(tree->open_) {}

  bool Build() {
    if (!Value()) return false;
    while (!open_.empty()) {
      if (!Step()) return false;
    }
    return cursor_ == scan_.count;
  }

 private:
  // The next token's first byte; 0, which begins nothing, behind the last one.
  uint8_t Peek() const { return cursor_ == scan_.count ? 0 : scan_.bytes[scan_.indexes[cursor_]]; }

  uint8_t Take() {
    const uint8_t byte = Peek();
    position_ = cursor_ == scan_.count ? scan_.size : scan_.indexes[cursor_++];
    return byte;
  }

  Node& Add(Kind kind, size_t end) {
    Node& node = nodes_.emplace_back();
    node.kind = kind;
    node.begin = static_cast<uint32_t>(position_);
    node.end = static_cast<uint32_t>(end);
    node.next = static_cast<NodeId>(nodes_.size());
    return node;
  }

  bool Open(Kind kind) {
    if (open_.size() == limits::kJsonDepthMax) return false;
    open_.push_back(static_cast<NodeId>(nodes_.size()));
    Add(kind, 0);
    fresh_ = true;
    return true;
  }

  void Close() {
    Node& node = nodes_[open_.back()];
    node.end = static_cast<uint32_t>(position_ + 1);
    node.next = static_cast<NodeId>(nodes_.size());
    open_.pop_back();
    fresh_ = false;
  }

  bool String() {
    bool escaped = false;
    const size_t end = EndOfString(scan_.bytes, position_, &escaped);
    if (end == kNotAToken) return false;
    Add(Kind::kString, end).escaped = escaped;
    return true;
  }

  bool Scalar(Kind kind, size_t end) {
    if (end == kNotAToken) return false;
    Add(kind, end);
    return true;
  }

  bool Value() {
    switch (Take()) {
      case '{': return Open(Kind::kObject);
      case '[': return Open(Kind::kArray);
      case '"': return String();
      case 't': return Scalar(Kind::kTrue, EndOfLiteral(scan_.bytes, position_));
      case 'f': return Scalar(Kind::kFalse, EndOfLiteral(scan_.bytes, position_));
      case 'n': return Scalar(Kind::kNull, EndOfLiteral(scan_.bytes, position_));
      default: return Scalar(Kind::kNumber, EndOfNumber(scan_.bytes, position_));
    }
  }

  // Closes the innermost container or reads its next element or member, as far as its first
  // bracket.
  bool Step() {
    const NodeId container = open_.back();
    const bool object = nodes_[container].kind == Kind::kObject;
    if (Peek() == (object ? '}' : ']')) {
      Take();
      Close();
      return true;
    }
    if (!fresh_ && Take() != ',') return false;
    fresh_ = false;
    ++nodes_[container].count;
    if (object && !(Take() == '"' && String() && Take() == ':')) return false;
    return Value();
  }

  const ScanView& scan_;
  std::vector<Node>& nodes_;
  std::vector<NodeId>& open_;
  size_t cursor_ = 0;    // into the indexes
  size_t position_ = 0;  // of the token taken last
  bool fresh_ = false;   // the innermost container has just been opened
};

bool Tree::Parse(const ScanView& scan) {
  nodes_.clear();
  open_.clear();
  decoded_.clear();
  arena_.clear();
  source_ = scan.text();
  return TreeBuilder(scan, this).Build();
}

std::string_view Tree::Raw(NodeId id) const {
  const Node& node = nodes_[id];
  return source_.substr(node.begin, node.end - node.begin);
}

std::string_view Tree::Text(NodeId id) const {
  if (nodes_[id].escaped) return Decode(id);
  const std::string_view raw = Raw(id);
  return raw.substr(1, raw.size() - 2);
}

std::string_view Tree::Decode(NodeId id) const {
  if (decoded_.empty()) {
    decoded_.assign(nodes_.size(), {0, kNotDecoded});
    arena_.reserve(source_.size());  // an escape is longer than what it stands for
  }
  Decoded& decoded = decoded_[id];
  if (decoded.size == kNotDecoded) {
    const std::string_view raw = Raw(id);
    decoded.begin = static_cast<uint32_t>(arena_.size());
    AppendUnescaped(raw.substr(1, raw.size() - 2), &arena_);
    decoded.size = static_cast<uint32_t>(arena_.size() - decoded.begin);
  }
  return std::string_view(arena_).substr(decoded.begin, decoded.size);
}

NodeId Tree::Find(NodeId object, std::string_view key) const {
  NodeId member = object + 1;
  for (uint32_t i = 0; i < nodes_[object].count; ++i) {
    if (Text(member) == key) return member + 1;
    member = nodes_[member + 1].next;
  }
  return kNoNode;
}

void Tree::DecodeAll() {
  for (NodeId id = 0; id < nodes_.size(); ++id) {
    if (nodes_[id].escaped) Decode(id);
  }
}

void AppendUnescaped(std::string_view inner, std::string* out) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(inner.data());
  size_t position = 0;
  while (position < inner.size()) {
    const size_t backslash = inner.find('\\', position);
    out->append(inner, position, backslash - position);
    if (backslash == std::string_view::npos) return;
    position = backslash + 2;
    switch (inner[backslash + 1]) {
      case 'b': out->push_back('\b'); break;
      case 'f': out->push_back('\f'); break;
      case 'n': out->push_back('\n'); break;
      case 'r': out->push_back('\r'); break;
      case 't': out->push_back('\t'); break;
      case 'u': {
        auto code_point = static_cast<uint32_t>(HexQuad(bytes + position));
        position += 4;
        if (code_point >= 0xD800 && code_point <= 0xDFFF) {
          const auto low = static_cast<uint32_t>(HexQuad(bytes + position + 2));
          code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
          position += 6;
        }
        AppendUtf8(code_point, out);
        break;
      }
      default: out->push_back(inner[backslash + 1]);  // quote, backslash, slash: themselves
    }
  }
}

std::unique_ptr<OwnedDocument> ParseOwned(std::string bytes, std::string* error) {
  auto document = std::make_unique<OwnedDocument>();
  document->bytes = std::move(bytes);
  Scanner scanner(limits::kRecordBytesMax);
  ScanView scan;
  if (scanner.Scan(document->bytes, &scan) != ScanError::kNone || !document->tree.Parse(scan)) {
    const Diagnosis diagnosis = Diagnose(document->bytes);
    const LineColumn at = Locate(document->bytes, diagnosis.byte);
    *error = Cat("line ", at.line, ", column ", at.column, ": ", Describe(diagnosis));
    return nullptr;
  }
  document->tree.source_ = document->bytes;  // the scanner's copy ends here
  document->tree.DecodeAll();
  return document;
}

}  // namespace fracas::json
