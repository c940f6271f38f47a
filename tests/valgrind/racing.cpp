// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Must be reported: a race on a value after its initialisation. (That the two threads are ordered by the lock itself, and
// by nothing else, is what the tests under valgrind are told; if they were told too much, this would be silent.)
#include <thread>

#include <first_use/first_use.hpp>

namespace {
constinit first_use::OnceLock<int> lock;
}

int main() {
  int& value = lock.get_or_init([] { return 1; });
  std::thread first{[] { ++*lock.get(); }};
  std::thread second{[] { ++*lock.get(); }};
  first.join();
  second.join();
  return value == 3 ? 0 : 1;
}
