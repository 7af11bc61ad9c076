#include "config/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "core/limits.h"
#include "core/text.h"

namespace fracas::config {
namespace {

Position PositionOf(const YAML::Mark& mark) {
  return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

Problem Error(const std::string& file, Position at, std::string message, std::string next_step) {
  return {Severity::kError, {file, at.line, at.column}, std::move(message), std::move(next_step)};
}

// Turns yaml-cpp's events into nodes. yaml-cpp has checked the syntax; this checks what YAML
// permits and a configuration must not contain.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, Document* document, std::vector<Problem>* problems)
      : file_(file), document_(document), problems_(problems) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node* node = New(NodeKind::kNull, mark, anchor);
    // yaml-cpp places what is not there at the token behind it, which may be lines away.
    if (node != nullptr && !frames_.empty() && frames_.back().has_key) {
      node->position = frames_.back().key_position;
    }
    Add(node);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node* node = New(NodeKind::kScalar, mark, anchor);
    if (node == nullptr) return;
    node->text = value;
    node->quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!node->quoted) RefuseTag(tag, mark);
    Add(node);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    RefuseTag(tag, mark);
    Open(New(NodeKind::kSequence, mark, anchor));
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    RefuseTag(tag, mark);
    Open(New(NodeKind::kMapping, mark, anchor));
  }
  void OnMapEnd() override { Close(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;

 private:
  struct Frame {
    Node* node = nullptr;
    std::map<std::string, int> keys;  // of a mapping, with their lines
    bool has_key = false;             // the next node is the value of `key`
    bool drop_value = false;          // … which nobody wants
    std::string key;
    Position key_position;
  };

  Node* New(NodeKind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void Open(Node* node);
  void Close();
  void Add(const Node* node);
  void AddToMapping(Frame* frame, const Node* node);
  void TakeKey(Frame* frame, const Node* node);
  void RefuseTag(const std::string& tag, const YAML::Mark& mark);
  void Report(Position at, std::string message, std::string next_step) {
    problems_->push_back(Error(file_, at, std::move(message), std::move(next_step)));
  }

  const std::string& file_;
  Document* document_;
  std::vector<Problem>* problems_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Node*> anchors_;
  size_t skipping_ = 0;  // containers opened below the depth limit
  size_t total_ = 0;     // nodes, aliases expanded
  bool full_ = false;
};

// Null when a bound has been reached; nothing below is kept then.
Node* TreeBuilder::New(NodeKind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (skipping_ > 0 || full_) return nullptr;
  if (++total_ > limits::kConfigNodesMax) {
    full_ = true;
    Report(PositionOf(mark), Cat("more than ", limits::kConfigNodesMax, " values"),
           "split the configuration");
    return nullptr;
  }
  Node& node = document_->nodes.emplace_back();
  node.kind = kind;
  node.position = PositionOf(mark);
  if (anchor != YAML::NullAnchor) anchors_[anchor] = &node;
  return &node;
}

void TreeBuilder::Open(Node* node) {
  if (node == nullptr || frames_.size() >= limits::kConfigDepthMax) {
    if (node != nullptr) {
      Report(node->position, Cat("nested deeper than ", limits::kConfigDepthMax, " levels"),
             "no key of a configuration is that deep; check the indentation and the brackets");
      node->kind = NodeKind::kInvalid;
      Add(node);
    }
    ++skipping_;
    return;
  }
  node->open = true;
  frames_.emplace_back().node = node;
}

void TreeBuilder::Close() {
  if (skipping_ > 0) {
    --skipping_;
    return;
  }
  Node* node = frames_.back().node;
  node->open = false;
  frames_.pop_back();
  Add(node);
}

void TreeBuilder::Add(const Node* node) {
  if (node == nullptr || skipping_ > 0) return;
  if (full_ && !frames_.empty()) return;  // keys and values are out of step by now
  if (frames_.empty()) {
    document_->root = node;
    return;
  }
  Frame& frame = frames_.back();
  if (frame.node->kind == NodeKind::kSequence) {
    frame.node->elements.push_back(node);
    frame.node->weight += node->weight;
  } else {
    AddToMapping(&frame, node);
  }
}

void TreeBuilder::AddToMapping(Frame* frame, const Node* node) {
  if (!frame->has_key) return TakeKey(frame, node);
  frame->has_key = false;
  if (frame->drop_value) return;
  frame->node->members.push_back({frame->key, frame->key_position, node});
  frame->node->weight += node->weight;
}

void TreeBuilder::TakeKey(Frame* frame, const Node* node) {
  frame->has_key = true;
  frame->drop_value = true;
  if (node->kind != NodeKind::kScalar) {
    Report(node->position, "a key that is not a word",
           "write keys as plain words, quoted if need be");
    return;
  }
  if (node->text == "<<" && !node->quoted) {
    Report(
        node->position, "merge keys (<<) are not part of YAML 1.2",
        "use `defaults`, which every stream inherits key by key, or an alias for the whole value");
    return;
  }
  const auto [first, is_new] = frame->keys.emplace(node->text, node->position.line);
  if (!is_new) {
    Report(node->position,
           Cat("'", node->text, "' is written twice; first in line ", first->second),
           "keep one of them");
    return;
  }
  frame->drop_value = false;
  frame->key = node->text;
  frame->key_position = node->position;
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (skipping_ > 0 || full_) return;
  const auto found = anchors_.find(anchor);
  const Node* node = found == anchors_.end() ? nullptr : found->second;
  const bool cyclic = node != nullptr && node->open;
  if (cyclic) {
    Report(PositionOf(mark), "an alias to a value that contains the alias", "write the value out");
  }
  if (node != nullptr && !cyclic && total_ + node->weight > limits::kConfigNodesMax) {
    full_ = true;
    Report(PositionOf(mark),
           Cat("its aliases expand to more than ", limits::kConfigNodesMax, " values"),
           "write the values out");
    return;
  }
  if (node == nullptr || cyclic) {
    Add(New(NodeKind::kInvalid, mark, YAML::NullAnchor));
    return;
  }
  total_ += node->weight;
  Add(node);
}

void TreeBuilder::RefuseTag(const std::string& tag, const YAML::Mark& mark) {
  if (tag.empty() || tag == "?" || tag == "!") return;
  Report(PositionOf(mark), Cat("the tag ", tag, " has no meaning here"),
         "remove it; quotes make a value a text");
}

// --- Bytes
// ----------------------------------------------------------------------------------------------

// Length of the UTF-8 sequence at `at`, 0 if it is none.
size_t SequenceLength(std::string_view bytes, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = byte(at);
  const size_t length = lead < 0x80   ? 1
                        : lead < 0xC2 ? 0
                        : lead < 0xE0 ? 2
                        : lead < 0xF0 ? 3
                        : lead < 0xF5 ? 4
                                      : 0;
  if (length == 0 || at + length > bytes.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = length > 1 ? byte(at + 1) : 0x80;
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F;
  const bool beyond = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

// IMPORTANT: yaml-cpp takes U+0004 for the end of the file, so what stands behind one would be left
// out without a word. YAML does not permit control characters anyway.
bool CheckBytes(std::string_view bytes, const std::string& file, std::vector<Problem>* problems) {
  Position at{1, 1};
  for (size_t i = 0; i < bytes.size();) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    const size_t length = SequenceLength(bytes, i);
    const bool control =
        (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
    if (length == 0 || control) {
      problems->push_back(Error(file, at, length == 0 ? "not UTF-8" : "a control character",
                                "save the file as UTF-8 text without control characters"));
      return false;
    }
    at = byte == '\n' ? Position{at.line + 1, 1}
                      : Position{at.line, at.column + static_cast<int>(length)};
    i += length;
  }
  return true;
}

}  // namespace

Document ParseYaml(std::string_view bytes, const std::string& file,
                   std::vector<Problem>* problems) {
  Document document;
  if (bytes.size() > limits::kConfigFileBytesMax) {
    problems->push_back(Error(file, {}, Cat("larger than ", limits::kConfigFileBytesMax, " bytes"),
                              "split the configuration"));
    return document;
  }
  if (!CheckBytes(bytes, file, problems)) return document;
  std::istringstream stream{std::string(bytes)};
  TreeBuilder builder(file, &document, problems);
  // yaml-cpp reports by exceptions; none leaves this function.
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    Document more;
    std::vector<Problem> ignored;
    TreeBuilder second(file, &more, &ignored);
    if (parser.HandleNextDocument(second)) {
      const Position at = more.root == nullptr ? Position{} : more.root->position;
      problems->push_back(
          Error(file, at, "a second document", "one file is one configuration: remove ---"));
    }
  } catch (const YAML::Exception& error) {
    problems->push_back(Error(file, PositionOf(error.mark), Cat("not YAML: ", error.msg),
                              "check indentation (spaces only), quotes and brackets around here"));
    document.root = nullptr;
  } catch (const std::exception& error) {
    problems->push_back(Error(file, {}, Cat("not YAML: ", error.what()), "check its syntax"));
    document.root = nullptr;
  }
  return document;
}

}  // namespace fracas::config
