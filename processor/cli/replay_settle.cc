#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "cli/older_letters.h"
#include "cli/support/replay_session.h"
#include "core/text.h"
#include "tools/replay/lineage.h"

// What becomes of what a replay has sent.

namespace fracas::cli {

namespace {

constexpr int64_t kSettleEveryMs = 500;

}  // namespace

Status ReplaySession::OpenWatch() {
  if (plan_.stream == nullptr) return {};
  Result<std::unique_ptr<LogTail>> tail = session_->services().open_tail(session_->config());
  if (!tail.ok()) return tail.status();
  tail_ = std::move(*tail);
  tools::WatchTarget target{.job = plan_.job.name,
                            .stream = config::QualifiedName(*plan_.stream),
                            .sources = {},
                            .letters = plan_.job.letters};
  for (Partition number = 0; number < plan_.partitions; ++number) {
    target.sources.push_back({plan_.job.to, number});
  }
  watch_ = std::make_unique<tools::JobWatch>(
      session_->config(), std::move(target),
      tools::JobWatchPorts{.tail = tail_.get(), .reader = progress_.get(), .admin = admin_});
  return watch_->Begin();
}

void ReplaySession::Settle(tools::ReplayReport* report) {
  const Clock& clock = *session_->services().clock;
  const int64_t begin_ms = clock.MonotonicMs();
  Progress progress("waiting for the judgement of what was sent", "ms");
  while (true) {
    Result<bool> settled = watch_->Settled();
    report->settled = settled.ok() && *settled;
    const int64_t elapsed_ms = clock.MonotonicMs() - begin_ms;
    if (report->settled || watch_->red() || elapsed_ms >= wait_ms_) break;
    progress.Update(static_cast<uint64_t>(elapsed_ms), static_cast<uint64_t>(wait_ms_));
    Pause(kSettleEveryMs);
  }
  if (!report->settled) {
    const Result<uint64_t> waiting = watch_->Waiting();
    report->waiting = waiting.ok() ? *waiting : report->job.counts.sent;
  }
  report->fates = watch_->fates();
  if (!report->settled) LookWhetherRed(report);
}

// The watch sees what happens since it began; a stream may be RED since before that.
void ReplaySession::LookWhetherRed(tools::ReplayReport* report) {
  if (watch_->red()) {
    report->red_since_ms = watch_->red_since_ms();
    report->red_reason = watch_->red_reason();
    return;
  }
  Result<tools::StreamLive> live = session_->live().Stream(config::QualifiedName(*plan_.stream));
  if (!live.ok() || live->breaker.state != state::BreakerState::kRed) return;
  report->red_since_ms = live->breaker.since_ms;
  report->red_reason = live->breaker.reason;
}

// Those that an earlier replay has left open, and those that this one made older. The newest are
// read where they lie: an index may not know them yet.
void ReplaySession::DiscardOlderLetters(tools::ReplayReport* report) {
  const bool before = plan_.rules.superseded.size() > 0;
  const bool now = report->fates.unpublished() > 0;
  if (letters_ == nullptr || !(before || now)) return;
  const std::string stream = config::QualifiedName(*plan_.stream);
  tools::OlderScope scope;
  scope.letters.stream = stream;
  scope.letters.since_ms = plan_.selection.since_ms;
  tools::Lineage lineage;
  Status read;
  if (before) read = lineage.Read(scope.letters, letters_.get());
  std::vector<tools::OffsetRange> places;
  for (const tools::LogPlace& place : report->job.letters) {
    places.push_back({place.partition, place.offset, INT64_MAX});
  }
  if (read.ok() && now) read = lineage.ReadPlaces(stream, places, letters_.get());
  if (!read.ok()) {
    report->older_trouble = read.message();
    return;
  }
  OlderDiscarded done =
      DiscardOlder(session_.get(), scope, lineage, request_.who, letters_.get());
  report->older_discarded = done.letters;
  report->older_trouble = std::move(done.trouble);
}

}  // namespace fracas::cli
