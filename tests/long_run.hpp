// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The long mode of the suite: FIRST_USE_LONG=1 in the environment.
#ifndef FIRST_USE_TESTS_LONG_RUN_HPP
#define FIRST_USE_TESTS_LONG_RUN_HPP

#include <cstdlib>
#include <cstring>

namespace first_use_test {

inline bool is_long_run() {
  char const* const value = std::getenv("FIRST_USE_LONG");
  return value != nullptr && std::strcmp(value, "1") == 0;
}

}  // namespace first_use_test

#endif
