// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Keeps what the observer is told, and in which thread. Recording is short: a number drawn and a slot filled, no lock.
#ifndef TRACE_STARTUP_RECORDER_HPP
#define TRACE_STARTUP_RECORDER_HPP

#include <cstdint>
#include <string>
#include <vector>

#include <first_use/observer.hpp>

namespace trace_startup {

struct Event {
  first_use::Observation::What what{};
  void const* object = nullptr;
  std::int64_t nanoseconds = 0;
  int thread = 0;
  std::string type;  // LazyLock<app::Config>
  std::string name;  // config; empty where the observed call knew none
};

/// From here on everything is recorded, in every thread.
void start_recording();
/// What was recorded, each thread's events in their order. No thread may initialise anything meanwhile.
std::vector<Event> stop_recording();
/// How many events found no room.
int lost_events();

/// What the pictures call the calling thread; others are called by their number.
void name_this_thread(std::string name);
std::vector<std::string> thread_names();

}  // namespace trace_startup

#endif
