// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef FIRST_USE_TESTS_UNITY_VALUES_HPP
#define FIRST_USE_TESTS_UNITY_VALUES_HPP

#include <first_use/first_use.hpp>

namespace unity {

extern int runs;

int count_run();

// Defined in a header, as users do: every file that includes it must mean the same object.
inline constinit first_use::LazyLock<int> in_header{&count_run};

int seen_by_second();

}  // namespace unity

#endif
