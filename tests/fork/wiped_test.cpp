// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Wiped types: a child finds nothing, however it was made, and makes its own; the parent keeps its value.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#if __has_include(<pty.h>)
#include <pty.h>
#endif
#include <sched.h>
#include <spawn.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using children::child_waits_for;
using children::every_way;
using children::in_child;
using children::is_noticed;
using children::Way;

struct Pid {
  pid_t operator()() const { return ::getpid(); }
};
/// What each process makes for itself.
std::string own_text() { return std::string(50, 'x') + std::to_string(::getpid()); }

/// All wiped types of one policy, in one bundle that can be filled, found full and found empty.
template <class Sync>
struct Bundle {
  void fill() const {
    once.call_once([] {});
    lock.get_or_init(&own_text);
    lazy.force();
    text.force();
  }
  bool is_full_of(pid_t pid) const {
    return once.is_completed() && once.status() == OnceStatus::complete && lock.get() != nullptr && lock.has_value() &&
           *lock.get() == std::string(50, 'x') + std::to_string(pid) && lazy.get() != nullptr && *lazy.get() == pid &&
           text.get() != nullptr && *text.get() == *lock.get();
  }
  bool is_empty() const {
    return !once.is_completed() && once.status() == OnceStatus::incomplete && lock.get() == nullptr &&
           !lock.is_initialized() && !lock.has_value() && lazy.get() == nullptr && text.get() == nullptr &&
           !lazy.is_poisoned();
  }
  BasicOnce<Sync, WipeOnFork<>> once;
  BasicOnceLock<std::string, Sync, WipeOnFork<>> lock;
  BasicLazyLock<pid_t, Pid, Sync, WipeOnFork<>> lazy{Pid{}};
  BasicLazyLock<std::string, std::string (*)(), Sync, WipeOnFork<>> text{&own_text};
};

// Looked at before anything was initialised in this process: nothing is published then, and zero matches nothing.
Bundle<PlatformSync> untouched;
bool const untouched_was_empty_at_the_start = untouched.is_empty();

template <class Sync>
class Wiped : public testing::Test {};
TYPED_TEST_SUITE(Wiped, first_use_test::AllPolicies, first_use_test::PolicyNames);

TEST(WipedUntouched, ReadsEmptyBeforeAnythingWasInitialised) {
  EXPECT_TRUE(untouched_was_empty_at_the_start);
  EXPECT_TRUE(untouched.is_empty());
  for (Way const* const way : every_way) {
    in_child([] { CHILD_CHECK(untouched.is_empty()); }, *way);
  }
}

TYPED_TEST(Wiped, UntouchedReadsEmptyInEveryChild) {
  Bundle<TypeParam> const all;
  EXPECT_TRUE(all.is_empty());
  Bundle<TypeParam> const other;
  other.fill();
  EXPECT_TRUE(all.is_empty());
  for (Way const* const way : every_way) {
    in_child(
        [&] {
          CHILD_CHECK(all.is_empty());
          all.fill();
          CHILD_CHECK(all.is_full_of(::getpid()));
        },
        *way);
  }
}

// Without the wiped page a child that ran no handlers keeps the parent's value: documented, and all that can be done.
TYPED_TEST(Wiped, ForgottenInEveryChildAndKeptInTheParent) {
  Bundle<TypeParam> const all;
  all.fill();
  pid_t const parent = ::getpid();
  for (Way const* const way : every_way) {
    in_child(
        [&] {
          if (!is_noticed(*way)) {
            CHILD_CHECK(all.is_full_of(parent));
            return;
          }
          CHILD_CHECK(all.is_empty());
          CHILD_CHECK(all.is_empty());
          all.fill();
          CHILD_CHECK(all.is_full_of(::getpid()));
          all.fill();
          CHILD_CHECK(all.is_full_of(::getpid()));
        },
        *way);
    EXPECT_TRUE(all.is_full_of(parent));
  }
}

#if __has_include(<pty.h>)
// forkpty() and daemon() are fork() inside libc.
TYPED_TEST(Wiped, ForgottenByForkptyAndDaemon) {
  Bundle<TypeParam> const all;
  all.fill();
  pid_t const parent = ::getpid();
  static int master = -1;
  static int const messages = ::dup(STDERR_FILENO);
  Way const by_forkpty{"forkpty",
                       [] {
                         pid_t const pid = ::forkpty(&master, nullptr, nullptr, nullptr);
                         if (pid == 0) ::dup2(messages, STDERR_FILENO);
                         return pid;
                       },
                       true, true};
  in_child(
      [&] {
        CHILD_CHECK(all.is_empty());
        all.fill();
        CHILD_CHECK(all.is_full_of(::getpid()));
      },
      by_forkpty);
  ::close(master);

  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  in_child([&] {
    CHILD_CHECK(::daemon(1, 1) == 0);
    CHILD_CHECK(all.is_empty());
    all.fill();
    CHILD_CHECK(all.is_full_of(::getpid()));
    CHILD_CHECK(::write(ends[1], "y", 1) == 1);
  });
  ::close(ends[1]);
  char verdict = 'n';
  EXPECT_EQ(::read(ends[0], &verdict, 1), 1);
  EXPECT_EQ(verdict, 'y');
  ::close(ends[0]);
  EXPECT_TRUE(all.is_full_of(parent));
}
#endif

#if defined(__linux__)

/// Runs `body` by libc's clone(), whose child begins in a function, on a stack of its own.
template <class Body>
void by_clone_function(Body body, int flags) {
  alignas(16) static unsigned char stack[1 << 18];
  auto const enter = [](void* at) -> int { children::run_in_child(*static_cast<Body*>(at)); };
  pid_t const pid = ::clone(enter, stack + sizeof stack, flags | SIGCHLD, &body);
  ASSERT_GT(pid, 0);
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

TYPED_TEST(Wiped, ForgottenByTheCloneFunction) {
  Bundle<TypeParam> const all;
  all.fill();
  pid_t const parent = ::getpid();
  by_clone_function(
      [&] {
        if (!children::page_is_wiped()) {
          CHILD_CHECK(all.is_full_of(parent));  // without the page it is missed: documented
          return;
        }
        CHILD_CHECK(all.is_empty());
        all.fill();
        CHILD_CHECK(all.is_full_of(::getpid()));
      },
      0);
  EXPECT_TRUE(all.is_full_of(parent));
}

#if !FIRST_USE_TESTS_UNDER_TSAN
// The same memory: the child is the process as far as values go, and nothing may be forgotten by either.
TYPED_TEST(Wiped, KeptWhereMemoryIsShared) {
  Bundle<TypeParam> const all;
  all.fill();
  pid_t const parent = ::getpid();
  by_clone_function([&] { CHILD_CHECK(all.is_full_of(parent)); }, CLONE_VM | CLONE_VFORK);
  EXPECT_TRUE(all.is_full_of(parent));
}
#endif

#endif

TYPED_TEST(Wiped, ProcessesThatExecAtOnceDoNoHarm) {
  Bundle<TypeParam> const all;
  all.fill();
  pid_t const parent = ::getpid();
  int status = -1;
#if !FIRST_USE_TESTS_UNDER_TSAN
  pid_t volatile const vforked = ::vfork();
  if (vforked == 0) ::_exit(0);
  EXPECT_EQ(::waitpid(vforked, &status, 0), vforked);
  EXPECT_TRUE(all.is_full_of(parent));
#endif
  char name[] = "true";
  char* arguments[] = {name, nullptr};
  char* environment[] = {nullptr};
  pid_t spawned = -1;
  ASSERT_EQ(::posix_spawnp(&spawned, name, nullptr, nullptr, arguments, environment), 0);
  EXPECT_EQ(::waitpid(spawned, &status, 0), spawned);
  EXPECT_TRUE(all.is_full_of(parent));
  EXPECT_EQ(std::system("true"), 0);
  EXPECT_TRUE(all.is_full_of(parent));
  std::FILE* const output = ::popen("echo y", "r");
  ASSERT_NE(output, nullptr);
  EXPECT_EQ(std::fgetc(output), 'y');
  EXPECT_EQ(::pclose(output), 0);
  EXPECT_TRUE(all.is_full_of(parent));
}

// A child, and its child, and so on: everybody finds nothing and makes its own.
TYPED_TEST(Wiped, SixtyFourForksInsideOneAnother) {
  Bundle<TypeParam> const all;
  all.fill();
  in_child([&] {
    for (int depth = 0; depth != 64; ++depth) {
      CHILD_CHECK(all.is_empty());
      // Every other one looks only: its child comes from a process without a value of its own.
      if (depth % 2 == 0) all.fill();
      if (depth % 2 == 0) CHILD_CHECK(all.is_full_of(::getpid()));
      pid_t const pid = ::fork();
      if (pid != 0) {
        child_waits_for(pid);
        CHILD_CHECK(depth % 2 == 0 ? all.is_full_of(::getpid()) : all.is_empty());
        return;
      }
    }
    CHILD_CHECK(all.is_empty());
  });
}

// What was made before a fork stays forgotten in the grandchild of a child that made nothing.
TYPED_TEST(Wiped, GrandchildrenOfEveryKindOfChild) {
  Bundle<TypeParam> const all;
  all.fill();
  for (Way const* const way : every_way) {
    for (Way const* const next : every_way) {
      if (!is_noticed(*way) || !is_noticed(*next)) continue;
      for (bool const touches : {false, true}) {
        in_child(
            [&] {
              if (touches) all.fill();
              pid_t const pid = next->make();
              if (pid == 0) {
                CHILD_CHECK(all.is_empty());
                all.fill();
                CHILD_CHECK(all.is_full_of(::getpid()));
                return;
              }
              child_waits_for(pid);
              CHILD_CHECK(touches ? all.is_full_of(::getpid()) : all.is_empty());
            },
            *way);
      }
    }
  }
}

}  // namespace
