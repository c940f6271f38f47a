// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Fixtures of the tests of OnceLock and OnceCell.
#ifndef FIRST_USE_TESTS_LOCKS_HPP
#define FIRST_USE_TESTS_LOCKS_HPP

#include <first_use/once_lock.hpp>

#include "failures.hpp"
#include "policies.hpp"

namespace first_use_test {

template <class T, class Sync>
using Lock = first_use::BasicOnceLock<T, Sync>;

template <class Sync>
struct OnceLockAll : ::testing::Test {};
template <class Sync>
struct OnceLockValues : ::testing::Test {};
template <class Sync>
struct OnceLockThreads : ::testing::Test {};

inline int must_not_run() {
  ADD_FAILURE() << "this initialiser must not run";
  return -1;
}

}  // namespace first_use_test

#endif
