// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: the initialiser returns the wrong type
#include <first_use/lazy_lock.hpp>

struct Config {};
first_use::LazyLock<Config, int (*)()> lazy{[] { return 3; }};
