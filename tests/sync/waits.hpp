// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Fixture of the tests of waiting on a Once.
#ifndef FIRST_USE_TESTS_SYNC_WAITS_HPP
#define FIRST_USE_TESTS_SYNC_WAITS_HPP

#include "onces.hpp"

namespace first_use_test {

template <class Sync>
class Waiting : public ::testing::Test {
 protected:
  first_use::BasicOnce<Sync> once_;
};

}  // namespace first_use_test

#endif
