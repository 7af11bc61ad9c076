#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/model.h"

// The effective values key by key, in the order of the key tables: what `config show` prints. The
// model (config/model.h) is made from these.

namespace fracas::config {

// One entry of a list (no name) or of a mapping whose keys the user chooses.
struct Item {
  std::string name;
  std::string text;
  Mark mark;
  bool secret = false;
};

// How near a value was written; the nearest wins.
enum class Layer : uint8_t { kBuiltIn, kDefaults, kPipeline, kStream };

// One value in every form that a reader of it may want.
struct Value {
  bool set = false;  // false: no default and not written
  bool refused =
      false;         // somebody wrote it, but not well: it was reported, say nothing that follows
  bool off = false;  // the word `off`, where the key takes it
  bool secret = false;  // came out of a secret file, or the name says that it must not be shown
  Layer layer = Layer::kBuiltIn;
  Mark mark;            // line 0: built-in
  std::string text;     // as written, substituted
  int64_t integer = 0;  // integers; milliseconds; bytes; an enum's position; minutes of a zone
  int64_t per_ms = 0;   // rates: `integer` in so many milliseconds
  double number = 0;    // ratios and other fractions
  bool boolean = false;
  std::vector<Item> items;  // lists and mappings
};

struct EffectiveStream {
  std::string pipeline;
  std::string id;
  Mark mark;
  std::vector<Value> values;  // parallel to StreamKeys()
};

struct Effective {
  std::vector<Value> root;  // parallel to RootKeys()
  std::vector<EffectiveStream> streams;
};

}  // namespace fracas::config
