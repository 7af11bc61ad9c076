#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ports/clock.h"
#include "ports/state_store.h"

// A store and a clock in memory.

namespace fracas::ledger {

inline constexpr int64_t kStartMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
inline constexpr int64_t kDayMs = 24 * 3'600'000LL;

class FakeClock : public Clock {
 public:
  int64_t WallMs() const override { return kStartMs + now_ms; }
  int64_t MonotonicMs() const override { return 1'000 + now_ms; }
  int64_t now_ms = 0;
};

class MemoryStore : public StateStore {
 public:
  std::map<std::string, std::string> data;
  std::map<TopicPartition, Offset> positions;
  int64_t applied_ms = 0;
  int applies = 0;
  int fail_after = INT32_MAX;  // so many more Apply calls succeed

  Status Apply(const std::vector<StateChange>& changes,
               const std::map<TopicPartition, Offset>& to, int64_t now_ms) override {
    if (applies >= fail_after) return Status::Stop("no space");
    ++applies;
    for (const StateChange& change : changes) {
      if (change.value.empty()) {
        data.erase(change.key);
      } else {
        data[change.key] = change.value;
      }
    }
    for (const auto& [partition, offset] : to) positions[partition] = offset;
    applied_ms = now_ms;
    return {};
  }
  Offset Position(const TopicPartition& partition) const override {
    const auto found = positions.find(partition);
    return found == positions.end() ? 0 : found->second;
  }
  int64_t AppliedMs() const override { return applied_ms; }
  Result<bool> Get(std::string_view key, std::string* value) const override {
    const auto found = data.find(std::string(key));
    if (found == data.end()) return false;
    *value = found->second;
    return true;
  }
  Status MultiGet(const std::vector<std::string>& keys, std::vector<std::string>* values,
                  std::vector<bool>* found) const override {
    values->resize(keys.size());
    found->assign(keys.size(), false);
    for (size_t i = 0; i < keys.size(); ++i) (*found)[i] = *Get(keys[i], &(*values)[i]);
    return {};
  }
  Status Visit(std::string_view prefix,
               const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const std::map<std::string, std::string> moment = data;
    for (auto at = moment.lower_bound(std::string(prefix));
         at != moment.end() && at->first.starts_with(prefix) && visit(at->first, at->second); ++at) {
    }
    return {};
  }
  Status Wipe() override {
    data.clear();
    positions.clear();
    applied_ms = 0;
    return {};
  }
};

}  // namespace fracas::ledger
