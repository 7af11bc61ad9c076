#include "tools/replay/watch.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "state/format/codec.h"
#include "tools/replay/chunk.h"
#include "wire/dead_letter.h"

namespace fracas::tools {

namespace {

constexpr size_t kLookRecords = 10'000;
constexpr int kLooksMax = 1'000;

void CountFate(Code code, JobFates* fates) {
  if (code == Code::kReplayParked) {
    ++fates->parked;
  } else if (code == Code::kQuarantined) {
    ++fates->masked;
  } else {
    ++fates->failed_again;
  }
}

}  // namespace

Status JobWatch::Begin() {
  const TopicPartition state{config_.topics.state, 0};
  Result<Watermarks> ends = admin_->Query(state);
  if (!ends.ok()) return ends.status();
  std::vector<TailStart> starts = {{.partition = state, .from = ends->high}};
  for (const TopicPartition& source : target_.sources) {
    Result<Watermarks> there = admin_->Query(source);
    if (!there.ok()) return there.status();
    begin_[source] = there->high;
  }
  for (const LogPlace& place : target_.letters) {
    // A job that stood still for long: retention may have taken some.
    Result<Watermarks> there = admin_->Query(place.partition);
    if (!there.ok()) return there.status();
    starts.push_back({.partition = place.partition, .from = std::max(place.offset, there->low)});
  }
  return tail_->Follow(starts);
}

void JobWatch::TakeState(const ConsumedRecord& record) {
  if (record.key != state::BreakerKey(target_.stream) || record.value.empty()) return;
  Result<state::Breaker> breaker = state::DecodeBreaker(record.value);
  if (!breaker.ok()) return;
  red_ = breaker->state == state::BreakerState::kRed;
  red_reason_ = breaker->reason;
  red_since_ms_ = breaker->since_ms;
}

void JobWatch::TakeLetter(const ConsumedRecord& record, const PayloadLease& lease) {
  std::vector<HeaderView> headers;
  bool ours = false;
  lease.VisitHeaders(record.lease_index, [&](std::string_view name, std::string_view value) {
    headers.push_back({name, value});
    ours = ours || (name == kReplayJobHeader && value == target_.job);
  });
  if (!ours) return;
  Result<std::optional<wire::DeadLetter>> letter = wire::DecodeDeadLetter(headers);
  if (!letter.ok() || !letter->has_value()) return;
  CountFate((*letter)->code, &fates_);
  const auto begin = begin_.find((*letter)->source);
  if (begin != begin_.end() && (*letter)->offset >= begin->second)
    CountFate((*letter)->code, &fates_since_begin_);
}

Status JobWatch::Look() {
  for (int look = 0; look < kLooksMax; ++look) {
    size_t seen = 0;
    Status polled =
        tail_->Poll(0, kLookRecords, [&](const ConsumedRecord& record, const PayloadLease& lease) {
          ++seen;
          record.slot == 0 ? TakeState(record) : TakeLetter(record, lease);
        });
    if (!polled.ok()) return polled;
    if (seen == 0) return {};
  }
  return {};
}

Result<int64_t> JobWatch::Unjudged() {
  Result<std::vector<Offset>> committed = admin_->Committed(config_.group, target_.sources);
  if (!committed.ok()) return committed.status();
  int64_t behind = 0;
  for (size_t i = 0; i < target_.sources.size(); ++i) {
    Result<Watermarks> ends = admin_->Query(target_.sources[i]);
    if (!ends.ok()) return ends.status();
    behind += std::max<Offset>(0, ends->high - std::max((*committed)[i], ends->low));
  }
  return behind;
}

Status JobWatch::TakeEnds() {
  if (!ends_.empty()) return {};
  std::vector<Offset> ends;
  for (const TopicPartition& source : target_.sources) {
    Result<Watermarks> marks = admin_->Query(source);
    if (!marks.ok()) return marks.status();
    // Where nothing is, nothing is to be judged.
    ends.push_back(marks->low == marks->high ? 0 : marks->high);
  }
  ends_ = std::move(ends);
  return {};
}

// A group's offset stands behind the last record that it has judged: markers of transactions, ours
// among them, may still lie between it and the end.
Result<bool> JobWatch::IsJudged(size_t source, Offset committed) {
  const Offset from = std::max<Offset>(0, committed);
  if (from >= ends_[source]) return true;
  Result<Watermarks> marks = admin_->Query(target_.sources[source]);
  if (!marks.ok()) return marks.status();
  bool found = false;
  const Status read = reader_->Read(target_.sources[source], std::max(from, marks->low),
                                    ends_[source], [&](const ConsumedRecord&, const PayloadLease&) {
                                      found = true;
                                      return false;
                                    });
  if (!read.ok()) return read;
  return !found;
}

// The offsets first, the dead letters afterwards: what is judged meanwhile is still said to wait,
// and never to be published.
Result<uint64_t> JobWatch::Waiting() {
  if (Status s = TakeEnds(); !s.ok()) return s;
  Result<std::vector<Offset>> committed = admin_->Committed(config_.group, target_.sources);
  if (!committed.ok()) return committed.status();
  uint64_t waiting = 0;
  const auto count = [&](const ConsumedRecord& record, const PayloadLease& lease) {
    bool ours = false;
    lease.VisitHeaders(record.lease_index, [&](std::string_view name, std::string_view value) {
      ours = ours || (name == kReplayJobHeader && value == target_.job);
    });
    if (ours) ++waiting;
    return true;
  };
  for (size_t i = 0; i < target_.sources.size(); ++i) {
    Result<Watermarks> marks = admin_->Query(target_.sources[i]);
    if (!marks.ok()) return marks.status();
    const Offset from = std::max(marks->low, (*committed)[i]);
    if (from >= ends_[i]) continue;
    if (Status s = reader_->Read(target_.sources[i], from, ends_[i], count); !s.ok()) return s;
  }
  if (Status s = Look(); !s.ok()) return s;
  return waiting;
}

Result<bool> JobWatch::Settled() {
  if (Status s = TakeEnds(); !s.ok()) return s;
  if (Status s = Look(); !s.ok()) return s;
  Result<std::vector<Offset>> committed = admin_->Committed(config_.group, target_.sources);
  if (!committed.ok()) return committed.status();
  for (size_t i = 0; i < ends_.size(); ++i) {
    Result<bool> judged = IsJudged(i, (*committed)[i]);
    if (!judged.ok() || !*judged) return judged;
  }
  std::vector<Offset> letters;
  for (const LogPlace& place : target_.letters) {
    Result<Watermarks> marks = admin_->Query(place.partition);
    if (!marks.ok()) return marks.status();
    letters.push_back(marks->high);
  }
  if (Status s = Look(); !s.ok()) return s;
  for (size_t i = 0; i < letters.size(); ++i) {
    if (tail_->Position(i + 1) < letters[i]) return false;
  }
  return true;
}

}  // namespace fracas::tools
