#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/address.h"
#include "api/engine.h"

// One listening socket with everything it needs: an event thread that accepts, reads and writes,
// and the threads that run handlers. A connection goes reading → handling → writing → lingering →
// closed; only `handling` costs a thread. When all connections are taken, the one that has been
// reading (or lingering) longest makes room: a client that is quick gets through however many are
// slow.

namespace fracas::api {

class Listener {
 public:
  // Serves until it is destroyed. Destruction waits for handlers that run, not for clients.
  Listener(ListeningSocket socket, std::vector<Route> routes);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::string address() const { return socket_.Name(); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  enum class Phase : uint8_t { kReading, kHandling, kWriting, kLingering };
  struct Connection {
    int fd = -1;
    Phase phase = Phase::kReading;
    Time deadline;             // of the phase; handling has none
    std::string in;            // received
    std::string out;           // to be sent
    size_t sent = 0;
    RequestHead head;
    bool head_complete = false;
  };
  struct Job {
    uint64_t connection = 0;
    RequestHead head;
    std::string body;
  };
  struct Answer {
    uint64_t connection = 0;
    std::string bytes;
  };

  void Serve();                // the event thread
  void Handle();               // a handler thread
  void Poll();
  void Accept();
  bool MakeRoom();
  void TakeAnswers();
  // False: the connection is to be closed.
  bool Advance(uint64_t id, Connection* connection);
  bool Read(uint64_t id, Connection* connection);
  void Reply(Connection* connection, std::string bytes);
  bool Write(Connection* connection);
  bool Drain(Connection* connection);
  void Wake();
  bool Idle() const;           // nothing is being handled or written

  ListeningSocket socket_;
  const Engine engine_;
  int wake_fd_ = -1;

  // Of the event thread.
  std::map<uint64_t, Connection> connections_;  // by age
  uint64_t next_id_ = 0;
  Time accept_again_;          // out of descriptors: not before
  bool stopping_seen_ = false;
  Time stop_deadline_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Job> jobs_;       // protected by mutex_, as the next two
  std::vector<Answer> answers_;
  bool stopping_ = false;

  std::vector<std::thread> handlers_;
  std::thread event_thread_;
};

}  // namespace fracas::api
