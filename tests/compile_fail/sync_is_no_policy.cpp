// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: Sync must model first_use::SyncPolicy
#include <first_use/once_lock.hpp>

struct NoPolicy {};
first_use::BasicOnceLock<int, NoPolicy> lock;
