// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A shared library that uses first_use on objects it is handed. Also compiled into the host, under another name.
#include <first_use/once_lock.hpp>
#include <first_use/wiped.hpp>

#include "api.hpp"

#ifndef API_NAME
#define API_NAME shared_object_api
#endif

namespace {

using Wiped = first_use::WipeOnForkOnceLock<int>;
using Kept = first_use::OnceLock<int>;
using Process = first_use::process::Generation<first_use::PlatformSync>;

Wiped& wiped_at(void* bytes) { return *static_cast<Wiped*>(bytes); }
Kept& kept_at(void* bytes) { return *static_cast<Kept*>(bytes); }

Answer try_set(void* kept) {
  try {
    switch (kept_at(kept).try_set(2)) {
      case first_use::TrySetResult::stored: return stored;
      case first_use::TrySetResult::occupied: return occupied;
      case first_use::TrySetResult::busy: return busy;
    }
  } catch (first_use::ReentrantInitError const&) { return reentrant; } catch (first_use::InitError const&) {
  }
  return refused;
}

Answer hold(void* kept, void (*inside)(void*), void* context) {
  bool ran = false;
  kept_at(kept).get_or_init([&] {
    inside(context);
    ran = true;
    return 1;
  });
  return ran ? stored : occupied;
}

Api const api{
    .prepare = [] { return first_use::prepare_for_fork(); },
    .generation = [] { return static_cast<unsigned long long>(Process::current()); },
    .identity = []() -> void const* { return &first_use::process::Threads<first_use::PlatformSync>::self(); },
    .fill = [](void* wiped, int value) { return wiped_at(wiped).try_emplace(value).second; },
    .value =
        [](void const* wiped) {
          int const* const value = static_cast<Wiped const*>(wiped)->get();
          return value != nullptr ? *value : -1;
        },
    .is_incomplete =
        [](void const* once) {
          return static_cast<first_use::WipeOnForkOnce const*>(once)->status() == first_use::OnceStatus::incomplete;
        },
    .hold = &hold,
    .try_set = &try_set,
};

}  // namespace

extern "C" __attribute__((visibility("default"))) Api const* API_NAME() { return &api; }
