// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Threads that stay inside an initialiser, or sleep on a word, while the process forks.
#ifndef FIRST_USE_TESTS_FORK_IN_FLIGHT_HPP
#define FIRST_USE_TESTS_FORK_IN_FLIGHT_HPP

#include <atomic>
#include <thread>
#include <utility>

namespace children {

/// Threads wait for it; one atomic, so that a fork in the middle of anything leaves it usable.
class Flag {
 public:
  void raise() {
    raised_.store(true);
    raised_.notify_all();
  }
  void wait() const { raised_.wait(false); }
  bool raised() const { return raised_.load(); }

 private:
  std::atomic<bool> raised_{false};
};

/// Until `there`; who calls this is a child that somebody waits for, or stands under the guard of policies.hpp.
template <class There>
void until(There there) {
  while (!there()) std::this_thread::yield();
}

/// A thread that stays inside an initialiser while this object lives. `start(hold)` begins one that calls hold(); the
/// constructor returns when hold() was reached.
class InFlight {
 public:
  template <class Start>
  explicit InFlight(Start start) {
    thread_ = std::thread{[this, start = std::move(start)]() mutable {
      start([this] {
        reached_.raise();
        end_.wait();
      });
    }};
    reached_.wait();
  }
  InFlight(InFlight const&) = delete;
  InFlight& operator=(InFlight const&) = delete;
  ~InFlight() {
    end_.raise();
    thread_.join();
  }

 private:
  Flag reached_;
  Flag end_;
  std::thread thread_;
};

/// The policy `Sync`, which also counts how often a thread is about to sleep: by then it has marked the word, and, where
/// it runs an initialiser itself, has entered the registry of waiting threads.
template <class Sync>
struct Watched : Sync {
  static inline std::atomic<int> sleeps{0};

  template <class U>
  struct word : Sync::template word<U> {
    using Base = typename Sync::template word<U>;
    constexpr word() noexcept = default;
    constexpr explicit word(U value) noexcept : Base{value} {}
    void wait(U old) const noexcept {
      sleeps.fetch_add(1);
      Base::wait(old);
    }
  };
};

}  // namespace children

#endif
