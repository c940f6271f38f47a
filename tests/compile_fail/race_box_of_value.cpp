// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: set\(\) takes a std::unique_ptr<T> that deletes as usual
#include <first_use/race.hpp>

first_use::race::OnceBox<int> box;
bool stored = box.set(3);
