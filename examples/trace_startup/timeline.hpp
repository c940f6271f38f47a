// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Events made into spans: what ran from when to when, in which thread, and who waited for it.
#ifndef TRACE_STARTUP_TIMELINE_HPP
#define TRACE_STARTUP_TIMELINE_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "recorder.hpp"

namespace trace_startup {

struct Span {
  std::string type;  // LazyLock<app::Config>
  std::string name;  // config; empty where nobody has said one
  void const* address = nullptr;
  int thread = 0;
  std::int64_t begin = 0;  // nanoseconds from the first event on
  std::int64_t end = 0;
  std::int64_t own = 0;  // without what ran or was waited for inside
  int depth = 0;         // within how many others of its thread
  bool failed = false;
};

struct Wait {
  Span span;
  std::optional<std::size_t> run;  // whose end it waited for: an index into the runs
};

struct Timeline {
  std::vector<Span> runs;  // by their begin
  std::vector<Wait> waits;
};

Timeline make_timeline(std::vector<Event> const& events);

}  // namespace trace_startup

#endif
