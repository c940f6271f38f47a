// SPDX-License-Identifier: MIT OR Apache-2.0
//
// `syscalls PEER THREADS`: so many threads want one value whose initialiser sleeps for a millisecond. Prints where the
// object lies, so that run.py can tell in what strace wrote which futex calls are the object's own.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "peers.hpp"

namespace {

struct Asleep1ms {
  int operator()() const {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    return 1;
  }
};

template <class Peer>
int contend(unsigned threads) {
  static Peer peer;
  std::printf("%p %zu\n", static_cast<void*>(&peer), sizeof peer);
  std::vector<std::thread> all;
  pthread_barrier_t barrier{};
  pthread_barrier_init(&barrier, nullptr, threads);
  for (unsigned i = 0; i != threads; ++i) {
    all.emplace_back([&] {
      pthread_barrier_wait(&barrier);
      bench::keep(peer.get());
    });
  }
  for (std::thread& thread : all) thread.join();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto const threads = static_cast<unsigned>(std::atoi(argv[2]));
  if (std::strcmp(argv[1], "OnceLock") == 0) return contend<bench::OnceLock<Asleep1ms>>(threads);
  if (std::strcmp(argv[1], "WipeOnForkOnceLock") == 0) return contend<bench::WipedLock<Asleep1ms>>(threads);
  if (std::strcmp(argv[1], "OnceLock, AtomicSync") == 0) return contend<bench::OnceLockByAtomic<Asleep1ms>>(threads);
  if (std::strcmp(argv[1], "function-local static") == 0) return contend<bench::StaticsGuard<Asleep1ms>>(threads);
  if (std::strcmp(argv[1], "std::call_once") == 0) return contend<bench::StdCallOnce<Asleep1ms>>(threads);
#if FIRST_USE_BENCH_ABSEIL
  if (std::strcmp(argv[1], "absl::call_once") == 0) return contend<bench::AbseilCallOnce<Asleep1ms>>(threads);
#endif
  return 2;
}
