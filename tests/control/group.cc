#include "tests/control/group.h"

#include <gtest/gtest.h>

#include "core/text.h"

namespace fracas::control {

Instance::Instance(Group* its_group, std::string its_name)
    : group(its_group), name(std::move(its_name)), log_tail(&group->broker, &group->log_faults) {
  tail = std::make_unique<StateTail>(TailOptions());
  status = tail->Restore([] { return true; });
  AuthorityOptions options;
  options.group = kGroup;
  options.control_topic = kControl.topic;
  options.state_topic = kState.topic;
  options.ledger_topic = kLedger.topic;
  options.journal_topic = kJournal.topic;
  options.source = std::make_unique<sim::SimSource>(&group->broker, &group->random, &group->faults,
                                                    name, std::vector<std::string>{kControl.topic});
  options.transaction = std::make_unique<sim::SimTransaction>(sim::SimTransaction::Options{
      &group->broker, &group->random, &group->faults, "g.authority", &crashed,
      [this] { group->in_the_middle(); }, [](const std::string&) {}});
  options.admin = &group->admin;
  options.reader = &group->reader;
  options.clock = &group->clock;
  options.store = &store;
  options.snapshot = [this] { return tail->snapshot(); };
  options.policy = [this](std::string_view stream) {
    return stream == kStream ? &group->policy : nullptr;
  };
  options.random = [] { return 0.5; };
  options.new_uuid = [this] { return Cat("00000000000000000000000000000", 100 + ++group->uuids); };
  options.log = [this](const LogEntry& entry) {
    group->log.push_back(Cat(entry.event, ": ", entry.message));
  };
  authority = std::make_unique<Authority>(std::move(options));
}

StateTailOptions Instance::TailOptions() {
  StateTailOptions options;
  options.group = kGroup;
  options.state_topic = kState.topic;
  options.store = &store;
  options.tail = &log_tail;
  options.admin = &group->admin;
  options.clock = &group->clock;
  options.log = [this](const LogEntry& entry) {
    group->log.push_back(Cat(entry.event, ": ", entry.message));
  };
  options.delete_retention_ms = group->delete_retention_ms;
  return options;
}

void Instance::Turn() {
  if (crashed) return;
  group->clock.Advance(group->step_ms);
  if (!tail_stands) {
    if (Status s = tail->Turn(0); !s.ok()) status = s;
  }
  if (Status s = authority->Turn(0); !s.ok()) status = s;
}

const state::Breaker& Instance::breaker(const std::string& stream) const {
  static const state::Breaker kNever;
  const auto snapshot = tail->snapshot();
  const auto found = snapshot->breakers.find(stream);
  return found == snapshot->breakers.end() ? kNever : *found->second;
}

Group::Group(uint64_t seed) : random(seed) {
  for (const TopicPartition* each : {&kControl, &kState, &kLedger, &kJournal}) {
    broker.CreateTopic(each->topic, 1);
  }
}

Instance* Group::Start(const std::string& name) {
  instances.push_back(std::make_unique<Instance>(this, name));
  return instances.back().get();
}

void Group::Crash(Instance* instance) {
  instance->crashed = true;
  // Its session ends: the others take over.
  broker.TimeOut("g.authority");
  instance->authority->Close();
}

void Group::Settle(int turns) {
  for (int i = 0; i < turns; ++i) {
    for (const auto& instance : instances) instance->Turn();
  }
}

Offset Group::Append(const std::string& value) {
  const int64_t epoch = broker.InitProducer("sender");
  broker.Append("sender", epoch, kControl, {"", value, {}, 0});
  broker.End("sender", epoch, true);
  return static_cast<Offset>(broker.log(kControl).size()) - 2;
}

Offset Group::Send(const wire::Command& command) {
  std::string bytes;
  wire::Encode(command, &bytes);
  return Append(bytes);
}

Offset Group::Send(const wire::Fact& fact) {
  std::string bytes;
  wire::Encode(fact, &bytes);
  return Append(bytes);
}

wire::Command Group::Command(const std::string& id, wire::CommandArgs args) {
  wire::Command command;
  command.id = id;
  command.stream = kStream;
  command.who = "alice";
  command.why = "because";
  command.args = std::move(args);
  return command;
}

wire::Fact Group::Fact(const std::string& id, wire::FactArgs args) {
  wire::Fact fact;
  fact.id = id;
  fact.stream = kStream;
  fact.instance = "node";
  fact.args = std::move(args);
  return fact;
}

std::vector<wire::JournalEntry> Group::Journal() const {
  std::vector<wire::JournalEntry> entries;
  for (const sim::Record& record : broker.Visible(kJournal)) {
    auto entry = wire::DecodeJournalEntry(*record.value);
    EXPECT_TRUE(entry.ok()) << entry.status().message();
    EXPECT_EQ(*record.key, entry->id);
    entries.push_back(std::move(*entry));
  }
  return entries;
}

wire::JournalEntry Group::Answer(const std::string& id) const {
  std::vector<wire::JournalEntry> found;
  for (wire::JournalEntry& entry : Journal()) {
    if (entry.id == id) found.push_back(std::move(entry));
  }
  EXPECT_EQ(found.size(), 1u) << "answers to " << id;
  return found.empty() ? wire::JournalEntry() : found[0];
}

void Group::ExpectFolded() const {
  std::map<std::string, std::string, std::less<>> fold;
  for (const sim::Record& record : broker.Visible(kState)) {
    if (record.value) {
      fold[*record.key] = *record.value;
    } else {
      fold.erase(*record.key);
    }
  }
  for (const auto& instance : instances) {
    if (instance->crashed) continue;
    EXPECT_EQ(instance->store.data(), fold) << instance->name;
    EXPECT_EQ(instance->tail->snapshot()->offset, static_cast<Offset>(broker.log(kState).size()));
  }
}

void Group::Recreate(const TopicPartition& partition) {
  broker.DeleteTopic(partition.topic);
  broker.CreateTopic(partition.topic, 1);
}

}  // namespace fracas::control
