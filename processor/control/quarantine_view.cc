#include "control/quarantine_view.h"

#include <string>

#include "core/text.h"
#include "state/format/codec.h"

namespace fracas::control {

bool QuarantineView::AnyId(std::string_view stream) const {
  const std::shared_ptr<const Snapshot> snapshot = tail_->snapshot();
  const auto found = snapshot->quarantine.find(stream);
  return found != snapshot->quarantine.end() && found->second.ids > 0;
}

uint64_t QuarantineView::SeedOf(std::string_view stream) const {
  return QuarantineFilter::SeedOf(stream);
}

bool QuarantineView::MaybeId(uint64_t seed, std::string_view id) const {
  return tail_->filter().Maybe(QuarantineFilter::Hash(seed, id));
}

Status QuarantineView::FindIds(std::string_view stream, const std::vector<std::string_view>& ids,
                               std::vector<state::QuarantineEntry>* entries) const {
  std::vector<std::string> keys;
  keys.reserve(ids.size());
  for (const std::string_view id : ids) {
    keys.push_back(state::QuarantineKeyBytes(
        {std::string(stream), state::QuarantineScope::kId, std::string(id)}));
  }
  std::vector<std::string> values;
  std::vector<bool> found;
  if (Status s = store_->MultiGet(keys, &values, &found); !s.ok()) return s;
  entries->assign(ids.size(), state::QuarantineEntry());
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!found[i]) continue;
    Result<state::QuarantineEntry> entry = state::DecodeQuarantineEntry(values[i]);
    if (!entry.ok()) {
      return Status::Stop(
          Cat("a quarantine entry of ", stream, " in the local store: ", entry.status().message()));
    }
    (*entries)[i] = std::move(*entry);
  }
  return {};
}

}  // namespace fracas::control
