// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: T is a function; hold a pointer to it instead
#include <first_use/once_lock.hpp>

first_use::OnceLock<int()> lock;
