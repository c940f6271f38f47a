// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: T is a reference; hold a pointer or std::reference_wrapper instead
#include <first_use/once_lock.hpp>

first_use::OnceLock<int&> lock;
