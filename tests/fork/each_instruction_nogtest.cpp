// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A signal handler that forks, at each single instruction on the way through an initialisation or into a wait: one process
// does it and another counts its instructions. Both that come of it must go on as if the fork had been before or after.
// A few places of each way, FIRST_USE_LONG=1: all of them.
//
// Skips itself (77) where no process can be led by another, and under sanitizers, which have handlers of their own.
#include <cstdio>

#include <first_use/first_use.hpp>

#include "long_run.hpp"
#include "sanitizers.hpp"

// Before 2.34 glibc has no _Fork().
#if !defined(__linux__) || __GLIBC__ * 1000 + __GLIBC_MINOR__ < 2034 ||                                \
    !(defined(__x86_64__) || defined(__aarch64__)) || !FIRST_USE_HAS_FORK || !FIRST_USE_HAS_THREADS || \
    !FIRST_USE_HAS_EXCEPTIONS || FIRST_USE_TESTS_SANITIZED || FIRST_USE_TESTS_UNDER_MSAN
int main() {
  std::puts("skipped: made for Linux, exceptions, and no sanitizer");
  return 77;
}
#else

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace first_use;

constexpr unsigned patience = 60;
// What the process that leads and the one that is led tell each other.
struct Told {
  std::atomic<bool> is_over;  // the way that is looked at
  std::atomic<bool> has_forked;
  std::atomic<bool> may_finish;  // whoever else initialises something
};
Told* told = nullptr;

// Of the process that is led, and of its child.
bool is_child = false;
pid_t child = -1;
char const* scenario_name = "";

#define CHECK(...) ((__VA_ARGS__) ? static_cast<void>(0) : fail(#__VA_ARGS__, __LINE__))
[[noreturn]] void fail(char const* what, int line) {
  std::fprintf(stderr, "each_instruction_nogtest.cpp:%d: %s: in the %s: not so: %s\n", line, scenario_name,
               is_child ? "child" : "parent", what);
  ::_exit(1);
}

void fork_in_a_handler(int) {
  int const kept = errno;
  pid_t const pid = ::fork();
  if (pid == 0) {
    is_child = true;
    ::alarm(patience);
  } else {
    child = pid;
    told->has_forked = true;
  }
  errno = kept;
}

// Who ended well, and whose child did.
[[noreturn]] void finish() {
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (status != 0) std::fprintf(stderr, "%s: the child's status is %x\n", scenario_name, static_cast<unsigned>(status));
  ::_exit(status == 0 ? 0 : 1);
}

char state_of(pid_t task) {
  char text[512];
  std::snprintf(text, sizeof text, "/proc/%d/stat", static_cast<int>(task));
  int const file = ::open(text, O_RDONLY | O_CLOEXEC);
  ssize_t const size = ::read(file, text, sizeof text - 1);
  ::close(file);
  if (size <= 0) return '?';
  text[size] = '\0';
  return std::strrchr(text, ')')[2];
}

// What is initialised -------------------------------------------------------------------------------------------------

constinit OnceLock<int> kept, inner, outer;
constinit WipeOnForkOnceLock<int> wiped, wiped_inner, wiped_outer;
int runs = 0;
int value = 0;

int make() { return ++runs, 1; }

template <class Lock>
bool is_run_for_others(Lock& lock) {
  bool busy = false;
  std::thread{[&] { busy = lock.try_set(3) == TrySetResult::busy; }}.join();
  return busy;
}

// In a child, others see what this thread is in the middle of.
template <auto& lock>
int make_seen() {
  if (is_child) CHECK(is_run_for_others(lock));
  return make();
}

std::optional<int> make_nothing() { return ++runs, std::nullopt; }

// The value of a wiped one belongs to one process: whoever forks inside is told so, and may call again.
template <auto& lock>
int make_for_this_process() {
  try {
    return lock.get_or_init(make_seen<lock>);
  } catch (InitError const&) { CHECK(is_child); }
  return lock.get_or_init(make);
}

template <class Lock>
void make_elsewhere(Lock& lock) {
  static std::atomic<bool> runs_there{false};
  std::thread{[&lock] {
    lock.get_or_init([] {
      runs_there = true;
      while (!told->may_finish) std::this_thread::yield();
      return 9;
    });
  }}.detach();
  while (!runs_there) std::this_thread::yield();
}

// Somebody is inside `outer` and waits for `kept`.
void wait_elsewhere() {
  static std::atomic<pid_t> task{0};
  std::thread{[] {
    outer.get_or_init([] {
      task = ::gettid();
      return kept.wait() + 1;
    });
  }}.detach();
  while (task == 0 || state_of(task) != 'S') std::this_thread::yield();
}

void ask_round_a_ring() {
  value = kept.get_or_init([] {
    try {
      return outer.get_or_init(make);
    } catch (DeadlockError const&) { return 5; }
  });
}

struct Scenario {
  char const* name;
  void (*before)();
  void (*act)();
  void (*after)();
  bool in_a_child = false;  // that nobody has told of the fork, in the middle of two initialisers
  long at_most = 1'000'000;
};

Scenario const scenarios[] {
  {"kept", [] {}, [] { value = kept.get_or_init(make_seen<kept>); },
   [] { CHECK(value == 1 && runs == 1 && kept.value() == 1); }},
      {"wiped", [] {}, [] { value = make_for_this_process<wiped>(); },
       [] {
         CHECK(value == 1 && wiped.get_or_init(make) == 1);
         CHECK(runs <= (is_child ? 2 : 1));
       }},
      {"kept inside kept", [] {}, [] { value = outer.get_or_init([] { return inner.get_or_init(make_seen<outer>); }); },
       [] { CHECK(value == 1 && runs == 1 && inner.value() == 1 && outer.value() == 1); }},
      {"kept inside wiped", [] {},
       [] {
         try {
           wiped_outer.get_or_init([] { return inner.get_or_init(make_seen<wiped_outer>); });
         } catch (InitError const&) { CHECK(is_child); }
       },
       [] { CHECK(runs == 1 && inner.value() == 1 && (is_child || wiped_outer.value() == 1)); }},
      {"wiped inside kept", [] {},
       [] { value = outer.get_or_init([] { return make_for_this_process<wiped_inner>(); }); },
       [] { CHECK(value == 1 && outer.value() == 1 && wiped_inner.get_or_init(make) == 1); }},
      {"kept, in vain", [] {}, [] { (void)kept.get_or_try_init(make_nothing); },
       [] { CHECK(runs == 1 && kept.get() == nullptr && kept.get_or_init(make) == 1); }},
      {"wiped, in vain", [] {}, [] { (void)wiped.get_or_try_init(make_nothing); },
       [] { CHECK(runs == 1 && wiped.get() == nullptr && wiped.get_or_init(make) == 1); }},
      {"on the way to a sleep", [] { make_elsewhere(kept); }, [] { value = kept.get_or_init(make); },
       [] { CHECK(value == kept.value() && (value == 9 || is_child)); }},
      {"on the way to a sleep for a wiped one", [] { make_elsewhere(wiped); },
       [] { value = make_for_this_process<wiped>(); }, [] { CHECK(value > 0 && wiped.get_or_init(make) > 0); }},
      {"on the way to a sleep inside an initialiser", [] { make_elsewhere(kept); },
       [] { value = outer.get_or_init([] { return kept.get_or_init(make); }); },
       [] { CHECK(value == kept.value() && value == outer.value()); }},
      {"to a deadline and back", [] { make_elsewhere(kept); },
       [] {
         if (int const* const there = kept.wait_for(std::chrono::seconds{0})) value = *there;
       },
       [] {
         CHECK(value == 0 || value == 9);
         told->may_finish = true;
         CHECK(kept.get_or_init(make) > 0);
       }},
      {"round a ring", &wait_elsewhere, &ask_round_a_ring,
       [] { CHECK(value == kept.value() && (value == 5 || is_child) && outer.get_or_init(make) > 0); },
       // Not as far as what throws, which holds locks of libc's.
       false, 2'000},
#if FIRST_USE_HAS_WIPED_PAGE && defined(MADV_WIPEONFORK)
      {"kept, first in a child", [] {}, [] { value = inner.get_or_init(make); },
       [] { CHECK(value == 1 && runs == 1 && is_run_for_others(outer) && is_run_for_others(wiped_outer)); }, true},
      {"wiped, first in a child", [] {}, [] { value = make_for_this_process<wiped_inner>(); },
       [] {
         CHECK(value == 1 && wiped_inner.get_or_init(make) == 1 && is_run_for_others(outer) &&
               is_run_for_others(wiped_outer));
       },
       true},
#endif
};

// Led -----------------------------------------------------------------------------------------------------------------

void perform(Scenario const& scenario) {
  scenario_name = scenario.name;
  ::alarm(patience);
  struct sigaction action {};
  action.sa_handler = &fork_in_a_handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR1, &action, nullptr);
  scenario.before();
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(77);
  ::raise(SIGSTOP);
  scenario.act();
  told->is_over = true;
  scenario.after();
  // Nothing that a fork may have left behind is in another's way.
  std::thread{[] {
    OnceLock<int> fresh;
    WipeOnForkOnceLock<int> wiped_fresh;
    CHECK(fresh.get_or_init(make) == 1 && wiped_fresh.get_or_init(make) == 1);
  }}.join();
}

struct OfTheParent {};

pid_t start(Scenario const& scenario) {
  pid_t pid = -1;
  if (!scenario.in_a_child) {
    pid = ::fork();
    if (pid != 0) return pid;
    OnceLock<int>{}.set(1);  // this process has its number
    perform(scenario);
    finish();
  }
  try {
    outer.get_or_init([&] {
      try {
        wiped_outer.get_or_init([&] {
          pid = ::_Fork();
          if (pid != 0) throw OfTheParent{};
          perform(scenario);
          return 1;
        });
        CHECK(pid != 0);
      } catch (InitError const&) {}
      return 6;
    });
  } catch (OfTheParent const&) { return pid; }
  CHECK(outer.value() == 6 && wiped_outer.get() == nullptr && wiped_outer.get_or_init([] { return 8; }) == 8);
  finish();
}

// Leads ---------------------------------------------------------------------------------------------------------------

enum class Step { done, asleep, wrong };

Step step(pid_t pid) {
  if (::ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) != 0) return Step::wrong;
  int status = 0;
  for (int looks = 0; ::waitpid(pid, &status, WNOHANG) != pid; ++looks) {
    if (looks > 100 && state_of(pid) == 'S') return Step::asleep;
  }
  return WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP ? Step::done : Step::wrong;
}

/// Lets it fork after `instructions`, or when it sleeps. Returns how many there were; -1: what came of it was wrong.
long fork_after(long instructions, Scenario const& scenario) {
  told->is_over = told->has_forked = told->may_finish = false;
  std::fflush(nullptr);
  pid_t const pid = start(scenario);
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid) return -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    std::puts("skipped: no process may lead another here");
    std::exit(77);
  }
  long steps = 0;
  auto now = Step::done;
  for (; steps != instructions && !told->is_over && now == Step::done; ++steps) now = step(pid);
  bool const forks = !told->is_over;
  if (now == Step::asleep) {
    ::kill(pid, SIGUSR1);
    while (::waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) && WSTOPSIG(status) != SIGUSR1) {
      ::ptrace(PTRACE_CONT, pid, nullptr, nullptr);
    }
  }
  ::ptrace(PTRACE_DETACH, pid, nullptr, forks ? SIGUSR1 : 0);
  while (forks && !told->has_forked && ::waitpid(pid, &status, WNOHANG) == 0) ::sched_yield();
  told->may_finish = true;
  if (!forks || told->has_forked) ::waitpid(pid, &status, 0);
  if (status == 0 && now != Step::wrong) return steps;
  std::fprintf(stderr, "%s: a fork after %ld instructions: status %x\n", scenario.name, steps,
               static_cast<unsigned>(status));
  return -1;
}

bool try_all(Scenario const& scenario) {
  long const all = fork_after(scenario.at_most, scenario);
  long const stride = first_use_test::is_long_run() ? 1 : all / 12 + 1;
  bool good = all > 0;
  int places = 0;
  for (long at = 0; good && at < all; at += stride, ++places) good = fork_after(at, scenario) >= 0;
  std::printf("%s: %ld instructions, %d places\n", scenario.name, all, places);
  return good;
}

}  // namespace

int main() {
  void* const page = ::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED || !prepare_for_fork()) return 1;
  told = ::new (page) Told{};
  for (Scenario const& scenario : scenarios) {
    if (!try_all(scenario)) return 1;
  }
}

#endif
