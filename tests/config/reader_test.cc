#include "config/reader.h"

#include <gtest/gtest.h>

#include <set>

#include "config/keys.h"
#include "core/limits.h"
#include "tests/config/fixture.h"

namespace fracas::config {
namespace {

const Stream& First(const Reading& reading) {
  EXPECT_EQ(Lines(reading.problems), "");
  EXPECT_FALSE(reading.draft.streams.empty());
  return reading.draft.streams.at(0);
}

TEST(Reader, TheLeastConfigurationHasEveryDefault) {
  const Reading reading = Read(WithStream(""));
  const Stream& stream = First(reading);
  EXPECT_TRUE(reading.ok());
  EXPECT_EQ(reading.draft.instance, "node-1");
  EXPECT_EQ(reading.draft.workers, 2);
  EXPECT_EQ(reading.draft.topics.failures, "g.failures");
  EXPECT_EQ(reading.draft.topics.batches, "g.batches");
  EXPECT_EQ(reading.draft.topics.control, "g.control");
  EXPECT_EQ(reading.draft.topics.journal, "g.journal");
  EXPECT_EQ(reading.draft.topics.state, "g.state");
  EXPECT_EQ(reading.draft.topics.ledger, "g.ledger");
  EXPECT_EQ(reading.draft.http.listen.host, "127.0.0.1");
  EXPECT_EQ(reading.draft.http.metrics_listen.port, 9465);
  EXPECT_TRUE(reading.draft.roles.pipeline && reading.draft.roles.api);
  EXPECT_EQ(stream.dataset, "s");
  EXPECT_EQ(stream.mode, PublishMode::kNone);
  EXPECT_EQ(stream.dead_letter_topic.value, "{topic}.dlq");
  EXPECT_EQ(stream.record_bytes_max, limits::kRecordBytesDefault);
  EXPECT_EQ(stream.batch.records, limits::kBatchRecordsDefault);
  EXPECT_EQ(stream.batch.bytes, limits::kBatchBytesDefault);
  EXPECT_EQ(stream.batch.interval_ms, limits::kBatchIntervalMsDefault);
  EXPECT_EQ(stream.audit.max_failed_ratio, 0.05);
  EXPECT_EQ(stream.audit.max_failed_records, kOff);
  EXPECT_TRUE(stream.assert_formats && stream.report_drift && stream.forbid_duplicate_keys);
  EXPECT_TRUE(stream.characters.control && stream.characters.bidi);
  EXPECT_EQ(stream.contract.value, "");
  EXPECT_FALSE(stream.event_time.on);
  EXPECT_EQ(stream.quarantine.auto_max_count, 20);
}

// Every key with a value that is not its default.
std::string EveryKey() {
  return WithStream(
      "stage: curated\ndataset: a.b\ntopics: [x, z]\nstart: 1970-01-01T00:00:01Z\n"
      "format: {framing: confluent}\ntombstones: dead_letter\ncontract: c/x.json\n"
      "schemas: {'urn:a': s}\nassert_formats: false\n"
      "identity: {business_id: /b, message_id: 'header:m', idempotency_key: 'key:/k'}\n"
      "event_time: {pointer: /t, format: unix_seconds, max_age: 7d, max_future: 5m}\n"
      "freshness: {max_silence: 1h}\ncritical: [/b]\nsentinels: [N/A]\nsensitive: [/e]\n"
      "characters: {control: allow, zero_width: allow, bidi: allow, noncharacter: allow}\n"
      "duplicate_keys: allow\ndrift: off\nlimits: {record: 2MiB}\n"
      "publish: {topic: out}\ndead_letters: {topic: dead}\n"
      "batch: {records: 7, bytes: 1MiB, interval: 2s}\n"
      "audit: {window: 1h, max_failed_ratio: 0.5, max_failed_records: 9, min_records: 3}\n"
      "dispositions: {TYPE_MISMATCH: warn}\nreplay: {mark: 'body:/r', trust: mark, count_max: 9}\n"
      "retry: {count: 1, initial: 1s, max: 2s, multiplier: 1.5}\n"
      "quarantine: {auto_after: 4, auto_max: 5/d}\n"
      "owners: {source: a, destination: b, platform: c, consumers: [d, e]}\n"
      "alerts: {dead_letters_warning: 1, dead_letters_critical: 2, pass_ratio: 0.5}\n");
}

TEST(Reader, EveryKeyOfTheRecordReachesTheModel) {
  const Reading reading = Read(EveryKey());
  const Stream& s = First(reading);
  EXPECT_EQ(s.stage, Stage::kCurated);
  EXPECT_EQ(s.dataset, "a.b");
  ASSERT_EQ(s.topics.size(), 2U);
  EXPECT_EQ(s.topics[1].value, "z");
  EXPECT_EQ(s.topics[1].mark.line, 9);
  EXPECT_EQ(s.start.kind, Start::Kind::kTime);
  EXPECT_EQ(s.start.time_ms, 1'000);
  EXPECT_EQ(s.framing, Framing::kConfluent);
  EXPECT_EQ(s.tombstones, TombstonePolicy::kDeadLetter);
  EXPECT_EQ(s.contract.value, "/etc/fracas/c/x.json");
  EXPECT_EQ(s.schemas.at("urn:a"), "/etc/fracas/s");
  EXPECT_FALSE(s.assert_formats || s.report_drift || s.forbid_duplicate_keys);
  EXPECT_EQ(s.identity.business_id.kind, IdSource::Kind::kPointer);
  EXPECT_EQ(s.identity.message_id.kind, IdSource::Kind::kHeader);
  EXPECT_EQ(s.identity.message_id.name, "m");
  EXPECT_EQ(s.identity.idempotency_key.kind, IdSource::Kind::kKeyPointer);
  EXPECT_EQ(s.identity.idempotency_key.name, "/k");
  EXPECT_TRUE(s.event_time.on);
  EXPECT_EQ(s.event_time.format, TimeFormat::kUnixSeconds);
  EXPECT_EQ(s.event_time.max_age_ms, 604'800'000);
  EXPECT_EQ(s.event_time.max_future_ms, 300'000);
  EXPECT_EQ(s.max_silence_ms, 3'600'000);
  EXPECT_EQ(s.critical.at(0).value, "/b");
  EXPECT_EQ(s.sentinels.at(0), "N/A");
  EXPECT_EQ(s.sensitive.at(0).value, "/e");
  EXPECT_FALSE(s.characters.control || s.characters.zero_width || s.characters.bidi ||
               s.characters.noncharacter);
  EXPECT_EQ(s.record_bytes_max, 2 * limits::kMiB);
}

TEST(Reader, EveryKeyOfThePoliciesReachesTheModel) {
  const Reading reading = Read(EveryKey());
  const Stream& s = First(reading);
  EXPECT_EQ(s.mode, PublishMode::kCopy);
  EXPECT_EQ(s.publish_topic.value, "out");
  EXPECT_EQ(s.dead_letter_topic.value, "dead");
  EXPECT_EQ(s.batch.records, 7U);
  EXPECT_EQ(s.batch.bytes, limits::kMiB);
  EXPECT_EQ(s.batch.interval_ms, 2'000);
  EXPECT_EQ(s.audit.window_ms, 3'600'000);
  EXPECT_EQ(s.audit.max_failed_ratio, 0.5);
  EXPECT_EQ(s.audit.max_failed_records, 9);
  EXPECT_EQ(s.audit.min_records, 3);
  EXPECT_EQ(s.dispositions.at(Code::kTypeMismatch), Disposition::kWarn);
  EXPECT_TRUE(s.replay.mark_in_body);
  EXPECT_EQ(s.replay.mark_name, "/r");
  EXPECT_EQ(s.replay.trust, ReplayTrust::kMark);
  EXPECT_EQ(s.replay.count_max, 9);
  EXPECT_EQ(s.retry.count, 1);
  EXPECT_EQ(s.retry.initial_ms, 1'000);
  EXPECT_EQ(s.retry.max_ms, 2'000);
  EXPECT_EQ(s.retry.multiplier, 1.5);
  EXPECT_EQ(s.quarantine.auto_after, 4);
  EXPECT_EQ(s.quarantine.auto_max_count, 5);
  EXPECT_EQ(s.quarantine.auto_max_per_ms, 86'400'000);
  EXPECT_EQ(s.owners.source + s.owners.destination + s.owners.platform, "abc");
  EXPECT_EQ(s.owners.consumers.size(), 2U);
  EXPECT_EQ(s.alerts.dead_letters_warning, 1);
  EXPECT_EQ(s.alerts.dead_letters_critical, 2);
  EXPECT_EQ(s.alerts.pass_ratio, 0.5);
}

TEST(Inheritance, TheNearestWinsKeyByKey) {
  const Reading reading =
      Read(std::string(kHead) +
           "defaults:\n  batch: {records: 1, bytes: 1MiB, interval: 1s}\n"
           "  dispositions: {TYPE_MISMATCH: warn, CDE_NULL: dead_letter}\n"
           "  critical: [/top]\n"
           "pipelines:\n  p:\n    defaults: {batch: {records: 2, bytes: 2MiB}, critical: [/p]}\n"
           "    streams:\n"
           "      s: {topics: [a], batch: {records: 3}, dispositions: {CDE_NULL: hold}}\n"
           "  q: {streams: {t: {topics: [b]}}}\n");
  const Stream& s = First(reading);
  EXPECT_EQ(s.batch.records, 3U);
  EXPECT_EQ(s.batch.bytes, 2 * limits::kMiB);
  EXPECT_EQ(s.batch.interval_ms, 1'000);
  EXPECT_EQ(s.dispositions.at(Code::kTypeMismatch), Disposition::kWarn);
  EXPECT_EQ(s.dispositions.at(Code::kCdeNull), Disposition::kHold);
  ASSERT_EQ(s.critical.size(), 1U) << "lists are replaced, not joined";
  EXPECT_EQ(s.critical[0].value, "/p");
  EXPECT_EQ(reading.draft.streams.at(1).batch.records, 1U);
  EXPECT_EQ(MarkOf(s, "batch.records").line, 11);
  EXPECT_EQ(MarkOf(s, "batch.interval").line, 4);
  EXPECT_EQ(MarkOf(s, "critical.0").line, 9);
  EXPECT_EQ(MarkOf(s, "retry.count").line, 11) << "a built-in default points at the stream";
}

TEST(Inheritance, OffSwitchesAnInheritedValueOff) {
  const Reading reading = Read(
      std::string(kHead) +
      "defaults: {contract: c.json, event_time: {pointer: /t, max_age: 1d}}\n"
      "pipelines: {p: {streams: {s: {topics: [a], contract: off, event_time: {pointer: off}}}}}\n");
  EXPECT_EQ(First(reading).contract.value, "");
  EXPECT_FALSE(First(reading).event_time.on);
}

TEST(Inheritance, NamedTopicsReplaceAnInheritedPattern) {
  const Reading reading = Read(std::string(kHead) +
                               "defaults: {topics_pattern: '^a$'}\n"
                               "pipelines: {p: {streams: {s: {topics: [b]}}}}\n");
  EXPECT_EQ(First(reading).topics_pattern.value, "");
  EXPECT_EQ(First(reading).topics.size(), 1U);
}

TEST(Substitution, IsTypedAgainAndNeverCreatesStructure) {
  const Environment environment =
      TestEnvironment({{"N", "7"}, {"T", "a, b]"}, {"EMPTY", ""}, {"EVIL", "${N}"}});
  const Reading reading = Read(
      WithStream(
          "topics: ['${TOPIC:-raw}']\nbatch: {records: '${N}', interval: '${EMPTY:-5}s'}\n"
          "dataset: ${T}\nowners: {source: '${EVIL}', platform: '$${N}', destination: '${N}'}\n"),
      environment);
  const Stream& s = First(reading);
  EXPECT_EQ(s.topics.at(0).value, "raw");
  EXPECT_EQ(s.batch.records, 7U);
  EXPECT_EQ(s.batch.interval_ms, 5'000);
  EXPECT_EQ(s.dataset, "a, b]");
  EXPECT_EQ(s.owners.source, "${N}") << "a variable cannot bring in another substitution";
  EXPECT_EQ(s.owners.platform, "${N}");
  EXPECT_EQ(s.owners.destination, "7");
}

TEST(Substitution, EveryMistakeIsToldWhereItStands) {
  const Reading reading =
      Read(WithStream("owners: {source: '${NOPE}', platform: '${', destination: '${a b}'}\n"
                      "dataset: '${file:relative}'\nbatch: {records: '${W:-x}'}\n"));
  const std::string lines = Lines(reading.problems);
  EXPECT_NE(
      lines.find("f.yaml:8:26: error: the environment variable NOPE is not set; set it, or write "
                 "${NOPE:-default}"),
      std::string::npos)
      << lines;
  EXPECT_NE(lines.find("a ${ without its }"), std::string::npos) << lines;
  EXPECT_NE(lines.find("'a b' is not the name of a variable"), std::string::npos) << lines;
  EXPECT_NE(lines.find("a secret's path must be absolute"), std::string::npos) << lines;
  EXPECT_NE(lines.find("f.yaml:10:26: error: `batch.records`: 'x' is not a whole number"),
            std::string::npos)
      << lines;
}

TEST(Secrets, AreReadFromFilesAndNeverQuotedInProblems) {
  const Environment environment =
      TestEnvironment({}, {{"/s/pw", {"hunter2", false}}, {"/s/open", {"hunter3", true}}});
  const Reading reading = Read(
      "group: '${file:/s/pw} x'\nworkers: ${file:/s/pw}\n"
      "kafka: {bootstrap.servers: 'l:1', sasl.password: '${file:/s/open}', sasl.username: "
      "'${file:/s/no}'}\n"
      "pipelines: {p: {streams: {s: {topics: [raw]}}}}\n",
      environment);
  const std::string lines = Lines(reading.problems);
  EXPECT_EQ(lines.find("hunter"), std::string::npos) << lines;
  EXPECT_NE(lines.find("f.yaml:1:8: error: `group`: what the secret file holds does not fit here"),
            std::string::npos)
      << lines;
  EXPECT_NE(
      lines.find("warning: the secret file /s/open is readable for everybody; chmod o-r /s/open"),
      std::string::npos);
  EXPECT_NE(lines.find("cannot read the secret file /s/no"), std::string::npos);
  ASSERT_GE(reading.draft.kafka.common.size(), 2U);
  EXPECT_EQ(reading.draft.kafka.common[1].value, "hunter3");
  EXPECT_TRUE(reading.draft.kafka.common[1].sensitive);
}

TEST(Reader, AHostNameThatIsNoInstanceNameIsTold) {
  Environment environment = TestEnvironment();
  environment.host_name = "my host";
  EXPECT_NE(Lines(Read(WithStream(""), environment).problems).find("cannot serve as `instance`"),
            std::string::npos);
}

TEST(Load, GivesTheConfigurationOrEveryError) {
  const Result<Config> missing = Load("/nowhere/f.yaml", TestEnvironment());
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.status().action(), Action::kReject);
  EXPECT_EQ(missing.status().message(),
            "error: cannot open /nowhere/f.yaml: there is no such file; name a configuration with "
            "-c FILE");
  EXPECT_FALSE(Load("/", TestEnvironment()).ok());
}

TEST(Kafka, SettingsAreSortedAndKeptAsWritten) {
  const Reading reading = Read(
      "group: g\nkafka: {security.protocol: ssl, bootstrap.servers: 'a:1,b:2', consumer: "
      "{check.crcs: true},"
      " producer: {linger.ms: 5, compression.codec: lz4}}\n"
      "pipelines: {p: {streams: {s: {topics: [raw]}}}}\n");
  EXPECT_EQ(Lines(reading.problems), "");
  const Kafka& kafka = reading.draft.kafka;
  ASSERT_EQ(kafka.common.size(), 2U);
  EXPECT_EQ(kafka.common[0].name, "bootstrap.servers");
  EXPECT_EQ(kafka.common[0].value, "a:1,b:2");
  EXPECT_EQ(kafka.consumer.at(0).value, "true");
  EXPECT_EQ(kafka.producer.at(0).name, "compression.codec");
  EXPECT_EQ(kafka.producer.at(1).value, "5");
}

TEST(Keys, PathsAreUniqueAndEveryDefaultReads) {
  std::set<std::string_view> paths;
  for (const StreamKey& row : StreamKeys())
    EXPECT_TRUE(paths.insert(row.key.path).second) << row.key.path;
  for (const StreamKey& row : StreamKeys()) {
    EXPECT_FALSE(row.key.about.empty()) << row.key.path;
    EXPECT_FALSE(row.key.example.empty()) << row.key.path;
  }
}

}  // namespace
}  // namespace fracas::config
