#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "core/status.h"
#include "kafka/client.h"
#include "ports/admin.h"

namespace fracas::kafka {

// Who of several instances is at work, seen by all of them within a second, on brokers as they come
// (the shortest session that a broker allows by default is six seconds). The holder renews a text, a
// few times a second, in the metadata of an offset of a group that has no members; the others read it.
// It is a hint about life, not a lock: two may hold it for a moment, and what they do is kept apart by
// Kafka's fencing. No clocks are compared: a text that does not change while the broker answers
// promptly means that its writer is gone. A broker that does not answer means nothing.
//
// Inside kafka/ only. The thread of its own reads and writes; the methods: any thread.
class Beacon {
 public:
  struct Options {
    const Connection* connection = nullptr;
    std::string group;       // whose offset carries it; nobody joins it
    TopicPartition partition;  // an existing one; its offset says nothing
    std::string holder;      // this instance
  };

  // Connects and begins to watch.
  static Result<std::unique_ptr<Beacon>> Open(const Options& options);
  ~Beacon();
  Beacon(const Beacon&) = delete;
  Beacon& operator=(const Beacon&) = delete;

  // Waits up to `wait_ms` until nobody holds it, and takes it: true when it is ours.
  bool Await(int wait_ms);
  // Ours, and nobody has taken it since.
  bool held() const { return held_.load(std::memory_order_relaxed); }
  // Called by the holder while it does its work; without it for limits::kAuthorityStallMsMax the
  // text is no longer renewed.
  void Working();
  // Goes back to watching. `done`: nobody need wait for us, unless somebody else holds it already.
  void Yield(bool done);
  // What the broker answered last, if it was no answer; "" when all is well.
  std::string trouble() const;

 private:
  using Clock = std::chrono::steady_clock;

  Beacon(const Options& options, std::shared_ptr<Client> client);
  void Run();
  void GiveAway();
  void Watch();
  void Renew();
  void Claim();
  Failure Read(std::string* text);
  Failure Write(const std::string& text);
  void Answered(const Failure& failure);
  bool Mine(const std::string& text) const { return text.starts_with(identity_); }
  // Sleeps, at most until the end; false: it has come.
  bool Pause(int64_t ms);

  const std::shared_ptr<Client> client_;
  const TopicPartition partition_;
  const std::string identity_;  // unlike any other process'
  std::minstd_rand random_;

  // The thread's own.
  Queue answers_;
  std::string seen_;         // what stands there
  Clock::time_point since_;  // … unchanged
  int looks_ = 0;            // … so often
  Clock::time_point held_since_;
  Clock::time_point next_end_;
  Offset end_ = 0;
  uint64_t beats_ = 0;
  int64_t patience_ms_;

  std::atomic<bool> held_{false};
  std::atomic<int64_t> working_ms_{0};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;   // guarded by mutex_: somebody awaits it
  bool yielded_ = false;  // guarded by mutex_: Yield(done) is to be written
  bool stopping_ = false;  // guarded by mutex_
  std::string trouble_;   // guarded by mutex_
  std::thread thread_;
};

}  // namespace fracas::kafka
