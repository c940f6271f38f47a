// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: T is void; for code that runs once without a value use Once
#include <first_use/once_lock.hpp>

first_use::OnceLock<void> lock;
