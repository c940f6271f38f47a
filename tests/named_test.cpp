// SPDX-License-Identifier: MIT OR Apache-2.0
//
// named(): the name reaches every error, costs no byte, and changes nothing else about what can be called.
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <first_use/first_use.hpp>

#include "failures.hpp"
#include "policies.hpp"

namespace shop {
struct Config {
  std::string text;
};
}  // namespace shop

namespace {

using namespace first_use_test;
using first_use::LazyCell;
using first_use::LazyLock;
using first_use::named;
using first_use::Once;
using first_use::OnceCell;
using first_use::OnceLock;
using first_use::retry_on_throw;

// Constant initialisation, deduction and sizes -------------------------------------------------------------------------

constexpr int five() { return 5; }

constinit LazyLock lock{named<"lock">([] { return shop::Config{"lock"}; })};
constinit LazyLock plain{[] { return shop::Config{"plain"}; }};
static_assert(sizeof(lock) == sizeof(plain));
static_assert(std::is_same_v<decltype(lock)::value_type, shop::Config>);

constinit LazyLock pointer{named<"pointer">(&five)};
constinit LazyLock<int> plain_pointer{&five};
static_assert(sizeof(pointer) == sizeof(plain_pointer));

constinit LazyLock retried{retry_on_throw, named<"retried">([] { return 7; })};
constinit LazyCell cell{named<"cell">([] { return 8; })};
constinit first_use::WipeOnForkLazyLock wiped{named<"wiped">([] { return 9; })};
constinit first_use::WipeOnForkLazyCell wiped_cell{retry_on_throw, named<"wiped cell">([] { return 10; })};

struct Empty {
  int operator()() const { return 1; }
};
struct Sixteen {
  long a, b;
  long operator()() const { return a + b; }
};
static_assert(std::is_empty_v<decltype(named<"x">(Empty{}))>);
static_assert(sizeof(named<"a long name takes no room">(Sixteen{1, 2})) == sizeof(Sixteen));
static_assert(std::is_trivially_copyable_v<decltype(named<"x">(Sixteen{1, 2}))>);
static_assert(!std::is_same_v<decltype(named<"x">(Empty{})), decltype(named<"y">(Empty{}))>,
              "another name is another type, and its functions are others");
static_assert(std::is_same_v<decltype(named<"x">(Empty{})), decltype(named<"x">(Empty{}))>);

consteval int in_constant_evaluation() {
  OnceCell<int> once_cell;
  LazyCell lazy_cell{named<"lazy">([] { return 3; })};
  LazyCell pointed{named<"pointed">(&five)};
  int const first = once_cell.get_or_init(named<"first">([] { return 4; }));
  OnceCell<int> fallible;
  int* const none = fallible.get_or_try_init(named<"none">([] { return std::optional<int>{}; }));
  return first + *lazy_cell + *pointed + (none == nullptr ? 100 : 0);
}
static_assert(in_constant_evaluation() == 112);

TEST(Named, values_are_as_without) {
  EXPECT_EQ(lock->text, "lock");
  EXPECT_EQ(plain->text, "plain");
  EXPECT_EQ(*pointer, 5);
  EXPECT_EQ(*plain_pointer, 5);
  EXPECT_EQ(*retried, 7);
  EXPECT_EQ(*cell, 8);
  EXPECT_EQ(*wiped, 9);
  EXPECT_EQ(*wiped_cell, 10);
}

// Whatever can be called ----------------------------------------------------------------------------------------------

struct Room {
  int opened = 0;
  void open(int by) { opened += by; }
};

TEST(Named, calls_whatever_can_be_called) {
  Room room;
  Once by_member, by_lambda, by_function;
  by_member.call_once(named<"member">(&Room::open), room, 2);
  EXPECT_EQ(room.opened, 2);
  by_member.call_once(named<"member">(&Room::open), room, 2);
  EXPECT_EQ(room.opened, 2) << "only once";
  by_lambda.call_once(named<"lambda">([&](int by) { room.opened += by; }), 3);
  EXPECT_EQ(room.opened, 5);
  std::function<void()> const function{[&] { room.opened += 4; }};
  by_function.call_once(named<"function">(function));
  EXPECT_EQ(room.opened, 9);
  Once forced;
  forced.call_once_force(named<"forced">([&](first_use::OnceState const& state) {
    EXPECT_FALSE(state.is_poisoned());
    room.opened += 5;
  }));
  EXPECT_EQ(room.opened, 14);
}

TEST(Named, moves_what_can_only_be_moved) {
  auto owned = std::make_unique<int>(6);
  LazyLock lazy{named<"owner">([mine = std::move(owned)] { return *mine; })};
  EXPECT_EQ(*lazy, 6);
  OnceLock<std::unique_ptr<int>> filled;
  auto also_owned = std::make_unique<int>(7);
  EXPECT_EQ(*filled.get_or_init(named<"owner">([&] { return std::move(also_owned); })), 7);
}

TEST(Named, an_initialiser_by_reference_changes_outside) {
  int calls = 0;
  auto counts = [calls = 0]() mutable { return ++calls; };
  OnceLock<int> first, second;
  EXPECT_EQ(first.get_or_init(named<"copied">(counts)), 1);
  EXPECT_EQ(second.get_or_init(named<"referred to">(std::ref(counts))), 1);
  EXPECT_EQ(counts(), 2) << "only the second call was the closure's own";
  auto counts_outside = named<"kept">([&] { return ++calls; });
  OnceLock<int> third;
  EXPECT_EQ(third.get_or_init(counts_outside), 1);
  EXPECT_EQ(calls, 1);
}

#if FIRST_USE_HAS_EXCEPTIONS

// Where the name is told ----------------------------------------------------------------------------------------------

template <class Call>
std::string error_of(Call const& call) {
  try {
    call();
  } catch (first_use::InitError const& error) { return error.what(); }
  ADD_FAILURE() << "no error";
  return {};
}
#define EXPECT_SAYS(text, part) EXPECT_TRUE(contains(text, as_called_here(part))) << (text)

TEST(Named, re_entrance_tells_it) {
  static constinit OnceLock<int> lock_in_itself;
  std::string const text = error_of(
      [] { lock_in_itself.get_or_init(named<"prices">([] { return lock_in_itself.get_or_init([] { return 1; }); })); });
  EXPECT_SAYS(text,
              "first_use: the initialiser of OnceLock<int> \"prices\" asked for the value it is making, in thread ");
  EXPECT_SAYS(text, ": OnceLock<int> \"prices\" -> OnceLock<int> \"prices\"; let it");
}

TEST(Named, through_others_each_has_its_own) {
  Once outer;
  OnceLock<int> middle;
  first_use::WipeOnForkOnceLock<int> inner;
  std::string const text = error_of([&] {
    outer.call_once(named<"set-up">([&](int) {
                      middle.get_or_init([&] {
                        return *inner.get_or_try_init(named<"inner">([&]() -> std::optional<int> {
                          outer.wait();  // knows no name: takes the one of the call that runs
                          return 1;
                        }));
                      });
                    }),
                    1);
  });
  EXPECT_SAYS(text, ": Once \"set-up\" -> OnceLock<int> -> WipeOnForkOnceLock<int> \"inner\" -> Once \"set-up\";");
}

#if FIRST_USE_HAS_THREADS
TEST(Named, deadlock_tells_each_and_takes_it_from_who_runs) {
  Once first;
  OnceLock<int> second;
  StartLine both{2};
  std::array<std::string, 2> told;
  std::array<decltype(first_use_test::thread_number()), 2> threads{};
  Crew crew;
  crew.add([&] {
    threads[0] = first_use_test::thread_number();
    try {
      first.call_once(named<"log file">([&] {
        both.wait();
        second.wait();
      }));
    } catch (first_use::DeadlockError const& error) { told[0] = error.what(); }
    first.call_once([] {});
    second.get_or_init([] { return 0; });
  });
  crew.add([&] {
    threads[1] = first_use_test::thread_number();
    try {
      second.get_or_init(named<"retries">([&] {
        both.wait();
        first.wait();
        return 1;
      }));
    } catch (first_use::DeadlockError const& error) { told[1] = error.what(); }
    second.get_or_init([] { return 0; });  // its own first: the other may be waiting for it
    first.call_once([] {});
  });
  crew.join();
  std::size_t const who = told[0].empty() ? 1 : 0;
  std::string const objects[] = {"Once \"log file\"", "OnceLock<int> \"retries\""};
  std::string const& mine = objects[who];
  std::string const& other = objects[1 - who];
  EXPECT_EQ(told[who], "first_use: deadlock: this thread (" + std::to_string(threads[who]) + ") initialises " + mine +
                           " and needs " + other + "; thread " + std::to_string(threads[1 - who]) + " initialises " +
                           other + " and needs " + mine +
                           "; none of them can ever finish. Break the ring: initialise one of them before, or let one "
                           "initialiser do without the other's value");
}
#endif

TEST(Named, poison_tells_it) {
  Once once;
  auto const fails = named<"audit log">([] { throw std::runtime_error{"disk full"}; });
  EXPECT_THROW(once.call_once(fails), std::runtime_error);
  EXPECT_SAYS(error_of([&] { once.call_once(fails); }), "first_use: Once \"audit log\" is poisoned");
  EXPECT_SAYS(error_of([&] { once.call_once([] {}); }), "first_use: Once is poisoned");
  EXPECT_SAYS(error_of([&] { once.call_once(named<"with arguments">([](int) {}), 3); }),
              "first_use: Once \"with arguments\" is poisoned");
  LazyLock lazy{named<"audit">([]() -> int { throw std::runtime_error{"disk full"}; })};
  EXPECT_THROW(lazy.force(), std::runtime_error);
  EXPECT_SAYS(error_of([&] { lazy.force(); }), "first_use: LazyLock<int> \"audit\" is poisoned");
}

TEST(Named, a_null_function_is_told_with_it) {
  Once once;
  OnceLock<int> empty;
  EXPECT_SAYS(error_of([&] { once.call_once(named<"f">(static_cast<void (*)()>(nullptr))); }),
              "Once \"f\" has no initialiser");
  EXPECT_SAYS(error_of([&] { once.call_once(named<"g">(static_cast<void (*)(int)>(nullptr)), 1); }),
              "Once \"g\" has no initialiser");
  EXPECT_SAYS(error_of([&] { empty.get_or_init(named<"h">(std::function<int()>{})); }),
              "OnceLock<int> \"h\" has no initialiser");
  LazyLock lazy{named<"i">(static_cast<int (*)()>(nullptr))};
  EXPECT_SAYS(error_of([&] { lazy.force(); }), "LazyLock<int> \"i\" has no initialiser");
}

#endif  // FIRST_USE_HAS_EXCEPTIONS

}  // namespace
