// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The sync axis: what is a word, and how does a thread sleep on it? This page is the contract of a policy; one of your
// own needs nothing but a struct that models SyncPolicy (examples/own_sync_policy.cpp).
#ifndef FIRST_USE_SYNC_SYNC_POLICY_HPP
#define FIRST_USE_SYNC_SYNC_POLICY_HPP

#include <concepts>
#include <cstdint>

#include <first_use/detail/config.hpp>
#if FIRST_USE_TELLS_VALGRIND
#include <first_use/detail/valgrind.hpp>
#endif

FIRST_USE_BEGIN_PLAIN

/// Memory orders, with the meaning of std::memory_order (whose header costs more than the rest of the library).
enum class Order : int { relaxed = 0, acquire = 2, release = 3, acq_rel = 4, seq_cst = 5 };

/// A moment on the policy's steady clock, in nanoseconds.
struct Deadline {
  std::int64_t nanoseconds;
};

/// One shared unsigned integer.
///
/// `load`, `store`, `exchange`, `compare_exchange_weak` mean what they mean for std::atomic<U>; a weak exchange may fail
/// for no reason and then leaves what it saw in `expected`. Constant-initialised, to zero or to a value, and trivially
/// destructible.
template <class W, class U>
concept SyncWord = std::unsigned_integral<U> && std::is_trivially_destructible_v<W> &&
    requires(W& word, W const& read, U value, U& expected, Order order) {
  W{};
  W{value};
  { read.load(order) } -> std::same_as<U>;
  { word.store(value, order) } -> std::same_as<void>;
  { word.exchange(value, order) } -> std::same_as<U>;
  { word.compare_exchange_weak(expected, value, order, order) } -> std::same_as<bool>;
};

/// A word that threads can sleep on.
///
/// wait(old): returns at once where the value is not `old`; else sleeps until a notify_all() that follows a change, or
///   earlier: it may return for no reason, its caller looks again. Must not miss a change made before it slept.
/// wait_until(old, deadline): the same, but not (much) longer than until `deadline`; false when that has passed.
/// notify_all(): wakes every thread that sleeps on this word. The object may be gone when it runs: the thread that was
///   told "complete" is free to destroy it. An implementation may use the word's address and must not use its bytes.
/// None of them may throw or change errno.
template <class W, class U>
concept WaitableWord = SyncWord<W, U> && requires(W& word, W const& read, U value, Deadline deadline) {
  { word.wait(value) } -> std::same_as<void>;
  { word.wait_until(value, deadline) } -> std::same_as<bool>;
  { word.notify_all() } -> std::same_as<void>;
};

/// What BasicOnce and its like take as `Sync`.
///
/// `word<U>` for U = std::uint32_t and std::uint64_t is a WaitableWord where `can_wait`; where a policy cannot wait,
/// `word<std::uint8_t>` is a SyncWord and meeting a running initialiser is re-entrance (or wrong use). `now()` reads
/// the steady clock that deadlines are counted on, in nanoseconds.
template <class S>
concept SyncPolicy = (!S::can_wait && SyncWord<typename S::template word<std::uint8_t>, std::uint8_t> &&
                      SyncWord<typename S::template word<std::uint64_t>, std::uint64_t>) ||
                     (S::can_wait && WaitableWord<typename S::template word<std::uint32_t>, std::uint32_t> &&
                      WaitableWord<typename S::template word<std::uint64_t>, std::uint64_t> && requires {
                        { S::now() } -> std::same_as<std::int64_t>;
                      });

namespace process {

/// What the state machine and all that exists once per process make of a policy's word: it, unless valgrind is told.
#if FIRST_USE_TELLS_VALGRIND
template <class Sync, class U>
using WordOf = typename Telling<typename Sync::template word<U>, U, Sync::can_wait>::type;
#else
template <class Sync, class U>
using WordOf = typename Sync::template word<U>;
#endif

}  // namespace process

FIRST_USE_END_PLAIN

#endif
