// SPDX-License-Identifier: MIT OR Apache-2.0
#include "timeline.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace trace_startup {

namespace {

using What = first_use::Observation::What;

struct Open {
  Span span;
  bool waits = false;
  std::int64_t inside = 0;
};

}  // namespace

Timeline make_timeline(std::vector<Event> const& events) {
  Timeline timeline;
  if (events.empty()) return timeline;
  auto const by_time = [](Event const& a, Event const& b) { return a.nanoseconds < b.nanoseconds; };
  std::int64_t const zero = std::min_element(events.begin(), events.end(), by_time)->nanoseconds;

  // Only the call that brings an initialiser knows its name; a wait for the object takes it from there.
  std::map<void const*, std::string> names;
  for (Event const& event : events) {
    if (!event.name.empty()) names[event.object] = event.name;
  }

  // In each thread spans nest, so that a half belongs to the innermost that is open.
  std::map<int, std::vector<Open>> open;
  for (Event const& event : events) {
    std::vector<Open>& stack = open[event.thread];
    if (event.what == What::wipe) continue;
    if (event.what == What::begin || event.what == What::wait) {
      Open next;
      next.waits = event.what == What::wait;
      auto const name = names.find(event.object);
      next.span.type = event.type;
      if (name != names.end()) next.span.name = name->second;
      next.span.address = event.object;
      next.span.thread = event.thread;
      next.span.begin = event.nanoseconds - zero;
      next.span.depth = static_cast<int>(stack.size());
      stack.push_back(std::move(next));
      continue;
    }
    if (stack.empty()) continue;  // it was open before the recording began
    Open done = std::move(stack.back());
    stack.pop_back();
    done.span.end = event.nanoseconds - zero;
    done.span.own = done.span.end - done.span.begin - done.inside;
    done.span.failed = event.what == What::failure;
    if (!stack.empty()) stack.back().inside += done.span.end - done.span.begin;
    if (done.waits) {
      timeline.waits.push_back({std::move(done.span), std::nullopt});
    } else {
      timeline.runs.push_back(std::move(done.span));
    }
  }

  auto const by_begin = [](Span const& a, Span const& b) { return a.begin < b.begin; };
  std::sort(timeline.runs.begin(), timeline.runs.end(), by_begin);
  std::sort(timeline.waits.begin(), timeline.waits.end(),
            [&](Wait const& a, Wait const& b) { return by_begin(a.span, b.span); });
  for (Wait& wait : timeline.waits) {
    for (std::size_t i = 0; i != timeline.runs.size(); ++i) {
      Span const& run = timeline.runs[i];
      bool const is_it = run.address == wait.span.address && run.thread != wait.span.thread;
      if (is_it && run.begin <= wait.span.end && run.end >= wait.span.begin && run.end <= wait.span.end) wait.run = i;
    }
  }
  return timeline;
}

}  // namespace trace_startup
