#include "app/signals.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

namespace fracas::app {

namespace {

sigset_t Handled() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void Signals::Block() {
  const sigset_t set = Handled();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Signals::Kind Signals::Wait(int timeout_ms) {
  const sigset_t set = Handled();
  const timespec timeout{.tv_sec = timeout_ms / 1000, .tv_nsec = (timeout_ms % 1000) * 1'000'000L};
  switch (sigtimedwait(&set, nullptr, &timeout)) {
    case SIGTERM:
    case SIGINT: return Kind::kStop;
    case SIGHUP: return Kind::kReload;
  }
  return Kind::kNone;
}

}  // namespace fracas::app
