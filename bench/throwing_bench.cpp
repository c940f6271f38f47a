// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A first call whose initialiser throws, and the catch around it. The bare throw is what the library cannot change.
#include <memory>

#include <benchmark/benchmark.h>

#include "peers.hpp"

namespace {

struct Refusal {};

struct Refuse {
  [[noreturn]] [[gnu::noinline]] int operator()() const { throw Refusal{}; }
};

template <class Peer>
void refuse(benchmark::State& state) {
  for (auto _ : state) {
    Peer fresh;
    try {
      bench::keep(fresh.get());
    } catch (Refusal const&) {}
  }
}

template <class Make>
struct Bare {
  [[gnu::noinline]] int get() const { return Make{}(); }
};

template <template <class> class Peer>
void add(char const* name) {
  benchmark::RegisterBenchmark((std::string{"throwing first call/"} + name).c_str(), refuse<Peer<Refuse>>);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace bench;
  add<Bare>("bare throw");
  add<OnceLock>("OnceLock");
  add<OnceCell>("OnceCell");
  add<LazyLock>("LazyLock");
  add<Once>("Once");
  add<WipedLock>("WipeOnForkOnceLock");
  for_each_peer([]<template <class> class Peer>(char const* name) {
    // The next call on it would hang, and its destructor cannot know.
    if (name != std::string{"absl::call_once"}) add<Peer>(name);
  });
#if FIRST_USE_BENCH_RUST
  rust_quiet_panics();
  auto const add_rust = [](char const* name, void (*loop)(std::uint64_t)) {
    benchmark::RegisterBenchmark((std::string{"throwing first call/"} + name).c_str(), [loop](benchmark::State& state) {
      for (auto _ : state) loop(1);
    });
  };
  add_rust("Rust bare panic", rust_panic_bare);
  add_rust("Rust OnceLock", rust_panic_once_lock);
#endif
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
