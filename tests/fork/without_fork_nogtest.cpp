// SPDX-License-Identifier: MIT OR Apache-2.0
//
// As on a platform without fork (Windows, WASI): all names exist, the wiped ones behave as their ordinary twins, and
// nothing is registered. The platform's answer is forced here, so that it can be tested where there is fork; on
// WebAssembly it is the platform's own.
#if !defined(__wasm__)
#define FIRST_USE_NO_FORK
#ifdef WITHOUT_THREADS_TOO
#define FIRST_USE_DEFAULT_SYNC FIRST_USE_SYNC_SINGLE_THREAD
#endif
#endif
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <first_use/first_use.hpp>

#include "sanitizers.hpp"

#if !defined(__wasm__) && !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

using namespace first_use;

static_assert(FIRST_USE_HAS_FORK == 0);

struct Three {
  int operator()() const { return 3; }
};

// ---- The same size, the same traits, constant initialisation ------------------------------------------------------------

template <class Wiped, class Twin>
constexpr bool are_twins = sizeof(Wiped) == sizeof(Twin) && alignof(Wiped) == alignof(Twin) &&
                           std::is_nothrow_default_constructible_v<Wiped> ==
                               std::is_nothrow_default_constructible_v<Twin>&& std::is_copy_constructible_v<Wiped> ==
                               std::is_copy_constructible_v<Twin>&& std::is_nothrow_move_constructible_v<Wiped> ==
                               std::is_nothrow_move_constructible_v<Twin>&& std::is_trivially_destructible_v<Wiped> ==
                               std::is_trivially_destructible_v<Twin>;
static_assert(are_twins<WipeOnForkOnce, Once>);
static_assert(are_twins<WipeOnForkOnceCell<int>, OnceCell<int>>);
static_assert(are_twins<WipeOnForkOnceCell<std::string>, OnceCell<std::string>>);
static_assert(are_twins<WipeOnForkOnceLock<int>, OnceLock<int>>);
static_assert(are_twins<WipeOnForkOnceLock<std::string>, OnceLock<std::string>>);
static_assert(are_twins<WipeOnForkOnceLock<int, Destroy>, OnceLock<int>>);
static_assert(are_twins<WipeOnForkOnceLock<int, Erase>, OnceLock<int>>);
static_assert(are_twins<WipeOnForkLazyCell<int, Three>, LazyCell<int, Three>>);
static_assert(are_twins<WipeOnForkLazyLock<int, Three>, LazyLock<int, Three>>);
static_assert(are_twins<WipeOnForkLazyLock<int>, LazyLock<int>>);
static_assert(std::is_same_v<KeepOnFork, IgnoreFork>);

constinit WipeOnForkOnce wiped_once;
constinit WipeOnForkOnceCell<std::string> wiped_cell;
constinit WipeOnForkOnceLock<std::string> wiped_lock;
constinit WipeOnForkLazyCell wiped_lazy_cell{[] { return 3; }};
constinit WipeOnForkLazyLock wiped_lazy{[] { return 3; }};
constinit Once once;
constinit OnceCell<std::string> cell;
constinit OnceLock<std::string> lock;
constinit LazyCell lazy_cell{[] { return 3; }};
constinit LazyLock lazy{[] { return 3; }};

int registrations = 0;

#define CHECK(...) ((__VA_ARGS__) ? static_cast<void>(0) : fail(#__VA_ARGS__, __LINE__))
[[noreturn]] void fail(char const* what, int line) {
  std::fprintf(stderr, "without_fork_nogtest.cpp:%d: not so: %s\n", line, what);
  std::_Exit(1);
}

// ---- The same behaviour ------------------------------------------------------------------------------------------------

template <class O>
void use_once(O const& it) {
  CHECK(it.status() == OnceStatus::incomplete && !it.is_completed());
  int runs = 0;
  it.call_once([&] { ++runs; });
  it.call_once([&] { ++runs; });
  it.call_once_force([&](OnceState const&) { ++runs; });
  CHECK(runs == 1 && it.status() == OnceStatus::complete);
#if FIRST_USE_HAS_EXCEPTIONS
  O const fails;
  int caught = 0;
  try {
    fails.call_once([] { throw 1; });
  } catch (int) { ++caught; }
  try {
    fails.call_once([] {});
  } catch (PoisonedError const&) { ++caught; }
  try {
    O const nested;
    nested.call_once([&] { nested.call_once([] {}); });
  } catch (ReentrantInitError const&) { ++caught; }
  CHECK(caught == 3 && fails.status() == OnceStatus::poisoned);
#endif
}

template <class L>
void use_lock(L& it) {
  CHECK(it.get() == nullptr && !it.take().has_value());
  CHECK(it.get_or_try_init([] { return std::optional<std::string>{}; }) == nullptr);
  CHECK(it.get_or_init([] { return std::string(40, 'x'); }) == std::string(40, 'x'));
  CHECK(!it.set("again") && it.try_set("again") == TrySetResult::occupied && !it.try_insert("again").second);
  L copy{it};
  CHECK(copy == it && copy.take() == std::string(40, 'x') && copy.get() == nullptr);
  copy = it;
  L const moved{std::move(copy)};
  CHECK(moved.value() == std::string(40, 'x'));
  L const made{std::in_place, "made"};
  CHECK(made.value() == "made");
  it.reset();
  CHECK(it.set("kept"));
}

template <class L>
void use_lazy(L& it) {
  CHECK(it.get() == nullptr && !it.is_poisoned());
  CHECK(*it == 3 && it.force() == 3 && *it.get() == 3);
}

}  // namespace

#if !defined(WITHOUT_THREADS_TOO) && !defined(__wasm__) && !defined(_WIN32)
// In place of libc's: nobody asks for it.
extern "C" FIRST_USE_TESTS_UNSEEN int pthread_atfork(void (*)(), void (*)(),
                                                     void (*)()) FIRST_USE_TESTS_AS_LIBC_DECLARES {
  ++registrations;
  return 0;
}
#endif

int main() {
#if FIRST_USE_TESTS_UNDER_TSAN || FIRST_USE_TESTS_UNDER_ASAN
  registrations = 0;  // its own
#endif
  use_once(wiped_once);
  use_once(once);
  use_lock(wiped_cell);
  use_lock(cell);
  use_lock(wiped_lock);
  use_lock(lock);
  use_lazy(wiped_lazy_cell);
  use_lazy(lazy_cell);
  use_lazy(wiped_lazy);
  use_lazy(lazy);
  CHECK(prepare_for_fork());
  CHECK(registrations == 0);

#if !defined(__wasm__) && !defined(_WIN32)
  // Should there be a fork after all: nothing is forgotten, by either.
  pid_t const pid = ::fork();
  CHECK(wiped_once.is_completed() && once.is_completed());
  CHECK(wiped_lock.value() == "kept" && lock.value() == "kept" && wiped_cell.value() == "kept");
  CHECK(*wiped_lazy.get() == 3 && *lazy.get() == 3 && *wiped_lazy_cell.get() == 3);
  if (pid == 0) std::_Exit(0);
  int status = 1;
  CHECK(::waitpid(pid, &status, 0) == pid && status == 0);
#endif
}
