// SPDX-License-Identifier: MIT OR Apache-2.0
//
// POSIX mutexes and condition variables: for platforms whose kernel cannot wait on a word, and (PriorityMutexSync) for
// real-time programs that want waiting to go through priority-inheriting mutexes. One floor above the other policies,
// because its table must notice a fork.
#ifndef FIRST_USE_SYNC_MUTEX_SYNC_HPP
#define FIRST_USE_SYNC_MUTEX_SYNC_HPP

#include <cstddef>
#include <cstdint>

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <first_use/fork/generation.hpp>
#include <first_use/sync/platform_sync.hpp>
#include <first_use/sync/sync_policy.hpp>

FIRST_USE_BEGIN_PLAIN
namespace process {

#if defined(__APPLE__)
inline constexpr clockid_t condition_clock = CLOCK_REALTIME;  // conditions know no other there
#else
inline constexpr clockid_t condition_clock = CLOCK_MONOTONIC;
#endif

inline std::int64_t read_clock(clockid_t clock) noexcept {
  timespec time{};
  ::clock_gettime(clock, &time);
  std::int64_t const seconds = time.tv_sec;
  return seconds * 1'000'000'000 + time.tv_nsec;
}

/// A mutex and a condition for all words whose addresses fall on it.
template <bool Inherits>
class Bucket {
 public:
  /// Sleeps, unless `changed()` already; at most until `deadline` (null: no limit). False when that has passed.
  template <class Changed>
  bool sleep_unless(Changed changed, Deadline const* deadline) noexcept {
#if !defined(__ANDROID__)
    // Under no policy is waiting a cancellation point; a thread cancelled here would take the mutex along.
    int before = 0;
    ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
#endif
    // A sleeper leaves traces in the condition that a child must notice, even if nothing was initialised yet. Where the
    // handlers are refused here, the first claim says so.
    Process::prepare();
    lock();
    bool in_time = true;
    if (!changed()) {
      if (deadline != nullptr) {
        in_time = sleep_until(*deadline);
      } else {
        ::pthread_cond_wait(&changed_, &mutex_);
      }
    }
    ::pthread_mutex_unlock(&mutex_);
#if !defined(__ANDROID__)
    ::pthread_setcancelstate(before, nullptr);
#endif
    return in_time;
  }

  void wake_all() noexcept {
    // Whoever saw the old value under the mutex is asleep when we get it.
    lock();
    ::pthread_cond_broadcast(&changed_);
    ::pthread_mutex_unlock(&mutex_);
  }

 private:
  using Process = Generation<PlatformSync>;
  using Number = typename Process::Number;

  // FORK: a thread of the parent may have held the mutex, or slept on the condition, and neither exists here: the first
  // to come in a generation makes both anew. In the parent too, so that the condition's clock can be chosen.
  void lock() noexcept {
    Number const ready = Process::current() << 1;
    // ORDERING: acquire pairs with the release below: mutex and condition have been made.
    Number seen = generation_.load(Order::acquire);
    while (seen != ready) {
      if (seen == (ready | 1)) {
        ::sched_yield();
        seen = generation_.load(Order::acquire);  // ORDERING: as above
        continue;
      }
      // ORDERING: acquire on both ways, as above.
      if (!generation_.compare_exchange_weak(seen, ready | 1, Order::acquire, Order::acquire)) continue;
      make();
      // ORDERING: release pairs with the acquire loads above.
      generation_.store(ready, Order::release);
      break;
    }
    ::pthread_mutex_lock(&mutex_);
  }

  void make() noexcept {
    pthread_mutexattr_t how;
    ::pthread_mutexattr_init(&how);
#if defined(_POSIX_THREAD_PRIO_INHERIT) && _POSIX_THREAD_PRIO_INHERIT > 0
    if constexpr (Inherits) ::pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_INHERIT);
#endif
    if (::pthread_mutex_init(&mutex_, &how) != 0) ::pthread_mutex_init(&mutex_, nullptr);
    ::pthread_mutexattr_destroy(&how);
    pthread_condattr_t clock;
    ::pthread_condattr_init(&clock);
#if !defined(__APPLE__)
    ::pthread_condattr_setclock(&clock, condition_clock);
#endif
    ::pthread_cond_init(&changed_, &clock);
    ::pthread_condattr_destroy(&clock);
  }

  bool sleep_until(Deadline deadline) noexcept {
    std::int64_t const now = read_clock(CLOCK_MONOTONIC);
    if (deadline.nanoseconds <= now) return false;
    std::int64_t const left = deadline.nanoseconds - now;
    constexpr std::int64_t day = 86'400'000'000'000;  // a longer sleep only ends early: the caller looks again
    std::int64_t const end = read_clock(condition_clock) + (left < day ? left : day);
    timespec time{};
    time.tv_sec = static_cast<decltype(time.tv_sec)>(end / 1'000'000'000);
    time.tv_nsec = static_cast<decltype(time.tv_nsec)>(end % 1'000'000'000);
    ::pthread_cond_timedwait(&changed_, &mutex_, &time);
    return read_clock(CLOCK_MONOTONIC) < deadline.nanoseconds;
  }

  typename Process::Word generation_{};  // << 1, plus 1 while somebody makes the two below
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t changed_ = PTHREAD_COND_INITIALIZER;
};

template <bool Inherits>
struct Buckets {
  static Bucket<Inherits>& of(void const* word) noexcept {
    auto const address = reinterpret_cast<std::uintptr_t>(word);
    return all_[(address >> 3 ^ address >> 9) % 64];
  }

 private:
  FIRST_USE_SHARED static inline constinit Bucket<Inherits> all_[64]{};
};

}  // namespace process

/// The word of MutexSync: the platform's atomic, and a place in a table shared by all words.
template <class U, bool Inherits>
class MutexWord {
 public:
  constexpr MutexWord() noexcept = default;
  constexpr explicit MutexWord(U the_value) noexcept : value_{the_value} {}

  // ORDERING: every order is the caller's, handed on.
  U load(Order order) const noexcept { return value_.load(order); }
  void store(U to, Order order) noexcept { value_.store(to, order); }
  U exchange(U to, Order order) noexcept { return value_.exchange(to, order); }
  bool compare_exchange_weak(U& expected, U to, Order success, Order failure) noexcept {
    return value_.compare_exchange_weak(expected, to, success, failure);
  }

  void wait(U old) const noexcept { wait_on(old, nullptr); }
  bool wait_until(U old, Deadline deadline) const noexcept { return wait_on(old, &deadline); }
  void notify_all() const noexcept { process::Buckets<Inherits>::of(this).wake_all(); }

 private:
  bool wait_on(U old, Deadline const* deadline) const noexcept {
    // ORDERING: acquire pairs with the release of whoever changed the word.
    return process::Buckets<Inherits>::of(this).sleep_unless([&] { return value_.load(Order::acquire) != old; },
                                                             deadline);
  }

  typename PlatformSync::template word<U> value_{};
};

/// Sleeps on one of 64 mutexes and conditions, found by the word's address; a wake wakes all who share it.
///
/// On fork: the child's table is usable whatever threads of the parent were doing with it. A signal handler that forks
/// while its own thread sleeps here leaves the child's copy asleep; FutexSync does not.
template <bool Inherits>
struct BasicMutexSync {
  static constexpr bool can_wait = true;
  template <class U>
  using word = MutexWord<U, Inherits>;

  static std::int64_t now() noexcept { return process::read_clock(CLOCK_MONOTONIC); }
};

using MutexSync = BasicMutexSync<false>;

/// With priority-inheriting mutexes where the system has them. Not for children made by raw clone: glibc knows a thread by
/// a number that only fork() and _Fork() renew, and the kernel refuses such a mutex to anybody else.
using PriorityMutexSync = BasicMutexSync<true>;

FIRST_USE_END_PLAIN

#endif
