// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Fixtures of the tests of Once.
#ifndef FIRST_USE_TESTS_ONCES_HPP
#define FIRST_USE_TESTS_ONCES_HPP

#include <first_use/once.hpp>

#include "failures.hpp"
#include "policies.hpp"

namespace first_use_test {

template <class Sync>
class OnceOver : public ::testing::Test {
 protected:
  first_use::BasicOnce<Sync> once_;
};

template <class Sync>
class OnceAmongThreads : public ::testing::Test {
 protected:
  first_use::BasicOnce<Sync> once_;
};

#if FIRST_USE_HAS_EXCEPTIONS
template <class O>
void poison(O const& once) {
  EXPECT_THROW(once.call_once_force([](first_use::OnceState const&) { throw Failure{}; }), Failure);
  EXPECT_EQ(once.status(), first_use::OnceStatus::poisoned);
}
#endif

}  // namespace first_use_test

#endif
