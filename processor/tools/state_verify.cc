#include "tools/state_verify.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/limits.h"
#include "core/percent.h"
#include "core/text.h"

namespace fracas::tools {

namespace {

constexpr size_t kDifferencesShown = 10;
constexpr int kComparisonsMax = 3;
constexpr int64_t kAskEveryMs = 200;

Result<Watermarks> EndsOf(Admin* admin, const TopicPartition& changelog) {
  Result<std::vector<TopicDescription>> topics = admin->Describe({changelog.topic});
  if (!topics.ok()) return topics.status();
  if (topics->empty()) {
    return Status::Stop(Cat("there is no topic ", changelog.topic,
                            " on this cluster: check `group`, topics.state "
                            "and the brokers, or make it with `fracas topics --create`"));
  }
  return admin->Query(changelog);
}

// The last value of each key in [from, to); with `keep_deleted` a deleted key stays, with an empty
// value.
struct Range {
  Offset from = 0;
  Offset to = 0;
  bool keep_deleted = false;
};
Result<RawState> Fold(const FoldPorts& ports, const TopicPartition& changelog, const Range& range) {
  RawState content;
  Status broken;
  const auto total = static_cast<uint64_t>(range.to - range.from);
  const Status read = ports.reader->Read(
      changelog, range.from, range.to, [&](const ConsumedRecord& record, const PayloadLease&) {
        if (record.key.empty()) {
          broken = Status::Stop(Cat(ToString(changelog, record.offset),
                                    " has no key: only the state authority "
                                    "may write there; find who else did"));
          return false;
        }
        if (record.value.empty() && !range.keep_deleted) {
          content.erase(std::string(record.key));
        } else {
          content.insert_or_assign(std::string(record.key), std::string(record.value));
        }
        if (ports.progress)
          ports.progress(static_cast<uint64_t>(record.offset - range.from), total);
        return true;
      });
  if (!broken.ok()) return broken;
  if (!read.ok()) return read;
  return content;
}

StateDigest DigestOf(const RawState& content, Offset offset) {
  DigestBuilder builder;
  for (const auto& [key, value] : content) builder.Add(key, value);
  return builder.Finish(offset);
}

std::vector<std::string> DifferingKinds(const StateDigest& topic, const StateDigest& copy) {
  std::set<std::string> names;
  for (const auto* side : {&topic, &copy}) {
    for (const auto& [name, kind] : side->kinds) names.insert(name);
  }
  std::vector<std::string> differing;
  for (const std::string& name : names) {
    const auto a = topic.kinds.find(name);
    const auto b = copy.kinds.find(name);
    const bool same = a != topic.kinds.end() && b != copy.kinds.end() && a->second == b->second;
    if (!same) differing.push_back(name);
  }
  return differing;
}

VerifyReport ReportOf(const StateDigest& topic, const StateDigest& copy) {
  VerifyReport report;
  report.offset = topic.offset;
  report.topic_keys = topic.all.keys;
  report.copy_keys = copy.all.keys;
  report.topic_sha256 = topic.all.sha256;
  report.copy_sha256 = copy.all.sha256;
  report.kinds = DifferingKinds(topic, copy);
  return report;
}

// Walks a copy in ascending order beside the topic's content.
class Comparison {
 public:
  explicit Comparison(const RawState& topic) : next_(topic.begin()), end_(topic.end()) {}

  void Take(std::string_view key, std::string_view value) {
    for (; next_ != end_ && next_->first < key; ++next_)
      Add({next_->first, next_->second, std::nullopt});
    if (next_ == end_ || next_->first != key) {
      Add({std::string(key), std::nullopt, std::string(value)});
      return;
    }
    if (next_->second != value) Add({next_->first, next_->second, std::string(value)});
    ++next_;
  }

  void Finish(VerifyReport* report) {
    for (; next_ != end_; ++next_) Add({next_->first, next_->second, std::nullopt});
    report->differing = differing_;
    report->differences = std::move(first_);
  }

 private:
  void Add(KeyDifference difference) {
    if (++differing_ <= kDifferencesShown) first_.push_back(std::move(difference));
  }

  RawState::const_iterator next_;
  const RawState::const_iterator end_;
  uint64_t differing_ = 0;
  std::vector<KeyDifference> first_;
};

Result<StateDigest> AskUntil(const InstancePort& instance, Offset at_least) {
  for (int64_t waited = 0;; waited += kAskEveryMs) {
    Result<StateDigest> digest = instance.ask(at_least);
    if (digest.ok() && digest->offset >= at_least) return digest;
    const bool again = digest.ok() || digest.status().action() == Action::kRetry;
    if (!again || waited >= limits::kCommandWaitMsMax) {
      if (!digest.ok()) return digest.status();
      return Status::Retry(Cat("the instance stands at offset ", digest->offset,
                               " and does not reach ", at_least, ": see its log and /readyz"));
    }
    instance.wait(kAskEveryMs);
  }
}

}  // namespace

Result<RawFold> FoldRaw(const FoldPorts& ports, const TopicPartition& changelog) {
  const Result<Watermarks> ends = EndsOf(ports.admin, changelog);
  if (!ends.ok()) return ends.status();
  Result<RawState> content = Fold(ports, changelog, {.from = ends->low, .to = ends->high});
  if (!content.ok()) return content.status();
  return RawFold{.offset = ends->high, .content = std::move(*content)};
}

Result<StateDigest> AskDigest(const HttpGet& get, const InstanceAddress& instance,
                              Offset at_least) {
  const Result<HttpAnswer> answer =
      get(instance.address,
          Cat("/state/digest?group=", PercentEncode(instance.group), "&at_least=", at_least));
  if (!answer.ok()) return Status::Stop(std::string(answer.status().message()));
  if (answer->status == 200) return ReadStateDigest(answer->body);
  const std::string said =
      Cat("the instance at ", instance.address, " answers ", answer->status, ": ", answer->body);
  return answer->status == 503 ? Status::Retry(said) : Status::Stop(said);
}

Result<VerifyReport> VerifyInstance(const FoldPorts& ports, const TopicPartition& changelog,
                                    const InstancePort& instance) {
  VerifyReport report;
  // What is written between its answer and our reading may make compaction take what it had: a
  // difference counts when it comes again.
  for (int i = 0; i < kComparisonsMax; ++i) {
    const Result<Watermarks> ends = EndsOf(ports.admin, changelog);
    if (!ends.ok()) return ends.status();
    const Result<StateDigest> copy = AskUntil(instance, ends->high);
    if (!copy.ok()) return copy.status();
    const Result<RawState> topic = Fold(ports, changelog, {.from = ends->low, .to = copy->offset});
    if (!topic.ok()) return topic.status();
    report = ReportOf(DigestOf(*topic, copy->offset), *copy);
    if (report.equal()) break;
  }
  return report;
}

Result<VerifyReport> VerifyStore(const FoldPorts& ports, const TopicPartition& changelog,
                                 const StateStore& store) {
  const Result<Watermarks> ends = EndsOf(ports.admin, changelog);
  if (!ends.ok()) return ends.status();
  const Offset position = store.Position(changelog);
  if (position > ends->high || (position < ends->low && position > 0)) {
    return Status::Stop(Cat("the folder stands at offset ", position, " and topic ",
                            changelog.topic, " has ", ends->low, " to ", ends->high,
                            ": it was made anew, or this is another cluster's "
                            "folder; the next start rebuilds it"));
  }
  const Result<RawState> topic = Fold(ports, changelog, {.from = ends->low, .to = ends->high});
  if (!topic.ok()) return topic.status();
  const Result<RawState> newer =
      Fold(ports, changelog,
           {.from = std::max(position, ends->low), .to = ends->high, .keep_deleted = true});
  if (!newer.ok()) return newer.status();
  Comparison comparison(*topic);
  DigestBuilder copy;
  const auto take = [&](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    comparison.Take(key, value);
    copy.Add(key, value);
  };
  auto next = newer->begin();
  const Status visited = store.Visit("", [&](std::string_view key, std::string_view value) {
    for (; next != newer->end() && next->first < key; ++next) take(next->first, next->second);
    const bool replaced = next != newer->end() && next->first == key;
    take(key, replaced ? std::string_view(next->second) : value);
    if (replaced) ++next;
    return true;
  });
  if (!visited.ok()) return visited;
  for (; next != newer->end(); ++next) take(next->first, next->second);
  VerifyReport report = ReportOf(DigestOf(*topic, ends->high), copy.Finish(ends->high));
  comparison.Finish(&report);
  return report;
}

}  // namespace fracas::tools
