// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The one atomic that no policy stands behind: it carries the error handler and the observer. ThreadSanitizer sees here
// whether what a handler was made with is handed over with it.
#include <gtest/gtest.h>

#include "policies.hpp"

namespace {

using first_use_test::Crew;
using first_use_test::rounds;
using Pointer = first_use::process::SharedPointer<int const*>;

template <class Take>
void hand_over(Take take) {
  for (int i = 0; i != rounds(50); ++i) {
    Pointer pointer{nullptr};
    int made = 0;
    Crew crew;
    crew.add([&] {
      made = 7;
      EXPECT_EQ(pointer.exchange(&made), nullptr);
    });
    crew.add([&] {
      int const* found = nullptr;
      first_use_test::wait_until_holds("a pointer", [&] { return (found = take(pointer)) != nullptr; });
      EXPECT_EQ(*found, 7);
    });
  }
}

TEST(SharedPointer, who_loads_it_sees_what_it_was_made_with) {
  hand_over([](Pointer& pointer) { return pointer.load(); });
}
TEST(SharedPointer, who_takes_it_back_sees_what_it_was_made_with) {
  hand_over([](Pointer& pointer) { return pointer.exchange(nullptr); });
}

}  // namespace
