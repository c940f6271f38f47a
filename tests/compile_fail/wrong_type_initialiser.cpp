// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: the initialiser returns the wrong type
#include <first_use/once_lock.hpp>

struct Config {};

int main() {
  first_use::OnceLock<Config> lock;
  lock.get_or_init([] { return 3; });
}
