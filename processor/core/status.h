#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/check.h"

// Operating trouble as a value. Bad data is a Finding (core/finding.h), our own bug is a CHECK
// (core/check.h); a Status is everything that the world does to us: a broker away, a file unreadable, a
// port taken, a setting that contradicts another.

namespace fracas {

// What the caller does about a failure. Closed: switch without `default:`.
enum class Action : unsigned char {
  kRetry,   // the same call may succeed later; back off, with a bound
  kAbort,   // the current transaction cannot commit; abort it, rewind, judge again
  kStop,    // nothing that this process can do helps; stop cleanly and say why
  kReject,  // the request itself is wrong (usage, configuration); exit code 2
};

// OK costs one null pointer. A failure says what happened, where, and what to do now, in one or two
// sentences that a person on call can act on. Copyable; immutable after construction.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Action action, std::string message)
      : failure_(std::make_shared<const Failure>(Failure{action, std::move(message)})) {}

  static Status Retry(std::string message) { return {Action::kRetry, std::move(message)}; }
  static Status Abort(std::string message) { return {Action::kAbort, std::move(message)}; }
  static Status Stop(std::string message) { return {Action::kStop, std::move(message)}; }
  static Status Reject(std::string message) { return {Action::kReject, std::move(message)}; }

  bool ok() const { return failure_ == nullptr; }
  // REQUIRES: !ok().
  Action action() const {
    FRACAS_CHECK(!ok(), "action() of an OK status");
    return failure_->action;
  }
  // Empty when ok.
  std::string_view message() const { return ok() ? std::string_view() : failure_->message; }

  // The same failure with `where` put in front ("deploy.yaml:3:1: ").
  Status WithPrefix(std::string_view where) const {
    return ok() ? *this : Status(action(), std::string(where) + failure_->message);
  }

 private:
  struct Failure {
    Action action;
    std::string message;
  };
  std::shared_ptr<const Failure> failure_;
};

// A value or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: implicit on purpose
  Result(Status status) : status_(std::move(status)) {  // NOLINT: implicit on purpose
    FRACAS_CHECK(!status_.ok(), "a Result needs a value or a failure");
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  // REQUIRES: ok().
  T& value() & {
    FRACAS_CHECK(ok(), status_.message());
    return *value_;
  }
  const T& value() const& {
    FRACAS_CHECK(ok(), status_.message());
    return *value_;
  }
  T&& value() && {
    FRACAS_CHECK(ok(), status_.message());
    return std::move(*value_);
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace fracas
