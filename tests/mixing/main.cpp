// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Do both sides live in one process, with one list of running initialisers, one registry of who waits for whom and one
// generation? Each question is asked in a forked child, because a side without exceptions answers by abort().
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cstdio>
#include <thread>

#include "sides.hpp"

namespace mixing {
namespace {

// A hang is what a second list or a second registry would look like: it must end, and with a name.
constexpr unsigned hang_limit_seconds = 30;

enum class Expect { success, success_or_abort };

bool child_ends_as(char const* name, Expect expect, bool (*question)()) {
  std::fflush(nullptr);
  pid_t const child = fork();
  if (child < 0) {
    std::perror("fork");
    return false;
  }
  if (child == 0) {
    alarm(hang_limit_seconds);
    _exit(question() ? 0 : 1);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) {
    std::perror("waitpid");
    return false;
  }
  bool const succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  bool const aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
  if (succeeded || (aborted && expect == Expect::success_or_abort)) return true;
  bool const hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
  std::printf("%s: %s (wait status %d)\n", name, hung ? "hangs" : "fails", status);
  return false;
}

bool values_are_made_once() {
  for (int i = 0; i < 2; ++i) {
    if (side_a.forced() != 1 || side_b.forced() != 1) return false;
    if (side_a.get(nullptr) != 1 || side_b.get(nullptr) != 1) return false;
  }
  return side_a.runs() == 2 && side_b.runs() == 2;
}

bool same_initialisers_arrive_whole() {
  return side_a.summed({100, 1'000'000}) == 1'000'100 && side_b.summed({50, 2'000'000}) == 2'000'050;
}

// a runs, inside it b, inside that a again: the frame that the inner a must find lies below one that b pushed.
bool reentry_is_found_across() {
  static int innermost = 0;
  int const outermost = side_a.get(+[] {
    return side_b.get(+[] {
      innermost = side_a.get(nullptr);
      return 7;
    });
  });
  return innermost == found_reentry && outermost == 7;
}

// Thread 1 runs a and waits for b, thread 2 runs b and waits for a: each wait is registered by the other side's code.
// One of them is told so and gives its value up for 8, which sets the other free.
bool deadlock_is_found_across() {
  static std::barrier both_run{2};
  static std::atomic<int> found = 0;
  static constexpr auto ask = [](Side const& other) {
    both_run.arrive_and_wait();
    int const answer = other.get(nullptr);
    if (answer != found_deadlock) return answer;
    ++found;
    return 8;
  };
  std::thread one{[] { side_a.get(+[] { return ask(side_b); }); }};
  std::thread two{[] { side_b.get(+[] { return ask(side_a); }); }};
  one.join();
  two.join();
  return found == 1 && side_a.get(nullptr) == 8 && side_b.get(nullptr) == 8;
}

bool fork_wipes_both() {
  if (side_a.wiped(1) != 1 || side_b.wiped(2) != 2) return false;
  if (side_a.wiped(3) != 1 || side_b.wiped(4) != 2) return false;
  return child_ends_as("the grandchild", Expect::success, [] {
    // The other way round: whichever side enters first moves the one generation on, and must not do so twice.
    if (side_b.wiped(6) != 6 || side_a.wiped(5) != 5) return false;
    return side_b.wiped(8) == 6 && side_a.wiped(7) == 5;
  });
}

}  // namespace
}  // namespace mixing

int main() {
  using namespace mixing;
#if MIXING_ALL_THROW
  constexpr Expect errors = Expect::success;
#else
  constexpr Expect errors = Expect::success_or_abort;
#endif
  bool good = child_ends_as("values_are_made_once", Expect::success, values_are_made_once);
  good = child_ends_as("same_initialisers_arrive_whole", Expect::success, same_initialisers_arrive_whole) && good;
  good = child_ends_as("reentry_is_found_across", errors, reentry_is_found_across) && good;
  good = child_ends_as("deadlock_is_found_across", errors, deadlock_is_found_across) && good;
  good = child_ends_as("fork_wipes_both", Expect::success, fork_wipes_both) && good;
  return good ? 0 : 1;
}
