#include "tools/patch/moved.h"

#include <algorithm>
#include <set>
#include <utility>

#include "tools/inspect/document_walk.h"

namespace fracas::tools {

namespace {

// Shorter texts stand inside many others by chance.
constexpr size_t kPartBytesMin = 3;

struct Value {
  std::string pointer;
  std::string text;  // decoded
  WalkToken token;
  bool hidden = false;
};

// A document's texts, numbers and literals, as far as its structure can be followed.
struct Side {
  Side(std::string_view document, const Redaction& redaction);
  bool Has(const Value& value) const { return known.contains({value.pointer, value.text}); }

  std::vector<Value> values;
  std::set<std::pair<std::string, std::string>> known;
  std::set<std::string> pointers;
};

Side::Side(std::string_view document, const Redaction& redaction) {
  DocumentWalk walk(document);
  WalkToken token;
  while (walk.Next(&token) && walk.reliable()) {
    const bool text = token.kind == WalkToken::Kind::kString;
    if (!text && token.kind != WalkToken::Kind::kScalar) continue;
    Value value{.pointer = walk.Pointer(), .text = TextOf(document, token), .token = token};
    value.hidden = redaction.Hides(token.begin);
    known.emplace(value.pointer, value.text);
    pointers.insert(value.pointer);
    values.push_back(std::move(value));
  }
}

void AddSecrets(const Side& side, std::set<std::string>* secrets) {
  for (const Value& value : side.values) {
    const bool says = !value.text.empty() && value.text != "true" && value.text != "false" &&
                      value.text != "null";
    if (value.hidden && says) secrets->insert(value.text);
  }
}

bool Says(const std::string& text, const std::set<std::string>& secrets) {
  if (secrets.contains(text)) return true;
  return std::any_of(secrets.begin(), secrets.end(), [&](const std::string& secret) {
    return secret.size() >= kPartBytesMin && text.find(secret) != std::string::npos;
  });
}

// A sensitive place of `side` that the other one does not have.
bool Misses(const Side& side, const Side& other) {
  return std::any_of(side.values.begin(), side.values.end(), [&](const Value& value) {
    return value.hidden && !other.pointers.contains(value.pointer);
  });
}

void HideNew(const Side& side, const Side& other, const std::set<std::string>& secrets,
             Redaction* redaction) {
  const bool all = Misses(other, side);
  for (const Value& value : side.values) {
    if (value.hidden || other.Has(value)) continue;
    if (all || Says(value.text, secrets)) redaction->Hide(value.token.begin, value.token.end);
  }
}

}  // namespace

RedactedPair RedactPair(std::string_view before, std::string_view after,
                        const std::vector<std::string>& sensitive) {
  RedactedPair pair{Redaction(before, sensitive), Redaction(after, sensitive)};
  if (sensitive.empty()) return pair;
  const Side old_side(before, pair.before);
  const Side new_side(after, pair.after);
  std::set<std::string> secrets;
  AddSecrets(old_side, &secrets);
  AddSecrets(new_side, &secrets);
  HideNew(old_side, new_side, secrets, &pair.before);
  HideNew(new_side, old_side, secrets, &pair.after);
  return pair;
}

}  // namespace fracas::tools
