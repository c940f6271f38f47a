// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Linux: lock-free words by compiler builtins, sleeping by private futexes. One of the two files with GNU spellings.
#ifndef FIRST_USE_SYNC_FUTEX_SYNC_HPP
#define FIRST_USE_SYNC_FUTEX_SYNC_HPP

#include <cerrno>
#include <cstdint>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <first_use/sync/sync_policy.hpp>

FIRST_USE_BEGIN_PLAIN
namespace process {

// The kernel's timespec of the call below: 64-bit time also where libc's time_t has 32 bits.
template <class Part>
struct KernelTime {
  constexpr explicit KernelTime(std::int64_t the_moment) noexcept
      : seconds{static_cast<Part>(the_moment / 1'000'000'000)},
        nanoseconds{static_cast<Part>(the_moment % 1'000'000'000)} {}
  Part seconds;
  Part nanoseconds;
};
#if defined(SYS_futex_time64)
using FutexTime = KernelTime<std::int64_t>;
inline constexpr long futex_call = SYS_futex_time64;
#else
using FutexTime = KernelTime<long>;
inline constexpr long futex_call = SYS_futex;
#endif

/// False when the deadline (absolute, steady clock; null: none) has passed.
inline bool futex_wait(void const* address, std::uint32_t old, Deadline const* deadline) noexcept {
  int const kept = errno;
  FutexTime const time{deadline != nullptr && deadline->nanoseconds > 0 ? deadline->nanoseconds : 0};
  long const result = ::syscall(futex_call, address, FUTEX_WAIT_BITSET_PRIVATE, old,
                                deadline != nullptr ? &time : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  bool const expired = result == -1 && errno == ETIMEDOUT;
  errno = kept;
  return !expired;
}

/// SAFETY: the address is a number to the kernel; memory that is gone by now costs at most somebody a spurious wake.
FIRST_USE_SLOW inline void futex_wake_all(void const* address) noexcept {
  int const kept = errno;
  ::syscall(futex_call, address, FUTEX_WAKE_PRIVATE, 0x7fffffff, nullptr, nullptr, 0);
  errno = kept;
}

}  // namespace process

/// The word of FutexSync. Of a 64-bit word threads sleep on the low half: what a sleeper waits for changes it.
template <class U>
class FutexWord {
 public:
  constexpr FutexWord() noexcept = default;
  constexpr explicit FutexWord(U the_value) noexcept : value_{the_value} {}
  FutexWord(FutexWord const&) = delete;
  FutexWord& operator=(FutexWord const&) = delete;

  // ORDERING: every order is the caller's; Order has the numbers of the builtins. Callers inline with constant orders.
  U load(Order order) const noexcept { return __atomic_load_n(&value_, static_cast<int>(order)); }
  void store(U to, Order order) noexcept { __atomic_store_n(&value_, to, static_cast<int>(order)); }
  U exchange(U to, Order order) noexcept { return __atomic_exchange_n(&value_, to, static_cast<int>(order)); }
  bool compare_exchange_weak(U& expected, U to, Order success, Order failure) noexcept {
#if FIRST_USE_EXCHANGE_FORGETS_RELEASE
    // ORDERING: the fence is the release half that the compiler forgets.
    if (success == Order::release || success == Order::acq_rel) __atomic_thread_fence(__ATOMIC_RELEASE);
#endif
    return __atomic_compare_exchange_n(&value_, &expected, to, true, static_cast<int>(success),
                                       static_cast<int>(failure));
  }

  void wait(U old) const noexcept { process::futex_wait(sleeping_half(), static_cast<std::uint32_t>(old), nullptr); }
  bool wait_until(U old, Deadline deadline) const noexcept {
    return process::futex_wait(sleeping_half(), static_cast<std::uint32_t>(old), &deadline);
  }
  void notify_all() const noexcept { process::futex_wake_all(sleeping_half()); }

 private:
  void const* sleeping_half() const noexcept {
    static_assert(sizeof(U) == 4 || sizeof(U) == 8);
    constexpr bool upper_first = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && sizeof(U) == 8;
    return reinterpret_cast<char const*>(&value_) + (upper_first ? 4 : 0);
  }

  alignas(sizeof(U)) U value_ = 0;
};

/// Sleeps in the kernel on the word itself; no memory but the word, no call while nobody waits. Linux's default.
struct FutexSync {
  static constexpr bool can_wait = true;
  template <class U>
  using word = FutexWord<U>;

  /// CLOCK_MONOTONIC, which is what std::chrono::steady_clock reads here.
  static std::int64_t now() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    std::int64_t const seconds = time.tv_sec;
    return seconds * 1'000'000'000 + time.tv_nsec;
  }
};

FIRST_USE_END_PLAIN

#endif
