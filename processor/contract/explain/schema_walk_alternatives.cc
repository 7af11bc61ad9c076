#include <algorithm>

#include "contract/explain/schema_walk.h"

// anyOf and oneOf: which alternative was meant by a value that matches none; and what conditions
// say.

namespace fracas::contract {

using json::NodeId;

[[gnu::noinline]] bool SchemaWalk::Alternatives(const Step& step, NodeId node) {
  const Range schemas = plan_->schema_lists[step.arg];
  const bool one = step.op == Op::kOneOf;
  // Every alternative that is valid adds to what was evaluated and declared.
  const bool all = one || plan_->has_unevaluated || plan_->stream.report_drift;
  const size_t first = broken_->size();
  const size_t ends = ends_.size();
  const size_t floor = floor_;
  const uint32_t omitted = omitted_;
  const Notes notes = Mark();
  uint32_t matches = 0;
  for (uint32_t i = schemas.begin; i < schemas.end; ++i) {
    floor_ = broken_->size();
    matches += Evaluate(plan_->schema_ids[i], node);
    if (matches > 0 && !all) break;
    if (quiet_ == 0) ends_.push_back(broken_->size());
  }
  floor_ = floor;
  omitted_ = omitted;
  const bool valid = one ? matches == 1 : matches > 0;
  if (!valid) Forget(notes);
  if (valid || matches > 1 || quiet_ > 0) {
    broken_->resize(first);
  } else {
    ExplainAlternatives(step, node, first, ends);
  }
  ends_.resize(ends);
  if (matches > 1 && one) Fail(step.rule, node, matches);
  return valid;
}

void SchemaWalk::ExplainAlternatives(const Step& step, NodeId node, size_t first, size_t ends) {
  // An alternative is out when the value is not of its type, or when a const or enum, the usual
  // discriminator, says so. What remains, if it is one, is what the producer meant.
  constexpr size_t kNobody = SIZE_MAX;
  size_t fits = 0;
  size_t meant = 0;
  size_t fit_begin = kNobody, fit_end = 0, meant_begin = kNobody, meant_end = 0;
  bool only_values = true;
  size_t begin = first;
  for (size_t i = ends; i < ends_.size(); begin = ends_[i++]) {
    bool type_out = false;
    bool value_out = false;
    for (size_t at = begin; at < ends_[i]; ++at) {
      const Broken& broken = (*broken_)[at];
      const bool here = broken.node == node;
      type_out |= here && broken.code == Code::kTypeMismatch;
      value_out |= broken.code == Code::kEnumUnknown;
    }
    if (type_out) continue;
    only_values &= value_out && (*broken_)[begin].node == node && ends_[i] == begin + 1;
    ++fits;
    fit_begin = begin;
    fit_end = ends_[i];
    if (value_out) continue;
    ++meant;
    meant_begin = begin;
    meant_end = ends_[i];
  }
  const bool one_fits = fits == 1;
  if (one_fits || meant == 1) {
    const size_t from = one_fits ? fit_begin : meant_begin;
    const size_t to = one_fits ? fit_end : meant_end;
    std::move(broken_->begin() + static_cast<ptrdiff_t>(from),
              broken_->begin() + static_cast<ptrdiff_t>(to),
              broken_->begin() + static_cast<ptrdiff_t>(first));
    broken_->resize(first + (to - from));
    return;
  }
  broken_->resize(first);
  Fail(step.rule, node);
  if (broken_->size() == first) return;
  if (fits == 0) broken_->back().code = Code::kTypeMismatch;
  if (fits > 0 && only_values) broken_->back().code = Code::kEnumUnknown;
}

void SchemaWalk::TurnToCrossField(size_t first, NodeId node) {
  for (size_t i = first; i < broken_->size(); ++i) {
    Broken& broken = (*broken_)[i];
    const bool presence = broken.code == Code::kCdeMissing || broken.code == Code::kSchemaBreaking;
    if (broken.node == node && presence) broken.code = Code::kRuleCrossField;
  }
}

}  // namespace fracas::contract
