// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Where errors cannot be thrown: one line that names what and which type, then the end; and the handler that may
// replace the line. What even exceptions cannot help ends the same way.
#include <cstdlib>
#include <memory>

#include <first_use/first_use.hpp>

#include "policies.hpp"

#include "sanitizers.hpp"

#if FIRST_USE_TESTS_HAVE_FIBERS
#include <ucontext.h>
#endif

namespace server {
struct Config {
  int value = 0;
};
}  // namespace server

namespace {

using namespace first_use_test;
using first_use::BasicOnce;

// The handler ---------------------------------------------------------------------------------------------------------

void some_handler(char const*) {}
void another_handler(char const*) {}

TEST(SetFatalHandler, returns_the_handler_before) {
  first_use::FatalHandler const original = first_use::set_fatal_handler(&some_handler);
  ASSERT_NE(original, nullptr);
  EXPECT_NE(original, &some_handler);
  EXPECT_EQ(first_use::set_fatal_handler(&another_handler), &some_handler);
  EXPECT_EQ(first_use::set_fatal_handler(original), &another_handler);
  EXPECT_EQ(first_use::set_fatal_handler(original), original);
}

TEST(SetFatalHandler, null_restores_the_printing) {
  first_use::FatalHandler const original = first_use::set_fatal_handler(&some_handler);
  EXPECT_EQ(first_use::set_fatal_handler(nullptr), &some_handler);
  EXPECT_EQ(first_use::set_fatal_handler(original), original);
}

#if FIRST_USE_HAS_THREADS
TEST(SetFatalHandler, may_be_called_from_any_thread) {
  first_use::FatalHandler const original = first_use::set_fatal_handler(nullptr);
  Crew crew;
  crew.add(4, [] {
    for (int i = 0; i != 100; ++i) first_use::set_fatal_handler(&some_handler);
  });
  crew.join();
  EXPECT_EQ(first_use::set_fatal_handler(original), &some_handler);
}
#endif

#if GTEST_HAS_DEATH_TEST

/// All that the child wrote: one line that begins with `begin` and has `part` in it.
struct OneLine {
  using is_gtest_matcher = void;
  char const* begin;
  char const* part;

  bool MatchAndExplain(std::string text, std::ostream*) const {
    // An emulator has a line of its own to say when its program ends by a signal.
    auto const emulator = text.find("qemu: uncaught target signal");
    if (emulator != std::string::npos) text.erase(emulator);
    return text.rfind(std::string{"first_use: "} + begin, 0) == 0 && text.find(part) != std::string::npos &&
           text.find('\n') == text.size() - 1;
  }
  void DescribeTo(std::ostream* out) const {
    *out << "is one line, \"first_use: " << begin << "\" ... \"" << part << '"';
  }
  void DescribeNegationTo(std::ostream* out) const { *out << "is not that"; }
};

[[maybe_unused]] void exits_with_three(char const* text) {
  std::fprintf(stderr, "mine: %s\n", text);
  std::_Exit(3);
}

// As long as a text can be.
TEST(SetFatalHandler, the_printing_ends_the_line_of_a_text_that_fills_its_room) {
  EXPECT_EXIT(
      {
        first_use::FatalHandler const print = first_use::set_fatal_handler(nullptr);
        first_use::process::Text text;
        text << "first_use: a nest";
        for (std::size_t i = 0; i != first_use::process::Text::room; ++i) text << " -> Once";
        print(text.c_str());
        std::_Exit(3);
      },
      ::testing::ExitedWithCode(3), (OneLine{"a nest -> Once", "..."}));
}

// Also with exceptions: what no error can help --------------------------------------------------------------------------

#if FIRST_USE_TESTS_HAVE_FIBERS

first_use::Once outer, inner;
ucontext_t here, fiber;
alignas(16) char stack[256 * 1024];

void initialises_on_a_fiber() {
  inner.call_once([] { ::swapcontext(&fiber, &here); });
  ::swapcontext(&fiber, &here);
}

void ends_out_of_turn() {
  outer.call_once([] {
    ::getcontext(&fiber);
    fiber.uc_stack.ss_sp = stack;
    fiber.uc_stack.ss_size = sizeof(stack);
    fiber.uc_link = nullptr;
    ::makecontext(&fiber, &initialises_on_a_fiber, 0);
    ::swapcontext(&here, &fiber);
  });
}

TEST(Fatal, an_initialiser_that_ends_out_of_turn) {
  EXPECT_EXIT(ends_out_of_turn(), ::testing::KilledBySignal(SIGABRT),
              (OneLine{"an initialiser ended out of turn", "was a fiber switched"}));
}

TEST(Fatal, goes_to_the_handler) {
  EXPECT_EXIT(
      {
        first_use::set_fatal_handler(&exits_with_three);
        ends_out_of_turn();
      },
      ::testing::ExitedWithCode(3), "^mine: first_use: an initialiser ended out of turn");
}

#endif

#if !FIRST_USE_HAS_EXCEPTIONS

// Each error, printed ---------------------------------------------------------------------------------------------------

void returns(char const*) { std::fputs("mine, and returned\n", stderr); }

template <class Sync>
class Printed : public ::testing::Test {};
TYPED_TEST_SUITE(Printed, AllPolicies, PolicyNames);

template <class Sync>
class PrintedAmongThreads : public ::testing::Test {};
TYPED_TEST_SUITE(PrintedAmongThreads, BlockingPolicies, PolicyNames);

#define EXPECT_FATAL(statement, begin, part) \
  EXPECT_EXIT(statement, ::testing::KilledBySignal(SIGABRT), (OneLine{begin, part}))

TYPED_TEST(Printed, reentrance) {
  BasicOnce<TypeParam> once;
  EXPECT_FATAL(once.call_once([&] { once.call_once([] {}); }),
               "the initialiser of Once asked for the value it is making", "Once -> Once");
  EXPECT_FATAL(once.call_once_force([&](first_use::OnceState const&) { once.call_once([] {}); }),
               "the initialiser of Once asked", "Once -> Once");
}

TYPED_TEST(PrintedAmongThreads, reentrance_of_a_wait) {
  BasicOnce<TypeParam> once;
  EXPECT_FATAL(once.call_once([&] { once.wait(); }), "the initialiser of Once asked", "Once -> Once");
  EXPECT_FATAL(once.call_once([&] { static_cast<void>(once.wait_for(std::chrono::seconds{0})); }),
               "the initialiser of Once asked", "Once -> Once");
}

TYPED_TEST(PrintedAmongThreads, a_deadlock) {
  BasicOnce<TypeParam> a, b;
  auto const tie = [&] {
    StartLine both_run{2};
    Crew crew;
    auto const run = [&](auto const& mine, auto const& wanted) {
      mine.call_once([&] {
        both_run.wait();
        wanted.wait();
      });
    };
    crew.add([&] { run(a, b); });
    crew.add([&] { run(b, a); });
  };
  EXPECT_FATAL(tie(), "deadlock: this thread (", ") initialises Once and needs Once; thread ");
}

TYPED_TEST(Printed, a_null_function) {
  BasicOnce<TypeParam> once;
  void (*const null)() = nullptr;
  void (*const null_with_state)(first_use::OnceState const&) = nullptr;
  EXPECT_FATAL(once.call_once(null), "Once has no initialiser", "null function");
  EXPECT_FATAL(once.call_once_force(null_with_state), "Once has no initialiser", "null function");
}

TEST(Printed, the_type_is_named) {
  first_use::OnceLock<server::Config> lock;
  EXPECT_FATAL(lock.get_or_init([&] { return lock.get_or_init([] { return server::Config{}; }); }),
               "the initialiser of OnceLock<server::Config> asked",
               "OnceLock<server::Config> -> OnceLock<server::Config>");
}

TEST(Printed, an_empty_value) {
  first_use::OnceLock<int> lock;
  EXPECT_FATAL(static_cast<void>(lock.value()), "OnceLock<int> is empty", "get_or_init");
  first_use::OnceCell<int> cell;
  EXPECT_FATAL(static_cast<void>(cell.value()), "OnceCell<int> is empty", "get_or_init");
}

TEST(Printed, a_cell_that_another_thread_fills) {
  first_use::OnceCell<int> cell;
  auto const misuse = [&] {
    cell.get_or_init([&] {
      std::thread{[&] { cell.get_or_init([] { return 1; }); }}.join();
      return 2;
    });
  };
  EXPECT_FATAL(misuse(), "OnceCell<int> is being initialised, but not by this thread", "take the locking type");
}

TEST(Printed, poison) {
  // Without exceptions a lazy is poisoned by a fork alone: the child's part of this test finds an initialiser consumed
  // by a thread that did not come along.
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  auto owned = std::make_unique<int>(3);
  first_use::LazyLock lazy{[&running, &leave, number = std::move(owned)] {
    running.open();
    leave.wait();
    return *number;
  }};
  Crew crew;
  crew.add([&] { EXPECT_EQ(*lazy, 3); });
  running.wait();
  EXPECT_FATAL(static_cast<void>(*lazy), "LazyLock<int> is poisoned", "a fork interrupted its initialiser");
  leave.open();
}

TEST(Printed, a_handler_replaces_the_printing) {
  first_use::Once once;
  auto const reenter = [&] {
    first_use::set_fatal_handler(&exits_with_three);
    once.call_once([&] { once.call_once([] {}); });
  };
  EXPECT_EXIT(reenter(), ::testing::ExitedWithCode(3), "^mine: first_use: the initialiser of Once asked[^\n]*\n$");
}

TEST(Printed, a_handler_that_returns_is_followed_by_the_end) {
  first_use::Once once;
  auto const reenter = [&] {
    first_use::set_fatal_handler(&returns);
    once.call_once([&] { once.call_once([] {}); });
  };
  EXPECT_EXIT(reenter(), ::testing::KilledBySignal(SIGABRT), "^mine, and returned\n$");
}

TEST(Printed, a_null_handler_prints_again) {
  first_use::Once once;
  auto const reenter = [&] {
    first_use::set_fatal_handler(&returns);
    first_use::set_fatal_handler(nullptr);
    once.call_once([&] { once.call_once([] {}); });
  };
  EXPECT_FATAL(reenter(), "the initialiser of Once asked", "Once -> Once");
}

#endif  // !FIRST_USE_HAS_EXCEPTIONS
#endif  // GTEST_HAS_DEATH_TEST

}  // namespace
