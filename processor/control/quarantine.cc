#include <utility>

#include "control/change.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"

// Quarantine entries: by persons, and by workers for records that kill them.

namespace fracas::control {

using state::QuarantineEntry;
using state::QuarantineKey;
using state::QuarantineScope;
using wire::JournalEntry;

namespace {

QuarantineKey KeyOf(const std::string& stream, const wire::QuarantineTarget& target) {
  return {stream, target.record ? QuarantineScope::kRecord : QuarantineScope::kId, target.id};
}

// Without the id: what it is may be nobody's business who reads the journal.
std::string EntryJson(const QuarantineEntry& entry) {
  std::string out;
  json::Writer writer(&out);
  writer.BeginObject()
      .Member("version", entry.stamp.version)
      .Member("code", Info(entry.code).name)
      .Member("reason", entry.reason)
      .Member("owner", entry.owner)
      .Member("who", entry.who)
      .Member("since", FormatTimestamp(entry.since_ms))
      .Member("expired", entry.expired);
  if (entry.expires_ms != 0) writer.Member("expires", FormatTimestamp(entry.expires_ms));
  writer.EndObject();
  return out;
}

std::string WhyNotAdd(const wire::QuarantineAdd& args, const Change& change) {
  if (args.expires_ms != 0 && args.expires_ms <= change.now_ms()) {
    return Cat("its expiry, ", FormatTimestamp(args.expires_ms), ", is over");
  }
  if (args.code != Code::kNone && args.code != Code::kQuarantined &&
      args.code != Code::kPoisonRecord) {
    return "the code of an entry is QUARANTINED or POISON_RECORD";
  }
  size_t records = 0;
  for (const wire::QuarantineTarget& target : args.targets) records += target.record ? 1 : 0;
  if (records > 0 && change.draft->record_entries() + records > limits::kQuarantineRecordsMax) {
    return Cat("there are ", change.draft->record_entries(),
               " quarantined single records, at most ", limits::kQuarantineRecordsMax,
               " are kept: release some, or quarantine their ids");
  }
  return {};
}

// What has become of the entries since the sender looked at them; "": nothing.
Result<std::string> WhyStale(const std::vector<wire::QuarantineTarget>& targets,
                             const Change& change) {
  size_t stale = 0;
  std::string first;
  for (const wire::QuarantineTarget& target : targets) {
    if (!target.version) continue;
    QuarantineEntry entry;
    const Result<bool> there = change.draft->quarantined(KeyOf(change.entry.stream, target), &entry);
    if (!there.ok()) return there.status();
    const uint64_t version = *there ? entry.stamp.version : 0;
    if (version == *target.version || stale++ > 0) continue;
    first = *there ? Cat("its entry is version ", version, ", changed by ", entry.who, " at ",
                         FormatTimestamp(entry.stamp.time_ms), " (", entry.reason, ")")
                   : std::string("it is not quarantined any more");
  }
  if (stale == 0) return std::string();
  return Cat(targets.size() == 1 ? std::string() : Cat(stale, " of ", targets.size(), " have changed: "),
             first, "; look at it again and send the command anew");
}

struct Added {
  size_t fresh = 0;
  size_t changed = 0;
  size_t same = 0;
  std::string elsewhere;  // a record that another stream's entry masks already
};

Status AddOne(const wire::Command& command, const wire::QuarantineAdd& args,
              const wire::QuarantineTarget& target, Change* change, Added* added) {
  const QuarantineKey key = KeyOf(command.stream, target);
  QuarantineEntry entry;
  const Result<bool> there = change->draft->quarantined(key, &entry);
  if (!there.ok()) return there.status();
  TopicPartition source;
  Offset offset = 0;
  if (!*there && target.record && wire::ParseRecordId(target.id, &source, &offset) &&
      change->draft->RecordMasked(source, offset)) {
    added->elsewhere = target.id;
    return {};
  }
  const QuarantineEntry before = entry;
  entry.code = args.code == Code::kNone ? Code::kQuarantined : args.code;
  entry.reason = command.why;
  entry.owner = args.owner;
  entry.who = command.who;
  entry.expires_ms = args.expires_ms;
  entry.expired = false;
  if (!*there) entry.since_ms = change->now_ms();
  if (*there && entry == before) {
    ++added->same;
    return {};
  }
  ++(*there ? added->changed : added->fresh);
  entry.stamp = change->Stamp(before.stamp.version + 1);
  if (args.targets.size() == 1) {
    change->entry.version = entry.stamp.version;
    if (*there) change->entry.before_json = EntryJson(before);
    change->entry.after_json = EntryJson(entry);
  }
  change->draft->Put(key, std::move(entry));
  return {};
}

}  // namespace

Result<JournalEntry> ApplyAdd(const wire::Command& command, const wire::QuarantineAdd& args,
                              Change change) {
  if (std::string why = WhyNotAdd(args, change); !why.empty()) {
    return Refused(std::move(change), std::move(why));
  }
  Result<std::string> stale = WhyStale(args.targets, change);
  if (!stale.ok()) return stale.status();
  if (!stale->empty()) return Refused(std::move(change), std::move(*stale));
  Added added;
  for (const wire::QuarantineTarget& target : args.targets) {
    if (Status s = AddOne(command, args, target, &change, &added); !s.ok()) return s;
  }
  std::string done = Cat(added.fresh, " quarantined");
  if (added.changed > 0) AppendTo(&done, ", ", added.changed, " were already and are changed");
  if (added.same > 0) AppendTo(&done, ", ", added.same, " were already");
  if (!added.elsewhere.empty()) {
    AppendTo(&done, "; not ", added.elsewhere, ", another stream's entry masks it already");
  }
  const bool any = added.fresh + added.changed + added.same > 0;
  return any ? Applied(std::move(change), std::move(done))
             : Refused(std::move(change), std::move(done));
}

Result<JournalEntry> ApplyRelease(const wire::QuarantineRelease& args, Change change) {
  Result<std::string> stale = WhyStale(args.targets, change);
  if (!stale.ok()) return stale.status();
  if (!stale->empty()) return Refused(std::move(change), std::move(*stale));
  size_t released = 0;
  for (const wire::QuarantineTarget& target : args.targets) {
    const QuarantineKey key = KeyOf(change.entry.stream, target);
    QuarantineEntry entry;
    const Result<bool> there = change.draft->quarantined(key, &entry);
    if (!there.ok()) return there.status();
    if (!*there) continue;
    ++released;
    change.draft->Erase(key);
    if (args.targets.size() == 1) {
      change.entry.version = entry.stamp.version;
      change.entry.before_json = EntryJson(entry);
    }
  }
  if (released == 0) {
    return Refused(std::move(change),
                   args.targets.size() == 1
                       ? "it is not quarantined"
                       : Cat("none of the ", args.targets.size(), " is quarantined"));
  }
  std::string done = Cat(released, " released");
  if (released < args.targets.size()) {
    AppendTo(&done, ", ", args.targets.size() - released, " were not quarantined");
  }
  return Applied(std::move(change), std::move(done));
}

Result<JournalEntry> ApplyPoison(const wire::PoisonFound& fact, Change change) {
  const QuarantineKey key{change.entry.stream, QuarantineScope::kRecord,
                          state::RecordId(fact.source, fact.offset)};
  QuarantineEntry entry;
  const Result<bool> there = change.draft->quarantined(key, &entry);
  if (!there.ok()) return there.status();
  if (*there) return Refused(std::move(change), "a repetition: it is quarantined");
  if (change.draft->record_entries() >= limits::kQuarantineRecordsMax) {
    return Refused(std::move(change), Cat("there are ", limits::kQuarantineRecordsMax,
                                          " quarantined single records: release some"));
  }
  entry.stamp = change.Stamp(1);
  entry.code = Code::kPoisonRecord;
  entry.reason = Cat("its worker died of it ", limits::kPoisonDeathsMax, " times");
  entry.who = change.entry.who;
  entry.since_ms = change.now_ms();
  change.entry.version = 1;
  change.entry.after_json = EntryJson(entry);
  change.draft->Put(key, std::move(entry));
  return Applied(std::move(change), Cat(key.id, " isolated"));
}

}  // namespace fracas::control
