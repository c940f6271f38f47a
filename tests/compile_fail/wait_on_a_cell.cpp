// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: (no matching (member )?function for call to .wait|has no member named|constraints not satisfied|use of deleted function)
#include <first_use/once_cell.hpp>

int main() {
  first_use::OnceCell<int> cell;
  cell.wait();
}
