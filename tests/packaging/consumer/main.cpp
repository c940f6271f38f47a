// SPDX-License-Identifier: MIT OR Apache-2.0
#include <first_use/first_use.hpp>
#include <thread>

namespace {
constinit first_use::LazyLock answer{[] { return 42; }};
}

int main() {
  int seen = 0;
  std::thread{[&] { seen = *answer; }}.join();
  return seen == 42 ? 0 : 1;
}
