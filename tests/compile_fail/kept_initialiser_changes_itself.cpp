// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: the initialiser cannot be called
// expect: a lazy that keeps its initialiser calls it as const
#include <first_use/lazy_lock.hpp>

first_use::LazyLock lazy{first_use::retry_on_throw, [n = 0]() mutable { return ++n; }};
