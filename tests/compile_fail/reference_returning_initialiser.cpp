// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: the initialiser returns a reference; it must return the value itself
#include <first_use/once_lock.hpp>

int main() {
  static int value = 3;
  first_use::OnceLock<int> lock;
  lock.get_or_init([]() -> int& { return value; });
}
