// SPDX-License-Identifier: MIT OR Apache-2.0
//
// An initialiser left by the back door: pthread_exit and cancellation inside it are failures, and nobody sleeps on.
#include <first_use/once.hpp>

#include <atomic>
#include <cstdio>
#include <memory>
#include <optional>

#include <pthread.h>

#include "lazies.hpp"
#include "locks.hpp"
#include "onces.hpp"

#if FIRST_USE_HAS_EXCEPTIONS && defined(__linux__)

#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace first_use_test;
using first_use::OnceState;
using first_use::OnceStatus;

TYPED_TEST_SUITE(OnceAmongThreads, BlockingPolicies, PolicyNames);

/// A thread that runs `f` and is not expected to come back from it.
template <class F>
pthread_t start(F& f) {
  pthread_t thread{};
  EXPECT_EQ(::pthread_create(
                &thread, nullptr,
                [](void* argument) -> void* {
                  (*static_cast<F*>(argument))();
                  ADD_FAILURE() << "came back";
                  return nullptr;
                },
                &f),
            0);
  return thread;
}

template <class F>
void run_until_exit(F f) {
  ASSERT_EQ(::pthread_join(start(f), nullptr), 0);
}

/// Runs `f`, which hangs inside an initialiser once `running` is open, cancels it when `then` has returned, and lets the
/// crew of `then` end.
template <class F, class Then>
void run_until_cancelled(Gate const& running, F f, Then then) {
  pthread_t const thread = start(f);
  running.wait();
  Crew crew;
  then(crew);
  ASSERT_EQ(::pthread_cancel(thread), 0);
  void* result = nullptr;
  ASSERT_EQ(::pthread_join(thread, &result), 0);
  EXPECT_EQ(result, PTHREAD_CANCELED);
}

/// Whether pthread_exit() and cancellation unwind the stack here. Debian's libc++abi brings an unwinder of its own along,
/// and glibc calls another one's: whatever has a destructor dies. Asked of a program without first_use: a child.
bool an_exiting_thread_unwinds() {
  static bool const answer = [] {
    std::fflush(nullptr);
    pid_t const child = ::fork();
    if (child == 0) {
      static bool unwound = false;
      auto const exits = [](void*) -> void* {
        struct End {
          ~End() { unwound = true; }
        } const end;
        ::pthread_exit(nullptr);
      };
      pthread_t thread{};
      if (::pthread_create(&thread, nullptr, exits, nullptr) == 0) ::pthread_join(thread, nullptr);
      ::_exit(unwound ? 0 : 1);
    }
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
  }();
  return answer;
}

#define SKIP_WHERE_A_THREAD_CANNOT_EXIT() \
  if (!an_exiting_thread_unwinds()) GTEST_SKIP() << "pthread_exit() does not unwind the stack here"

// g++'s AddressSanitizer reports itself when a thread is cancelled on its own guarded stack.
#define SKIP_WHERE_A_THREAD_CANNOT_BE_CANCELLED() \
  SKIP_WHERE_A_THREAD_CANNOT_EXIT();              \
  if (FIRST_USE_TESTS_UNDER_ASAN)                 \
  GTEST_SKIP() << "AddressSanitizer's sigaltstack() finds a fault of its own in a cancelled thread"

int exit_the_thread() { ::pthread_exit(nullptr); }

int hang(Gate& running) {
  running.open();
  wait_until_holds("being cancelled", [] {
    ::pthread_testcancel();
    return false;
  });
  return 0;
}

TYPED_TEST(OnceAmongThreads, pthread_exit_inside_poisons) {
  SKIP_WHERE_A_THREAD_CANNOT_EXIT();
  run_until_exit([this] { this->once_.call_once(exit_the_thread); });
  EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
  EXPECT_THROW(this->once_.call_once([] {}), first_use::PoisonedError);
  this->once_.call_once_force([](OnceState const& state) { EXPECT_TRUE(state.is_poisoned()); });
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(OnceAmongThreads, pthread_cancel_inside_poisons_and_wakes_the_waiters) {
  SKIP_WHERE_A_THREAD_CANNOT_BE_CANCELLED();
  Gate running{"the initialiser to run"};
  run_until_cancelled(
      running, [&] { this->once_.call_once([&] { hang(running); }); },
      [&](Crew& crew) {
        crew.add([&] { EXPECT_THROW(this->once_.wait(), first_use::PoisonedError); });
        wait_until_queued(this->once_);
      });
  EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
  this->once_.call_once_force([](OnceState const&) {});
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(OnceAmongThreads, pthread_exit_inside_leaves_a_lock_empty) {
  SKIP_WHERE_A_THREAD_CANNOT_EXIT();
  Lock<int, TypeParam> lock;
  run_until_exit([&] { lock.get_or_init(exit_the_thread); });
  EXPECT_EQ(lock.get(), nullptr);
  run_until_exit([&] { (void)lock.get_or_try_init([]() -> std::optional<int> { return exit_the_thread(); }); });
  EXPECT_EQ(lock.take(), std::nullopt);
  EXPECT_EQ(lock.get_or_init([] { return 3; }), 3);
}

TYPED_TEST(OnceAmongThreads, pthread_cancel_inside_a_lock_hands_the_turn_on) {
  SKIP_WHERE_A_THREAD_CANNOT_BE_CANCELLED();
  Lock<int, TypeParam> lock;
  Gate running{"the initialiser to run"};
  run_until_cancelled(
      running, [&] { lock.get_or_init([&] { return hang(running); }); },
      [&](Crew& crew) {
        crew.add([&] { EXPECT_EQ(lock.get_or_init([] { return 4; }), 4); });
        crew.add([&] { EXPECT_EQ(lock.wait(), 4); });
        wait_until_queued(lock);
      });
  EXPECT_EQ(lock.value(), 4);
}

TYPED_TEST(OnceAmongThreads, pthread_exit_inside_poisons_a_lazy_and_ends_its_captures) {
  SKIP_WHERE_A_THREAD_CANNOT_EXIT();
  auto const owned = std::make_shared<int>(0);
  auto lazy = make_lazy<TypeParam>([owned] { return exit_the_thread(); });
  run_until_exit([&] { lazy.force(); });
  EXPECT_TRUE(lazy.is_poisoned());
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_THROW(lazy.force(), first_use::PoisonedError);
  auto copied = make_lazy<TypeParam>(exit_the_thread);
  run_until_exit([&] { copied.force(); });
  EXPECT_THROW(copied.force(), first_use::PoisonedError);
}

TYPED_TEST(OnceAmongThreads, pthread_cancel_inside_a_lazy_that_retries_hands_the_turn_on) {
  SKIP_WHERE_A_THREAD_CANNOT_BE_CANCELLED();
  Gate running{"the initialiser to run"};
  std::atomic<int> called{0};
  auto lazy =
      make_lazy<TypeParam, first_use::RetryOnThrow>([&] { return ++called == 1 ? hang(running) : called.load(); });
  run_until_cancelled(
      running, [&] { lazy.force(); },
      [&](Crew& crew) {
        crew.add([&] { EXPECT_EQ(*lazy, 2); });
        wait_until_queued(lazy);
      });
  EXPECT_FALSE(lazy.is_poisoned());
  EXPECT_EQ(*lazy, 2);
}

}  // namespace

#endif
