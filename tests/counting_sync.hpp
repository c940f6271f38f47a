// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A waiting policy as a user would write one, from the words of sync/sync_policy.hpp alone: std::atomic words, one
// ticket that all sleepers share, and a tally of who slept and who was woken.
#ifndef FIRST_USE_TESTS_COUNTING_SYNC_HPP
#define FIRST_USE_TESTS_COUNTING_SYNC_HPP

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <thread>

#include <first_use/sync/sync_policy.hpp>

#include "telling.hpp"

namespace first_use_test {

/// How often the words of CountingSync were slept on and notified, in the whole program.
struct Tally {
  std::uint64_t waits = 0;        // wait() entered
  std::uint64_t timed_waits = 0;  // wait_until() entered
  std::uint64_t returns = 0;      // either of them left
  std::uint64_t wakes = 0;        // notify_all()

  friend Tally operator-(Tally const& a, Tally const& b) noexcept {
    return {a.waits - b.waits, a.timed_waits - b.timed_waits, a.returns - b.returns, a.wakes - b.wakes};
  }
};

class CountingSync {
  static constexpr std::memory_order standard(first_use::Order order) noexcept {
    return order == first_use::Order::relaxed   ? std::memory_order_relaxed
           : order == first_use::Order::acquire ? std::memory_order_acquire
           : order == first_use::Order::release ? std::memory_order_release
           : order == first_use::Order::acq_rel ? std::memory_order_acq_rel
                                                : std::memory_order_seq_cst;
  }

 public:
  static constexpr bool can_wait = true;

  template <class U>
  class word {
   public:
    constexpr word() noexcept = default;
    constexpr explicit word(U the_value) noexcept : value_{the_value} {}

    U load(first_use::Order order) const noexcept { return value_.load(standard(order)); }
    void store(U to, first_use::Order order) noexcept { value_.store(to, standard(order)); }
    U exchange(U to, first_use::Order order) noexcept { return value_.exchange(to, standard(order)); }
    bool compare_exchange_weak(U& expected, U to, first_use::Order success, first_use::Order failure) noexcept {
      return value_.compare_exchange_weak(expected, to, standard(success), standard(failure));
    }

    void wait(U old) const noexcept {
      int const kept = errno;
      tell_atomic(ticket_);
      ++waits_;
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_HAVE_LINUX_FUTEX)
      // There libstdc++ loses wakes: AtomicSync polls, too.
      while (value_.load() == old) std::this_thread::yield();
#else
      // The ticket first: a change that the look at the value misses is followed by a new ticket.
      for (auto ticket = ticket_.load(); value_.load() == old; ticket = ticket_.load()) ticket_.wait(ticket);
#endif
      ++returns_;
      errno = kept;
    }
    bool wait_until(U old, first_use::Deadline deadline) const noexcept {
      int const kept = errno;
      ++timed_waits_;
      bool in_time = true;
      while (in_time && value_.load() == old) {
        std::this_thread::yield();
        in_time = now() < deadline.nanoseconds;
      }
      ++returns_;
      errno = kept;
      return in_time;
    }
    // Touches no byte of the word, which may be gone.
    void notify_all() noexcept {
      int const kept = errno;
      ++wakes_;
      ++ticket_;
      ticket_.notify_all();
      errno = kept;
    }

   private:
    std::atomic<U> value_{0};
  };

  static std::int64_t now() noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

  /// What happened so far; take it before and after, and subtract.
  static Tally tally() noexcept { return {waits_, timed_waits_, returns_, wakes_}; }

 private:
  static inline std::atomic<std::uint32_t> ticket_{0};
  static inline std::atomic<std::uint64_t> waits_{0}, timed_waits_{0}, returns_{0}, wakes_{0};
};

static_assert(first_use::SyncPolicy<CountingSync>);

}  // namespace first_use_test

#endif
