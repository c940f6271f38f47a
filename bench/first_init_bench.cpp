// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The first initialisation of a fresh object by an initialiser that does next to nothing, nobody else near: nanoseconds.
#include <array>
#include <chrono>
#include <memory>

#include <benchmark/benchmark.h>

#include "in_library.hpp"
#include "peers.hpp"

namespace {

// Few enough to stay in the first-level cache.
constexpr std::size_t count = 512;

// Timed here: to pause the library's own clock costs a nanosecond for each of them.
template <class Run>
void time_one_batch(benchmark::State& state, Run run) {
  auto const begin = std::chrono::steady_clock::now();
  run();
  state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
}

template <class Peer>
void init(benchmark::State& state) {
  auto cells = std::make_unique<std::array<Peer, count>>();
  while (state.KeepRunningBatch(count)) {
    std::destroy_at(cells.get());
    std::construct_at(cells.get());
    time_one_batch(state, [&] {
      for (Peer& cell : *cells) bench::keep(cell.get());
    });
  }
}

template <class Run>
void add(char const* name, Run run) {
  benchmark::RegisterBenchmark((std::string{"first init/"} + name).c_str(), run)->UseManualTime();
}

template <template <class> class Peer>
void add(char const* name) {
  add(name, init<Peer<bench::One>>);
}

void add(char const* name, bench::Elsewhere there) {
  add(name, [there](benchmark::State& state) {
    while (state.KeepRunningBatch(count)) {
      void* const cells = there.make(count);
      time_one_batch(state, [&] { there.init(cells); });
      there.drop(cells);
    }
  });
}

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
  add("OnceLock, in a library", once_lock_in_library());
  add("OnceCell, in a library", once_cell_in_library());
  for_each_peer([]<template <class> class Peer>(char const* name) { add<Peer>(name); });
#if FIRST_USE_BENCH_RUST
  add("Rust Once", Elsewhere{rust_once_new, rust_once_init, rust_once_drop});
  add("Rust OnceLock", Elsewhere{rust_once_lock_new, rust_once_lock_init, rust_once_lock_drop});
  add("Rust LazyLock", Elsewhere{rust_lazy_lock_new, rust_lazy_lock_init, rust_lazy_lock_drop});
  add("Rust OnceCell", Elsewhere{rust_once_cell_new, rust_once_cell_init, rust_once_cell_drop});
  add("Rust LazyCell", Elsewhere{rust_lazy_cell_new, rust_lazy_cell_init, rust_lazy_cell_drop});
#if FIRST_USE_BENCH_ONCE_CELL_CRATE
  add("Rust once_cell crate", Elsewhere{rust_crate_new, rust_crate_init, rust_crate_drop});
#endif
#endif
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
