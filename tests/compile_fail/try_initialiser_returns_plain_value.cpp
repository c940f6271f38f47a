// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: the initialiser of get_or_try_init must return std::optional<T> or an expected-like
#include <first_use/once_lock.hpp>

int main() {
  first_use::OnceLock<int> lock;
  (void)lock.get_or_try_init([] { return 3; });
}
