// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What valgrind cannot know of the tests' own atomics; nothing without FIRST_USE_VALGRIND.
#ifndef FIRST_USE_TESTS_TELLING_HPP
#define FIRST_USE_TESTS_TELLING_HPP

#include <first_use/sync/sync_policy.hpp>

namespace first_use_test {

inline void tell_before([[maybe_unused]] void const* what) noexcept {
#if defined(FIRST_USE_VALGRIND)
  first_use::process::happens_before(what);
#endif
}
inline void tell_after([[maybe_unused]] void const* what) noexcept {
#if defined(FIRST_USE_VALGRIND)
  first_use::process::happens_after(what);
#endif
}
/// Accesses to it are no races.
template <class Atomic>
void tell_atomic([[maybe_unused]] Atomic const& atomic) noexcept {
#if defined(FIRST_USE_VALGRIND)
  first_use::process::not_to_be_checked(&atomic, sizeof(atomic));
#endif
}

}  // namespace first_use_test

#endif
