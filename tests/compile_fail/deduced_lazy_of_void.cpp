// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: (T is void|the initialiser returns nothing)
#include <first_use/lazy_lock.hpp>

first_use::LazyLock lazy{[] {}};
