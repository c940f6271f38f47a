// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Bytes: the flag alone, and a holder of an int, of 32 bytes (a std::string's), and of a pointer. One line of JSON each.
#include <cstdio>
#include <string>

#include "peers.hpp"

namespace {

static_assert(sizeof(std::string) == 32);

void print(char const* name, std::size_t flag, std::size_t of_int, std::size_t of_string, std::size_t of_pointer) {
  std::printf("{\"name\": \"%s\", \"flag\": %zu, \"int\": %zu, \"string\": %zu, \"pointer\": %zu}\n", name, flag,
              of_int, of_string, of_pointer);
}

template <class Flag, class T>
struct Beside {
  Flag flag;
  T value;
};
template <class Flag>
void print_flag(char const* name) {
  print(name, sizeof(Flag), sizeof(Beside<Flag, int>), sizeof(Beside<Flag, std::string>), sizeof(Beside<Flag, int*>));
}

template <template <class> class Holder>
void print_holder(char const* name, std::size_t flag) {
  print(name, flag, sizeof(Holder<int>), sizeof(Holder<std::string>), sizeof(Holder<int*>));
}

template <class T>
struct MakeT {
  T operator()() const { return T{}; }
};
template <class T>
using Lazy = first_use::LazyLock<T, MakeT<T>>;
template <class T>
using LazyByPointer = first_use::LazyLock<T>;

}  // namespace

int main() {
  print_holder<first_use::OnceLock>("Once, OnceLock", sizeof(first_use::Once));
  print_holder<first_use::OnceCell>("OnceCell", 1);
  print_holder<Lazy>("LazyLock of an empty closure", sizeof(first_use::Once));
  print_holder<LazyByPointer>("LazyLock of a function pointer", sizeof(first_use::Once));
  print_holder<first_use::WipeOnForkOnceLock>("WipeOnForkOnce, WipeOnForkOnceLock", sizeof(first_use::WipeOnForkOnce));
  print_flag<std::uint64_t>("function-local static");
  print_flag<std::once_flag>("std::call_once");
  print_flag<pthread_once_t>("pthread_once");
#if FIRST_USE_BENCH_ABSEIL
  print_flag<absl::once_flag>("absl::call_once");
#endif
#if FIRST_USE_BENCH_BOOST
  print_flag<boost::once_flag>("boost::call_once");
#endif
#if FIRST_USE_BENCH_TBB
  print_flag<tbb::collaborative_once_flag>("tbb::collaborative_call_once");
#endif
#if FIRST_USE_BENCH_RUST
  print("Rust Once, OnceLock", rust_size(0), rust_size(1), rust_size(2), rust_size(3));
  print("Rust OnceCell", 1, rust_size(4), rust_size(5), rust_size(6));
#endif
}
