// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: the initialiser cannot be called without arguments
#include <first_use/once_lock.hpp>

int main() {
  first_use::OnceLock<int> lock;
  (void)lock.get_or_try_init([](int x) { return std::optional<int>{x}; });
}
