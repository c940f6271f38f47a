// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: set\(\) takes a std::unique_ptr<T> that deletes as usual
#include <memory>

#include <first_use/race.hpp>

// Several objects, which `delete` is not for.
first_use::race::OnceBox<int> box;
bool stored = box.set(std::make_unique<int[]>(3));
