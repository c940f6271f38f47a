// SPDX-License-Identifier: MIT OR Apache-2.0
#include "recorder.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <mutex>

#include <first_use/lazy_lock.hpp>
#include <first_use/never_destroyed.hpp>

namespace trace_startup {

namespace {

// An observer may come from any thread at any time and must not be slow, so it writes into a place of its own.
struct Slot {
  first_use::Observation::What what;
  void const* object;
  std::int64_t nanoseconds;
  int thread;
  char type[120];
  char const* name;
};

std::array<Slot, 4096> slots;
std::atomic<std::size_t> drawn{0};
using Names = std::vector<std::string>;
constinit first_use::LazyLock<first_use::NeverDestroyed<Names>> all_names;
constinit std::mutex names_mutex;

int number_of_this_thread() {
  thread_local int const number = [] {
    std::lock_guard const lock{names_mutex};
    all_names->push_back("thread " + std::to_string(all_names->size()));
    return static_cast<int>(all_names->size()) - 1;
  }();
  return number;
}

void record(first_use::Observation const& seen) noexcept {
  std::size_t const mine = drawn.fetch_add(1, std::memory_order_relaxed);
  if (mine >= slots.size()) return;
  Slot& slot = slots[mine];
  slot.what = seen.what;
  slot.object = seen.object;
  slot.nanoseconds = seen.nanoseconds;
  slot.thread = number_of_this_thread();
  slot.name = seen.name();  // a literal of the program's: it stays
  std::strncpy(slot.type, seen.type().c_str(), sizeof slot.type - 1);
}

}  // namespace

void start_recording() {
  drawn = 0;
  all_names.force();  // before there is an observer, who would be told of it and need it
  first_use::set_observer(&record);
}

std::vector<Event> stop_recording() {
  first_use::set_observer(nullptr);
  std::vector<Event> events;
  for (std::size_t i = 0; i != std::min(drawn.load(), slots.size()); ++i) {
    Slot const& slot = slots[i];
    events.push_back({slot.what, slot.object, slot.nanoseconds, slot.thread, slot.type,
                      slot.name != nullptr ? slot.name : std::string{}});
  }
  return events;
}

int lost_events() {
  std::size_t const all = drawn;
  return all > slots.size() ? static_cast<int>(all - slots.size()) : 0;
}

void name_this_thread(std::string name) {
  auto const number = static_cast<std::size_t>(number_of_this_thread());
  std::lock_guard const lock{names_mutex};
  (*all_names)[number] = std::move(name);
}

std::vector<std::string> thread_names() {
  std::lock_guard const lock{names_mutex};
  return *all_names;
}

}  // namespace trace_startup
