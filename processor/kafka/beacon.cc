#include "kafka/beacon.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "kafka/log_ends.h"
#include "kafka/start_offsets.h"

namespace fracas::kafka {
namespace {

constexpr std::string_view kFormat = "fracas.authority/1 ";
constexpr std::string_view kNobody = "fracas.authority/1 -";
constexpr int kCallMs = 1'000;
constexpr int64_t kPromptMs = 400;  // an answer that took longer says nothing about the holder
constexpr int kLooksMin = 4;
constexpr int64_t kJitterMsMax = 80;  // so that two do not claim at once
constexpr int64_t kSettleMs = 30;     // until a claim is looked at again
constexpr int64_t kShortTenureMs = 10'000;
constexpr int64_t kPatienceMsMax = 12'000;
constexpr int64_t kEndEveryMs = 10'000;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Instances have names of their own, and no two processes of one name begin at the same moment.
std::string IdentityOf(const std::string& holder) {
  return Cat(kFormat, holder, " ", ::getpid(), ".",
             std::chrono::steady_clock::now().time_since_epoch().count(), " ");
}

}  // namespace

Beacon::Beacon(const Options& options, std::shared_ptr<Client> client)
    : client_(std::move(client)),
      partition_(options.partition),
      identity_(IdentityOf(options.holder)),
      random_(static_cast<uint32_t>(std::hash<std::string>()(identity_))),
      answers_(rd_kafka_queue_new(client_->get())),
      since_(Clock::now()),
      next_end_(since_),
      patience_ms_(limits::kAuthorityPatienceMs) {
  Working();
  thread_ = std::thread([this] { Run(); });
}

Result<std::unique_ptr<Beacon>> Beacon::Open(const Options& options) {
  Result<std::shared_ptr<Client>> made =
      Client::Create({.kind = ClientKind::kLogReader,  // joins no group
                      .connection = options.connection,
                      .name = Cat(options.group, "-", options.holder),
                      .defaults = {{"socket.timeout.ms", "3000"}},
                      .identity = {{"group.id", options.group}}});
  if (!made.ok()) return made.status();
  if (Status connected = (*made)->Connect(limits::kKafkaConnectMsMax); !connected.ok())
    return connected;
  return std::unique_ptr<Beacon>(new Beacon(options, std::move(*made)));
}

Beacon::~Beacon() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool Beacon::Await(int wait_ms) {
  Working();
  std::unique_lock lock(mutex_);
  wanted_ = true;
  changed_.notify_all();
  changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), [this] { return held(); });
  return held();
}

void Beacon::Working() { working_ms_.store(NowMs(), std::memory_order_relaxed); }

void Beacon::Yield(bool done) {
  const std::lock_guard lock(mutex_);
  wanted_ = false;
  yielded_ = done && held();
  held_.store(false, std::memory_order_relaxed);
  changed_.notify_all();
}

std::string Beacon::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

bool Beacon::Pause(int64_t ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_ || yielded_; });
  return !stopping_;
}

void Beacon::Run() {
  do {
    rd_kafka_poll(client_->get(), 0);
    GiveAway();
    if (held()) {
      Renew();
    } else {
      Watch();
    }
  } while (Pause(held() ? limits::kAuthorityBeatMs : limits::kAuthorityBeatMs * 5 / 6));
  GiveAway();
}

void Beacon::GiveAway() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(yielded_, false)) return;
  }
  std::string text;
  // Only what is still ours.
  if (Read(&text).ok() && Mine(text)) Answered(Write(std::string(kNobody)));
}

// Looks first: whoever was stopped and wakes up must find out before it says that it is there.
void Beacon::Renew() {
  const int64_t idle_ms = NowMs() - working_ms_.load(std::memory_order_relaxed);
  if (idle_ms > limits::kAuthorityStallMsMax) return;
  std::string text;
  const Failure read = Read(&text);
  Answered(read);
  if (!read.ok()) return;
  if (!Mine(text)) {
    // One that holds it only for moments at a time is in the way of all: it waits longer.
    const bool brief = Clock::now() - held_since_ < std::chrono::milliseconds(kShortTenureMs);
    patience_ms_ =
        brief ? std::min(2 * patience_ms_, kPatienceMsMax) : limits::kAuthorityPatienceMs;
    seen_ = text;
    looks_ = 0;
    since_ = Clock::now();
    held_.store(false, std::memory_order_relaxed);
    return;
  }
  Answered(Write(Cat(identity_, ++beats_)));
}

void Beacon::Watch() {
  {
    const std::lock_guard lock(mutex_);
    if (!wanted_) return;
  }
  std::string text;
  const Clock::time_point asked = Clock::now();
  const Failure read = Read(&text);
  const Clock::time_point now = Clock::now();
  Answered(read);
  if (!read.ok() || now - asked > std::chrono::milliseconds(kPromptMs)) {
    looks_ = 0;
    return;
  }
  if (looks_ == 0 || text != seen_) {
    seen_ = text;
    since_ = now;
    looks_ = 0;
  }
  ++looks_;
  const bool nobody = text.empty() || text == kNobody || Mine(text);
  const bool silent =
      looks_ >= kLooksMin && now - since_ >= std::chrono::milliseconds(patience_ms_);
  if (nobody || silent) Claim();
}

// Two that claim at the same time see one text afterwards; if not, Kafka keeps them apart.
void Beacon::Claim() {
  const std::string before = seen_;
  std::string text;
  if (!Pause(static_cast<int64_t>(random_() % kJitterMsMax)) || !Read(&text).ok()) return;
  looks_ = 0;
  if (text != before) return;
  const Failure written = Write(Cat(identity_, ++beats_));
  Answered(written);
  if (!written.ok() || !Pause(kSettleMs) || !Read(&text).ok() || !Mine(text)) return;
  held_since_ = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    if (!wanted_) return;
    held_.store(true, std::memory_order_relaxed);
  }
  changed_.notify_all();
}

Failure Beacon::Read(std::string* text) {
  const PartitionList list = NewPartitionList();
  rd_kafka_topic_partition_list_add(list.get(), partition_.topic.c_str(), partition_.partition);
  const Failure failure = FromCode(rd_kafka_committed(client_->get(), list.get(), kCallMs));
  if (!failure.ok()) return failure;
  const rd_kafka_topic_partition_t& entry = list->elems[0];
  if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) return FromCode(entry.err);
  *text = entry.offset < 0
              ? ""
              : std::string(static_cast<const char*>(entry.metadata), entry.metadata_size);
  return {};
}

Failure Beacon::Write(const std::string& text) {
  if (Clock::now() >= next_end_) {
    // Whoever watches the lag of groups sees none.
    next_end_ = Clock::now() + std::chrono::milliseconds(kEndEveryMs);
    Watermarks ends;
    if (AskEnds(*client_, partition_, kCallMs, &ends).ok()) end_ = ends.high;
  }
  const PartitionList list = NewPartitionList();
  rd_kafka_topic_partition_t* const entry =
      rd_kafka_topic_partition_list_add(list.get(), partition_.topic.c_str(), partition_.partition);
  entry->offset = end_;
  entry->metadata = rd_kafka_mem_malloc(client_->get(), text.size());
  text.copy(static_cast<char*>(entry->metadata), text.size());
  entry->metadata_size = text.size();
  const Failure sent =
      FromCode(rd_kafka_commit_queue(client_->get(), list.get(), answers_.get(), nullptr, nullptr));
  if (!sent.ok()) return sent;
  rd_kafka_event_t* const event = rd_kafka_queue_poll(answers_.get(), kCallMs);
  if (event == nullptr) return FromCode(RD_KAFKA_RESP_ERR__TIMED_OUT);
  const Failure failure = FromCode(rd_kafka_event_error(event));
  rd_kafka_event_destroy(event);
  return failure;
}

void Beacon::Answered(const Failure& failure) {
  const std::lock_guard lock(mutex_);
  trouble_ = failure.ok() ? "" : Cat("who is at work cannot be asked: ", Describe(failure));
}

}  // namespace fracas::kafka
