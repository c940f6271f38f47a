// SPDX-License-Identifier: MIT OR Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <first_use/first_use.hpp>
#include <thread>

namespace {
constinit first_use::LazyLock answer{[] { return 42; }};
}

int main(int count, char** arguments) {
  int seen = 0;
  std::thread{[&] { seen = *answer; }}.join();
  // 202002 for C++20; a coming standard's number lies above the one before it.
  long const standard = count > 1 ? std::atol(arguments[1]) : 20;
  std::printf("first_use %d.%d.%d, C++ %ld\n", FIRST_USE_VERSION_MAJOR, FIRST_USE_VERSION_MINOR,
              FIRST_USE_VERSION_PATCH, static_cast<long>(__cplusplus));
  if (standard > 20 && __cplusplus <= 202002L) return 2;
  return seen == 42 ? 0 : 1;
}
