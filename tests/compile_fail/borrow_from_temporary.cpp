// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: deleted (member )?function
#include <first_use/once_lock.hpp>

first_use::OnceLock<int> make();

int const* dangling() { return make().get(); }
