// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: T is a reference; hold a pointer or std::reference_wrapper instead
#include <first_use/lazy_lock.hpp>

int value;
int& find() { return value; }
first_use::LazyLock<int&, int& (*)()> lazy{find};
