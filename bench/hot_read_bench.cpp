// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Reading a global that has its value: nanoseconds per read in a loop. One thread, then two at once.
#include <benchmark/benchmark.h>

#include "peers.hpp"

namespace {

constexpr benchmark::IterationCount batch = 1000;

template <class Peer>
Peer global;

// Unrolled, by hand since compilers do not unroll an asm: where a loop of four instructions happens to lie matters more than
// what is in it.
template <class Peer>
[[gnu::always_inline]] inline void read_8() {
  bench::keep(global<Peer>.get());
  bench::keep(global<Peer>.get());
  bench::keep(global<Peer>.get());
  bench::keep(global<Peer>.get());
  bench::keep(global<Peer>.get());
  bench::keep(global<Peer>.get());
  bench::keep(global<Peer>.get());
  bench::keep(global<Peer>.get());
}

template <class Peer>
void read(benchmark::State& state) {
  // Its address is known elsewhere, so that nobody can know that a plain one never changes.
  benchmark::DoNotOptimize(&global<Peer>);
  bench::keep(global<Peer>.get());
  while (state.KeepRunningBatch(batch)) {
    for (benchmark::IterationCount i = 0; i != batch / 8; ++i) read_8<Peer>();
  }
}

template <class Loop>
void add(char const* name, Loop loop) {
  benchmark::RegisterBenchmark((std::string{"hot read/"} + name).c_str(), loop)->UseRealTime();
  benchmark::RegisterBenchmark((std::string{"two readers/"} + name).c_str(), loop)->Threads(2)->UseRealTime();
}

template <template <class> class Peer>
void add(char const* name) {
  add(name, read<Peer<bench::One>>);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace bench;
  add<Plain>("plain global");
  add<HandWritten>("acquire check by hand");
  add<OnceLock>("OnceLock");
  add<LazyLock>("LazyLock");
  add<Once>("Once");
  add<OnceCell>("OnceCell");
  add<LazyCell>("LazyCell");
  add<WipedLock>("WipeOnForkOnceLock");
  add<FunctionLocalStatic>("function-local static");
  for_each_peer([]<template <class> class Peer>(char const* name) {
    if (name != std::string{"function-local static"}) add<Peer>(name);
  });
#if FIRST_USE_BENCH_RUST
  auto const add_rust = [](char const* name, void (*loop)(std::uint64_t)) {
    add(name, [loop](benchmark::State& state) {
      while (state.KeepRunningBatch(batch)) loop(batch);
    });
  };
  add_rust("Rust OnceLock", rust_read_once_lock);
  add_rust("Rust LazyLock", rust_read_lazy_lock);
#if FIRST_USE_BENCH_ONCE_CELL_CRATE
  add_rust("Rust once_cell crate", rust_read_crate);
#endif
#endif
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
