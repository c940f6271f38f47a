// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: deleted (member )?function|overload resolution selected deleted operator
#include <first_use/lazy_lock.hpp>

int const& dangling() {
  return *first_use::LazyLock{[] { return 3; }};
}
