#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "pipeline/publisher.h"

namespace fracas::pipeline {

// The hand-over between a worker and its publisher: one job runs, one waits. After a job that did not end
// well nothing is started until Withdraw: what waits was taken behind records that are not committed.
// The worker's side: its thread only.
class Lane {
 public:
  virtual ~Lane() = default;
  // Nothing waits.
  virtual bool HasRoom() const = 0;
  // REQUIRES: HasRoom().
  virtual void Submit(std::unique_ptr<Job> job) = 0;
  // The next finished job in order of submission; nullptr if there is none within `wait_ms`.
  virtual std::unique_ptr<Job> Collect(int wait_ms) = 0;
  // Takes back what has not been started (nullptr: nothing) and lets the lane start jobs again.
  virtual std::unique_ptr<Job> Withdraw() = 0;
  // Jobs submitted and neither collected nor withdrawn.
  virtual size_t unsettled() const = 0;
};

// A lane with a thread of its own.
class ThreadLane : public Lane {
 public:
  // `publisher` outlives it.
  explicit ThreadLane(Publisher* publisher);
  // Waits for the job that runs.
  ~ThreadLane() override;

  bool HasRoom() const override;
  void Submit(std::unique_ptr<Job> job) override;
  std::unique_ptr<Job> Collect(int wait_ms) override;
  std::unique_ptr<Job> Withdraw() override;
  size_t unsettled() const override { return unsettled_; }

 private:
  void Run();

  Publisher* const publisher_;
  size_t unsettled_ = 0;  // the worker's thread only

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable work_;
  std::condition_variable done_;
  std::unique_ptr<Job> waiting_;
  std::deque<std::unique_ptr<Job>> finished_;
  bool blocked_ = false;
  bool stopping_ = false;

  std::thread thread_;  // last: it uses the others
};

}  // namespace fracas::pipeline
