// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What tests throw, and how they look at what the library throws.
#ifndef FIRST_USE_TESTS_FAILURES_HPP
#define FIRST_USE_TESTS_FAILURES_HPP

#include <stdexcept>
#include <string>
#include <string_view>
#if defined(__cpp_rtti)
#include <typeinfo>
#endif

#include <gtest/gtest.h>

#include <first_use/detail/config.hpp>

namespace first_use_test {

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

#if FIRST_USE_HAS_EXCEPTIONS

/// What an initialiser of a test throws.
struct Failure : std::runtime_error {
  explicit Failure(int the_number = 0) : std::runtime_error{"the initialiser's own"}, number{the_number} {}
  int number;
};

/// What the error of this very type says; fails the test where there is none.
template <class Error, class F>
std::string text_of(F f) {
  try {
    f();
  } catch (Error const& error) {
#if defined(__cpp_rtti)
    EXPECT_EQ(typeid(error), typeid(Error)) << error.what();
#endif
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

#endif

}  // namespace first_use_test

#endif
