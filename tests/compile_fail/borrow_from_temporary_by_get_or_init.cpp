// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: deleted (member )?function
#include <first_use/once_cell.hpp>

int const& dangling() {
  return first_use::OnceCell<int>{}.get_or_init([] { return 3; });
}
