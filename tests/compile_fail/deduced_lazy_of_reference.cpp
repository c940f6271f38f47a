// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: (T is a reference|the initialiser returns a reference)
#include <first_use/lazy_lock.hpp>

int value;
first_use::LazyLock lazy{[]() -> int& { return value; }};
