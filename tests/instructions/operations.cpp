// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What instructions.py has callgrind count: functions called counted_*, each of which does one thing once. What such a
// function needs is made ready outside of it. `operations N` does everything N times.
#include <cstdlib>
#include <optional>

#include <first_use/first_use.hpp>

#define COUNTED extern "C" [[gnu::noinline]]

namespace {

// By its shape a duration, so that <chrono> is not needed.
struct NoTime {
  struct period {
    static constexpr long num = 1, den = 1;
  };
  static constexpr long count() { return 0; }
};

struct MakeInt {
  int operator()() const { return 1; }
};
using Lazy = first_use::LazyLock<int, MakeInt>;
using LazyCell = first_use::LazyCell<int, MakeInt>;
using WipedLazy = first_use::WipeOnForkLazyLock<int, MakeInt>;

struct Refusal {};

constinit first_use::Once once;
constinit first_use::OnceLock<int> lock;
constinit Lazy lazy{MakeInt{}};
constinit first_use::WipeOnForkOnceLock<int> wiped;

}  // namespace

// A nop is one instruction, a return another: what is counted here is known.
COUNTED void counted_known() { asm volatile("nop\n\tnop\n\tnop\n\tnop"); }

COUNTED void counted_hot_once() {
  once.call_once([] {});
}
COUNTED int counted_hot_once_lock() {
  return lock.get_or_init([] { return 1; });
}
COUNTED int counted_hot_lazy_lock() { return *lazy; }
COUNTED int counted_hot_wiped_lock() {
  return wiped.get_or_init([] { return 1; });
}
COUNTED int counted_hot_wait() { return lock.wait(); }

COUNTED void counted_first_once(first_use::Once& fresh) {
  fresh.call_once([] {});
}
COUNTED int counted_first_once_lock(first_use::OnceLock<int>& fresh) {
  return fresh.get_or_init([] { return 1; });
}
COUNTED int counted_first_once_cell(first_use::OnceCell<int>& fresh) {
  return fresh.get_or_init([] { return 1; });
}
COUNTED int counted_first_lazy_lock(Lazy& fresh) { return *fresh; }
COUNTED int counted_first_lazy_cell(LazyCell& fresh) { return *fresh; }
COUNTED int counted_first_wiped_lock(first_use::WipeOnForkOnceLock<int>& fresh) {
  return fresh.get_or_init([] { return 1; });
}
COUNTED int counted_first_wiped_lazy(WipedLazy& fresh) { return *fresh; }
COUNTED bool counted_first_set(first_use::OnceLock<int>& fresh) { return fresh.set(1); }
// In the middle of another: the list of what this thread runs has one entry more.
COUNTED int counted_first_nested(first_use::OnceLock<int>& outer, first_use::OnceLock<int>& inner) {
  return outer.get_or_init([&inner] { return inner.get_or_init([] { return 1; }); });
}

// The word says that somebody sleeps: leaving must wake. (Whether somebody does is the kernel's business, and that its
// scheduler's.)
COUNTED int counted_wake(first_use::OnceLock<int>& marked) {
  return marked.get_or_init([] { return 1; });
}

#if FIRST_USE_HAS_EXCEPTIONS
// What any throw costs, which is not ours to change: instructions.py subtracts it from the others.
COUNTED int counted_throw_bare(int volatile* refuse) {
  try {
    if (*refuse != 0) throw Refusal{};
  } catch (Refusal const&) { return 1; }
  return 0;
}
COUNTED int counted_throw_once(first_use::Once& fresh) {
  try {
    fresh.call_once([] { throw Refusal{}; });
  } catch (Refusal const&) { return 1; }
  return 0;
}
COUNTED int counted_throw_once_lock(first_use::OnceLock<int>& fresh) {
  try {
    return fresh.get_or_init([]() -> int { throw Refusal{}; });
  } catch (Refusal const&) { return 1; }
}
#endif

int main(int argc, char** argv) {
  long const times = argc == 2 ? std::atol(argv[1]) : 0;
  if (times <= 0) return 2;
  [[maybe_unused]] int volatile refuse = 1;
  for (long i = 0; i != times; ++i) {
    counted_known();

    counted_hot_once();
    counted_hot_once_lock();
    counted_hot_lazy_lock();
    counted_hot_wiped_lock();
    counted_hot_wait();

    first_use::Once fresh_once;
    counted_first_once(fresh_once);
    first_use::OnceLock<int> fresh_lock;
    counted_first_once_lock(fresh_lock);
    first_use::OnceCell<int> fresh_cell;
    counted_first_once_cell(fresh_cell);
    Lazy fresh_lazy{MakeInt{}};
    counted_first_lazy_lock(fresh_lazy);
    LazyCell fresh_lazy_cell{MakeInt{}};
    counted_first_lazy_cell(fresh_lazy_cell);
    first_use::WipeOnForkOnceLock<int> fresh_wiped;
    counted_first_wiped_lock(fresh_wiped);
    WipedLazy fresh_wiped_lazy{MakeInt{}};
    counted_first_wiped_lazy(fresh_wiped_lazy);
    first_use::OnceLock<int> fresh_set;
    counted_first_set(fresh_set);
    first_use::OnceLock<int> outer, inner;
    counted_first_nested(outer, inner);

    first_use::OnceLock<int> marked;
    if (marked.wait_for(NoTime{}) != nullptr) return 3;
    counted_wake(marked);

#if FIRST_USE_HAS_EXCEPTIONS
    counted_throw_bare(&refuse);
    first_use::Once thrown_once;
    counted_throw_once(thrown_once);
    first_use::OnceLock<int> thrown_lock;
    counted_throw_once_lock(thrown_lock);
#endif
  }
}
