// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: the initialiser returns nothing
#include <first_use/lazy_cell.hpp>

void nothing() {}
first_use::LazyCell<int, void (*)()> lazy{nothing};
