// SPDX-License-Identifier: MIT OR Apache-2.0
//
// An observer that writes down what it hears, and the story of one object in its words.
#ifndef FIRST_USE_TESTS_OBSERVED_HPP
#define FIRST_USE_TESTS_OBSERVED_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <first_use/observer.hpp>
#if FIRST_USE_HAS_THREADS
#include <mutex>
#include <thread>
#endif

namespace first_use_test {

using first_use::Observation;
using What = Observation::What;

#if FIRST_USE_HAS_THREADS
using Mutex = std::mutex;
using Locked = std::lock_guard<std::mutex>;
using ThreadId = std::thread::id;
inline ThreadId this_thread() noexcept { return std::this_thread::get_id(); }
#else
struct Mutex {};
struct Locked {
  explicit Locked(Mutex&) {}
};
using ThreadId = int;
inline ThreadId this_thread() noexcept { return 1; }
#endif

struct Heard {
  What what;
  void const* object;
  std::string type, name;
  std::int64_t nanoseconds;
  ThreadId thread;
};

inline Mutex mutex;
inline std::vector<Heard> heard;

inline void hear(Observation const& seen) noexcept {
  Locked const lock{mutex};
  heard.push_back({seen.what, seen.object, seen.type().c_str(), seen.name() != nullptr ? seen.name() : "",
                   seen.nanoseconds, this_thread()});
}

/// Installs an observer for a test's time and forgets what earlier ones heard.
struct Listening {
  explicit Listening(first_use::Observer observer = &hear) : before{first_use::set_observer(observer)} {
    Locked const lock{mutex};
    heard.clear();
  }
  Listening(Listening const&) = delete;
  Listening& operator=(Listening const&) = delete;
  ~Listening() { first_use::set_observer(before); }
  first_use::Observer before;
};

inline char const* name(What what) {
  constexpr char const* names[] = {"begin", "end", "failure", "wait", "wake", "wipe"};
  return names[static_cast<std::size_t>(what)];
}

/// "begin wait wake end": what was told of this object, by this thread if one is given.
inline std::string story_of(void const* object, std::optional<ThreadId> thread = {}) {
  Locked const lock{mutex};
  std::string story;
  for (Heard const& one : heard) {
    if (one.object != object || (thread && one.thread != *thread)) continue;
    story += (story.empty() ? "" : " ") + std::string{name(one.what)};
  }
  return story;
}

}  // namespace first_use_test

#endif
