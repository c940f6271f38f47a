// SPDX-License-Identifier: MIT OR Apache-2.0
//
// One program of two sides, each compiled by another compiler, with exceptions or without. They know each other by plain
// functions, as two libraries would; no type of first_use crosses.
#ifndef FIRST_USE_TESTS_MIXING_SIDES_HPP
#define FIRST_USE_TESTS_MIXING_SIDES_HPP

namespace mixing {

using Hook = int (*)();

// What `get` answers instead of a value (values are positive).
inline constexpr int found_reentry = -1;
inline constexpr int found_deadlock = -2;

// An initialiser that has the same name on both sides, and padding, so that compilers hand it on in ways of their own.
struct Summands {
  char few;
  int many;
  int operator()() const { return few + many; }
};

// What one side offers. No exception leaves a side: the frames of a caller compiled without exceptions would not be
// unwound, only skipped. A side without exceptions aborts where another answers found_...
struct Side {
  int (*get)(Hook inside);  // the value of a OnceLock, whose initialiser calls `inside` (if it is not null)
  int (*forced)();          // the value of a LazyLock
  int (*runs)();            // how many initialisers of this side have run
  int (*wiped)(int offer);  // the value of a WipeOnForkOnceLock, `offer` if it has none yet
  int (*summed)(Summands);  // the value of a OnceLock, whose initialiser is a Summands
};

extern Side const side_a;
extern Side const side_b;

}  // namespace mixing

#endif
