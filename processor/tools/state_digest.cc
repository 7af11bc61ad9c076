#include "tools/state_digest.h"

#include <array>
#include <memory>
#include <utility>

#include "core/text.h"
#include "json/writer.h"
#include "state/format/codec.h"
#include "wire/fields.h"

namespace fracas::tools {

namespace {

constexpr int kTriesMax = 50;
constexpr std::array<std::string_view, 6> kKindNames = {"genesis",    "cursor", "breaker",
                                                        "quarantine", "ticket", "letter"};

void AddSized(std::string_view bytes, Sha256* sha) {
  char size[8];
  for (size_t i = 0; i < sizeof(size); ++i) {
    size[i] =
        static_cast<char>(static_cast<uint64_t>(bytes.size()) >> (8 * (sizeof(size) - 1 - i)));
  }
  sha->Update({size, sizeof(size)});
  sha->Update(bytes);
}

void WriteKind(const KindDigest& kind, json::Writer* writer) {
  writer->Member("keys", kind.keys).Member("sha256", kind.sha256);
}

KindDigest ReadKind(json::NodeId object, wire::Fields* fields) {
  KindDigest kind;
  kind.keys = fields->Count(object, "keys");
  kind.sha256 = fields->BoundedText(object, "sha256", 64);
  return kind;
}

}  // namespace

std::string_view KindName(std::string_view key) {
  const Result<state::Kind> kind = state::KindOf(key);
  if (!kind.ok()) return "unknown";
  switch (*kind) {
    case state::Kind::kGenesis: return kKindNames[0];
    case state::Kind::kCursor: return kKindNames[1];
    case state::Kind::kBreaker: return kKindNames[2];
    case state::Kind::kQuarantine: return kKindNames[3];
    case state::Kind::kTicket: return kKindNames[4];
    case state::Kind::kLetter: return kKindNames[5];
  }
  return "unknown";
}

void DigestBuilder::Add(std::string_view key, std::string_view value) {
  for (Sum* sum : {&all_, &kinds_[KindName(key)]}) {
    AddSized(key, &sum->sha);
    AddSized(value, &sum->sha);
    ++sum->keys;
  }
}

StateDigest DigestBuilder::Finish(Offset offset) {
  StateDigest digest;
  digest.offset = offset;
  digest.all = {.keys = all_.keys, .sha256 = all_.sha.Finish()};
  for (auto& [name, sum] : kinds_) {
    digest.kinds.emplace(name, KindDigest{.keys = sum.keys, .sha256 = sum.sha.Finish()});
  }
  return digest;
}

Result<StateDigest> DigestOf(const StateStore& store, const TopicPartition& changelog,
                             Offset at_least) {
  // A visit sees one moment, but not which. Position waits for a write that is under way, so a
  // position that is the same before the visit began and when it has begun is that moment's.
  for (int i = 0; i < kTriesMax; ++i) {
    const Offset before = store.Position(changelog);
    if (before < at_least) {
      return Status::Retry(
          Cat("the state has been applied up to offset ", before, ", not yet to ", at_least));
    }
    DigestBuilder builder;
    bool begun = false;
    bool same = true;
    const Status visited = store.Visit("", [&](std::string_view key, std::string_view value) {
      if (!begun) same = store.Position(changelog) == before;
      begun = true;
      if (same) builder.Add(key, value);
      return same;
    });
    if (!visited.ok()) return visited;
    if (!begun) same = store.Position(changelog) == before;
    if (same) return builder.Finish(before);
  }
  return Status::Retry("the state is being written too often to be looked at: ask again");
}

std::string ToJson(const StateDigest& digest) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject().Member("v", "1.0").Member("offset", digest.offset);
  WriteKind(digest.all, &writer);
  writer.Key("kinds").BeginObject();
  for (const auto& [name, kind] : digest.kinds) {
    writer.Key(name).BeginObject();
    WriteKind(kind, &writer);
    writer.EndObject();
  }
  writer.EndObject().EndObject();
  return text;
}

Result<StateDigest> ReadStateDigest(std::string_view json) {
  Result<std::unique_ptr<json::OwnedDocument>> document =
      wire::ParseObject("digest of a state", json);
  if (!document.ok()) return document.status();
  const json::Tree& tree = (*document)->tree;
  wire::Fields fields("digest of a state", tree);
  StateDigest digest;
  digest.offset = fields.Int(tree.root(), "offset", 0);
  digest.all = ReadKind(tree.root(), &fields);
  const json::NodeId kinds = fields.Object(tree.root(), "kinds");
  if (kinds != json::Tree::kNoNode) {
    for (json::NodeId key = kinds + 1; key < tree.node(kinds).next;) {
      const json::NodeId value = tree.node(key).next;
      if (tree.node(value).kind != json::Kind::kObject) {
        fields.Fail(tree.Text(key), "an object");
      } else {
        digest.kinds.emplace(tree.Text(key), ReadKind(value, &fields));
      }
      key = tree.node(value).next;
    }
  }
  if (Status s = fields.status(); !s.ok()) return s;
  return digest;
}

Result<std::string> StateDigestJson(const StateStore& store, const TopicPartition& changelog,
                                    Offset at_least) {
  Result<StateDigest> digest = DigestOf(store, changelog, at_least);
  if (!digest.ok()) return digest.status();
  return ToJson(*digest);
}

}  // namespace fracas::tools
