// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Without exceptions every error of the library is one line that says what and which type, and the end of the process.
// With them the same wrong uses print nothing: the error is the caller's to handle.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <first_use/first_use.hpp>

#include "examples_of_expected.hpp"
#include "policies.hpp"

namespace {

using first_use::LazyCell;
using first_use::LazyLock;
using first_use::OnceCell;
using first_use::OnceLock;
using first_use_test::Expected;
using first_use_test::Gate;
using first_use_test::StartLine;
using first_use_test::Unexpected;

// The wrong uses ------------------------------------------------------------------------------------------------------

template <class Lock>
void ask_for_the_value_of_an_empty_one() {
  Lock lock;
  (void)lock.value();
}

template <class Lock>
void give_it_a_null_function() {
  Lock lock;
  int (*const null)() = nullptr;
  lock.get_or_init(null);
}

template <class Lock>
void give_it_an_empty_wrapper() {
  Lock lock;
  lock.get_or_init(std::function<int()>{});
}

template <class Lock>
void try_a_null_function() {
  Lock lock;
  std::optional<int> (*const null)() = nullptr;
  (void)lock.get_or_try_init(null);
}

template <class Lock>
void reenter() {
  Lock lock;
  lock.get_or_init([&] { return lock.get_or_init([] { return 1; }); });
}

template <class Lock>
void reenter_by_set() {
  Lock lock;
  lock.get_or_init([&] { return lock.set(1) ? 1 : 2; });
}

void use_a_lock_after_its_end() {
  using Full = OnceLock<std::string>;
  alignas(Full) static unsigned char room[sizeof(Full)];
  ::new (static_cast<void*>(room)) Full;
  // Volatile, or g++ sees through all this and warns of what the test is about.
  Full* volatile const place = std::launder(reinterpret_cast<Full*>(room));
  Full* const lock = place;
  lock->~Full();
  lock->set("zombie");
}

void use_a_cell_from_two_threads() {
  OnceCell<int> cell;
  cell.get_or_init([&] {
    std::thread{[&] { cell.set(2); }}.join();
    return 1;
  });
}

void wait_for_each_other() {
  OnceLock<int> a;
  OnceLock<char> b;
  StartLine line{2};
  std::thread other{[&] {
    a.get_or_init([&] {
      line.wait();
      return int{b.get_or_init([] { return 'b'; })};
    });
  }};
  b.get_or_init([&] {
    line.wait();
    return static_cast<char>(a.get_or_init([] { return 1; }));
  });
  other.join();
}

void force_a_null_lock() {
  LazyLock<int> const lazy{nullptr};
  (void)*lazy;
}
void force_a_null_cell() {
  LazyCell<int> lazy{nullptr};
  (void)*lazy;
}

LazyLock<int>* lock_inside_itself = nullptr;
void reenter_a_lazy_lock() {
  LazyLock<int> lazy{[] { return **lock_inside_itself; }};
  lock_inside_itself = &lazy;
  lazy.force();
}
LazyCell<int>* cell_inside_itself = nullptr;
void reenter_a_lazy_cell() {
  LazyCell<int> lazy{[] { return **cell_inside_itself; }};
  cell_inside_itself = &lazy;
  lazy.force();
}

struct WrongUse {
  char const* name;
  void (*commit)();
  char const* sentence;  // how the text begins; a regular expression
};

constexpr WrongUse wrong_uses[]{
    {"lock_value", &ask_for_the_value_of_an_empty_one<OnceLock<int>>, "OnceLock<int> is empty"},
    {"cell_value", &ask_for_the_value_of_an_empty_one<OnceCell<int>>, "OnceCell<int> is empty"},
    {"lock_null", &give_it_a_null_function<OnceLock<int>>, "OnceLock<int> has no initialiser"},
    {"cell_null", &give_it_a_null_function<OnceCell<int>>, "OnceCell<int> has no initialiser"},
    {"lock_wrapper", &give_it_an_empty_wrapper<OnceLock<int>>, "OnceLock<int> has no initialiser"},
    {"cell_wrapper", &give_it_an_empty_wrapper<OnceCell<int>>, "OnceCell<int> has no initialiser"},
    {"lock_try_null", &try_a_null_function<OnceLock<int>>, "OnceLock<int> has no initialiser"},
    {"lock_reentered", &reenter<OnceLock<int>>, "the initialiser of OnceLock<int> asked for the value it is making"},
    {"cell_reentered", &reenter<OnceCell<int>>, "the initialiser of OnceCell<int> asked for the value it is making"},
    {"lock_set", &reenter_by_set<OnceLock<int>>, "the initialiser of OnceLock<int> asked for the value it is making"},
    {"cell_set", &reenter_by_set<OnceCell<int>>, "the initialiser of OnceCell<int> asked for the value it is making"},
    {"lock_destroyed", &use_a_lock_after_its_end, "OnceLock<.*string.*> is used after its destruction"},
    {"lazy_lock_null", &force_a_null_lock, "LazyLock<int> has no initialiser"},
    {"lazy_cell_null", &force_a_null_cell, "LazyCell<int> has no initialiser"},
    {"lazy_lock_reentered", &reenter_a_lazy_lock, "the initialiser of LazyLock<int> asked for the value it is making"},
    {"lazy_cell_reentered", &reenter_a_lazy_cell, "the initialiser of LazyCell<int> asked for the value it is making"},
};

// Their errors come up in threads of their own, where nobody catches them.
[[maybe_unused]] constexpr WrongUse wrong_uses_of_threads[]{
    {"cell_two_threads", &use_a_cell_from_two_threads, "OnceCell<int> is being initialised, but not by this thread"},
    {"deadlock", &wait_for_each_other,
     "deadlock: this thread \\([0-9]+\\) initialises OnceLock<(int|char)> and needs OnceLock<"},
};

struct WrongUses : ::testing::TestWithParam<WrongUse> {};
std::string name_of(::testing::TestParamInfo<WrongUse> const& use) { return use.param.name; }
INSTANTIATE_TEST_SUITE_P(, WrongUses, ::testing::ValuesIn(wrong_uses), name_of);

#if !FIRST_USE_HAS_EXCEPTIONS

INSTANTIATE_TEST_SUITE_P(InThreads, WrongUses, ::testing::ValuesIn(wrong_uses_of_threads), name_of);

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

TEST(WithoutExceptions, a_waiter_takes_over_from_an_initialiser_that_failed) {
  OnceLock<int> lock;
  Gate running{"the first initialiser to run"}, fail{"the first initialiser to fail"};
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

}  // namespace
