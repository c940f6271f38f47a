// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: T is an array; use std::array
#include <first_use/once_lock.hpp>

first_use::OnceLock<int[3]> lock;
