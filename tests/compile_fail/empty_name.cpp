// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: : the name is empty
#include <first_use/first_use.hpp>

constinit first_use::LazyLock lazy{first_use::named<"">([] { return 1; })};
