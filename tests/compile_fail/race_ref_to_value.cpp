// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: the initialiser of a OnceRef must return a reference to a T that exists already
#include <first_use/race.hpp>

// A T const& would bind to what the lambda returns, and dangle.
first_use::race::OnceRef<int const> ref;
int const& got = ref.get_or_init([] { return 3; });
