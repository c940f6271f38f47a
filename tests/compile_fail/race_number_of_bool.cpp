// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: OnceNonZero<U> holds an integer; for a truth value take race::OnceBool
#include <first_use/race.hpp>

first_use::race::OnceNonZero<bool> truth;
