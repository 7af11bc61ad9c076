// bytes → document → layers → effective values → model. Nothing here knows a single key by meaning
// except those whose default depends on another; the rest is in the tables (stream_keys.cc,
// root_keys.cc).

#include "config/reader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "config/contradictions.h"
#include "config/document.h"
#include "config/keys.h"
#include "config/layer.h"
#include "config/topic_template.h"
#include "core/limits.h"
#include "core/text.h"

namespace fracas::config {
namespace {

bool MergesByName(Type type) { return type == Type::kPathMap || type == Type::kDispositions; }

void MergeItems(const std::vector<Item>& nearer, std::vector<Item>* items) {
  for (const Item& item : nearer) {
    const auto same = std::find_if(items->begin(), items->end(),
                                   [&](const Item& other) { return other.name == item.name; });
    if (same == items->end()) {
      items->push_back(item);
    } else {
      *same = item;
    }
  }
}

// The nearer layer over what was inherited so far.
void Overlay(const std::vector<Value>& nearer, std::vector<Value>* values) {
  const std::span<const StreamKey> keys = StreamKeys();
  const size_t topics = StreamKeyIndex("topics");
  const size_t pattern = StreamKeyIndex("topics_pattern");
  // A stream that names its topics does not inherit a pattern, and the other way round.
  if (nearer[topics].set) (*values)[pattern] = {};
  if (nearer[pattern].set) (*values)[topics] = {};
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!nearer[i].set) {
      (*values)[i].refused |= nearer[i].refused;
      continue;
    }
    std::vector<Item> items = std::move((*values)[i].items);
    (*values)[i] = nearer[i];
    if (!MergesByName(keys[i].key.type)) continue;
    MergeItems(nearer[i].items, &items);
    (*values)[i].items = std::move(items);
  }
}

// Where each value, and each entry of a list or mapping, was written.
void AddMarks(std::string_view path, const Value& value, std::map<std::string, Mark>* marks) {
  if (!value.set || value.mark.line == 0) return;
  (*marks)[std::string(path)] = value.mark;
  for (size_t i = 0; i < value.items.size(); ++i) {
    const Item& item = value.items[i];
    const std::string entry = item.name.empty() ? Cat(path, ".", i) : Cat(path, ".", item.name);
    (*marks)[entry] = item.mark;
  }
}

class Assembly {
 public:
  Assembly(const ReadContext& context, Reading* reading) : context_(context), reading_(reading) {}

  void Run(const Node& root);

 private:
  void ReadRoot(const Node& root);
  void FillRoot();
  void RequireRoot(std::string_view path, const Node& root, std::string next_step);
  void ReadPipelines(const Node& pipelines);
  void ReadPipeline(const Member& pipeline);
  void ReadStreams(const Member& pipeline, const Node& streams,
                   const std::vector<Value>& inherited);
  void ReadStream(const std::string& pipeline, const Member& member, std::vector<Value> values);
  void FillStream(EffectiveStream* stream);
  void Store();
  std::vector<Value> WithDefaults(const Node& owner, Layer layer, std::vector<Value> values);
  bool IsName(const Member& member, std::string_view what);

  Value& Root(std::string_view path) { return reading_->effective.root[RootKeyIndex(path)]; }
  const ReadContext& context_;
  Reading* reading_;
  std::vector<Value> inherited_;  // built-in, then the top's defaults
};

const Node* FindMember(const Node& mapping, std::string_view key) {
  for (const Member& member : mapping.members) {
    if (member.key == key) return member.value;
  }
  return nullptr;
}

void Assembly::Run(const Node& root) {
  ReadRoot(root);
  for (const StreamKey& row : StreamKeys()) inherited_.push_back(DefaultOf(row.key));
  inherited_ = WithDefaults(root, Layer::kDefaults, std::move(inherited_));
  const Node* pipelines = FindMember(root, "pipelines");
  if (pipelines == nullptr) {
    context_.Error(root.position, "there are no pipelines",
                   "write pipelines: {NAME: {streams: {NAME: {topics: [TOPIC]}}}}");
  } else {
    ReadPipelines(*pipelines);
  }
  if (reading_->effective.streams.size() > limits::kStreamsMax) {
    context_.Error(root.position, Cat("more than ", limits::kStreamsMax, " streams"),
                   "spread them over several groups");
  }
  Store();
}

// --- The top
// ----------------------------------------------------------------------------------------------

void Assembly::ReadRoot(const Node& root) {
  std::vector<Value> written = ReadLayer(RootTable(), root, Layer::kStream, context_);
  const std::span<const RootKey> keys = RootKeys();
  for (size_t i = 0; i < keys.size(); ++i) {
    reading_->effective.root.push_back(written[i].set ? std::move(written[i])
                                                      : DefaultOf(keys[i].key));
    reading_->effective.root.back().refused |= written[i].refused;
    std::vector<Item>& items = reading_->effective.root.back().items;
    if (keys[i].key.type == Type::kSettings) {
      std::sort(items.begin(), items.end(),
                [](const Item& a, const Item& b) { return a.name < b.name; });
    }
  }
  RequireRoot("group", root, "write group: NAME");
  RequireRoot("kafka", root, "write kafka: {bootstrap.servers: HOST:9092}");
  FillRoot();
}

void Assembly::RequireRoot(std::string_view path, const Node& root, std::string next_step) {
  if (FindMember(root, path) != nullptr) return;
  context_.Error(root.position, Cat("`", path, "` is missing"), std::move(next_step));
}

// Defaults that the machine decides.
void Assembly::FillRoot() {
  Value& workers = Root("workers");
  if (!workers.set) {
    workers.set = true;
    workers.integer = std::clamp<int64_t>(context_.environment->cores, 1, limits::kWorkersMax);
    workers.text = Cat(workers.integer);
  }
  for (const char* path : {"topics.failures", "topics.batches", "topics.control", "topics.journal",
                           "topics.state", "topics.ledger"}) {
    Root(path).text = ExpandGroup(Root(path).text, Root("group").text);
  }
  Value& instance = Root("instance");
  if (instance.set || instance.refused) return;
  const std::string& host = context_.environment->host_name;
  if (!IsTopicName(host) || host.size() > 100) {
    return context_.Error({}, Cat("the host's name '", host, "' cannot serve as `instance`"),
                          "write instance: NAME with 1 to 100 of A-Z a-z 0-9 . _ -");
  }
  instance.set = true;
  instance.text = host;
}

// --- Pipelines and streams
// ----------------------------------------------------------------------------------

std::vector<Value> Assembly::WithDefaults(const Node& owner, Layer layer,
                                          std::vector<Value> values) {
  const Node* defaults = FindMember(owner, "defaults");
  if (defaults == nullptr) return values;
  if (defaults->kind != NodeKind::kMapping) {
    ReportNoMapping(*defaults, "defaults", context_);
    return values;
  }
  Overlay(ReadLayer(StreamTable("`defaults`, which takes the keys of a stream"), *defaults, layer,
                    context_),
          &values);
  return values;
}

bool Assembly::IsName(const Member& member, std::string_view what) {
  if (IsTopicName(member.key) && member.key.size() <= 128) return true;
  context_.Error(member.position, Cat("'", member.key, "' is no name for a ", what),
                 "use 1 to 128 of A-Z a-z 0-9 . _ -");
  return false;
}

void Assembly::ReadPipelines(const Node& pipelines) {
  if (pipelines.kind != NodeKind::kMapping)
    return ReportNoMapping(pipelines, "pipelines", context_);
  if (pipelines.members.empty()) {
    context_.Error(pipelines.position, "there are no pipelines",
                   "write pipelines: {NAME: {streams: {NAME: {topics: [TOPIC]}}}}");
  }
  for (const Member& pipeline : pipelines.members) ReadPipeline(pipeline);
}

void Assembly::ReadPipeline(const Member& pipeline) {
  if (!IsName(pipeline, "pipeline")) return;
  const Node& node = *pipeline.value;
  if (node.kind != NodeKind::kMapping) return ReportNoMapping(node, pipeline.key, context_);
  for (const Member& member : node.members) {
    if (member.key == "defaults" || member.key == "streams") continue;
    ReportUnknownKey(member, Cat("a pipeline (", pipeline.key, ")"), {"defaults", "streams"},
                     context_);
  }
  const std::vector<Value> inherited = WithDefaults(node, Layer::kPipeline, inherited_);
  const Node* streams = FindMember(node, "streams");
  if (streams == nullptr || (streams->kind == NodeKind::kMapping && streams->members.empty())) {
    return context_.Error(pipeline.position, Cat("pipeline ", pipeline.key, " has no streams"),
                          "write streams: {NAME: {topics: [TOPIC]}}");
  }
  if (streams->kind != NodeKind::kMapping) return ReportNoMapping(*streams, "streams", context_);
  for (const Member& stream : streams->members) {
    if (IsName(stream, "stream")) ReadStream(pipeline.key, stream, inherited);
  }
}

void Assembly::ReadStream(const std::string& pipeline, const Member& member,
                          std::vector<Value> values) {
  if (reading_->effective.streams.size() > limits::kStreamsMax) return;
  EffectiveStream stream{pipeline, member.key, context_.At(member.position), std::move(values)};
  if (member.value->kind == NodeKind::kMapping) {
    Overlay(ReadLayer(StreamTable("a stream"), *member.value, Layer::kStream, context_),
            &stream.values);
  } else {
    ReportNoMapping(*member.value, member.key, context_);
  }
  FillStream(&stream);
  reading_->effective.streams.push_back(std::move(stream));
}

// Values that another value decides.
void Assembly::FillStream(EffectiveStream* stream) {
  const Value& pointer = stream->values[StreamKeyIndex("event_time.pointer")];
  for (const char* path :
       {"event_time.max_age", "event_time.max_future", "event_time.format", "event_time.zone"}) {
    // Inherited by a stream that has no event time: without effect, so that it is not shown as one.
    const size_t index = StreamKeyIndex(path);
    if (pointer.off && stream->values[index].layer != Layer::kStream) {
      stream->values[index] = DefaultOf(StreamKeys()[index].key);
    }
  }
  Value& dataset = stream->values[StreamKeyIndex("dataset")];
  if (!dataset.set) {
    dataset.set = true;
    dataset.text = stream->id;
  }
  Value& mode = stream->values[StreamKeyIndex("publish.mode")];
  if (!mode.set) {
    mode.set = true;
    const bool copy = stream->values[StreamKeyIndex("publish.topic")].set;
    mode.text = copy ? "copy" : "none";
    mode.integer = static_cast<int64_t>(copy ? PublishMode::kCopy : PublishMode::kNone);
  }
}

// --- The model
// --------------------------------------------------------------------------------------------

void Assembly::Store() {
  Config& config = reading_->draft;
  config.marks[""] = {context_.file, 0, 0};
  const std::span<const RootKey> root_keys = RootKeys();
  for (size_t i = 0; i < root_keys.size(); ++i) {
    const Value& value = reading_->effective.root[i];
    AddMarks(root_keys[i].key.path, value, &config.marks);
    if (value.set) root_keys[i].store(value, &config);
  }
  const std::span<const StreamKey> stream_keys = StreamKeys();
  for (const EffectiveStream& effective : reading_->effective.streams) {
    Stream& stream = config.streams.emplace_back();
    stream.id = effective.id;
    stream.pipeline = effective.pipeline;
    stream.mark = effective.mark;
    for (size_t i = 0; i < stream_keys.size(); ++i) {
      AddMarks(stream_keys[i].key.path, effective.values[i], &stream.marks);
      if (effective.values[i].set) stream_keys[i].store(effective.values[i], &stream);
    }
  }
}

// --- Files
// ------------------------------------------------------------------------------------------------

void Finish(const std::string& file, Reading* reading) {
  std::vector<Problem>& problems = reading->problems;
  SortByPlace(&problems);
  if (problems.size() <= limits::kConfigProblemsMax) return;
  const size_t more = problems.size() - limits::kConfigProblemsMax;
  const bool errors = HasErrors(problems);
  problems.resize(limits::kConfigProblemsMax);
  Problem rest;
  rest.severity = errors ? Severity::kError : Severity::kWarning;
  rest.mark.file = file;
  rest.message = Cat("and ", more, " more problems");
  rest.next_step = "mend these first";
  problems.push_back(std::move(rest));
}

Result<std::string> ReadBounded(const std::string& file) {
  std::error_code error;
  const auto type = std::filesystem::status(file, error).type();
  if (type == std::filesystem::file_type::not_found) {
    return Status::Reject(Cat("cannot open ", file, ": there is no such file"));
  }
  if (type == std::filesystem::file_type::directory) {
    return Status::Reject(Cat("cannot open ", file, ": it is a folder"));
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    return Status::Reject(Cat("cannot open ", file, ": it is not readable for this user"));
  std::string bytes(limits::kConfigFileBytesMax + 1, '\0');  // one more, so that too large is seen
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (stream.bad()) return Status::Reject(Cat("cannot read ", file));
  bytes.resize(static_cast<size_t>(stream.gcount()));
  return bytes;
}

}  // namespace

Reading ReadBytes(std::string_view yaml, const std::string& file, const Environment& environment) {
  Reading reading;
  reading.draft.file = file;
  std::error_code ignored;
  const ReadContext context{
      file, std::filesystem::absolute(file.empty() ? "." : file, ignored).parent_path().string(),
      &environment, &reading.problems};
  const Document document = ParseYaml(yaml, file, &reading.problems);
  if (document.root != nullptr && document.root->kind == NodeKind::kMapping) {
    Assembly(context, &reading).Run(*document.root);
    FindContradictions(reading.effective, reading.draft, &reading.problems);
  } else if (reading.problems.empty()) {
    context.Error({1, 1}, document.root == nullptr ? "an empty file" : "not a mapping of keys",
                  "a configuration begins with group: NAME");
  }
  Finish(file, &reading);
  return reading;
}

Reading ReadFile(const std::string& file, const Environment& environment) {
  Result<std::string> bytes = ReadBounded(file);
  if (bytes.ok()) return ReadBytes(*bytes, file, environment);
  Reading reading;
  reading.draft.file = file;
  reading.draft.marks[""] = {file, 0, 0};
  Problem unreadable;
  unreadable.message = bytes.status().message();
  unreadable.next_step = "name a configuration with -c FILE";
  reading.problems.push_back(std::move(unreadable));
  return reading;
}

Result<Config> Load(const std::string& file, const Environment& environment) {
  Reading reading = ReadFile(file, environment);
  if (reading.ok()) return std::move(reading.draft);
  std::string text;
  for (const Problem& problem : reading.problems) {
    if (problem.severity != Severity::kError) continue;
    AppendTo(&text, text.empty() ? "" : "\n", ToString(problem));
  }
  return Status::Reject(std::move(text));
}

}  // namespace fracas::config
