// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What may end a run early, and how nothing is left behind then.
#pragma once

#include <cerrno>

namespace prefork_server {

// While one of these exists, a system call of this process that blocks ends in an Error when the user wants to stop
// (SIGINT, SIGTERM), when a worker ends (SIGCHLD), or when the run takes longer than a minute (SIGALRM), which means
// that something hangs. The Error unwinds the stack, and so the workers are killed and the files deleted.
class Interruptions {
 public:
  Interruptions();
  ~Interruptions();
  Interruptions(Interruptions const&) = delete;
  Interruptions& operator=(Interruptions const&) = delete;

  // From here on a worker that ends is no surprise.
  void expect_workers_to_end() noexcept;

  // For a worker, which has no guards to unwind: signals kill it, and so does the minute.
  static void leave_to_system() noexcept;
};

// Throws: Error if one of those things has happened.
void throw_if_interrupted();

// The result of a system call that returns a negative number on failure; repeated while signals that are none of our
// business interrupt it.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    throw_if_interrupted();
    auto const result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace prefork_server
