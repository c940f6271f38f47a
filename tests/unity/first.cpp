// SPDX-License-Identifier: MIT OR Apache-2.0
#include <cstdio>

#include "values.hpp"

namespace unity {

int runs = 0;

int count_run() { return ++runs; }

namespace {
constinit first_use::LazyLock first_own{[] { return 10; }};
}

}  // namespace unity

int main() {
  int const first = *unity::in_header + *unity::first_own;
  int const second = unity::seen_by_second();
  if (first == 11 && second == 21 && unity::runs == 1) return 0;
  std::printf("first %d (want 11), second %d (want 21), runs %d (want 1)\n", first, second, unity::runs);
  return 1;
}
