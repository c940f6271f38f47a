// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What orders.py looks at on machines with a weak memory: who reads a value that is there, and, in the slow path that they
// all share, who claims a word and who publishes it. Without the numbers of processes, which have orders of their own.
#include <first_use/first_use.hpp>

int make();

using Lock = first_use::BasicOnceLock<int, first_use::FutexSync, first_use::IgnoreFork>;
using Once = first_use::BasicOnce<first_use::FutexSync, first_use::IgnoreFork>;

extern "C" {

bool reads_once(Once const& once) { return once.is_completed(); }
int const* reads_lock(Lock const& lock) { return lock.get(); }
int fills_lock(Lock const& lock) {
  return lock.get_or_init([] { return make(); });
}
// A comparing exchange that releases: the only one there is stands among the numbers of processes.
bool releases_by_comparing(first_use::FutexSync::word<unsigned>& word, unsigned& seen) {
  return word.compare_exchange_weak(seen, 1, first_use::Order::release, first_use::Order::relaxed);
}
int reads_wiped_lock(first_use::WipeOnForkOnceLock<int> const& lock) {
  return lock.get_or_init([] { return make(); });
}

}  // extern "C"
