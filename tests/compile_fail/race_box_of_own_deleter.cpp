// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: set\(\) takes a std::unique_ptr<T> that deletes as usual
#include <cstdlib>
#include <memory>

#include <first_use/race.hpp>

struct Free {
  void operator()(int* pointer) const { std::free(pointer); }
};

first_use::race::OnceBox<int> box;
bool stored = box.set(std::unique_ptr<int, Free>{});
