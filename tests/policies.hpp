// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What all tests share: the policies to run them over, and ways to wait for a state (never for time). Whoever waits too
// long ends the program with a line that says for what; including this page puts a guard around every test.
#ifndef FIRST_USE_TESTS_POLICIES_HPP
#define FIRST_USE_TESTS_POLICIES_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>
#include <first_use/sync/platform_sync.hpp>
#include <first_use/sync/single_thread_sync.hpp>
#if FIRST_USE_HAS_THREADS
#include <thread>

#if !defined(_WIN32)
#include <signal.h>
#include <unistd.h>
#endif

#include <first_use/sync/atomic_sync.hpp>
#include <first_use/sync/mutex_sync.hpp>

#include "counting_sync.hpp"
#endif
#if FIRST_USE_HAS_FUTEX
#include "masking_sync.hpp"
#endif

#include "sanitizers.hpp"
#include "telling.hpp"

// The child of a fork has the allocator's locks of AddressSanitizer as some thread of the parent held them.
#define SKIP_WHERE_A_CHILD_OF_BUSY_THREADS_CANNOT_ALLOCATE() \
  if (FIRST_USE_TESTS_UNDER_ASAN) GTEST_SKIP() << "AddressSanitizer keeps locks that a lost thread held at the fork"

namespace first_use_test {

#if !FIRST_USE_HAS_THREADS
using AllPolicies = ::testing::Types<first_use::SingleThreadSync>;
#elif !FIRST_USE_HAS_FUTEX
using BlockingPolicies = ::testing::Types<first_use::AtomicSync, first_use::MutexSync, CountingSync>;
using AllPolicies =
    ::testing::Types<first_use::AtomicSync, first_use::MutexSync, CountingSync, first_use::SingleThreadSync>;
#else
using BlockingPolicies =
    ::testing::Types<first_use::PlatformSync, first_use::AtomicSync, first_use::MutexSync, CountingSync>;
using AllPolicies = ::testing::Types<first_use::PlatformSync, first_use::AtomicSync, first_use::MutexSync, CountingSync,
                                     first_use::SingleThreadSync>;
#endif

// Not said in the headers: every file of a user's that includes one would pay for it.
static_assert(first_use::SyncPolicy<first_use::SingleThreadSync>);
#if FIRST_USE_HAS_THREADS
static_assert(first_use::SyncPolicy<first_use::PlatformSync> && first_use::SyncPolicy<first_use::AtomicSync> &&
              first_use::SyncPolicy<first_use::MutexSync> && first_use::SyncPolicy<first_use::PriorityMutexSync>);
#endif

/// All, and the one that masks interrupts: for the suites that say how initialisers run, fail and meet themselves.
#if FIRST_USE_HAS_FUTEX
using AllPoliciesAndInterrupts = ::testing::Types<first_use::PlatformSync, first_use::AtomicSync, first_use::MutexSync,
                                                  CountingSync, first_use::SingleThreadSync, MaskingSync>;
#else
using AllPoliciesAndInterrupts = AllPolicies;
#endif

/// Third argument of TYPED_TEST_SUITE: test names say the policy.
struct PolicyNames {
  template <class Sync>
  static std::string GetName(int) {
#if FIRST_USE_HAS_FUTEX
    if (std::is_same_v<Sync, first_use::FutexSync>) return "Futex";
    if (std::is_same_v<Sync, MaskingSync>) return "CriticalSection";
#endif
#if FIRST_USE_HAS_THREADS
    if (std::is_same_v<Sync, first_use::AtomicSync>) return "Atomic";
    if (std::is_same_v<Sync, first_use::MutexSync>) return "Mutex";
    if (std::is_same_v<Sync, first_use::PriorityMutexSync>) return "PriorityMutex";
#endif
    if (std::is_same_v<Sync, first_use::SingleThreadSync>) return "SingleThread";
    return "Counting";
  }
};

/// What texts call a type on this platform: without fork the wiped ones are their twins, without threads the locks are the
/// cells.
inline std::string as_called_here(std::string text) {
  auto const replace = [&text](std::string const& from, std::string const& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from)) text.replace(at, from.size(), to);
  };
  if (!FIRST_USE_HAS_FORK) replace("WipeOnFork", "");
  if (!FIRST_USE_HAS_THREADS) replace("Lock", "Cell");
  return text;
}

/// How messages call this thread.
#if defined(__linux__)
inline long thread_number() { return ::gettid(); }
#else
inline std::uint64_t thread_number() { return first_use::process::ThreadNumber<first_use::PlatformSync>::mine(); }
#endif

// A hang is a failure with a message ----------------------------------------------------------------------------------

#if defined(FIRST_USE_VALGRIND)
inline constexpr int slowness = 5;
#else
inline constexpr int slowness = 1;
#endif
/// How often to try what has to be tried often.
constexpr int rounds(int wanted) { return wanted / (slowness * slowness); }

// Without threads there is nobody to wait for, and no alarm: a test that does not end is ctest's to stop.
#if FIRST_USE_HAS_THREADS

/// A minute; FIRST_USE_TEST_PATIENCE=SECONDS for runs in which hanging is what one looks for (tests/mutation).
inline std::chrono::seconds const patience{
    (std::getenv("FIRST_USE_TEST_PATIENCE") != nullptr ? std::atoi(std::getenv("FIRST_USE_TEST_PATIENCE")) : 60) *
    slowness};

inline char running_test[256];

[[noreturn]] inline void hung(char const* what) {
  std::fprintf(stderr, "\nHANG: %s waited long for: %s\n", running_test, what);
  std::abort();
}

/// Polls until `holds()`; for states that nobody announces.
template <class Predicate>
void wait_until_holds(char const* what, Predicate holds) {
  auto const end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) hung(what);
    std::this_thread::yield();
  }
}

namespace hang_guard {

#if !defined(_WIN32) && !defined(__EMSCRIPTEN__)  // no alarms: there the limit that ctest sets is the only guard
// Whoever waits for something in particular speaks up before.
inline unsigned const seconds = static_cast<unsigned>(patience.count()) * 3 / 2;

inline void on_alarm(int) {
  static char const text[] = "\nHANG: this test did not end: ";
  [[maybe_unused]] auto written = ::write(2, text, sizeof(text) - 1);
  written = ::write(2, running_test, std::strlen(running_test));
  written = ::write(2, "\n", 1);
  std::abort();
}

/// Around every test, from its start to its end. An alarm and no thread, so that it does not mind a fork.
class Listener : public ::testing::EmptyTestEventListener {
  void OnTestStart(::testing::TestInfo const& test) override {
    std::snprintf(running_test, sizeof(running_test), "%s.%s", test.test_suite_name(), test.name());
    struct sigaction action {};
    action.sa_handler = on_alarm;
    ::sigaction(SIGALRM, &action, nullptr);
    ::alarm(seconds);
  }
  void OnTestEnd(::testing::TestInfo const&) override { ::alarm(0); }
};

inline bool const installed = (::testing::UnitTest::GetInstance()->listeners().Append(new Listener), true);
#endif

}  // namespace hang_guard

// Gates and lines -----------------------------------------------------------------------------------------------------

/// Closed until somebody opens it; then open for good.
class Gate {
 public:
  explicit Gate(char const* the_name = "a gate to open") noexcept : name_{the_name} {}
  void open() noexcept {
    tell_atomic(open_);
    tell_before(this);
    open_.store(true, std::memory_order_release);
  }
  [[nodiscard]] bool is_open() const noexcept {
    tell_atomic(open_);
    bool const open = open_.load(std::memory_order_acquire);
    if (open) tell_after(this);
    return open;
  }
  void wait() const {
    wait_until_holds(name_, [this] { return is_open(); });
  }

 private:
  std::atomic<bool> open_{false};
  char const* name_;
};

/// Holds everybody back until `count` threads have come.
class StartLine {
 public:
  explicit StartLine(int the_count) noexcept : missing_{the_count} {}
  void wait() {
    tell_atomic(missing_);
    tell_before(this);
    missing_.fetch_sub(1, std::memory_order_acq_rel);
    wait_until_holds("all threads at the start line", [this] { return missing_.load(std::memory_order_acquire) <= 0; });
    tell_after(this);
  }

 private:
  std::atomic<int> missing_;
};

/// Threads that are joined at the latest when the crew goes.
class Crew {
 public:
  Crew() = default;
  Crew(Crew const&) = delete;
  Crew& operator=(Crew const&) = delete;
  ~Crew() { join(); }
  template <class F>
  void add(F f) {
    threads_.emplace_back(std::move(f));
  }
  template <class F>
  void add(int count, F f) {
    for (int i = 0; i != count; ++i) add(f);
  }
  void join() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::vector<std::thread> threads_;
};

#endif  // FIRST_USE_HAS_THREADS

// What a word says ----------------------------------------------------------------------------------------------------

/// The word, of 32 bits, of `object`, `offset` bytes from its start (a Once is its word; a OnceLock has it behind T).
/// Bit 0 is "queued", bits 1 to 3 are the state.
template <class Object>
[[nodiscard]] std::uint32_t word_of(Object const& object, std::size_t offset = 0) noexcept {
  auto* const bytes = reinterpret_cast<unsigned char*>(const_cast<Object*>(&object)) + offset;
  return __atomic_load_n(reinterpret_cast<std::uint32_t*>(bytes), __ATOMIC_ACQUIRE);
}

template <class Object>
[[nodiscard]] bool is_queued(Object const& object, std::size_t offset = 0) noexcept {
  return (word_of(object, offset) & 1) != 0;
}

#if FIRST_USE_HAS_THREADS
/// Until some thread has marked the word: it sleeps on it, or is just about to.
template <class Object>
void wait_until_queued(Object const& object, std::size_t offset = 0) {
  wait_until_holds("a thread to sleep on the object", [&] { return is_queued(object, offset); });
}
#endif

}  // namespace first_use_test

#endif
