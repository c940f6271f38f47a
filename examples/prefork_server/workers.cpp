// SPDX-License-Identifier: MIT OR Apache-2.0
#include "workers.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <iostream>
#include <string>

#include "error.hpp"
#include "interruptions.hpp"

namespace prefork_server {
namespace {

// All that a worker ever does. It leaves by _exit(): the stack below holds guards that are the parent's, and so are the
// functions registered with atexit(). What is to last has been written by then, answer by answer.
[[noreturn]] void be_a_worker(pid_t parent, std::function<void()> const& work) noexcept {
  Interruptions::leave_to_system();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(2);  // the parent died before the line above
  try {
    work();
  } catch (std::exception const& error) {
    std::cerr << "prefork_server: worker " << ::getpid() << ": " << error.what() << '\n';
    ::_exit(2);
  }
  ::_exit(0);
}

}  // namespace

Workers::~Workers() {
  for (std::size_t i = waited_for_; i < ids_.size(); ++i) ::kill(ids_[i], SIGKILL);
  for (std::size_t i = waited_for_; i < ids_.size(); ++i) {
    while (::waitpid(ids_[i], nullptr, 0) < 0 && errno == EINTR) continue;
  }
}

void Workers::start(std::function<void()> const& work) {
  ids_.reserve(ids_.size() + 1);  // a worker that exists is one that is noted
  pid_t const parent = ::getpid();
  pid_t const worker = ::fork();
  if (worker < 0) fail_with_errno("cannot fork a worker");
  if (worker == 0) be_a_worker(parent, work);
  ids_.push_back(worker);
}

void Workers::wait() {
  while (waited_for_ < ids_.size()) {
    pid_t const worker = ids_[waited_for_];
    int status = 0;
    if (uninterrupted([&] { return ::waitpid(worker, &status, 0); }) < 0) fail_with_errno("cannot wait for a worker");
    ++waited_for_;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      throw Error{"worker " + std::to_string(worker) + " did not end as it should"};
    }
  }
}

}  // namespace prefork_server
