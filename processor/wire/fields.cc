#include "wire/fields.h"

#include "core/text.h"
#include "core/timestamp.h"
#include "wire/text.h"

namespace fracas::wire {

using json::Kind;
using json::NodeId;
using json::Tree;

void Fields::Fail(std::string_view key, std::string_view expected) {
  if (ok()) error_ = Cat("not a ", what_, ": member ", key, " must be ", expected);
}

Status Fields::status() const { return ok() ? Status() : Status::Reject(error_); }

NodeId Fields::Member(NodeId object, std::string_view key, Kind kind) {
  if (!ok() || object == Tree::kNoNode) return Tree::kNoNode;
  const NodeId found = tree_->Find(object, key);
  if (found == Tree::kNoNode || tree_->node(found).kind != kind) return Tree::kNoNode;
  return found;
}

std::string Fields::Text(NodeId object, std::string_view key) {
  const NodeId found = Member(object, key, Kind::kString);
  if (found != Tree::kNoNode) return std::string(tree_->Text(found));
  Fail(key, "a string");
  return {};
}

int64_t Fields::Int(NodeId object, std::string_view key, int64_t min, int64_t max) {
  const NodeId found = Member(object, key, Kind::kNumber);
  int64_t value = 0;
  if (found != Tree::kNoNode && ParseInt(tree_->Raw(found), min, max, &value)) return value;
  Fail(key, Cat("a whole number of at least ", min));
  return min;
}

uint64_t Fields::Count(NodeId object, std::string_view key) {
  return static_cast<uint64_t>(Int(object, key, 0));
}

NodeId Fields::Object(NodeId object, std::string_view key) {
  const NodeId found = Member(object, key, Kind::kObject);
  if (found == Tree::kNoNode) Fail(key, "an object");
  return found;
}

NodeId Fields::Array(NodeId object, std::string_view key) {
  const NodeId found = Member(object, key, Kind::kArray);
  if (found == Tree::kNoNode) Fail(key, "an array");
  return found;
}

std::string Fields::OptionalText(NodeId object, std::string_view key) {
  if (!ok() || object == Tree::kNoNode) return {};
  const NodeId found = tree_->Find(object, key);
  if (found == Tree::kNoNode || tree_->node(found).kind == Kind::kNull) return {};
  return Text(object, key);
}

int64_t Fields::Time(NodeId object, std::string_view key) {
  int64_t time_ms = 0;
  if (!ParseTimestamp(Text(object, key), &time_ms))
    Fail(key, "a time such as 2026-01-31T12:00:00.000Z");
  return time_ms;
}

bool Fields::Has(NodeId object, std::string_view key) const {
  if (!ok() || object == Tree::kNoNode) return false;
  const NodeId found = tree_->Find(object, key);
  return found != Tree::kNoNode && tree_->node(found).kind != Kind::kNull;
}

int64_t Fields::OptionalInt(NodeId object, std::string_view key, int64_t min, int64_t max,
                            int64_t absent) {
  return Has(object, key) ? Int(object, key, min, max) : absent;
}

bool Fields::OptionalBool(NodeId object, std::string_view key) {
  if (!Has(object, key)) return false;
  if (Member(object, key, Kind::kTrue) != Tree::kNoNode) return true;
  if (Member(object, key, Kind::kFalse) == Tree::kNoNode) Fail(key, "true or false");
  return false;
}

int64_t Fields::OptionalTime(NodeId object, std::string_view key) {
  return Has(object, key) ? Time(object, key) : 0;
}

std::string Fields::BoundedText(NodeId object, std::string_view key, size_t bytes_max) {
  std::string text = Text(object, key);
  if (text.size() <= bytes_max) return text;
  Fail(key, Cat("at most ", bytes_max, " bytes"));
  return {};
}

Result<std::unique_ptr<json::OwnedDocument>> ParseObject(std::string_view what,
                                                         std::string_view bytes) {
  std::string error;
  std::unique_ptr<json::OwnedDocument> document = json::ParseOwned(std::string(bytes), &error);
  if (document == nullptr) return Status::Reject(Cat("not a ", what, ": ", error));
  if (document->tree.node(document->tree.root()).kind != Kind::kObject) {
    return Status::Reject(Cat("not a ", what, ": it must be a JSON object"));
  }
  return document;
}

}  // namespace fracas::wire
