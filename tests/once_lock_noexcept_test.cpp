// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Without exceptions every error of the library is one line that says what and which type, and the end of the process.
// With them the same wrong uses print nothing: the error is the caller's to handle.
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include <first_use/first_use.hpp>

#include "examples_of_expected.hpp"
#include "policies.hpp"
#include "wrong_uses.hpp"

namespace {

using first_use::OnceCell;
using first_use::OnceLock;
using first_use_test::Expected;
using first_use_test::Unexpected;
using first_use_test::wrong_use::WrongUse;

#if FIRST_USE_HAS_EXCEPTIONS || GTEST_HAS_DEATH_TEST

struct WrongUses : ::testing::TestWithParam<WrongUse> {};
std::string name_of(::testing::TestParamInfo<WrongUse> const& use) { return use.param.name; }
INSTANTIATE_TEST_SUITE_P(, WrongUses, ::testing::ValuesIn(first_use_test::wrong_use::wrong_uses), name_of);

#if !FIRST_USE_HAS_EXCEPTIONS

INSTANTIATE_TEST_SUITE_P(InThreads, WrongUses, ::testing::ValuesIn(first_use_test::wrong_use::wrong_uses_of_threads),
                         name_of);

TEST_P(WrongUses, print_one_line_and_abort) {
  // POSIX regular expressions: ^ and $ are the ends of all that was printed, so that this is one line.
  auto const line = std::string{"^first_use: "} + GetParam().sentence + "[^\n]*\n$";
  EXPECT_EXIT(GetParam().commit(), ::testing::KilledBySignal(SIGABRT), line);
}

TEST_P(WrongUses, end_in_the_fatal_handler_that_was_set) {
  auto const line = std::string{"^mine: first_use: "} + GetParam().sentence + "[^\n]*$";
  auto const handler = [](char const* text) {
    std::fprintf(stderr, "mine: %s", text);
    std::fflush(stderr);
    std::_Exit(3);
  };
  EXPECT_EXIT(
      {
        first_use::set_fatal_handler(handler);
        GetParam().commit();
      },
      ::testing::ExitedWithCode(3), line);
}

#else

TEST_P(WrongUses, print_nothing_where_they_can_be_caught) {
  ::testing::internal::CaptureStderr();
  std::string text;
  try {
    GetParam().commit();
  } catch (first_use::InitError const& error) { text = error.what(); }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(text.rfind("first_use: ", 0), 0U) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos) << "one line";
}

#endif

#endif

// What works without exceptions ---------------------------------------------------------------------------------------

TEST(WithoutExceptions, an_initialiser_can_fail) {
  OnceLock<std::string> lock;
  OnceCell<std::string> cell;
  auto const fail_and_fill = [](auto& one) {
    EXPECT_EQ(one.get_or_try_init([] { return std::optional<std::string>{}; }), nullptr);
    auto const failed = one.get_or_try_init([] { return Expected<std::string, int>{Unexpected{7}}; });
    EXPECT_FALSE(failed.has_value());
    EXPECT_EQ(failed.error(), 7);
    EXPECT_FALSE(one.has_value());
    EXPECT_EQ(**one.get_or_try_init([] { return Expected<std::string, int>{"made"}; }), "made");
    EXPECT_EQ(*one.get_or_try_init([] { return std::optional<std::string>{}; }), "made");
    EXPECT_EQ(one.take(), "made");
    EXPECT_EQ(*one.get_or_try_init([] { return std::optional<std::string>{"again"}; }), "again");
  };
  fail_and_fill(lock);
  fail_and_fill(cell);
}

#if FIRST_USE_HAS_THREADS
TEST(WithoutExceptions, a_waiter_takes_over_from_an_initialiser_that_failed) {
  OnceLock<int> lock;
  first_use_test::Gate running{"the first initialiser to run"}, fail{"the first initialiser to fail"};
  std::thread first{[&] {
    auto const failed = lock.get_or_try_init([&]() -> std::optional<int> {
      running.open();
      fail.wait();
      return std::nullopt;
    });
    EXPECT_EQ(failed, nullptr);
  }};
  running.wait();
  std::thread second{[&] { EXPECT_EQ(lock.get_or_init([] { return 2; }), 2); }};
  first_use_test::wait_until_queued(lock);
  fail.open();
  first.join();
  second.join();
  EXPECT_EQ(lock.value(), 2);
}
#endif

}  // namespace
