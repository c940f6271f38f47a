// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What one would use instead, each in the same clothes: a class template over the initialiser (an empty functor that
// returns int) with one member, get(). A fresh object has no value yet. for_each_peer() shows all that were found.
#ifndef FIRST_USE_BENCH_PEERS_HPP
#define FIRST_USE_BENCH_PEERS_HPP

#include <cstdint>
#include <mutex>

#include <cxxabi.h>
#include <pthread.h>

#include <first_use/first_use.hpp>
#include <first_use/sync/atomic_sync.hpp>
#include <first_use/sync/mutex_sync.hpp>

#if FIRST_USE_BENCH_ABSEIL
#include <absl/base/call_once.h>
#endif
#if FIRST_USE_BENCH_BOOST
#include <boost/thread/once.hpp>
#endif
#if FIRST_USE_BENCH_TBB
#include <tbb/collaborative_call_once.h>
#endif

#include "rust.hpp"

namespace bench {

/// The value must be in a register now, and memory may have changed. (benchmark::DoNotOptimize is content with a value that
/// could be loaded.)
inline void keep(int value) { asm volatile("" : : "r"(value) : "memory"); }

/// The value is known to nobody's optimiser.
struct One {
  int operator()() const {
    int value = 1;
    asm volatile("" : "+r"(value));
    return value;
  }
};

// ---- floors ---------------------------------------------------------------------------------------------------------

/// What reading costs when nothing has to be checked.
template <class Make>
struct Plain {
  int value = 1;
  int get() const { return value; }
};

/// The least that a check can be: an acquire load, a test, a predicted branch; the rest out of line. First comes a
/// compare-and-exchange, last an exchange, and nobody can wait.
template <class Make>
struct HandWritten {
  std::uint32_t state = 0;
  int value = 0;
  int get() {
    if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) != 2) [[unlikely]]
      make();
    return value;
  }
  [[gnu::noinline, gnu::cold]] void make() {
    std::uint32_t expected = 0;
    if (!__atomic_compare_exchange_n(&state, &expected, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) return;
    value = Make{}();
    __atomic_exchange_n(&state, 2, __ATOMIC_RELEASE);
  }
};

// ---- first_use ------------------------------------------------------------------------------------------------------

template <class Make, class Sync = first_use::DefaultSync, class Fork = first_use::KeepOnFork>
struct Lock {
  first_use::BasicOnceLock<int, Sync, Fork> lock;
  int get() { return lock.get_or_init(Make{}); }
};
template <class Make>
struct OnceLock : Lock<Make> {};
template <class Make>
struct OnceCell : Lock<Make, first_use::SingleThreadSync> {};
template <class Make>
struct WipedLock : Lock<Make, first_use::DefaultSync, first_use::WipeOnFork<>> {};
template <class Make>
struct OnceLockByAtomic : Lock<Make, first_use::AtomicSync> {};
template <class Make>
struct OnceLockByMutex : Lock<Make, first_use::MutexSync> {};

template <class Make>
struct LazyLock {
  first_use::LazyLock<int, Make> lazy{Make{}};
  int get() { return *lazy; }
};
template <class Make>
struct LazyCell {
  first_use::LazyCell<int, Make> lazy{Make{}};
  int get() { return *lazy; }
};
template <class Make>
struct Once {
  first_use::Once once;
  int value = 0;
  int get() {
    once.call_once([this] { value = Make{}(); });
    return value;
  }
};

// ---- C++ ------------------------------------------------------------------------------------------------------------

/// One per type; for reading.
template <class Make>
struct FunctionLocalStatic {
  static int get() {
    static int const value = Make{}();
    return value;
  }
};

/// What a compiler writes for a function-local static, by hand: a static has its guard to itself, and cannot be had fresh.
template <class Make>
struct StaticsGuard {
  std::uint64_t guard = 0;
  int value = 0;
  int get() {
    if (__atomic_load_n(reinterpret_cast<unsigned char*>(&guard), __ATOMIC_ACQUIRE) == 0) [[unlikely]] {
      auto* const abi = reinterpret_cast<__cxxabiv1::__guard*>(&guard);
      if (__cxxabiv1::__cxa_guard_acquire(abi) != 0) {
        try {
          value = Make{}();
        } catch (...) {
          __cxxabiv1::__cxa_guard_abort(abi);
          throw;
        }
        __cxxabiv1::__cxa_guard_release(abi);
      }
    }
    return value;
  }
};

template <class Make>
struct StdCallOnce {
  std::once_flag flag;
  int value = 0;
  int get() {
    std::call_once(flag, [this] { value = Make{}(); });
    return value;
  }
};

template <class Make>
struct PthreadOnce {
  pthread_once_t once = PTHREAD_ONCE_INIT;
  int value = 0;
  // pthread_once takes a function without arguments: the object is handed over as everybody has to do it.
  static inline thread_local PthreadOnce* mine = nullptr;
  int get() {
    mine = this;
    pthread_once(&once, [] { mine->value = Make{}(); });
    return value;
  }
};

#if FIRST_USE_BENCH_ABSEIL
template <class Make>
struct AbseilCallOnce {
  absl::once_flag flag;
  int value = 0;
  int get() {
    absl::call_once(flag, [this] { value = Make{}(); });
    return value;
  }
};
#endif

#if FIRST_USE_BENCH_BOOST
template <class Make>
struct BoostCallOnce {
  boost::once_flag flag = BOOST_ONCE_INIT;
  int value = 0;
  int get() {
    boost::call_once(flag, [this] { value = Make{}(); });
    return value;
  }
};
#endif

#if FIRST_USE_BENCH_TBB
template <class Make>
struct TbbCallOnce {
  tbb::collaborative_once_flag flag;
  int value = 0;
  int get() {
    tbb::collaborative_call_once(flag, [this] { value = Make{}(); });
    return value;
  }
};
#endif

#if FIRST_USE_BENCH_RUST
template <class Make>
struct RustOnceLock {
  void* lock = rust_lock_new();
  RustOnceLock() = default;
  RustOnceLock(RustOnceLock const&) = delete;
  RustOnceLock& operator=(RustOnceLock const&) = delete;
  ~RustOnceLock() { rust_lock_drop(lock); }
  int get() {
    return rust_lock_get(lock, [] { return Make{}(); });
  }
};
#endif

/// Calls visit.operator()<Peer>(name) for the peers of C++ that can be had fresh, in objects of their own.
template <class Visit>
void for_each_peer(Visit visit) {
  visit.template operator()<StaticsGuard>("function-local static");
  visit.template operator()<StdCallOnce>("std::call_once");
  visit.template operator()<PthreadOnce>("pthread_once");
#if FIRST_USE_BENCH_ABSEIL
  visit.template operator()<AbseilCallOnce>("absl::call_once");
#endif
#if FIRST_USE_BENCH_BOOST
  visit.template operator()<BoostCallOnce>("boost::call_once");
#endif
#if FIRST_USE_BENCH_TBB
  visit.template operator()<TbbCallOnce>("tbb::collaborative_call_once");
#endif
}

}  // namespace bench

#endif
