#include "api/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/check.h"
#include "core/limits.h"

namespace fracas::api {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kRequestTime{limits::kHttpTimeoutSeconds};
constexpr milliseconds kLingerTime{500};  // for what a client still sends behind a refusal
constexpr milliseconds kStopTime{500};    // for answers that are on their way
constexpr milliseconds kDescriptorPause{100};
constexpr size_t kReadBytes = 16 * limits::kKiB;
constexpr size_t kRequestBytesMax = limits::kHttpHeadBytesMax + limits::kHttpBodyBytesMax;

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

Listener::Listener(ListeningSocket socket, std::vector<Route> routes)
    : socket_(std::move(socket)),
      engine_(std::move(routes)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  FRACAS_CHECK(wake_fd_ >= 0, "eventfd");
  for (int i = 0; i < limits::kHttpThreads; ++i) handlers_.emplace_back([this] { Handle(); });
  event_thread_ = std::thread([this] { Serve(); });
}

Listener::~Listener() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const Job& job : jobs_) {
      answers_.push_back({job.connection, Engine::Refusal(503, "the server is stopping")});
    }
    jobs_.clear();
  }
  work_.notify_all();
  Wake();
  for (std::thread& each : handlers_) each.join();
  Wake();  // their last answers
  event_thread_.join();
  close(wake_fd_);
}

void Listener::Wake() {
  const uint64_t one = 1;
  // Only fails when the counter is full, that is, when the event thread will wake anyway.
  [[maybe_unused]] const ssize_t ignored = write(wake_fd_, &one, sizeof(one));
}

void Listener::Handle() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    std::string bytes = engine_.Answer(job.head, job.body);
    lock.lock();
    answers_.push_back({job.connection, std::move(bytes)});
    Wake();
  }
}

void Listener::Serve() {
  while (true) {
    Poll();
    TakeAnswers();
    for (auto at = connections_.begin(); at != connections_.end();) {
      if (Advance(at->first, &at->second)) {
        ++at;
      } else {
        close(at->second.fd);
        at = connections_.erase(at);
      }
    }
    if (!stopping_seen_) {
      Accept();
    } else if (Idle() || steady_clock::now() >= stop_deadline_) {
      break;
    }
  }
  for (const auto& [id, connection] : connections_) close(connection.fd);
  connections_.clear();
}

bool Listener::Idle() const {
  return std::none_of(connections_.begin(), connections_.end(), [](const auto& each) {
    return each.second.phase == Phase::kHandling || each.second.phase == Phase::kWriting;
  });
}

// Waits for something to do, at most until the next deadline.
void Listener::Poll() {
  std::vector<pollfd> fds;
  fds.reserve(connections_.size() + 2);
  fds.push_back({wake_fd_, POLLIN, 0});
  const Time now = steady_clock::now();
  const bool accepting = !stopping_seen_ && now >= accept_again_;
  if (accepting) fds.push_back({socket_.fd(), POLLIN, 0});
  Time next = now + seconds(1);
  if (!accepting) next = std::min(next, now + kDescriptorPause);
  for (const auto& [id, connection] : connections_) {
    if (connection.phase == Phase::kHandling)
      continue;  // its client may wait, or go: it is answered
    const bool writing = connection.phase == Phase::kWriting;
    fds.push_back({connection.fd, static_cast<short>(writing ? POLLOUT : POLLIN), 0});
    next = std::min(next, connection.deadline);
  }
  const auto wait = std::chrono::ceil<milliseconds>(next - now).count();
  poll(fds.data(), fds.size(), static_cast<int>(std::max<int64_t>(wait, 0)));
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t ignored = read(wake_fd_, &count, sizeof(count));
}

void Listener::TakeAnswers() {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    answers.swap(answers_);
    if (stopping_ && !stopping_seen_) {
      stopping_seen_ = true;
      stop_deadline_ = steady_clock::now() + seconds(limits::kHttpTimeoutSeconds);
    }
  }
  for (Answer& answer : answers) {
    const auto found = connections_.find(answer.connection);
    FRACAS_CHECK(found != connections_.end(), "a connection is kept while it is handled");
    Reply(&found->second, std::move(answer.bytes));
    if (stopping_seen_) found->second.deadline = steady_clock::now() + kStopTime;
  }
}

void Listener::Accept() {
  if (steady_clock::now() < accept_again_) return;
  while (true) {
    const int fd = accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      // Out of descriptors: leave the queue to the kernel for a moment instead of spinning.
      if (!WouldBlock()) accept_again_ = steady_clock::now() + kDescriptorPause;
      return;
    }
    if (connections_.size() >= limits::kHttpConnectionsMax && !MakeRoom()) {
      close(fd);
      continue;
    }
    Connection& connection = connections_[next_id_++];
    connection.fd = fd;
    connection.deadline = steady_clock::now() + kRequestTime;
  }
}

// Closes the oldest connection that is not being answered; false if there is none.
bool Listener::MakeRoom() {
  for (auto at = connections_.begin(); at != connections_.end(); ++at) {
    const Phase phase = at->second.phase;
    if (phase != Phase::kReading && phase != Phase::kLingering) continue;
    close(at->second.fd);
    connections_.erase(at);
    return true;
  }
  return false;
}

bool Listener::Advance(uint64_t id, Connection* connection) {
  if (connection->phase == Phase::kHandling) return true;
  if (steady_clock::now() >= connection->deadline) return false;
  if (connection->phase == Phase::kReading && stopping_seen_) return false;
  if (connection->phase == Phase::kReading && !Read(id, connection)) return false;
  if (connection->phase == Phase::kWriting && !Write(connection)) return false;
  return connection->phase != Phase::kLingering || Drain(connection);
}

// Reads what is there; hands a complete request to the handlers.
bool Listener::Read(uint64_t id, Connection* connection) {
  std::array<char, kReadBytes> buffer;
  const size_t room = std::min(buffer.size(), kRequestBytesMax - connection->in.size());
  const ssize_t count = recv(connection->fd, buffer.data(), room, 0);
  if (count < 0) return WouldBlock();
  if (count == 0) return false;  // gone before its request was complete
  connection->in.append(buffer.data(), static_cast<size_t>(count));
  if (!connection->head_complete) {
    int status = 0;
    std::string reason;
    switch (ParseRequestHead(connection->in, &connection->head, &status, &reason)) {
      case HeadResult::kIncomplete: return true;
      case HeadResult::kComplete: connection->head_complete = true; break;
      case HeadResult::kRefused: Reply(connection, Engine::Refusal(status, reason)); return true;
    }
  }
  const RequestHead& head = connection->head;
  if (connection->in.size() < head.size + head.content_length) return true;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;  // the handlers may be gone already
    connection->phase = Phase::kHandling;
    jobs_.push_back({id, head, connection->in.substr(head.size, head.content_length)});
  }
  work_.notify_one();
  return true;
}

void Listener::Reply(Connection* connection, std::string bytes) {
  connection->out = std::move(bytes);
  connection->phase = Phase::kWriting;
  connection->deadline = steady_clock::now() + kRequestTime;
}

bool Listener::Write(Connection* connection) {
  while (connection->sent < connection->out.size()) {
    const ssize_t count = send(connection->fd, connection->out.data() + connection->sent,
                               connection->out.size() - connection->sent, MSG_NOSIGNAL);
    if (count < 0) return WouldBlock();
    connection->sent += static_cast<size_t>(count);
  }
  // Closing while the client still sends would make its kernel throw the answer away.
  shutdown(connection->fd, SHUT_WR);
  connection->phase = Phase::kLingering;
  connection->deadline = steady_clock::now() + kLingerTime;
  return true;
}

bool Listener::Drain(Connection* connection) {
  std::array<char, kReadBytes> buffer;
  const ssize_t count = recv(connection->fd, buffer.data(), buffer.size(), 0);
  return count > 0 || (count < 0 && WouldBlock());
}

}  // namespace fracas::api
