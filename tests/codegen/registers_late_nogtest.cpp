// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A process that only looks never registers a fork handler, and one that makes values does it once.
#include <cstdio>

#include <first_use/first_use.hpp>

#include "sanitizers.hpp"

#if !FIRST_USE_HAS_FORK
int main() { return 77; }
#else

#include <pthread.h>

namespace {

int registrations = 0;
int mistakes = 0;

void expect(char const* when, int wanted) {
  if (registrations == wanted) return;
  std::fprintf(stderr, "%s: %d registrations, not %d\n", when, registrations, wanted);
  ++mistakes;
}

struct Three {
  int operator()() const { return 3; }
};

struct Dying {
  Dying() = default;
  ~Dying() {}
};

constinit first_use::Once once;
constinit first_use::OnceLock<int> lock;
constinit first_use::OnceLock<int> full{std::in_place, 3};
constinit first_use::OnceCell<int> cell;
constinit first_use::LazyLock<int, Three> lazy{Three{}};
constinit first_use::LazyCell<int, Three> lazy_cell{Three{}};
constinit first_use::WipeOnForkOnce wiped_once;
constinit first_use::WipeOnForkOnceLock<int> wiped;
constinit first_use::WipeOnForkLazyLock<int, Three> wiped_lazy{Three{}};

}  // namespace

// In place of libc's, which is an object file of its own in an archive, even where the rest of libc is shared.
extern "C" FIRST_USE_TESTS_UNSEEN int pthread_atfork(void (*)(), void (*)(),
                                                     void (*)()) FIRST_USE_TESTS_AS_LIBC_DECLARES {
  ++registrations;
  return 0;
}

int main() {
#if FIRST_USE_TESTS_UNDER_TSAN || FIRST_USE_TESTS_UNDER_ASAN
  registrations = 0;  // its own
#endif
  bool const nothing = !once.is_completed() && once.status() == first_use::OnceStatus::incomplete &&
                       lock.get() == nullptr && !lock && cell.get() == nullptr && lazy.get() == nullptr &&
                       !lazy.is_poisoned() && !wiped_once.is_completed() && wiped.get() == nullptr &&
                       wiped_lazy.get() == nullptr && !wiped_lazy.is_poisoned();
  bool const something = full.value() == 3 && full.get_or_init([] { return 4; }) == 3;
  if (!nothing || !something) {
    std::fputs("the values are wrong\n", stderr);
    return 1;
  }
  {
    first_use::OnceLock<int> copy{lock};
    first_use::OnceLock<int> moved{std::move(copy)};
    first_use::WipeOnForkOnceLock<Dying> never_filled;
  }
  expect("looking, copying nothing, dying", 0);
  // One thread cannot be caught by a fork in somebody else's initialiser.
  if (cell.get_or_init([] { return 3; }) + *lazy_cell != 6) return 1;
  expect("making values in cells", 0);
  if (lock.get_or_init([] { return 3; }) + *lazy + *wiped_lazy + wiped.get_or_init([] { return 3; }) != 12) return 1;
  once.call_once([] {});
  wiped_once.call_once([] {});
  expect("making values in locks", 1);
  return mistakes == 0 ? 0 : 1;
}

#endif
