// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: the initialiser cannot be called: it must be callable without arguments
#include <first_use/once_lock.hpp>

int main() {
  first_use::OnceLock<int> lock;
  lock.get_or_init(3);  // set(3) was meant
}
