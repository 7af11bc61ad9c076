#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/sha256.h"
#include "core/status.h"
#include "ports/state_store.h"

// What a state comes to, for comparing copies without sending them: SHA-256 over all keys and
// values in order, each with its size in front (8 bytes, big endian), and the same for each kind of
// entity, so that a difference has a place.
//
//   { "v": "1.0", "offset": n, "keys": n, "sha256": text,
//     "kinds": { "breaker": {"keys": n, "sha256": text}, … } }     kinds that have keys

namespace fracas::tools {

struct KindDigest {
  uint64_t keys = 0;
  std::string sha256;
  bool operator==(const KindDigest&) const = default;
};

struct StateDigest {
  Offset offset = 0;  // of the changelog: everything below is in it
  KindDigest all;
  std::map<std::string, KindDigest, std::less<>>
      kinds;  // by name of the kind; "unknown" for others
};

// "breaker", "quarantine" …; "unknown" for a key that is none of the state's.
std::string_view KindName(std::string_view key);

// One state, key by key in ascending order.
class DigestBuilder {
 public:
  void Add(std::string_view key, std::string_view value);
  // Ends the object's use.
  StateDigest Finish(Offset offset);

 private:
  struct Sum {
    Sha256 sha;
    uint64_t keys = 0;
  };
  Sum all_;
  std::map<std::string_view, Sum> kinds_;
};

// Of a store that may be written meanwhile: as of one moment, at or behind `at_least`. kRetry: it
// has not come so far, or was written too often to be looked at.
Result<StateDigest> DigestOf(const StateStore& store, const TopicPartition& changelog,
                             Offset at_least);

std::string ToJson(const StateDigest& digest);
// kReject: not what ToJson writes.
Result<StateDigest> ReadStateDigest(std::string_view json);

// The answer to GET /state/digest?at_least=N. Failures as DigestOf.
Result<std::string> StateDigestJson(const StateStore& store, const TopicPartition& changelog,
                                    Offset at_least);

}  // namespace fracas::tools
