// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: Sync must model first_use::SyncPolicy
#include <first_use/once.hpp>
#include <first_use/sync/single_thread_sync.hpp>

// Claims to wait, with words that cannot.
struct HalfAPolicy : first_use::SingleThreadSync {
  static constexpr bool can_wait = true;
};
first_use::BasicOnce<HalfAPolicy> once;
