// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What grows with the number of objects, of waiters, of nested initialisers, and what does not.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <benchmark/benchmark.h>

#include "peers.hpp"

namespace {

template <class Cell>
void initialise(benchmark::State& state) {
  auto const count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    auto cells = std::make_unique<Cell[]>(count);
    state.ResumeTiming();
    for (std::size_t i = 0; i != count; ++i) bench::keep(cells[i].get());
    state.PauseTiming();
    cells.reset();
    state.ResumeTiming();
  }
  state.counters["ns_each"] = benchmark::Counter(
      static_cast<double>(count) * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["bytes_each"] = static_cast<double>(sizeof(Cell));
}

template <class Cell>
void read(benchmark::State& state) {
  auto const count = static_cast<std::size_t>(state.range(0));
  auto const cells = std::make_unique<Cell[]>(count);
  for (std::size_t i = 0; i != count; ++i) bench::keep(cells[i].get());
  for (auto _ : state) {
    for (std::size_t i = 0; i != count; ++i) bench::keep(cells[i].get());
  }
  state.counters["ns_each"] = benchmark::Counter(
      static_cast<double>(count) * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// The memory is there in any case, so that only what the library does with a fork can differ.
void fork_with_wiped(benchmark::State& state) {
  using Cell = bench::WipedLock<bench::One>;
  constexpr std::size_t most = 1'000'000;
  static auto const cells = std::make_unique<Cell[]>(most);
  static std::size_t initialised = 0;
  auto const count = static_cast<std::size_t>(state.range(0));
  for (std::size_t i = 0; i != most; ++i) cells[i].lock.reset();
  for (initialised = 0; initialised != count; ++initialised) bench::keep(cells[initialised].get());
  first_use::prepare_for_fork();
  for (auto _ : state) {
    pid_t const child = fork();
    // FORK: no test framework, no destructors in the child.
    if (child == 0) _exit(0);
    state.PauseTiming();
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) state.SkipWithError("fork failed");
    state.ResumeTiming();
  }
}

// Whether a thread sleeps is known from its state in /proc: nothing in the library counts waiters.
bool sleeps(pid_t thread) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
  std::FILE* const file = std::fopen(path, "r");
  if (file == nullptr) return false;
  char status = '?';
  int const read = std::fscanf(file, "%*d (%*[^)]) %c", &status);
  std::fclose(file);
  return read == 1 && status == 'S';
}

/// Threads that sleep until `wanted` has its value; with `nested`, each in the middle of an initialisation of its own, so
/// that it has looked for a ring and registered before it slept.
class Sleepers {
 public:
  Sleepers(first_use::OnceLock<int>& the_wanted, std::size_t the_count, bool the_nested) : ids_(the_count) {
    own = std::make_unique<first_use::OnceLock<int>[]>(the_count);
    for (std::size_t i = 0; i != the_count; ++i) {
      threads_.emplace_back([this, i, &the_wanted, the_nested] {
        ids_[i] = gettid();
        if (the_nested) {
          own[i].get_or_init([&] { return the_wanted.wait(); });
        } else {
          the_wanted.wait();
        }
      });
    }
    for (auto const& id : ids_) {
      while (id == 0 || !sleeps(id)) std::this_thread::yield();
    }
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
  }

  std::unique_ptr<first_use::OnceLock<int>[]> own;

 private:
  std::vector<std::atomic<pid_t>> ids_;
  std::vector<std::thread> threads_;
};

/// From the value until the last sleeper has it and has ended.
template <bool nested>
void wake(benchmark::State& state) {
  auto const count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    first_use::OnceLock<int> wanted;
    std::optional<Sleepers> sleepers;
    std::chrono::steady_clock::time_point begin;
    wanted.get_or_init([&] {
      sleepers.emplace(wanted, count, nested);
      begin = std::chrono::steady_clock::now();
      return 1;
    });
    sleepers->join();
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
}

/// One look for a ring that is there, with so many registered threads to look through, and the error that tells of it.
void tell_deadlock(benchmark::State& state) {
  auto const count = static_cast<std::size_t>(state.range(0));
  first_use::OnceLock<int> wanted;
  std::optional<Sleepers> sleepers;
  wanted.get_or_init([&] {
    sleepers.emplace(wanted, count, true);
    for (auto _ : state) {
      try {
        // The first thread registered first, and is found last.
        bench::keep(sleepers->own[0].wait());
      } catch (first_use::DeadlockError const&) { continue; }
      state.SkipWithError("no ring was seen");
    }
    return 1;
  });
  sleepers->join();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace bench;
  auto const cells = [](char const* name, auto run) {
    auto* const added = benchmark::RegisterBenchmark(name, run);
    for (int const count : {1'000, 10'000, 100'000, 1'000'000}) added->Arg(count);
    added->Unit(benchmark::kMillisecond);
  };
  cells("cells initialised/OnceLock", initialise<OnceLock<One>>);
  cells("cells initialised/OnceCell", initialise<OnceCell<One>>);
  cells("cells initialised/WipeOnForkOnceLock", initialise<WipedLock<One>>);
  cells("cells initialised/plain", initialise<Plain<One>>);
  cells("cells read/OnceLock", read<OnceLock<One>>);
  cells("cells read/OnceCell", read<OnceCell<One>>);
  cells("cells read/WipeOnForkOnceLock", read<WipedLock<One>>);
  cells("cells read/plain", read<Plain<One>>);
  benchmark::RegisterBenchmark("fork with wiped cells/WipeOnForkOnceLock", fork_with_wiped)
      ->Arg(0)
      ->Arg(1'000'000)
      ->Iterations(200)
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
  auto const waiting = [](char const* name, auto run) {
    auto* const added = benchmark::RegisterBenchmark(name, run)->Unit(benchmark::kMicrosecond);
    for (int const count : {1, 10, 100, 1000}) added->Arg(count);
    return added;
  };
  waiting("waiters/OnceLock", wake<false>)->Iterations(5)->UseManualTime();
  waiting("waiters in an initialiser/OnceLock", wake<true>)->Iterations(5)->UseManualTime();
  waiting("deadlock told/OnceLock", tell_deadlock);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
