// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Wiped types: an initialisation that straddles a fork publishes nothing in the child. A lazy calls its function again; a
// call whose initialiser is used up ends in an InitError, and the place stays empty.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

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

template <class Sync>
class WipedInside : public testing::Test {};
TYPED_TEST_SUITE(WipedInside, first_use_test::AllPolicies, first_use_test::PolicyNames);

/// Counts whole lives; what a straddling run made is nobody's and is left alone.
class Counted {
 public:
  static inline int ended = 0;
  explicit Counted(pid_t pid) : pid_{pid} {}
  Counted(Counted&& other) noexcept : pid_{other.pid_} {}
  Counted& operator=(Counted&&) = delete;
  ~Counted() { ++ended; }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

/// Made from what forks.
struct Straddler {
  template <class Forks>
  explicit Straddler(Forks const& forks) : pid{(forks(), ::getpid())} {}
  pid_t pid;
};

// A lazy's F, called as const and as often as the processes need.
struct Script {
  static inline int calls = 0;
  static inline std::function<void()> body;
  Counted operator()() const {
    ++calls;
    body();
    return Counted{::getpid()};
  }
};

TYPED_TEST(WipedInside, LazyRunsAgainInTheChild) {
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    in_child([&] {
      BasicLazyLock<Counted, Script, TypeParam, WipeOnFork<Destroy>> lazy{Script{}};
      pid_t pid = -1;
      Script::calls = 0;
      Counted::ended = 0;
      Script::body = [&] {
        if (pid == -1) pid = way->make();
        CHILD_CHECK(lazy.get() == nullptr);
      };
      CHILD_CHECK(lazy->pid() == ::getpid());
      CHILD_CHECK(lazy->pid() == ::getpid());
      CHILD_CHECK(Script::calls == (pid == 0 ? 2 : 1));
      CHILD_CHECK(Counted::ended == 0);
      if (pid != 0) child_waits_for(pid);
    });
  }
}

TYPED_TEST(WipedInside, LazyThatForksInEveryRunEndsInEveryProcess) {
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    in_child([&] {
      BasicLazyLock<Counted, Script, TypeParam, WipeOnFork<>> lazy{Script{}};
      std::vector<pid_t> mine;
      int depth = 0;
      Script::body = [&] {
        if (depth == 4) return;
        pid_t const pid = way->make();
        if (pid == 0) {
          mine.clear();
          ++depth;
        } else {
          mine.push_back(pid);
        }
      };
      CHILD_CHECK(lazy->pid() == ::getpid());
      for (pid_t const pid : mine) child_waits_for(pid);
      CHILD_CHECK(mine.size() == (depth == 4 ? 0U : 1U));
    });
  }
}

// Lazies in lazies, the innermost forks: all of them run again in the child, the outer ones with its values.
TYPED_TEST(WipedInside, NestOfLazies) {
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    in_child([&] {
      using Make = std::function<pid_t()>;
      using Lazy = BasicLazyLock<pid_t, Make, TypeParam, WipeOnFork<>>;
      pid_t pid = -1;
      int inner_runs = 0;
      int outer_runs = 0;
      int kept_runs = 0;
      Lazy inner{[&] {
        ++inner_runs;
        if (pid == -1) pid = way->make();
        return ::getpid();
      }};
      BasicOnceLock<pid_t, TypeParam> kept;
      Lazy outer{[&] {
        ++outer_runs;
        return kept.get_or_init([&] {
          ++kept_runs;
          return *inner;
        });
      }};
      CHILD_CHECK(*outer == ::getpid());
      CHILD_CHECK(*inner == ::getpid() && kept.value() == ::getpid());
      // The inner one begins again at once; the outer ones go on, and the wiped one of them begins again at its end.
      CHILD_CHECK(inner_runs == (pid == 0 ? 2 : 1));
      CHILD_CHECK(kept_runs == 1);
      CHILD_CHECK(outer_runs == (pid == 0 ? 2 : 1));
      if (pid != 0) child_waits_for(pid);
    });
  }
}

#if FIRST_USE_HAS_EXCEPTIONS

// `call(forks)` fills the place by an initialiser that calls forks(). In the child it ends in an InitError, the place is
// empty, and the same call again fills it.
template <class Call, class IsFull, class IsEmpty>
void straddles(Way const& way, Call call, IsFull is_full, IsEmpty is_empty) {
  in_child([&] {
    Counted::ended = 0;
    pid_t pid = -1;
    std::string text;
    try {
      call([&] { pid = way.make(); });
    } catch (InitError const& error) { text = error.what(); }
    if (pid == 0) {
      CHILD_CHECK(children::says(text, "forked inside this initialisation"));
      CHILD_CHECK(children::says(text, "call again"));
      CHILD_CHECK(is_empty());
      CHILD_CHECK(Counted::ended == 0);
      call([] {});
      CHILD_CHECK(is_full());
      CHILD_CHECK(Counted::ended == 0);
    } else {
      CHILD_CHECK(text.empty());
      CHILD_CHECK(is_full());
      child_waits_for(pid);
      CHILD_CHECK(is_full());
    }
  });
}

TYPED_TEST(WipedInside, CallOnceEndsInInitErrorInTheChild) {
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    BasicOnce<TypeParam, WipeOnFork<>> once;
    auto const is_full = [&] { return once.status() == OnceStatus::complete; };
    auto const is_empty = [&] { return once.status() == OnceStatus::incomplete; };
    straddles(
        *way, [&](auto forks) { once.call_once(forks); }, is_full, is_empty);
    straddles(
        *way, [&](auto forks) { once.call_once_force([&](OnceState const&) { forks(); }); }, is_full, is_empty);
  }
}

TYPED_TEST(WipedInside, FillingEndsInInitErrorInTheChild) {
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    BasicOnceLock<Counted, TypeParam, WipeOnFork<Destroy>> lock;
    auto const is_full = [&] { return lock.get() != nullptr && lock.get()->pid() == ::getpid(); };
    auto const is_empty = [&] { return lock.get() == nullptr && !lock.is_initialized(); };
    straddles(
        *way,
        [&](auto forks) {
          lock.get_or_init([&] {
            forks();
            return Counted{::getpid()};
          });
        },
        is_full, is_empty);
    straddles(
        *way,
        [&](auto forks) {
          // The optional that the value is moved out of dies as it should; only the place is looked at.
          static_cast<void>(lock.get_or_try_init([&] {
            forks();
            return std::optional<Counted>{::getpid()};
          }));
          Counted::ended = 0;
        },
        is_full, [&] { return Counted::ended = 0, is_empty(); });
    BasicOnceLock<Straddler, TypeParam, WipeOnFork<>> place;
    straddles(
        *way, [&](auto forks) { place.try_emplace(forks); },
        [&] { return place.get() != nullptr && place.get()->pid == ::getpid(); },
        [&] { return place.get() == nullptr; });
  }
}

// In the child the interrupted attempt failed: what the initialiser throws there is an ordinary failure of that process.
TYPED_TEST(WipedInside, FailureInTheChild) {
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    in_child([&] {
      pid_t pid = -1;
      BasicOnceLock<int, TypeParam, WipeOnFork<>> lock;
      bool failed = false;
      try {
        lock.get_or_init([&] {
          pid = way->make();
          if (pid == 0) throw 1;
          return 1;
        });
      } catch (int) { failed = true; }
      CHILD_CHECK(failed == (pid == 0));
      CHILD_CHECK((lock.get() == nullptr) == failed);
      CHILD_CHECK(lock.get_or_init([] { return 2; }) == (failed ? 2 : 1));
      if (pid != 0) child_waits_for(pid);
    });
  }
}

// A knot leaves what lay there before, but for what the fork has cleared.
TYPED_TEST(WipedInside, KnotInAForcedCallLeavesThePoisonOfItsProcess) {
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    in_child([&] {
      pid_t pid = -1;
      BasicOnce<TypeParam, WipeOnFork<>> once;
      try {
        once.call_once([] { throw 1; });
      } catch (int) { CHILD_CHECK(once.status() == OnceStatus::poisoned); }
      children::error_in_child<ReentrantInitError>([&] {
        once.call_once_force([&](OnceState const& state) {
          CHILD_CHECK(state.is_poisoned());
          pid = way->make();
          once.call_once([] {});
        });
      });
      CHILD_CHECK(once.status() == (pid == 0 ? OnceStatus::incomplete : OnceStatus::poisoned));
      if (pid != 0) child_waits_for(pid);
    });
  }
}

TYPED_TEST(WipedInside, ReentranceIsSeenInBothProcesses) {
  for (Way const* const way : every_way) {
    if (!is_noticed(*way)) continue;
    in_child([&] {
      pid_t pid = -1;
      BasicOnceLock<int, TypeParam, WipeOnFork<>> lock;
      bool straddled = false;
      try {
        lock.get_or_init([&] {
          pid = way->make();
          children::error_in_child<ReentrantInitError>([&] { lock.get_or_init([] { return 2; }); });
          return 1;
        });
      } catch (InitError const&) { straddled = true; }
      CHILD_CHECK(straddled == (pid == 0));
      CHILD_CHECK(lock.get_or_init([] { return 3; }) == (pid == 0 ? 3 : 1));
      if (pid != 0) child_waits_for(pid);
    });
  }
}

#endif

}  // namespace
