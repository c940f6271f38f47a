// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Any platform with threads and a C++20 library: std::atomic, its wait and its notify.
#ifndef FIRST_USE_SYNC_ATOMIC_SYNC_HPP
#define FIRST_USE_SYNC_ATOMIC_SYNC_HPP

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <limits>
#include <thread>

#include <first_use/sync/sync_policy.hpp>

FIRST_USE_BEGIN_PLAIN
namespace process {

constexpr std::memory_order standard(Order order) noexcept {
  switch (order) {
    case Order::relaxed: return std::memory_order_relaxed;
    case Order::acquire: return std::memory_order_acquire;
    case Order::release: return std::memory_order_release;
    case Order::acq_rel: return std::memory_order_acq_rel;
    case Order::seq_cst: break;
  }
  return std::memory_order_seq_cst;
}

}  // namespace process

/// The word of AtomicSync.
template <class U>
class AtomicWord {
 public:
  constexpr AtomicWord() noexcept = default;
  constexpr explicit AtomicWord(U the_value) noexcept : value_{the_value} {}

  // ORDERING: every order is the caller's, translated.
  U load(Order order) const noexcept { return value_.load(process::standard(order)); }
  void store(U to, Order order) noexcept { value_.store(to, process::standard(order)); }
  U exchange(U to, Order order) noexcept { return value_.exchange(to, process::standard(order)); }
  bool compare_exchange_weak(U& expected, U to, Order success, Order failure) noexcept {
#if FIRST_USE_EXCHANGE_FORGETS_RELEASE
    // ORDERING: the fence is the release half that the compiler forgets.
    if (success == Order::release || success == Order::acq_rel) std::atomic_thread_fence(std::memory_order_release);
#endif
    return value_.compare_exchange_weak(expected, to, process::standard(success), process::standard(failure));
  }

  void wait(U old) const noexcept {
    int const kept = errno;
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_HAVE_LINUX_FUTEX)
    // Where it has no futex libstdc++ loses wakes: it compares the value before it locks, and not afterwards (seen with 12 on
    // Windows).
    poll_until(old, Deadline{std::numeric_limits<std::int64_t>::max()});
#else
    value_.wait(old, std::memory_order_acquire);
#endif
    errno = kept;
  }

  /// std::atomic has no timed wait: this one polls, with pauses that grow to one millisecond.
  bool wait_until(U old, Deadline deadline) const {
    int const kept = errno;
    bool const in_time = poll_until(old, deadline);
    errno = kept;
    return in_time;
  }

  void notify_all() noexcept {
    int const kept = errno;
    value_.notify_all();
    errno = kept;
  }

 private:
  bool poll_until(U old, Deadline deadline) const {
    auto const end =
        std::chrono::steady_clock::time_point{std::chrono::duration_cast<std::chrono::steady_clock::duration>(
            std::chrono::nanoseconds{deadline.nanoseconds})};
    auto pause = std::chrono::nanoseconds{1'000};
    // ORDERING: acquire pairs with the release of whoever changed the word, as a return of wait() would.
    while (value_.load(std::memory_order_acquire) == old) {
      auto const now = std::chrono::steady_clock::now();
      if (now >= end) return false;
      auto const left = std::chrono::duration_cast<std::chrono::nanoseconds>(end - now);
      std::this_thread::sleep_for(left < pause ? left : pause);
      if (pause < std::chrono::milliseconds{1}) pause *= 2;
    }
    return true;
  }

  std::atomic<U> value_{0};
};

/// std::atomic's waiting. The default where there is no futex. (With libstdc++ where there is none, as on Windows, a wait
/// polls.) By the letter of the standard its notify_all names an
/// object that a woken thread may have destroyed; the implementations use the address alone.
struct AtomicSync {
  static constexpr bool can_wait = true;
  template <class U>
  using word = AtomicWord<U>;

  static std::int64_t now() noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

FIRST_USE_END_PLAIN

#endif
