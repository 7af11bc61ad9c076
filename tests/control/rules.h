#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/change.h"
#include "control/fold.h"
#include "control/transitions.h"
#include "core/text.h"
#include "state/format/codec.h"
#include "tests/sim/log_ports.h"

// The rules without an authority around them: each change is folded at once, as a tail would.

namespace fracas::control {

inline constexpr char kStream[] = "crm/contacts";
inline const TopicPartition kP0{"contacts", 0};
inline const TopicPartition kP1{"contacts", 1};

class Rules {
 public:
  wire::JournalEntry Command(wire::CommandArgs args, std::string stream = kStream) {
    wire::Command command;
    command.id = Cat("c", ++count_);
    command.stream = std::move(stream);
    command.who = "alice";
    command.why = "because";
    command.time_ms = now_ms;
    command.args = std::move(args);
    return Send(command);
  }
  wire::JournalEntry Send(const wire::Command& command) {
    return Run([&](const TransitionContext& context, Draft* draft) {
      return Apply(command, context, draft);
    });
  }
  wire::JournalEntry Fact(wire::FactArgs args, std::string stream = kStream) {
    wire::Fact fact;
    fact.id = Cat("f", ++count_);
    fact.stream = std::move(stream);
    fact.instance = "node";
    fact.args = std::move(args);
    return Run([&](const TransitionContext& context, Draft* draft) {
      return Apply(fact, context, draft);
    });
  }
  std::vector<wire::JournalEntry> Due(const std::vector<state::QuarantineKey>& keys = {}) {
    Draft draft(snapshot, &store);
    TransitionContext context = Context();
    auto entries = ApplyDue(context, keys, &draft);
    EXPECT_TRUE(entries.ok());
    Take(draft);
    return *entries;
  }

  const state::Breaker& breaker(std::string_view stream = kStream) const {
    static const state::Breaker kNever;
    const auto found = snapshot->breakers.find(stream);
    return found == snapshot->breakers.end() ? kNever : *found->second;
  }
  bool Quarantined(const state::QuarantineKey& key, state::QuarantineEntry* entry) const {
    Draft draft(snapshot, &store);
    return *draft.quarantined(key, entry);
  }

  StreamPolicy policy;
  int64_t now_ms = 1'000'000;
  double random = 0.5;
  sim::MemoryStore store;
  std::shared_ptr<const Snapshot> snapshot = std::make_shared<const Snapshot>();
  std::vector<StateChange> changes;  // of the last one
  std::vector<StateChange> ledger;

 private:
  TransitionContext Context() {
    TransitionContext context;
    context.now_ms = now_ms;
    context.control_offset = ++offset_;
    context.policy = [this](std::string_view stream) {
      return stream == kStream ? &policy : nullptr;
    };
    context.random = [this] { return random; };
    return context;
  }
  template <typename Rule>
  wire::JournalEntry Run(Rule rule) {
    Draft draft(snapshot, &store);
    Result<wire::JournalEntry> entry = rule(Context(), &draft);
    EXPECT_TRUE(entry.ok());
    EXPECT_FALSE(entry->because.empty());
    Take(draft);
    return *entry;
  }
  void Take(const Draft& draft) {
    changes = draft.StateChanges();
    ledger = draft.LedgerChanges();
    Fold fold(*snapshot);
    for (const StateChange& change : changes) {
      std::string before;
      const bool had = *store.Get(change.key, &before);
      EXPECT_TRUE(fold.Apply(change.key, change.value, had ? &before : nullptr).ok());
    }
    EXPECT_TRUE(store.Apply(changes, {}, now_ms).ok());
    snapshot = fold.Finish(snapshot->offset + 1);
    // What is folded step by step is what is built out of the store at once.
    Fold whole((Snapshot()));
    EXPECT_TRUE(store
                    .Visit("",
                           [&](std::string_view key, std::string_view value) {
                             return whole.Apply(key, value, nullptr).ok();
                           })
                    .ok());
    const auto built = whole.Finish(snapshot->offset);
    EXPECT_EQ(built->breakers.size(), snapshot->breakers.size());
    EXPECT_EQ(built->tickets.size(), snapshot->tickets.size());
    EXPECT_EQ(built->record_entries, snapshot->record_entries);
    EXPECT_EQ(built->quarantine.size(), snapshot->quarantine.size());
  }

  int count_ = 0;
  Offset offset_ = 0;
};

inline wire::Tripped Trip(TopicPartition source, Offset from, Offset to, int32_t attempt,
                          Code cause = Code::kTypeMismatch, Offset record = kNoOffset) {
  wire::Tripped fact;
  fact.source = std::move(source);
  fact.from = from;
  fact.to = to;
  fact.attempt = attempt;
  fact.cause = cause;
  fact.reason = "a reason";
  fact.record = record;
  return fact;
}

inline wire::ProbePassed Passed(TopicPartition source, Offset from, Offset to, int32_t attempt) {
  return {std::move(source), from, to, attempt};
}

}  // namespace fracas::control
