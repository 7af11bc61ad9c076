#pragma once

#include <deque>
#include <memory>
#include <utility>

#include "core/check.h"
#include "pipeline/lane.h"

namespace fracas::sim {

// A lane whose jobs run when the simulation says so.
class StepLane : public pipeline::Lane {
 public:
  explicit StepLane(pipeline::Publisher* publisher) : publisher_(publisher) {}
  bool HasRoom() const override { return waiting_ == nullptr; }
  void Submit(std::unique_ptr<pipeline::Job> job) override {
    FRACAS_CHECK(waiting_ == nullptr, "a lane has room for one waiting job");
    waiting_ = std::move(job);
    ++unsettled_;
  }
  std::unique_ptr<pipeline::Job> Collect(int) override {
    if (finished_.empty()) return nullptr;
    std::unique_ptr<pipeline::Job> job = std::move(finished_.front());
    finished_.pop_front();
    --unsettled_;
    return job;
  }
  std::unique_ptr<pipeline::Job> Withdraw() override {
    blocked_ = false;
    if (waiting_ != nullptr) --unsettled_;
    return std::move(waiting_);
  }
  size_t unsettled() const override { return unsettled_; }
  // Runs the job that waits, if it may start.
  void Step() {
    if (running_ || blocked_ || waiting_ == nullptr) return;
    std::unique_ptr<pipeline::Job> job = std::move(waiting_);
    running_ = true;
    publisher_->Run(job.get());
    running_ = false;
    blocked_ = blocked_ || !job->ended_well();
    finished_.push_back(std::move(job));
  }
  bool running() const { return running_; }

 private:
  pipeline::Publisher* const publisher_;
  size_t unsettled_ = 0;
  std::unique_ptr<pipeline::Job> waiting_;
  std::deque<std::unique_ptr<pipeline::Job>> finished_;
  bool blocked_ = false;
  bool running_ = false;
};

}  // namespace fracas::sim
