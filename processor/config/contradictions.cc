// Values that are fine one by one and wrong together. Only what somebody wrote for this very stream
// is held against it where a default that all streams inherit may simply not concern it.

#include "config/contradictions.h"

#include <charconv>
#include <map>

#include "config/keys.h"
#include "config/topic_template.h"
#include "core/limits.h"
#include "core/text.h"

namespace fracas::config {
namespace {

void Error(const Mark& mark, std::string message, std::string next_step,
           std::vector<Problem>* problems) {
  problems->push_back({Severity::kError, mark, std::move(message), std::move(next_step)});
}

// --- One stream
// -----------------------------------------------------------------------------------------

class StreamChecks {
 public:
  StreamChecks(const EffectiveStream& effective, const Stream& stream,
               std::vector<Problem>* problems)
      : effective_(effective), stream_(stream), problems_(problems) {}

  void Run() {
    CheckSources();
    CheckTargets();
    CheckTimes();
    CheckLimits();
  }

 private:
  const Value& At(std::string_view path) const { return effective_.values[StreamKeyIndex(path)]; }
  bool Refused(std::string_view path) const { return At(path).refused; }
  bool WrittenHere(std::string_view path) const { return At(path).layer == Layer::kStream; }
  void Report(const std::string& path, std::string message, std::string next_step) {
    Error(MarkOf(stream_, path), std::move(message), std::move(next_step), problems_);
  }
  void CheckSources();
  void CheckTargets();
  void CheckTemplate(const std::string& path, const Text& topic);
  void CheckTimes();
  void CheckLimits();

  const EffectiveStream& effective_;
  const Stream& stream_;
  std::vector<Problem>* problems_;
};

void StreamChecks::CheckSources() {
  const bool named = !stream_.topics.empty();
  const bool pattern = !stream_.topics_pattern.value.empty();
  if (named && pattern) {
    Report("topics_pattern", Cat("stream ", stream_.id, " has both topics and topics_pattern"),
           "keep one of them");
  } else if (!named && !pattern && !Refused("topics") && !Refused("topics_pattern")) {
    Error(stream_.mark, Cat("stream ", stream_.id, " has no source"),
          "write topics: [NAME] or topics_pattern: '^…$'", problems_);
  }
}

void StreamChecks::CheckTemplate(const std::string& path, const Text& topic) {
  const bool captures = !stream_.topics_pattern.value.empty();
  const std::string problem = CheckTopicTemplate(topic.value, captures);
  if (!problem.empty())
    Report(path, Cat("`", path, "`: ", problem), "use {topic}, or a topics_pattern");
}

void StreamChecks::CheckTargets() {
  if (!stream_.publish_topic.value.empty()) CheckTemplate("publish.topic", stream_.publish_topic);
  CheckTemplate("dead_letters.topic", stream_.dead_letter_topic);
  if (stream_.mode == PublishMode::kCopy && stream_.publish_topic.value.empty() &&
      !Refused("publish.topic")) {
    Report("publish.mode", Cat("stream ", stream_.id, " copies, but not where to"),
           "write publish: {mode: copy, topic: NAME}, or mode: none to observe only");
  }
}

void StreamChecks::CheckTimes() {
  if (!stream_.event_time.on && !Refused("event_time.pointer")) {
    // That the others are written as their defaults does no harm (`config show` does it).
    for (const char* path : {"event_time.max_age", "event_time.max_future"}) {
      if (!WrittenHere(path) || At(path).off) continue;
      Report(path, Cat("`", path, "` without event_time.pointer does nothing"),
             "write where the time is: event_time: {pointer: /eventTime}");
    }
  }
  if (stream_.event_time.on && stream_.event_time.format != TimeFormat::kRfc3339 &&
      stream_.event_time.zone_offset_minutes != 0) {
    Report("event_time.zone", "a Unix time has no zone", "remove event_time.zone");
  }
}

void StreamChecks::CheckLimits() {
  if (stream_.retry.initial_ms > stream_.retry.max_ms) {
    Report("retry.initial", "retry.initial is longer than retry.max", "raise max or lower initial");
  }
  for (const auto& [kind, name] : {std::pair(RetryClass::kTransient, "transient"),
                                   std::pair(RetryClass::kCapacity, "capacity"),
                                   std::pair(RetryClass::kSystem, "system")}) {
    const RetryPolicy policy = RetryOf(stream_, kind);
    if (policy.initial_ms <= policy.max_ms || stream_.retry.initial_ms > stream_.retry.max_ms) continue;
    Report(Cat("retry.", name),
           Cat("retry.", name, " makes retry.initial longer than retry.max: ", policy.initial_ms,
               " ms and ", policy.max_ms, " ms"),
           "raise max or lower initial");
  }
  if (stream_.audit.window_ms < stream_.batch.interval_ms) {
    Report("audit.window",
           "audit.window is shorter than batch.interval, so it never holds a whole batch",
           "write a longer window");
  }
  const AlertLimits& alerts = stream_.alerts;
  if (alerts.dead_letters_warning != kOff && alerts.dead_letters_critical != kOff &&
      alerts.dead_letters_warning > alerts.dead_letters_critical) {
    Report("alerts.dead_letters_warning",
           "alerts.dead_letters_warning is larger than dead_letters_critical",
           "warn before paging: write a smaller number");
  }
}

// --- Between streams
// ------------------------------------------------------------------------------------

struct Use {
  std::string what;  // "the source of stream p/s"
  Mark mark;
};

class TopicChecks {
 public:
  TopicChecks(const Config& config, std::vector<Problem>* problems)
      : config_(config), problems_(problems) {}

  void Run() {
    for (const Stream& stream : config_.streams) AddSources(stream);
    AddOwn("topics.failures", config_.topics.failures);
    AddOwn("topics.batches", config_.topics.batches);
    AddOwn("topics.control", config_.topics.control);
    AddOwn("topics.journal", config_.topics.journal);
    AddOwn("topics.state", config_.topics.state);
    AddOwn("topics.ledger", config_.topics.ledger);
    for (const Stream& stream : config_.streams) {
      for (const Text& source : stream.topics) CheckOutputs(stream, source);
    }
  }

 private:
  void AddSources(const Stream& stream);
  void AddOwn(const std::string& path, const std::string& name);
  void CheckOutputs(const Stream& stream, const Text& source);
  std::string Expand(const Stream& stream, const Text& source, const Text& text, const char* path);
  void CheckOutput(const Stream& stream, const char* path, const std::string& name);

  const Config& config_;
  std::vector<Problem>* problems_;
  std::map<std::string, Use> sources_;
  std::map<std::string, Use> own_;
};

void TopicChecks::AddSources(const Stream& stream) {
  for (const Text& topic : stream.topics) {
    const auto [first, is_new] = sources_.emplace(
        topic.value, Use{Cat("the source of stream ", QualifiedName(stream)), topic.mark});
    if (is_new) continue;
    Error(topic.mark,
          Cat("topic ", topic.value, " is already ", first->second.what, " (line ",
              first->second.mark.line, ")"),
          "a source topic belongs to one stream of a group: remove one of them", problems_);
  }
}

void TopicChecks::AddOwn(const std::string& path, const std::string& name) {
  const Mark& mark = MarkOf(config_, path);
  const auto source = sources_.find(name);
  if (source != sources_.end()) {
    Error(mark, Cat("`", path, "` is ", name, ", which is ", source->second.what),
          "choose another name", problems_);
  }
  const auto [first, is_new] = own_.emplace(name, Use{Cat("`", path, "`"), mark});
  if (!is_new) {
    Error(mark, Cat("`", path, "` is ", name, ", and so is ", first->second.what),
          "choose another name", problems_);
  }
}

std::string TopicChecks::Expand(const Stream& stream, const Text& source, const Text& text,
                                const char* path) {
  if (text.value.empty() || !CheckTopicTemplate(text.value, false).empty()) return "";
  const TopicNames names{source.value,    stream.id,     stream.dataset,
                         stream.pipeline, config_.group, {}};
  Result<std::string> name = ExpandTopic(text.value, names);
  if (name.ok()) return std::move(name).value();
  Error(MarkOf(stream, path), std::string(name.status().message()), "choose another template",
        problems_);
  return "";
}

void TopicChecks::CheckOutput(const Stream& stream, const char* path, const std::string& name) {
  for (const auto* uses : {&sources_, &own_}) {
    const auto use = uses->find(name);
    if (name.empty() || use == uses->end()) continue;
    Error(MarkOf(stream, path), Cat("`", path, "` is ", name, ", which is ", use->second.what),
          uses == &sources_ ? "records would go round in a circle: choose another topic"
                            : "choose another topic",
          problems_);
  }
}

void TopicChecks::CheckOutputs(const Stream& stream, const Text& source) {
  const std::string published = Expand(stream, source, stream.publish_topic, "publish.topic");
  const std::string dead = Expand(stream, source, stream.dead_letter_topic, "dead_letters.topic");
  CheckOutput(stream, "publish.topic", published);
  CheckOutput(stream, "dead_letters.topic", dead);
  if (!dead.empty() && published == dead) {
    Error(MarkOf(stream, "dead_letters.topic"),
          Cat("dead letters and published records both go to ", dead),
          "readers of audited data must not see dead letters: choose another topic", problems_);
  }
}

// --- The top
// ----------------------------------------------------------------------------------------------

const KafkaSetting* FindSetting(const std::vector<KafkaSetting>& settings, std::string_view name) {
  for (const KafkaSetting& setting : settings) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

int64_t NumberOf(const KafkaSetting* setting, int64_t fallback) {
  if (setting == nullptr) return fallback;
  int64_t number = fallback;
  std::from_chars(setting->value.data(), setting->value.data() + setting->value.size(), number);
  return number;
}

const KafkaSetting* ProducerSetting(const Kafka& kafka, std::string_view name) {
  const KafkaSetting* setting = FindSetting(kafka.producer, name);
  return setting != nullptr ? setting : FindSetting(kafka.common, name);
}

void CheckKafka(const Config& config, std::vector<Problem>* problems) {
  const Kafka& kafka = config.kafka;
  if (config.marks.contains("kafka") && FindSetting(kafka.common, "bootstrap.servers") == nullptr) {
    Error(MarkOf(config, "kafka"), "`kafka` does not say where the brokers are",
          "write kafka: {bootstrap.servers: HOST:9092}", problems);
  }
  for (const auto* side : {&kafka.consumer, &kafka.producer}) {
    const KafkaSetting* servers = FindSetting(*side, "bootstrap.servers");
    if (servers == nullptr) continue;
    Error(servers->mark, "bootstrap.servers for one side only: a transaction cannot span clusters",
          "write it directly under kafka", problems);
  }
  const KafkaSetting* transaction = ProducerSetting(kafka, "transaction.timeout.ms");
  for (const char* name : {"message.timeout.ms", "delivery.timeout.ms"}) {
    const KafkaSetting* message = ProducerSetting(kafka, name);
    const int64_t limit = NumberOf(transaction, limits::kTransactionMs);
    if (message == nullptr || NumberOf(message, 0) < limit) continue;
    Error(message->mark,
          Cat(name, " is ", message->value, ", the transaction's timeout ", limit,
              ": a record must be given up before its transaction times out"),
          Cat("write less than ", limit, ", or remove it"), problems);
  }
}

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

void CheckHttp(const Config& config, std::vector<Problem>* problems) {
  const ListenAddress& api = config.http.listen;
  const ListenAddress& metrics = config.http.metrics_listen;
  if (api.port > 0 && api.port == metrics.port && api.host == metrics.host) {
    Error(MarkOf(config, "http.metrics_listen"),
          "http.listen and http.metrics_listen are the same address",
          "give one of them another port, or switch one off", problems);
  }
  if (api.port >= 0 && !IsLoopback(api.host)) {
    problems->push_back({Severity::kWarning, MarkOf(config, "http.listen"),
                         Cat("http.listen is ", api.host,
                             ": the API has no authentication, and others "
                             "than this machine can reach it"),
                         "listen on 127.0.0.1; metrics and probes have http.metrics_listen"});
  }
}

}  // namespace

void FindContradictions(const Effective& effective, const Config& config,
                        std::vector<Problem>* problems) {
  CheckKafka(config, problems);
  CheckHttp(config, problems);
  for (size_t i = 0; i < config.streams.size(); ++i) {
    StreamChecks(effective.streams[i], config.streams[i], problems).Run();
  }
  TopicChecks(config, problems).Run();
}

}  // namespace fracas::config
