// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: the initialiser that may fail of a OnceRef must return T\*, or an expected-like E<T\*, Error>
#include <optional>

#include <first_use/race.hpp>

first_use::race::OnceRef<int> ref;
int* got = ref.get_or_try_init([] { return std::optional<int>{3}; });
