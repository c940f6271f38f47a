// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: Sync must have words of this width
#include <first_use/race.hpp>

struct NoPolicy {
  static constexpr bool can_wait = false;
  template <class U>
  struct word {};
};

first_use::race::OnceNonZero<int, NoPolicy> number;
