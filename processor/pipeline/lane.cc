#include "pipeline/lane.h"

#include <chrono>
#include <utility>

#include "core/check.h"

namespace fracas::pipeline {

ThreadLane::ThreadLane(Publisher* publisher)
    : publisher_(publisher), thread_([this] { Run(); }) {}

ThreadLane::~ThreadLane() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

bool ThreadLane::HasRoom() const {
  const std::lock_guard lock(mutex_);
  return waiting_ == nullptr;
}

void ThreadLane::Submit(std::unique_ptr<Job> job) {
  {
    const std::lock_guard lock(mutex_);
    FRACAS_CHECK(waiting_ == nullptr, "a lane has room for one waiting job");
    waiting_ = std::move(job);
  }
  ++unsettled_;
  work_.notify_one();
}

std::unique_ptr<Job> ThreadLane::Collect(int wait_ms) {
  std::unique_lock lock(mutex_);
  done_.wait_for(lock, std::chrono::milliseconds(wait_ms), [this] { return !finished_.empty(); });
  if (finished_.empty()) return nullptr;
  std::unique_ptr<Job> job = std::move(finished_.front());
  finished_.pop_front();
  --unsettled_;
  return job;
}

std::unique_ptr<Job> ThreadLane::Withdraw() {
  std::unique_ptr<Job> job;
  {
    const std::lock_guard lock(mutex_);
    job = std::move(waiting_);
    blocked_ = false;
  }
  if (job != nullptr) --unsettled_;
  return job;
}

void ThreadLane::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || (waiting_ != nullptr && !blocked_); });
    if (stopping_) return;
    std::unique_ptr<Job> job = std::move(waiting_);
    lock.unlock();
    publisher_->Run(job.get());
    lock.lock();
    blocked_ = blocked_ || !job->ended_well();
    finished_.push_back(std::move(job));
    done_.notify_one();
  }
}

}  // namespace fracas::pipeline
