// What is asked for, and whether it may be done (plan_ranges.cc: where it lies).

#include "tools/replay/plan.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/limits_tools.h"
#include "core/sha256.h"
#include "core/text.h"
#include "tools/patch/specimen_reader.h"
#include "tools/topic_settings.h"
#include "tools/topics.h"

namespace fracas::tools {

namespace {

constexpr size_t kJobNameMax = 64;

Status CheckJobName(const std::string& name) {
  const bool usable =
      name.size() <= kJobNameMax && name.find_first_not_of(
                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                        "0123456789._-") == std::string::npos;
  if (usable) return {};
  return Status::Reject(Cat("--job ", name, ": 1 to ", kJobNameMax, " of A-Z a-z 0-9 . _ -"));
}

// Everything that decides what is sent where, as one text.
std::string Canonical(const ReplayRequest& request) {
  std::string text;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) AppendTo(&text, name, " ", value.size(), " ", value, "\n");
  };
  const auto add_all = [&](std::string_view name, const std::vector<std::string>& values) {
    for (const std::string& value : values) add(name, value);
  };
  add_all("what", request.what);
  const SelectionText& letters = request.letters;
  add_all("place", letters.places);
  add_all("topic", letters.topics);
  add("stream", letters.stream);
  add_all("code", letters.codes);
  add("mode", letters.mode);
  add("id", letters.id);
  add("id64", letters.id_base64);
  add_all("record", letters.records);
  add("since", letters.since);
  add("until", letters.until);
  add("state", letters.state);
  add("error", letters.error);
  add("system", letters.system);
  add("quarantine", request.quarantine);
  add_all("header", request.filter.headers);
  add_all("where", request.filter.pointers);
  add("to", request.to);
  if (request.any_origin) add("any_origin", "1");
  if (request.rewritten) add("rewritten", "1");
  if (request.force) add("force", "1");
  if (request.count_max >= 0) add("count_max", Cat(request.count_max));
  return text;
}

bool AsksForLetters(const SelectionText& text) {
  return !text.codes.empty() || !text.mode.empty() || !text.records.empty() ||
         !text.error.empty() || !text.topics.empty() || !text.system.empty();
}

struct Times {
  int64_t since_ms = 0;
  int64_t until_ms = 0;
};
Result<Times> ReadTimes(const SelectionText& text, int64_t now_ms) {
  SelectionText only;
  only.since = text.since;
  only.until = text.until;
  const config::Config none{};
  Result<Selection> read = ParseSelection(only, none, now_ms);
  if (!read.ok()) return read.status();
  return Times{read->since_ms, read->until_ms};
}

SelectionText TextOfLetters(const ReplayRequest& request) {
  SelectionText text = request.letters;
  if (!request.quarantine.empty()) text.id = request.quarantine;
  return text;
}

class Planner {
 public:
  Planner(const config::Config& config, const ReplayRequest& request, const PlanPorts& ports)
      : config_(config), request_(request), ports_(ports) {}

  Result<ReplayPlan> Plan();

 private:
  Status CheckTarget();
  Status FindJudge();
  Status ReadWhat();
  Status CheckSource(const std::string& name) const;
  Status ReadLetters();
  Status ReadRecords();
  void Name();
  const PlannedTopic* Role(const std::string& topic, TopicRole role) const;

  const config::Config& config_;
  const ReplayRequest& request_;
  const PlanPorts& ports_;
  TopicPlan topics_;
  ReplayPlan plan_;
};

const PlannedTopic* Planner::Role(const std::string& topic, TopicRole role) const {
  const auto found = std::find_if(
      topics_.topics.begin(), topics_.topics.end(),
      [&](const PlannedTopic& planned) { return planned.name == topic && planned.role == role; });
  return found == topics_.topics.end() ? nullptr : &*found;
}

// What is replayed goes through a contract, or to a topic that nobody of ours watches over.
Status Planner::CheckTarget() {
  const PlannedTopic* source = Role(request_.to, TopicRole::kSource);
  if (const PlannedTopic* output = Role(request_.to, TopicRole::kPublished);
      source == nullptr && output != nullptr) {
    return Status::Reject(Cat("--to ", request_.to,
                              " is a published topic: its readers rely on the audit; send to its "
                              "source ",
                              output->source));
  }
  for (const PlannedTopic& topic : topics_.topics) {
    if (topic.name != request_.to || topic.role == TopicRole::kSource) continue;
    return Status::Reject(
        Cat("--to ", request_.to, " is written by Fracas alone (", tools::Name(topic.role), ")"));
  }
  Result<std::vector<TopicDescription>> described = ports_.admin->Describe({request_.to});
  if (!described.ok()) return described.status();
  if (described->empty()) {
    return Status::Reject(Cat("--to: there is no topic ", request_.to, " on this cluster"));
  }
  plan_.partitions = described->front().partitions;
  plan_.record_bytes_max = static_cast<size_t>(
      NumberOf(described->front(), "max.message.bytes").value_or(limits::kRecordBytesDefault));
  plan_.rules.to = request_.to;
  plan_.unjudged = Cat("no stream of ", config_.file, " reads ", request_.to);
  return source == nullptr ? Status() : FindJudge();
}

Status Planner::FindJudge() {
  const std::string name = Role(request_.to, TopicRole::kSource)->stream;
  const config::Stream* stream = FindStream(config_, name);
  if (stream == nullptr) return {};
  plan_.identity = stream;
  if (stream->mode == config::PublishMode::kNone) {
    plan_.unjudged = Cat(name, " only observes ", request_.to, " (publish.mode: none)");
    return {};
  }
  plan_.unjudged.clear();
  plan_.stream = stream;
  Result<std::unique_ptr<Judge>> judge = Judge::OfStream(*stream, false);
  if (!judge.ok()) return judge.status();
  plan_.judge = std::move(*judge);
  return {};
}

// Records of a stream's topics were published already or will be.
Status Planner::CheckSource(const std::string& name) const {
  for (const PlannedTopic& topic : topics_.topics) {
    if (topic.name != name) continue;
    const bool data = topic.role == TopicRole::kSource || topic.role == TopicRole::kPublished;
    if (!data) {
      return Status::Reject(
          Cat("topic ", name, " carries no data of a stream (", tools::Name(topic.role), ")"));
    }
    if (request_.already_published) continue;
    return Status::Reject(
        Cat("records of ", name,
            " were published already or will be: readers of the published topic would see them "
            "twice. If that is what you want, add --already-published; for its dead letters name "
            "none of its records (--record, --code, --id …)"));
  }
  return {};
}

Status Planner::ReadWhat() {
  bool records = false;
  std::string letters_topic;
  for (const std::string& text : request_.what) {
    std::string topic = text;
    if (text.find('/') == std::string::npos) {
      plan_.topics.push_back(text);
    } else {
      Result<OffsetRange> range = ParseOffsetRange(text);
      if (!range.ok()) return range.status();
      topic = range->partition.topic;
      plan_.places.push_back(std::move(*range));
    }
    const bool letters = Role(topic, TopicRole::kDeadLetters) != nullptr;
    if (letters) letters_topic = topic;
    records = records || !letters;
    if (letters) continue;
    if (Status s = CheckSource(topic); !s.ok()) return s;
  }
  if (!letters_topic.empty() && records) {
    return Status::Reject(
        Cat(letters_topic, " holds dead letters, the others records: that is two jobs"));
  }
  plan_.letters = !records;
  if (!records) return {};
  if (!request_.quarantine.empty() || AsksForLetters(request_.letters)) {
    return Status::Reject(
        Cat(request_.what.front(),
            " holds records, and --quarantine, --code, --mode, --record, --error, --topic and "
            "--system select dead letters; of another system's dead-letter topic: --topic ",
            request_.what.front()));
  }
  return {};
}

Status Planner::ReadLetters() {
  SelectionText text = TextOfLetters(request_);
  for (const std::string& what : request_.what) {
    (what.find('/') == std::string::npos ? text.topics : text.places).push_back(what);
  }
  Result<Selection> selection = ParseSelection(text, config_, ports_.clock->WallMs());
  if (!selection.ok()) return selection.status();
  const bool everywhere = text.topics.empty() && text.places.empty();
  if (everywhere && selection->stream.empty() && plan_.stream != nullptr) {
    selection->stream = config::QualifiedName(*plan_.stream);
  }
  const bool unpublished =
      selection->state.has_value() && selection->state != LetterState::kResolved;
  if (!unpublished && !request_.already_published) {
    return Status::Reject(Cat("--state ", text.state,
                              ": what is resolved was published already, readers would see it "
                              "twice. If that is what you want, add --already-published"));
  }
  if (everywhere) {
    for (const PlannedTopic& topic : topics_.topics) {
      const bool wanted = selection->stream.empty() || topic.stream == selection->stream;
      if (topic.role == TopicRole::kDeadLetters && wanted) plan_.topics.push_back(topic.name);
    }
  } else {
    plan_.topics = selection->topics;
  }
  plan_.selection = std::move(*selection);
  Result<RecordFilter> filter = RecordFilter::Parse(request_.filter, plan_.stream);
  if (!filter.ok()) return filter.status();
  plan_.rules.filter = std::move(*filter);
  return {};
}

Status Planner::ReadRecords() {
  // The stream that reads them says where their ids are; else the one that will.
  for (const std::string& topic : plan_.topics) {
    if (const PlannedTopic* source = Role(topic, TopicRole::kSource); source != nullptr)
      plan_.identity = FindStream(config_, source->stream);
  }
  FilterText text = request_.filter;
  text.business_id = request_.letters.id;
  Result<RecordFilter> filter = RecordFilter::Parse(text, plan_.identity);
  if (!filter.ok()) return filter.status();
  Result<Times> times = ReadTimes(request_.letters, ports_.clock->WallMs());
  if (!times.ok()) return times.status();
  filter->SetTimes(times->since_ms, times->until_ms);
  plan_.since_ms = times->since_ms;
  plan_.rules.filter = std::move(*filter);
  return {};
}

void Planner::Name() {
  ReplayJob& job = plan_.job;
  job.request = Sha256Hex(Canonical(request_));
  plan_.made_name = request_.job.empty();
  job.name = plan_.made_name ? Cat("job-", job.request.substr(0, 12)) : request_.job;
  job.to = request_.to;
  job.who = request_.who;
  job.why = request_.why;
  job.started_ms = job.updated_ms = ports_.clock->WallMs();
  std::string what;
  for (const std::string& name : request_.what) AppendTo(&what, what.empty() ? "" : ", ", name);
  job.selection = plan_.letters ? plan_.selection.Describe() : Cat("records of ", what);
  const std::string filter = plan_.rules.filter.Describe();
  if (!filter.empty()) AppendTo(&job.selection, " with ", filter);
  if (job.selection.size() > limits::kReplayTextBytesMax) {
    job.selection.resize(limits::kReplayTextBytesMax);
    job.selection += "…";
  }
  const int32_t streams_max =
      plan_.stream == nullptr ? limits::kReplayCountMaxDefault : plan_.stream->replay.count_max;
  plan_.rules.count_max = request_.count_max >= 0 ? request_.count_max : streams_max;
  plan_.rules.any_origin = request_.any_origin;
  plan_.rules.rewritten = request_.rewritten;
}

Result<ReplayPlan> Planner::Plan() {
  Result<TopicPlan> topics = PlanTopics(config_, ports_.admin);
  if (!topics.ok()) return topics.status();
  topics_ = std::move(*topics);
  if (Status s = CheckTarget(); !s.ok()) return s;
  if (Status s = ReadWhat(); !s.ok()) return s;
  if (Status s = plan_.letters ? ReadLetters() : ReadRecords(); !s.ok()) return s;
  Name();
  return std::move(plan_);
}

}  // namespace

Status CheckRequest(const config::Config& config, const ReplayRequest& request, int64_t now_ms) {
  if (Status s = CheckJobName(request.job); !s.ok()) return s;
  for (const std::string& text : request.what) {
    if (text.find('/') == std::string::npos) continue;
    if (Result<OffsetRange> range = ParseOffsetRange(text); !range.ok()) return range.status();
  }
  const SelectionText text = TextOfLetters(request);
  if (Result<Selection> read = ParseSelection(text, config, now_ms); !read.ok()) {
    return read.status();
  }
  Result<RecordFilter> filter = RecordFilter::Parse(request.filter, nullptr);
  return filter.ok() ? Status() : filter.status();
}

Result<ReplayPlan> PlanReplay(const config::Config& config, const ReplayRequest& request,
                              const PlanPorts& ports) {
  return Planner(config, request, ports).Plan();
}

std::string ReplayTransactionalId(const config::Config& config, const std::string& job) {
  return Cat(config.group, ".replay.", job);
}

}  // namespace fracas::tools
