// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Processes of a test: how they are made, what may be said in them, and who waits for them.
//
// Whatever runs in a child has "child" in its name, uses no gtest, and only writes to stderr and _exits. The rest is for
// the test's own process. Nobody sleeps here: threads wait for flags, and a hang becomes a failure with a message.
#ifndef FIRST_USE_TESTS_FORK_CHILDREN_HPP
#define FIRST_USE_TESTS_FORK_CHILDREN_HPP

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <type_traits>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/in_flight.hpp"
#include "policies.hpp"

#if FIRST_USE_TESTS_UNDER_TSAN
#define SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS() \
  GTEST_SKIP() << "ThreadSanitizer supports no new threads in the child of a process with threads"
#else
#define SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS() \
  if (children::under_qemu())                    \
  GTEST_SKIP() << "qemu-user (7.2) fails an assertion of its own in a child that makes threads"
#endif

#if FIRST_USE_TESTS_UNDER_TSAN
// No second of rest at the end of every child, where threads that had ended at the fork are not leaks.
extern "C" char const* __tsan_default_options() { return "atexit_sleep_ms=0:report_thread_leaks=0:die_after_fork=0"; }
#endif

namespace children {

// Seconds until whoever is waited for counts as hanging.
inline unsigned const patience = static_cast<unsigned>(first_use_test::patience.count() / first_use_test::slowness);

/// Whether an emulator of one process runs this program: whoever starts it says so.
inline bool under_qemu() { return std::getenv("FIRST_USE_TESTS_UNDER_QEMU") != nullptr; }

// ---- The ways into a child -------------------------------------------------------------------------------------------

struct Way {
  char const* name;
  pid_t (*make)();
  bool runs_handlers;
  bool libc_knows;  // else libc goes by the parent's thread id in the child
};

inline Way const by_fork{"fork", [] { return ::fork(); }, true, true};

// glibc has it since 2.34, and POSIX since 2024.
#if defined(__GLIBC__) && (__GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 34))
#define CHILDREN_HAVE_PLAIN_FORK 1
inline Way const by_plain_fork{"_Fork", [] { return ::_Fork(); }, false, true};
#else
#define CHILDREN_HAVE_PLAIN_FORK 0
#endif

#if defined(__linux__)
inline Way const by_clone{
    "SYS_clone",
    [] {
#if defined(__s390__)
      return static_cast<pid_t>(::syscall(SYS_clone, nullptr, SIGCHLD, nullptr, nullptr, nullptr));  // stack first
#else
      return static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
#endif
    },
    false, false};

#if defined(SYS_clone3)
inline Way const by_clone3{"SYS_clone3",
                           [] {
                             struct {
                               unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size,
                                   tls;
                             } how{};
                             how.exit_signal = SIGCHLD;
                             return static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
                           },
                           false, false};
#endif
#endif

inline std::vector<Way const*> const every_way = [] {
  std::vector<Way const*> ways{&by_fork};
#if CHILDREN_HAVE_PLAIN_FORK
  ways.push_back(&by_plain_fork);
#endif
#if defined(__linux__)
  ways.push_back(&by_clone);
#if defined(SYS_clone3)
  // Emulators and older kernels do not have it.
  if (::syscall(SYS_clone3, nullptr, std::size_t{0}) == -1 && errno != ENOSYS) ways.push_back(&by_clone3);
#endif
#endif
  return ways;
}();

/// Whether the kernel wipes the page of the published word; else the handlers of fork() decide alone.
inline bool page_is_wiped() {
#if FIRST_USE_HAS_WIPED_PAGE && defined(MADV_WIPEONFORK)
  static bool const wiped = [] {
    auto const size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return false;
    bool const honest = ::madvise(page, size, -1) != 0;
    bool const granted = ::madvise(page, size, MADV_WIPEONFORK) == 0;
    ::munmap(page, size);
    return honest && granted && static_cast<long>(size) <= FIRST_USE_LARGEST_PAGE;
  }();
  return wiped;
#else
  return false;
#endif
}

/// Whether a child made this way is noticed at all: what only the page can see is missed without it, as documented.
inline bool is_noticed(Way const& way) { return way.runs_handlers || page_is_wiped(); }

// ---- In a child ------------------------------------------------------------------------------------------------------

#if FIRST_USE_HAS_EXCEPTIONS
/// The first throw of a process sets up the unwinder by pthread_once(). Where ThreadSanitizer stands in for that, a fork in
/// the middle of another thread's first throw leaves the child waiting for ever; so it is over before there are threads.
inline bool const has_thrown = [] {
  try {
    throw 0;
  } catch (int) { return true; }
}();
#endif

[[noreturn]] inline void fail_in_child(char const* what, char const* file, int line) {
  char text[1500];
  int const size =
      std::snprintf(text, sizeof text, "%s:%d: in child %ld: %s\n", file, line, static_cast<long>(::getpid()), what);
  auto const length = size < static_cast<int>(sizeof text) ? static_cast<std::size_t>(size) : sizeof text - 1;
  if (::write(STDERR_FILENO, text, length) < 0) ::_exit(2);
  ::_exit(1);
}

#define CHILD_CHECK(...) \
  ((__VA_ARGS__) ? static_cast<void>(0) : children::fail_in_child("not so: " #__VA_ARGS__, __FILE__, __LINE__))

/// Waits for a child of the child, and fails with it.
inline void child_waits_for(pid_t pid) {
  CHILD_CHECK(pid > 0);
  int status = 0;
  pid_t waited = 0;
  do waited = ::waitpid(pid, &status, 0);
  while (waited < 0 && errno == EINTR);
  CHILD_CHECK(waited == pid);
  CHILD_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#if FIRST_USE_HAS_EXCEPTIONS
/// The text of the Error that `call` throws; null (and a line on stderr) where it throws nothing or something else.
template <class Error, class Call>
std::string error_in_child(Call call) {
  try {
    call();
  } catch (Error const& error) { return error.what(); } catch (std::exception const& error) {
    fail_in_child(error.what(), "another error", 0);
  }
  fail_in_child("no error was thrown", "error_in_child", 0);
}
#endif

inline bool says(std::string const& text, char const* part) { return text.find(part) != std::string::npos; }

template <class Body>
[[noreturn]] void run_in_child(Body& body) {
#if FIRST_USE_HAS_EXCEPTIONS
  try {
    body();
  } catch (std::exception const& error) { fail_in_child(error.what(), "uncaught", 0); }
#else
  body();
#endif
  ::_exit(0);
}

// ---- In the test's own process ---------------------------------------------------------------------------------------

/// For a child that came of a fork inside the library. Returns its pid.
inline pid_t parent_waits_for(pid_t pid) {
  int status = -1;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the child failed; the reason is on stderr";
  return pid;
}

/// Waits until the child and all its descendants are gone, and says what was wrong with it; empty: nothing. `lives` is
/// the reading end of a pipe that they hold open.
inline std::string wait_for_child(pid_t pid, int lives) {
  pollfd end{lives, POLLIN, 0};
  int ready = 0;
  do ready = ::poll(&end, 1, static_cast<int>(patience) * 1000);
  while (ready < 0 && errno == EINTR);
  ::close(lives);
  if (ready == 0) {
    ::kill(-pid, SIGKILL);
    ::kill(pid, SIGKILL);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  if (ready == 0) return "(or a descendant of it) hung for a minute and was killed";
  if (WIFSIGNALED(status)) return "died of signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) == 0) return "";
  return "failed with exit code " + std::to_string(WEXITSTATUS(status)) + "; the reason is on stderr";
}

/// Makes a child, runs `body` in it, waits for it, and reports what went wrong. `which` names it then.
template <class Body>
void in_child(Body body, Way const& way = by_fork, std::string const& which = "the child",
              char const* file = __builtin_FILE(), int line = __builtin_LINE()) {
  int ends[2];
  if (::pipe(ends) != 0) {
    ADD_FAILURE_AT(file, line) << "no pipe: " << std::strerror(errno);
    return;
  }
  for (int const end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  std::fflush(nullptr);
  pid_t const pid = way.make();
  if (pid == 0) {
    ::close(ends[0]);
    ::setpgid(0, 0);  // to be killed with all its descendants, should it hang
    run_in_child(body);
  }
  ::close(ends[1]);
  if (pid < 0) {
    ADD_FAILURE_AT(file, line) << way.name << ": " << std::strerror(errno);
    ::close(ends[0]);
    return;
  }
  std::string const wrong = wait_for_child(pid, ends[0]);
  if (!wrong.empty()) ADD_FAILURE_AT(file, line) << which << ", made by " << way.name << ", " << wrong;
}

/// The same in a child of every kind that is noticed. `body` may ask which: body(way).
template <class Body>
void in_every_child(Body body, char const* file = __builtin_FILE(), int line = __builtin_LINE()) {
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    if constexpr (std::is_invocable_v<Body&, Way const&>) {
      in_child([&] { body(*way); }, *way, "the child", file, line);
    } else {
      in_child(body, *way, "the child", file, line);
    }
  }
}

}  // namespace children

#endif
