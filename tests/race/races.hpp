// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Fixtures of the tests of race/.
#ifndef FIRST_USE_TESTS_RACE_RACES_HPP
#define FIRST_USE_TESTS_RACE_RACES_HPP

#include <first_use/race.hpp>

#include "examples_of_expected.hpp"
#include "failures.hpp"
#include "policies.hpp"

namespace first_use_test {

template <class Sync>
struct RaceRef : ::testing::Test {};
template <class Sync>
struct RaceNonZero : ::testing::Test {};
template <class Sync>
struct RaceBool : ::testing::Test {};
template <class Sync>
struct Races : ::testing::Test {};

}  // namespace first_use_test

#endif
