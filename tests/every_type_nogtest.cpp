// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Every type, among threads and across a fork, in a program that uses nothing but the library, threads and printf: for
// MemorySanitizer, which wants all code compiled with it and so cannot run what is linked with GoogleTest. Each value has
// bytes enough to be read, one by one, before they are written.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

#include <first_use/first_use.hpp>

#include "sanitizers.hpp"

#if !FIRST_USE_HAS_THREADS
int main() { return 77; }
#else

#include <first_use/sync/atomic_sync.hpp>
#if FIRST_USE_HAS_FORK
#include <sys/wait.h>
#include <unistd.h>

#include <first_use/sync/mutex_sync.hpp>
#else
using MutexSync = first_use::DefaultSync;
using PriorityMutexSync = first_use::DefaultSync;
#endif

namespace {

using namespace first_use;

#define EXPECT(...)                     \
  ((__VA_ARGS__) ? static_cast<void>(0) \
                 : (std::fprintf(stderr, "%d: not so: %s\n", __LINE__, #__VA_ARGS__), std::abort()))

class Payload {
 public:
  explicit Payload(int the_number) : number_{the_number} {
    std::memset(text_, 'x', sizeof text_ - 1);
    text_[sizeof text_ - 1] = '\0';
  }
  Payload(Payload const&) = default;
  Payload& operator=(Payload const&) = delete;
  ~Payload() { std::memset(text_, 'y', sizeof text_); }
  friend bool operator==(Payload const& a, Payload const& b) { return a.read() == b.read(); }

  int read() const {
    for (char const& c : text_) EXPECT(c == (&c == &text_[sizeof text_ - 1] ? '\0' : 'x'));
    return number_;
  }

 private:
  int number_;
  char text_[60];
};

int which_process = 0;  // 0 in the parent, 1 in its child
Payload make() { return Payload{which_process}; }

/// Several threads do the same at the same time.
template <class Work>
void in_threads(Work work) {
  std::atomic<int> ready{0};
  auto const body = [&] {
    for (++ready; ready != 3;) std::this_thread::yield();
    work();
  };
  std::thread one{body}, two{body};
  body();
  one.join();
  two.join();
}

constinit LazyLock lazy{[] { return make(); }};
constinit LazyLock<Payload> lazy_pointer{&make};
constinit LazyLock<NeverDestroyed<Payload>> immortal{&make};
constinit WipeOnForkLazyLock wiped_lazy{[] { return make(); }};
constinit OnceLock<Payload> lock;
constinit BasicOnceLock<Payload, AtomicSync> atomic_lock;
constinit BasicOnceLock<Payload, MutexSync> mutex_lock;
constinit BasicOnceLock<Payload, PriorityMutexSync, WipeOnFork<Destroy>> wiped_mutex_lock;
constinit WipeOnForkOnceLock<Payload> wiped_lock;
constinit WipeOnForkOnceLock<int, Erase> erased;
constinit Once once;
constinit WipeOnForkOnce wiped_once;
int once_runs = 0, wiped_once_runs = 0;

void use_the_locks() {
  int const own = which_process;
  EXPECT(lazy->read() == 0 && lazy_pointer->read() == 0 && immortal->read() == 0);
  EXPECT(wiped_lazy->read() == own);
  EXPECT(lock.get_or_init(make).read() == 0 && atomic_lock.get_or_init(make).read() == 0);
  EXPECT(mutex_lock.get_or_init(make).read() == 0);
  EXPECT(wiped_mutex_lock.get_or_init(make).read() == own);
  wiped_lock.set(make());
  EXPECT(wiped_lock.wait().read() == own && erased.get_or_init([&] { return own; }) == own);
  once.call_once([] { ++once_runs; });
  wiped_once.call_once([] { ++wiped_once_runs; });
  EXPECT(once_runs == 1 && wiped_once_runs == own + 1);
}

// Who comes too late sleeps, with and without an end, through a failure.
void wait_for_it() {
  OnceLock<Payload> slow;
  std::atomic<int> waiting{0};
  auto const waits = [&](auto how) {
    return std::thread{[&, how] {
      ++waiting;
      EXPECT(how()->read() == 3);
    }};
  };
  std::thread for_ever = waits([&] { return &slow.wait(); });
  std::thread for_long = waits([&] { return slow.wait_for(std::chrono::minutes{1}); });
  EXPECT(slow.get_or_try_init([&] {
    while (waiting != 2) std::this_thread::yield();
    return std::optional<Payload>{};
  }) == nullptr);
  slow.get_or_init([] { return Payload{3}; });
  for_ever.join();
  for_long.join();
}

template <template <class> class Cell>
void copy_and_move() {
  Cell<Payload> a{std::in_place, 1};
  Cell<Payload> b{a};
  EXPECT(a == b);
  Cell<Payload> c{std::move(b)};
  EXPECT(b != c && b.get() == nullptr && !b.has_value());
  swap(a, b);
  EXPECT(b == c && a.try_emplace(2).second && !a.set(Payload{4}));
  a = c;
  EXPECT(a.take()->read() == 1 && a.try_set(Payload{5}) == TrySetResult::stored && a.value().read() == 5);
  a.reset();
  EXPECT(std::move(c).into_inner()->read() == 1 && a == c);
}
template <class T>
using WipedLock = WipeOnForkOnceLock<T>;
template <class T>
using WipedCell = WipeOnForkOnceCell<T, Destroy>;

void use_the_lazy_cells() {
  Payload const captured{6};
  LazyCell cell{[captured] { return captured; }};
  WipeOnForkLazyCell wiped{[captured] { return captured; }};
  LazyLock shared{[captured] { return Payload{captured.read() + 1}; }};
  EXPECT(cell->read() == 6 && wiped->read() == 6 && shared->read() == 7);
  EXPECT(std::move(shared).into_inner()->read() == 7);
  LazyCell unused{[captured] { return captured; }};
}

#if FIRST_USE_HAS_EXCEPTIONS
template <class Error, class Call>
void expect_error(Call call) {
  bool told = false;
  try {
    call();
  } catch (Error const& error) { told = std::strstr(error.what(), "first_use: ") == error.what(); }
  EXPECT(told);
}

void fail() {
  LazyLock failing{[]() -> Payload { throw 1; }};
  try {
    *failing;
  } catch (int) {}
  expect_error<PoisonedError>([&] { *failing; });
  OnceLock<Payload> empty;
  expect_error<InitError>([&] { static_cast<void>(empty.value()); });
  expect_error<ReentrantInitError>([&] { empty.get_or_init([&] { return empty.get_or_init(make); }); });

  // A ring of two: one of them is told.
  OnceLock<int> left, right;
  std::atomic<int> inside{0}, told{0};
  auto const ring = [&](OnceLock<int>& mine, OnceLock<int>& other) {
    mine.get_or_init([&] {
      for (++inside; inside < 2;) std::this_thread::yield();
      try {
        return other.get_or_init([] { return 1; });
      } catch (DeadlockError const& error) {
        told += static_cast<int>(std::strlen(error.what()) != 0);
        return 2;
      }
    });
  };
  std::thread other{[&] { ring(right, left); }};
  ring(left, right);
  other.join();
  EXPECT(told >= 1);
}
#else
void fail() {}
#endif

void use_everything() {
  // ThreadSanitizer supports no new threads in the child of a process with threads, nor does qemu-user (7.2).
  if (which_process != 0 && (FIRST_USE_TESTS_UNDER_TSAN || std::getenv("FIRST_USE_TESTS_UNDER_QEMU") != nullptr)) {
    return use_the_locks();
  }
  in_threads(use_the_locks);
  wait_for_it();
  fail();
  copy_and_move<OnceLock>();
  copy_and_move<OnceCell>();
  copy_and_move<WipedLock>();
  copy_and_move<WipedCell>();
  use_the_lazy_cells();
}

}  // namespace

int main() {
  use_everything();
#if FIRST_USE_HAS_FORK
  OnceLock<Payload> left_behind;
  std::atomic<bool> inside{false}, over{false};
  std::thread busy{[&] {
    left_behind.get_or_init([&] {
      inside = true;
      while (!over) std::this_thread::yield();
      return Payload{8};
    });
  }};
  while (!inside) std::this_thread::yield();
  std::fflush(nullptr);
  pid_t const child = ::fork();
  if (child == 0) {
    which_process = 1;
    use_everything();
    EXPECT(left_behind.get_or_init(make).read() == 1);
    std::fflush(nullptr);
    ::_exit(0);
  }
  over = true;
  busy.join();
  int status = 0;
  EXPECT(child > 0 && ::waitpid(child, &status, 0) == child);
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT(left_behind.value().read() == 8);
#endif
  return 0;
}

#endif
