// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Many threads want one value at once. They leave a barrier together; the round is over when all have the value. Wall time
// and, as a counter, the CPU time of all threads, in microseconds per round. The floor is the barriers alone, with one
// thread running the initialiser: what no way of waiting can go below.
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include <benchmark/benchmark.h>

#include "peers.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

struct AtOnce : bench::One {};
struct Busy10us {
  int operator()() const {
    auto const end = Clock::now() + 10us;
    while (Clock::now() < end) {}
    return 1;
  }
};
// Sleeps, as one that reads a file or asks a server.
struct Asleep1ms {
  int operator()() const {
    std::this_thread::sleep_for(1ms);
    return 1;
  }
};

template <class Make>
struct NoWaiting {
  std::atomic<bool> taken{false};
  int get() { return taken.exchange(true) ? 1 : Make{}(); }
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto const seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Barrier {
 public:
  explicit Barrier(unsigned the_count) { pthread_barrier_init(&barrier_, nullptr, the_count); }
  Barrier(Barrier const&) = delete;
  Barrier& operator=(Barrier const&) = delete;
  ~Barrier() { pthread_barrier_destroy(&barrier_); }
  void arrive() { pthread_barrier_wait(&barrier_); }

 private:
  pthread_barrier_t barrier_{};
};

template <class Peer>
void contend(benchmark::State& state) {
  auto const threads = static_cast<unsigned>(state.range(0));
  Barrier barrier{threads};
  auto peer = std::make_unique<Peer>();
  bool over = false;
  std::vector<std::thread> others;
  for (unsigned i = 1; i != threads; ++i) {
    others.emplace_back([&] {
      for (;;) {
        barrier.arrive();
        if (over) return;
        bench::keep(peer->get());
        barrier.arrive();
      }
    });
  }
  double cpu = 0;
  for (auto _ : state) {
    peer = std::make_unique<Peer>();
    double const cpu_before = cpu_seconds();
    auto const before = Clock::now();
    barrier.arrive();
    bench::keep(peer->get());
    barrier.arrive();
    state.SetIterationTime(std::chrono::duration<double>(Clock::now() - before).count());
    cpu += cpu_seconds() - cpu_before;
  }
  over = true;
  barrier.arrive();
  for (std::thread& other : others) other.join();
  state.counters["cpu_us"] = benchmark::Counter(1e6 * cpu, benchmark::Counter::kAvgIterations);
}

template <template <class> class Peer>
void add(char const* name) {
  auto const add_with = [name]<class Make>(char const* initialiser) {
    auto* const added = benchmark::RegisterBenchmark((std::string{"contended "} + initialiser + "/" + name).c_str(),
                                                     contend<Peer<Make>>);
    for (int const threads : {2, 4, 8, 16, 64, 256}) added->Arg(threads);
    added->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20);
  };
  add_with.template operator()<AtOnce>("0");
  add_with.template operator()<Busy10us>("10 us");
  add_with.template operator()<Asleep1ms>("1 ms");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace bench;
  add<NoWaiting>("barriers alone");
  add<OnceLock>("OnceLock");
  add<OnceLockByAtomic>("OnceLock, AtomicSync");
  add<OnceLockByMutex>("OnceLock, MutexSync");
  for_each_peer([]<template <class> class Peer>(char const* name) { add<Peer>(name); });
#if FIRST_USE_BENCH_RUST
  add<RustOnceLock>("Rust OnceLock");
#endif
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
