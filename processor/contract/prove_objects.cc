#include <algorithm>
#include <set>

#include "contract/prove_builder.h"
#include "contract/stream_rules.h"

// What arrays and objects must fulfil, and the tables that names are found in.

namespace fracas::contract {
namespace {

// Multipliers tried for one size of table, and how often the table may double to find one.
constexpr int kMultipliersMax = 256;
constexpr uint32_t kDoublingsMax = 2;
// Of the tokens laid out for comparison: what a block may read behind them.
constexpr size_t kTokenPadding = 16;

uint64_t NextMultiplier(uint64_t* state) {
  *state = *state * 0x5851F42D4C957F2Du + 0x14057B7EF767814Fu;
  return (*state ^ *state >> 29) | 1;
}

}  // namespace

// --- Arrays
// --------------------------------------------------------------------------------------------

ProveNode ProveBuilder::BuildArray(const Gathered& gathered) {
  ProveArray array;
  SchemaSet rest;
  std::vector<NodeIndex> prefix;
  size_t tables = 0;
  for (const Step& step : gathered.steps) {
    if (step.op == Op::kMinItems) {
      array.count_min = std::max(array.count_min, step.arg);
    } else if (step.op == Op::kMaxItems) {
      array.count_max = std::min(array.count_max, step.arg);
    } else if (step.op == Op::kUniqueItems) {
      array.unique = true;
    } else if (step.op == Op::kItems) {
      const ArrayTable& table = plan_.arrays[step.arg];
      // Several lists of first elements would have to be merged one by one: left to explain.
      if ((tables++ > 0 && !table.prefix.empty()) || !prefix.empty()) return {};
      for (uint32_t i = table.prefix.begin; i < table.prefix.end; ++i) {
        prefix.push_back(NodeFor({plan_.schema_ids[i]}, kNone));
      }
      if (table.rest != kNone) rest.push_back(table.rest);
    } else {
      return {};
    }
  }
  array.rest = NodeFor(std::move(rest), kNone);
  array.prefix.begin = static_cast<uint32_t>(out_->node_lists.size());
  out_->node_lists.insert(out_->node_lists.end(), prefix.begin(), prefix.end());
  array.prefix.end = static_cast<uint32_t>(out_->node_lists.size());
  ProveNode node;
  node.op = ProveOp::kArray;
  node.argument = static_cast<uint32_t>(out_->arrays.size());
  out_->arrays.push_back(array);
  return node;
}

// --- Objects
// -------------------------------------------------------------------------------------------

ProveNode ProveBuilder::BuildObject(const Gathered& gathered, PointerId pointer) {
  const std::vector<std::string> names = NamesOf(gathered, pointer);
  if (names.size() > kProveMembersMax) return {};
  ProveObject object;
  std::vector<NamedMember> members;
  for (const std::string& name : names) members.push_back(BuildMember(gathered, pointer, name));
  if (!BuildOthers(gathered, &object) || !BuildCounts(gathered, &object) ||
      !BuildDependencies(gathered, members, &object)) {
    return {};
  }
  object.table = AddTable(names);
  object.member_nodes.begin = static_cast<uint32_t>(out_->node_lists.size());
  for (size_t bit = 0; bit < members.size(); ++bit) {
    out_->node_lists.push_back(members[bit].node);
    if (!members[bit].required) continue;
    object.required[bit / 64] |= uint64_t{1} << (bit % 64);
    object.words = std::max(object.words, static_cast<uint32_t>(bit / 64 + 1));
  }
  object.member_nodes.end = static_cast<uint32_t>(out_->node_lists.size());
  ProveNode node;
  node.op = ProveOp::kObject;
  node.argument = static_cast<uint32_t>(out_->objects.size());
  out_->objects.push_back(object);
  return node;
}

// Declared names in the schema's order, which is the order that most producers write.
std::vector<std::string> ProveBuilder::NamesOf(const Gathered& gathered, PointerId pointer) const {
  std::vector<std::string> names;
  std::set<std::string, std::less<>> seen;
  const auto add = [&](const std::string& name) {
    if (seen.insert(name).second) names.push_back(name);
  };
  for (const Step& step : gathered.steps) {
    if (step.op == Op::kObject) {
      const ObjectTable& table = plan_.objects[step.arg];
      for (uint32_t i = table.members.begin; i < table.members.end; ++i) add(plan_.members[i].name);
    } else if (step.op == Op::kDependentRequired) {
      const Dependency& dependency = plan_.dependencies[step.arg];
      add(dependency.name);
      for (const std::string& name : dependency.names) add(name);
    }
  }
  if (const PointerNode* rules = Rules(pointer)) {
    for (uint32_t i = rules->children.begin; i < rules->children.end; ++i) {
      add(plan_.pointer_children[i].name);
    }
  }
  return names;
}

ProveBuilder::NamedMember ProveBuilder::BuildMember(const Gathered& gathered, PointerId pointer,
                                                    const std::string& name) {
  NamedMember member;
  member.name = name;
  SchemaSet schemas;
  bool declares = false;
  bool declared = false;
  for (const Step& step : gathered.steps) {
    if (step.op != Op::kObject) continue;
    const ObjectTable& table = plan_.objects[step.arg];
    const uint32_t found = FindMember(plan_, table, name);
    bool matched = false;
    if (found != kNone) {
      const Member& known = plan_.members[found];
      matched = known.schema != kNone;
      if (matched) schemas.push_back(known.schema);
      if (known.required_bit != kNone) member.required = true;
    }
    for (uint32_t i = table.patterns.begin; i < table.patterns.end; ++i) {
      const PatternMember& pattern = plan_.pattern_members[i];
      if (!plan_.patterns[pattern.pattern]->Search(name)) continue;
      schemas.push_back(pattern.schema);
      matched = true;
    }
    if (!matched && table.additional != kNone) schemas.push_back(table.additional);
    declares = declares || table.declares;
    declared = declared || matched;
  }
  const PointerId child = pointer == kNone ? kNone : FindChild(plan_, pointer, name);
  if (child != kNone && (plan_.pointer_nodes[child].critical != kNone || CriticalBelow(child))) {
    member.required = true;
  }
  const bool unprintable =
      plan_.checks_characters && FindForbidden(plan_.stream.forbid_characters, name).found;
  const bool unproven = (plan_.stream.report_drift && declares && !declared) || unprintable;
  member.node = unproven ? 0 : NodeFor(std::move(schemas), child);
  return member;
}

// What happens to a name that is not in the table.
bool ProveBuilder::BuildOthers(const Gathered& gathered, ProveObject* object) {
  object->track_others = plan_.stream.forbid_duplicate_keys;
  SchemaSet additional;
  bool declares = false;
  size_t tables = 0;
  const ObjectTable* patterned = nullptr;
  for (const Step& step : gathered.steps) {
    if (step.op != Op::kObject) continue;
    const ObjectTable& table = plan_.objects[step.arg];
    ++tables;
    declares = declares || table.declares;
    if (table.additional != kNone) additional.push_back(table.additional);
    if (!table.patterns.empty()) patterned = &table;
  }
  // Names by pattern in one of several schemas would need a node per combination: left to explain.
  if (patterned != nullptr && tables > 1) return false;
  object->additional =
      plan_.stream.report_drift && declares ? 0 : NodeFor(std::move(additional), kNone);
  object->patterns.begin = static_cast<uint32_t>(out_->pattern_members.size());
  if (patterned != nullptr) {
    for (uint32_t i = patterned->patterns.begin; i < patterned->patterns.end; ++i) {
      const PatternMember& member = plan_.pattern_members[i];
      out_->pattern_members.push_back(
          {plan_.patterns[member.pattern].get(), NodeFor({member.schema}, kNone)});
    }
  }
  object->patterns.end = static_cast<uint32_t>(out_->pattern_members.size());
  return true;
}

bool ProveBuilder::BuildCounts(const Gathered& gathered, ProveObject* object) const {
  for (const Step& step : gathered.steps) {
    object->counted |= step.op == Op::kMinProperties || step.op == Op::kMaxProperties;
    if (step.op == Op::kMinProperties) {
      object->count_min = std::max(object->count_min, step.arg);
    } else if (step.op == Op::kMaxProperties) {
      object->count_max = std::min(object->count_max, step.arg);
    } else if (step.op != Op::kObject && step.op != Op::kDependentRequired) {
      return false;
    }
  }
  return true;
}

bool ProveBuilder::BuildDependencies(const Gathered& gathered,
                                     const std::vector<NamedMember>& members, ProveObject* object) {
  const auto bit_of = [&](const std::string& name) {
    const auto found = std::find_if(members.begin(), members.end(),
                                    [&](const NamedMember& member) { return member.name == name; });
    return static_cast<uint32_t>(found - members.begin());
  };
  object->dependencies.begin = static_cast<uint32_t>(out_->dependencies.size());
  for (const Step& step : gathered.steps) {
    if (step.op != Op::kDependentRequired) continue;
    const Dependency& dependency = plan_.dependencies[step.arg];
    ProveDependency out;
    out.trigger = bit_of(dependency.name);
    for (const std::string& name : dependency.names) {
      const uint32_t bit = bit_of(name);
      out.needed[bit / 64] |= uint64_t{1} << (bit % 64);
    }
    out_->dependencies.push_back(out);
  }
  object->dependencies.end = static_cast<uint32_t>(out_->dependencies.size());
  if (!object->dependencies.empty()) object->words = kSeenWords;
  return true;
}

// --- Tables of names
// -------------------------------------------------------------------------------------

ProveTable ProveBuilder::AddTable(const std::vector<std::string>& names) {
  ProveTable table;
  table.names.begin = static_cast<uint32_t>(out_->members.size());
  for (const std::string& name : names) {
    const auto& token = out_->texts.emplace_back(
        std::make_unique<const std::string>('"' + name + "\":" + std::string(kTokenPadding, '\0')));
    ProveName laid_out;
    laid_out.token_size = static_cast<uint32_t>(name.size() + 2);
    laid_out.name = token->data() + 1;
    std::memcpy(laid_out.head.data(), token->data(), laid_out.head.size());
    laid_out.head_mask = laid_out.token_size >= 15 ? 0xFFFF : (2u << laid_out.token_size) - 1;
    out_->members.push_back({laid_out, {}});
  }
  table.names.end = static_cast<uint32_t>(out_->members.size());
  ProveMember nobody;  // a token never begins with NUL
  nobody.name.head_mask = 1;
  out_->members.push_back(nobody);

  uint32_t bits = 1;
  while ((1u << bits) < 2 * names.size()) ++bits;
  std::vector<uint16_t> slots;
  uint64_t random = names.size();
  bool placed = false;
  const uint32_t bits_max = bits + kDoublingsMax;
  for (; !placed; ++bits) {
    table.shift = 64 - bits;
    slots.assign(size_t{1} << bits, 0);
    for (int i = 0; i < kMultipliersMax && !placed; ++i) {
      table.multiplier = NextMultiplier(&random);
      placed = FillSlots(table, &slots);
    }
    if (bits == bits_max) break;
  }
  table.slots.begin = static_cast<uint32_t>(out_->slots.size());
  out_->slots.insert(out_->slots.end(), slots.begin(), slots.end());
  table.slots.end = static_cast<uint32_t>(out_->slots.size());
  return table;
}

// True if no two names share a slot; in any case every name has one, at its own or a later place.
bool ProveBuilder::FillSlots(const ProveTable& table, std::vector<uint16_t>* slots) const {
  std::fill(slots->begin(), slots->end(), uint16_t{0});
  bool alone = true;
  for (uint32_t i = table.names.begin; i < table.names.end; ++i) {
    const ProveName& name = out_->members[i].name;
    const uint64_t hash =
        HashText(reinterpret_cast<const uint8_t*>(name.name), name.token_size - 2) *
        table.multiplier;
    size_t slot = hash >> table.shift;
    for (; (*slots)[slot] != 0; slot = (slot + 1) & (slots->size() - 1)) alone = false;
    (*slots)[slot] = static_cast<uint16_t>(i - table.names.begin + 1);
  }
  return alone;
}

}  // namespace fracas::contract
