// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Compiled twice, with SIDE being side_a and side_b.
#include <first_use/first_use.hpp>

#include "sides.hpp"

namespace mixing {
namespace {

int runs_of_this_side = 0;

constinit first_use::OnceLock<int> lock;
constinit first_use::LazyLock<int> lazy{[] { return ++runs_of_this_side; }};
constinit first_use::WipeOnForkOnceLock<int> wiped_lock;

int initialised(Hook inside) {
  return lock.get_or_init([inside] {
    ++runs_of_this_side;
    return inside != nullptr ? inside() : 1;
  });
}

int get(Hook inside) {
#if FIRST_USE_HAS_EXCEPTIONS
  try {
    return initialised(inside);
  } catch (first_use::ReentrantInitError const&) { return found_reentry; } catch (first_use::DeadlockError const&) {
    return found_deadlock;
  }
#else
  return initialised(inside);
#endif
}

int forced() { return lazy.force(); }
int runs() { return runs_of_this_side; }

int wiped(int offer) {
  return wiped_lock.get_or_init([offer] { return offer; });
}

int summed(Summands summands) {
  static constinit first_use::OnceLock<int> sum;
  return sum.get_or_init(Summands{summands});
}

}  // namespace

extern Side const SIDE;
constinit Side const SIDE{get, forced, runs, wiped, summed};

}  // namespace mixing
