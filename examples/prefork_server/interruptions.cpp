// SPDX-License-Identifier: MIT OR Apache-2.0
#include "interruptions.hpp"

#include <signal.h>
#include <unistd.h>

#include <string>

#include "error.hpp"

namespace prefork_server {
namespace {

constexpr int signals[] = {SIGINT, SIGTERM, SIGCHLD, SIGALRM};
constexpr unsigned patience_in_seconds = 60;

sig_atomic_t volatile received = 0;

// Whoever presses Ctrl-C interrupts the workers as well: that they end is not the news then.
void note(int signal) {
  if (received == 0 || (received == SIGCHLD && signal != SIGALRM)) received = signal;
  // The signal may have come between a look at `received` and the system call that it should have interrupted. So it
  // comes again, until somebody looks.
  ::alarm(1);
}

void handle(int signal, void (*handler)(int)) noexcept {
  struct sigaction action = {};
  action.sa_handler = handler;
  // A worker that is stopped has not ended. And no SA_RESTART: a call that blocks shall return.
  action.sa_flags = SA_NOCLDSTOP;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

Interruptions::Interruptions() {
  received = 0;
  for (int const signal : signals) handle(signal, note);
  ::alarm(patience_in_seconds);
}

Interruptions::~Interruptions() {
  // SIGALRM last: the others raise it.
  for (int const signal : {SIGINT, SIGTERM, SIGCHLD}) handle(signal, SIG_DFL);
  ::alarm(0);
  handle(SIGALRM, SIG_DFL);
}

void Interruptions::expect_workers_to_end() noexcept { handle(SIGCHLD, SIG_DFL); }

void Interruptions::leave_to_system() noexcept {
  for (int const signal : signals) handle(signal, SIG_DFL);
  received = 0;
  ::alarm(patience_in_seconds);
}

void throw_if_interrupted() {
  switch (received) {
    case 0: return;
    case SIGALRM: throw Error{"gave up: not done within " + std::to_string(patience_in_seconds) + " seconds"};
    case SIGCHLD: throw Error{"a worker ended before it was told to"};
    default: throw Error{"interrupted"};
  }
}

}  // namespace prefork_server
