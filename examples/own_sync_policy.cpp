// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A waiting policy of your own: this one spins politely and counts how often it had to. It models
// first_use::SyncPolicy (sync/sync_policy.hpp has the contract) and serves every type of the library.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <thread>
#include <vector>

#include <first_use/once_lock.hpp>
#include <first_use/sync/atomic_sync.hpp>

std::atomic<int> yields{0};

struct YieldingSync {
  static constexpr bool can_wait = true;

  template <class U>
  struct word : first_use::AtomicWord<U> {  // load, store, exchange and compare_exchange_weak are std::atomic's
    using first_use::AtomicWord<U>::AtomicWord;
    void wait(U old) const {
      while (this->load(first_use::Order::acquire) == old) {
        ++yields;
        std::this_thread::yield();
      }
    }
    bool wait_until(U old, first_use::Deadline deadline) const {
      while (this->load(first_use::Order::acquire) == old) {
        if (now() >= deadline.nanoseconds) return false;
        std::this_thread::yield();
      }
      return true;
    }
    void notify_all() {}  // nobody sleeps
  };

  static std::int64_t now() { return first_use::AtomicSync::now(); }
};
static_assert(first_use::SyncPolicy<YieldingSync>);

constinit first_use::BasicOnceLock<int, YieldingSync> answer;

int main() {
  std::atomic<int> runs{0};
  std::vector<std::thread> threads;
  for (int i = 0; i != 4; ++i) {
    threads.emplace_back([&] {
      answer.get_or_init([&] {
        ++runs;
        return 42;
      });
    });
  }
  for (auto& thread : threads) thread.join();
  std::cout << "made " << runs << " time, yielded " << yields << " times\n";
  return runs == 1 && answer.value() == 42 ? 0 : 1;
}
