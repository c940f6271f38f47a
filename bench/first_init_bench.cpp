// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The first initialisation of a fresh object by an initialiser that does next to nothing, nobody else near: nanoseconds.
#include <array>
#include <memory>

#include <benchmark/benchmark.h>

#include "peers.hpp"

namespace {

// Few enough to stay in the first-level cache.
constexpr std::size_t count = 512;

template <class Peer>
void init(benchmark::State& state) {
  auto cells = std::make_unique<std::array<Peer, count>>();
  while (state.KeepRunningBatch(count)) {
    state.PauseTiming();
    std::destroy_at(cells.get());
    std::construct_at(cells.get());
    state.ResumeTiming();
    for (Peer& cell : *cells) bench::keep(cell.get());
  }
}

template <class Run>
void add(char const* name, Run run) {
  benchmark::RegisterBenchmark((std::string{"first init/"} + name).c_str(), run);
}

template <template <class> class Peer>
void add(char const* name) {
  add(name, init<Peer<bench::One>>);
}

#if FIRST_USE_BENCH_RUST
void add_rust(char const* name, void* (*make)(std::size_t), void (*run)(void*), void (*drop)(void*)) {
  add(name, [=](benchmark::State& state) {
    while (state.KeepRunningBatch(count)) {
      state.PauseTiming();
      void* const cells = make(count);
      state.ResumeTiming();
      run(cells);
      state.PauseTiming();
      drop(cells);
      state.ResumeTiming();
    }
  });
}
#endif

}  // namespace

int main(int argc, char** argv) {
  using namespace bench;
  add<Plain>("no initialisation");
  add<HandWritten>("exchanges by hand");
  add<OnceLock>("OnceLock");
  add<LazyLock>("LazyLock");
  add<Once>("Once");
  add<WipedLock>("WipeOnForkOnceLock");
  add<OnceCell>("OnceCell");
  add<LazyCell>("LazyCell");
  for_each_peer([]<template <class> class Peer>(char const* name) { add<Peer>(name); });
#if FIRST_USE_BENCH_RUST
  add_rust("Rust Once", rust_once_new, rust_once_init, rust_once_drop);
  add_rust("Rust OnceLock", rust_once_lock_new, rust_once_lock_init, rust_once_lock_drop);
  add_rust("Rust LazyLock", rust_lazy_lock_new, rust_lazy_lock_init, rust_lazy_lock_drop);
  add_rust("Rust OnceCell", rust_once_cell_new, rust_once_cell_init, rust_once_cell_drop);
  add_rust("Rust LazyCell", rust_lazy_cell_new, rust_lazy_cell_init, rust_lazy_cell_drop);
#if FIRST_USE_BENCH_ONCE_CELL_CRATE
  add_rust("Rust once_cell crate", rust_crate_new, rust_crate_init, rust_crate_drop);
#endif
#endif
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
