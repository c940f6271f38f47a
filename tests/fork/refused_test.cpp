// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The system refuses the fork handlers, or the page that is wiped: an InitError, nothing claimed, and the next call works.
// This program has its own pthread_atfork and its own madvise, which fail on demand.
#include <atomic>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "policies.hpp"
#include "sanitizers.hpp"

namespace {
bool refuses = false;
bool doubles = false;
int registrations = 0;
}  // namespace

#if defined(__GLIBC__)
extern "C" int __register_atfork(void (*)(), void (*)(), void (*)(), void*);
extern "C" void* __dso_handle;
#endif

extern "C" FIRST_USE_TESTS_UNSEEN int pthread_atfork(void (*prepare)(), void (*parent)(),
                                                     void (*child)()) FIRST_USE_TESTS_AS_LIBC_DECLARES {
  if (refuses) return ENOMEM;
  ++registrations;
  if (doubles) {
    doubles = false;
    pthread_atfork(prepare, parent, child);
  }
#if defined(__GLIBC__)
  return __register_atfork(prepare, parent, child, &__dso_handle);
#else
  using Real = int (*)(void (*)(), void (*)(), void (*)());
  return reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "pthread_atfork"))(prepare, parent, child);
#endif
}

#if FIRST_USE_HAS_WIPED_PAGE
namespace {
int madvise_fails = 0;  // with this error
}
extern "C" FIRST_USE_TESTS_UNSEEN int madvise(void* at, std::size_t size, int advice) FIRST_USE_TESTS_AS_LIBC_DECLARES {
  if (advice == MADV_WIPEONFORK && madvise_fails != 0) return errno = madvise_fails, -1;
  return static_cast<int>(::syscall(SYS_madvise, at, size, advice));
}
#endif

namespace {

using namespace first_use;
using children::in_child;

/// Runs `body` in a process whose library has registered nothing yet, and is refused until let_through().
template <class Body>
void in_refused_child(Body body, int line = __builtin_LINE()) {
  in_child(
      [&] {
        refuses = true;
        registrations = 0;
        body();
      },
      children::by_fork, "the child that is refused", __FILE__, line);
}
void let_through() { refuses = false; }

TEST(Refused, PrepareSaysSo) {
  in_refused_child([] {
    errno = 7;
    CHILD_CHECK(!prepare_for_fork());
    CHILD_CHECK(!prepare_for_fork());
    CHILD_CHECK(errno == 7);
    let_through();
    CHILD_CHECK(prepare_for_fork());
    CHILD_CHECK(errno == 7);
    CHILD_CHECK(registrations == 1);
    CHILD_CHECK(prepare_for_fork());
    WipeOnForkOnceLock<int> lock;
    lock.set(1);
    CHILD_CHECK(registrations == 1);
    refuses = true;  // nobody asks any more
    CHILD_CHECK(prepare_for_fork());
    pid_t const pid = ::fork();
    CHILD_CHECK((lock.get() == nullptr) == (pid == 0));
    CHILD_CHECK(prepare_for_fork());
    if (pid != 0) children::child_waits_for(pid);
  });
}

// As when several libraries use us, each with its handlers: a fork moves the number on once.
TEST(Refused, TwoRegistrationsCountAForkOnce) {
  in_refused_child([] {
    let_through();
    doubles = true;
    CHILD_CHECK(prepare_for_fork());
    CHILD_CHECK(registrations == 2);
    using Process = process::Generation<PlatformSync>;
    auto const mine = Process::current();
    WipeOnForkOnceLock<int> lock;
    lock.set(1);
    pid_t const pid = ::fork();
    CHILD_CHECK(Process::current() == (pid == 0 ? mine + 1 : mine));
    CHILD_CHECK(lock.has_value() == (pid != 0));
    if (pid != 0) children::child_waits_for(pid);
  });
}

#if FIRST_USE_HAS_WIPED_PAGE

// Out of memory for the page, which the kernel has otherwise: an error, or raw clone would be missed from now on.
TEST(Refused, PageForWantOfMemory) {
  if (!children::page_is_wiped()) GTEST_SKIP() << "this kernel wipes no page";
  for (int const error : {ENOMEM, EAGAIN}) {
    in_refused_child([&] {
      let_through();
      madvise_fails = error;
      errno = 7;
      CHILD_CHECK(!prepare_for_fork());
      CHILD_CHECK(errno == 7);
      CHILD_CHECK(registrations == 0);
      WipeOnForkOnceLock<int> wiped;
      OnceLock<int> kept;
#if FIRST_USE_HAS_EXCEPTIONS
      for (int again = 0; again != 2; ++again) {
        children::error_in_child<InitError>([&] { wiped.set(1); });
        children::error_in_child<InitError>([&] { kept.set(1); });
      }
#endif
      CHILD_CHECK(wiped.get() == nullptr && kept.get() == nullptr);
      madvise_fails = 0;
      CHILD_CHECK(wiped.set(2) && kept.set(2));
      CHILD_CHECK(registrations == 1);
      pid_t const pid = children::by_clone.make();
      CHILD_CHECK((wiped.get() == nullptr) == (pid == 0) && kept.value() == 2);
      if (pid != 0) children::child_waits_for(pid);
    });
  }
}

// A kernel without such pages: the handlers alone decide.
TEST(Refused, PageThatTheKernelDoesNotHave) {
  in_refused_child([] {
    let_through();
    madvise_fails = EINVAL;
    errno = 7;
    CHILD_CHECK(prepare_for_fork());
    CHILD_CHECK(errno == 7 && registrations == 1);
    WipeOnForkOnceLock<int> lock;
    lock.set(1);
    pid_t pid = ::fork();
    CHILD_CHECK((lock.get() == nullptr) == (pid == 0));
    if (pid != 0) children::child_waits_for(pid);
    if (pid == 0) return;
    pid = children::by_clone.make();  // missed, as documented
    CHILD_CHECK(lock.value() == 1);
    if (pid != 0) children::child_waits_for(pid);
  });
}

#endif

// The cells of one thread need no handlers; looking needs none either.
TEST(Refused, NothingThatNeedsNoHandlersMinds) {
  in_refused_child([] {
    OnceCell<int> cell;
    CHILD_CHECK(cell.get_or_init([] { return 1; }) == 1);
    LazyCell lazy{[] { return 2; }};
    CHILD_CHECK(*lazy == 2);
    OnceLock<int> full{std::in_place, 3};
    CHILD_CHECK(full.get_or_init([] { return 4; }) == 3);
    CHILD_CHECK(full.take() == 3);
    WipeOnForkOnceLock<int> empty;
    CHILD_CHECK(empty.get() == nullptr && !empty.take().has_value());
    empty.reset();
    WipeOnForkOnce once;
    CHILD_CHECK(once.status() == OnceStatus::incomplete);
    BasicOnceLock<int, DefaultSync, IgnoreFork> ignorant;
    CHILD_CHECK(ignorant.set(5));
    CHILD_CHECK(registrations == 0);
  });
}

#if FIRST_USE_HAS_EXCEPTIONS

template <class Call>
void child_is_refused(Call call, char const* what) {
  std::string const text = children::error_in_child<InitError>(call);
  CHILD_CHECK(children::says(text, "refused what noticing a fork takes"));
  CHILD_CHECK(children::says(text, what));
}

TEST(Refused, OnceIsNotClaimed) {
  in_refused_child([] {
    int runs = 0;
    auto const refused = [&](auto const& once, char const* name) {
      runs = 0;
      refuses = true;
      child_is_refused([&] { once.call_once([&] { ++runs; }); }, name);
      child_is_refused([&] { once.call_once_force([&](OnceState const&) { ++runs; }); }, name);
      CHILD_CHECK(runs == 0 && once.status() == OnceStatus::incomplete && !once.is_completed());
    };
    Once const once;
    WipeOnForkOnce const wiped;
    refused(once, "Once");
    refused(wiped, "WipeOnForkOnce");
    runs = 0;
    let_through();
    once.call_once([&] { ++runs; });
    wiped.call_once([&] { ++runs; });
    CHILD_CHECK(runs == 2 && once.is_completed() && wiped.is_completed() && registrations == 1);
  });
}

template <class Lock>
void child_fills_refused(Lock& lock, char const* name) {
  bool ran = false;
  child_is_refused([&] { lock.get_or_init([&] { return ran = true, std::string{"no"}; }); }, name);
  child_is_refused(
      [&] { static_cast<void>(lock.get_or_try_init([&] { return ran = true, std::optional<std::string>{"no"}; })); },
      name);
  std::string mine(40, 'm');
  child_is_refused([&] { lock.set(std::move(mine)); }, name);
  child_is_refused([&] { static_cast<void>(lock.try_set(std::move(mine))); }, name);
  child_is_refused([&] { lock.try_insert(std::move(mine)); }, name);
  child_is_refused([&] { lock.try_emplace(std::move(mine)); }, name);
  CHILD_CHECK(mine == std::string(40, 'm'));
  CHILD_CHECK(!ran && lock.get() == nullptr && !lock.take().has_value());
}

TEST(Refused, OnceLockIsNotClaimedAndTouchesNoArgument) {
  in_refused_child([] {
    OnceLock<std::string> lock;
    WipeOnForkOnceLock<std::string> wiped;
    WipeOnForkOnceCell<std::string> cell;
    child_fills_refused(lock, "OnceLock<");
    child_fills_refused(wiped, "WipeOnForkOnceLock<");
    child_fills_refused(cell, "WipeOnForkOnceCell<");
    let_through();
    CHILD_CHECK(lock.set("kept") && wiped.set("wiped") && cell.set("cell"));
    CHILD_CHECK(lock.value() == "kept" && wiped.value() == "wiped" && cell.value() == "cell");
    CHILD_CHECK(registrations == 1);
  });
}

/// Consumed by its call; must not be consumed by a refused one.
struct Owner {
  std::unique_ptr<int> number;
  int operator()() const { return *number; }
};

TEST(Refused, LazyKeepsItsInitialiserAndIsNotPoisoned) {
  in_refused_child([] {
    LazyLock<int, Owner> lazy{Owner{std::make_unique<int>(1)}};
    LazyLock<int, Owner, RetryOnThrow> retrying{Owner{std::make_unique<int>(2)}};
    WipeOnForkLazyLock<int, Owner> wiped{Owner{std::make_unique<int>(3)}};
    WipeOnForkLazyCell<int, Owner> cell{Owner{std::make_unique<int>(4)}};
    for (int again = 0; again != 2; ++again) {
      child_is_refused([&] { lazy.force(); }, "LazyLock<");
      child_is_refused([&] { retrying.force(); }, "LazyLock<");
      child_is_refused([&] { wiped.force(); }, "WipeOnForkLazyLock<");
      child_is_refused([&] { cell.force(); }, "WipeOnForkLazyCell<");
    }
    CHILD_CHECK(!lazy.is_poisoned() && !retrying.is_poisoned() && !wiped.is_poisoned() && !cell.is_poisoned());
    let_through();
    CHILD_CHECK(*lazy == 1 && *retrying == 2 && *wiped == 3 && *cell == 4);
    CHILD_CHECK(registrations == 1);
  });
}

/// Counts objects that live.
struct Living {
  static inline int count = 0;
  Living() { ++count; }
  Living(Living const&) { ++count; }
  ~Living() { --count; }
};

// Wiped values made with their lock, or assigned, need the handlers too: what was made is not lost then.
TEST(Refused, WipedValueMadeWithItsLockIsNotLost) {
  in_refused_child([] {
    using Lock = WipeOnForkOnceLock<Living>;
    child_is_refused([] { Lock{std::in_place}; }, "WipeOnForkOnceLock<");
    CHILD_CHECK(Living::count == 0);
    let_through();
    Lock const full{std::in_place};
    CHILD_CHECK(full.has_value() && Living::count == 1);
  });
}

#endif

}  // namespace
