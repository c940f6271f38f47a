// SPDX-License-Identifier: MIT OR Apache-2.0
//
// OnceCell: what OnceLock's tests do not say of it already (they run over SingleThreadSync too). It works in constant
// evaluation; it is small; it cannot wait; use from a second thread is told where it can be seen.
#include <first_use/once_cell.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "examples_of_expected.hpp"
#include "policies.hpp"

namespace {

using first_use::OnceCell;
using first_use::TrySetResult;
using first_use_test::Expected;
using first_use_test::Unexpected;

// In constant evaluation, where the compiler itself looks for objects that are not alive, not ended or ended twice ----

/// Its destructor does something.
struct Owner {
  constexpr explicit Owner(int the_number) : number{new int{the_number}} {}
  constexpr Owner(Owner const& other) : number{new int{*other.number}} {}
  constexpr Owner(Owner&& other) noexcept : number{std::exchange(other.number, nullptr)} {}
  constexpr Owner& operator=(Owner const&) = delete;
  constexpr ~Owner() { delete number; }
  friend constexpr bool operator==(Owner const& a, Owner const& b) { return *a.number == *b.number; }
  int* number;
};

struct Immovable {
  constexpr explicit Immovable(int the_number) : number{the_number} {}
  Immovable(Immovable const&) = delete;
  Immovable& operator=(Immovable const&) = delete;
  int number;
};

constexpr int fills_itself() {
  OnceCell<int> cell;
  int runs = 0;
  auto const make = [&] { return 40 + ++runs; };
  int const first = cell.get_or_init(make);
  int const second = cell.get_or_init(make);
  return first == 41 && second == 41 && runs == 1 && cell.value() == 41 && *cell.get() == 41 ? first : -1;
}
static_assert(fills_itself() == 41);

constexpr int fifty() { return 50; }

constexpr bool calls_functions() {
  OnceCell<int> by_function, by_pointer, by_large, by_mutable;
  struct {
    long many[8]{};
    constexpr int operator()() { return static_cast<int>(many[3] = 51); }
  } large;
  int calls = 0;
  return by_function.get_or_init(fifty) == 50 && by_pointer.get_or_init(&fifty) == 50 &&
         by_large.get_or_init(large) == 51 && large.many[3] == 51 &&
         by_mutable.get_or_init([calls]() mutable { return ++calls; }) == 1;
}
static_assert(calls_functions());

constexpr bool sets_and_refuses() {
  OnceCell<Owner> cell;
  Owner refused{2};
  bool const good = cell.set(Owner{1}) && !cell.set(std::move(refused)) && *refused.number == 2 &&
                    cell.try_set(std::move(refused)) == TrySetResult::occupied && *refused.number == 2 &&
                    !cell.try_insert(std::move(refused)).second && !cell.try_emplace(3).second;
  return good && *cell.value().number == 1;
}
static_assert(sets_and_refuses());

constexpr bool takes_and_resets() {
  OnceCell<Owner> cell;
  if (cell.take().has_value()) return false;
  for (int round = 0; round != 3; ++round) {
    cell.get_or_init([&] { return Owner{round}; });
    std::optional<Owner> const taken = cell.take();
    if (!taken.has_value() || *taken->number != round || cell) return false;
  }
  cell.try_emplace(4);
  cell.reset();
  cell.reset();
  if (cell.try_set(Owner{5}) != TrySetResult::stored) return false;
  return *std::move(cell).into_inner()->number == 5 && !cell.has_value();
}
static_assert(takes_and_resets());

constexpr bool copies_moves_and_compares() {
  OnceCell<Owner> const empty;
  OnceCell<Owner> const full{std::in_place, 1};
  OnceCell<Owner> copy{full}, of_empty{empty};
  if (copy != full || of_empty != empty || copy == empty || copy.value().number == full.value().number) return false;
  OnceCell<Owner> moved{std::move(copy)};
  if (copy || moved != full) return false;
  copy = moved;
  of_empty = std::move(moved);
  if (moved || copy != of_empty) return false;
  auto& same = copy;
  copy = same;
  copy = std::move(same);
  swap(copy, moved);
  if (copy || moved != full) return false;
  moved.swap(same);
  copy = empty;
  return !copy && copy == empty;
}
static_assert(copies_moves_and_compares());

constexpr bool holds_immovable() {
  OnceCell<Immovable> cell;
  Immovable& made = cell.get_or_init([] { return Immovable{3}; });
  bool const good = made.number == 3 && &made == cell.get();
  cell.reset();
  return good && cell.try_emplace(4).first.number == 4 && !cell.try_emplace(5).second;
}
static_assert(holds_immovable());

constexpr bool tries() {
  OnceCell<Owner> cell;
  if (cell.get_or_try_init([] { return std::optional<Owner>{}; }) != nullptr) return false;
  auto const failed = cell.get_or_try_init([] { return Expected<Owner, int>{Unexpected<int>{7}}; });
  if (failed.has_value() || failed.error() != 7 || cell) return false;
  return *(*cell.get_or_try_init([] { return Expected<Owner, int>{Owner{8}}; }))->number == 8;
}
static_assert(tries());

constexpr bool is_empty_inside_its_initialiser() {
  OnceCell<int> cell;
  return cell.get_or_init([&] {
    cell.reset();
    return cell.get() == nullptr && !cell && !cell.take().has_value() ? 1 : 0;
  }) == 1;
}
static_assert(is_empty_inside_its_initialiser());

constexpr bool nests() {
  OnceCell<int> outer, inner;
  return outer.get_or_init([&] { return inner.get_or_init([] { return 1; }) + 1; }) == 2;
}
static_assert(nests());

struct Lazy {
  constexpr int square() const {
    return square_.get_or_init([this] { return number * number; });
  }
  int number;
  OnceCell<int> square_{};
};
static_assert(Lazy{5}.square() == 25);

#if FIRST_USE_HAS_THREADS  // without, the cells are the locks: a const one may still be filled, so it is no constant
constexpr OnceCell<int> constant{std::in_place, 6};
static_assert(constant.value() == 6 && constant.has_value());
#endif

// Sizes and what is missing -------------------------------------------------------------------------------------------

struct alignas(64) Aligned {
  char byte;
};
struct Megabyte {
  char bytes[1024 * 1024];
};
static_assert(sizeof(OnceCell<bool>) == 2 && sizeof(OnceCell<short>) == 4 && sizeof(OnceCell<int>) == 8);
static_assert(sizeof(OnceCell<void*>) == 2 * sizeof(void*));
static_assert(sizeof(OnceCell<Megabyte>) == sizeof(Megabyte) + 1);
static_assert(sizeof(OnceCell<Aligned>) == 128 && alignof(OnceCell<Aligned>) == 64);
static_assert(std::is_trivially_destructible_v<OnceCell<int>> && !std::is_trivially_destructible_v<OnceCell<Owner>>);

template <class L>
concept Waits = requires(L lock) {
  lock.wait();
}
|| requires(L lock) { lock.wait_for(std::chrono::seconds{1}); }
|| requires(L lock) { lock.wait_until(std::chrono::steady_clock::now()); };

TEST(OnceCell, has_no_wait) {
#if FIRST_USE_HAS_THREADS  // without, the cells are the locks
  static_assert(!Waits<OnceCell<int>> && !Waits<OnceCell<int> const>);
#endif
  static_assert(Waits<first_use::OnceLock<int>> && Waits<first_use::OnceLock<int> const>);
}

// At run time ---------------------------------------------------------------------------------------------------------

TEST(OnceCell, unsync_once_cell) {
  OnceCell<int> cell;
  int calls = 0;
  EXPECT_EQ(cell.get(), nullptr);
  cell.get_or_init([&] {
    ++calls;
    return 92;
  });
  EXPECT_EQ(*cell.get(), 92);
  cell.get_or_init([&] {
    ++calls;
    return 93;
  });
  EXPECT_EQ(*cell.get(), 92);
  EXPECT_EQ(calls, 1);
}

// Rust: a reference from one cell may be kept in another.
TEST(OnceCell, aliasing_in_get) {
  OnceCell<int> cell;
  EXPECT_TRUE(cell.set(42));
  int const* const at = cell.get();
  EXPECT_EQ(*cell.get(), 42);
  EXPECT_FALSE(cell.set(43));
  EXPECT_EQ(*at, 42);
}

#if FIRST_USE_HAS_THREADS

TEST(OnceCell, is_constant_initialised_and_keeps_its_own_state_per_thread) {
  static thread_local constinit OnceCell<int> cell;
  cell.reset();
  cell.get_or_init([] { return 1; });
  std::thread{[] { EXPECT_EQ(cell.get_or_init([] { return 2; }), 2); }}.join();
  EXPECT_EQ(cell.value(), 1);
}

TEST(OnceCell, may_be_handed_from_thread_to_thread) {
  OnceCell<std::string> cell;
  std::thread{[&] { cell.get_or_init([] { return "made there"; }); }}.join();
  EXPECT_EQ(cell.value(), "made there");
  EXPECT_EQ(cell.take(), "made there");
}

#endif  // FIRST_USE_HAS_THREADS

#if FIRST_USE_HAS_EXCEPTIONS

TEST(OnceCell, its_errors_say_its_name) {
  OnceCell<int> cell;
  try {
    (void)cell.value();
    ADD_FAILURE();
  } catch (first_use::InitError const& error) {
    EXPECT_NE(std::string_view{error.what()}.find("OnceCell<int> is empty"), std::string_view::npos) << error.what();
  }
  try {
    cell.get_or_init([&] { return cell.get_or_init([] { return 1; }); });
    ADD_FAILURE();
  } catch (first_use::ReentrantInitError const& error) {
    EXPECT_NE(std::string_view{error.what()}.find("OnceCell<int> -> OnceCell<int>"), std::string_view::npos)
        << error.what();
  }
  EXPECT_FALSE(cell);
}

#if FIRST_USE_HAS_THREADS
// Here the threads take turns, so that the second can see what the first is doing.
TEST(OnceCell, a_second_thread_that_meets_a_running_initialiser_is_told) {
  OnceCell<int> cell;
  int const made = cell.get_or_init([&] {
    std::thread{[&] {
      EXPECT_EQ(cell.get(), nullptr);
      try {
        cell.get_or_init([] { return 2; });
        ADD_FAILURE();
      } catch (first_use::ReentrantInitError const& error) {
        ADD_FAILURE() << "this thread runs nothing: " << error.what();
      } catch (first_use::InitError const& error) {
        EXPECT_NE(std::string_view{error.what()}.find("not by this thread"), std::string_view::npos) << error.what();
      }
      EXPECT_THROW(cell.set(2), first_use::InitError);
      EXPECT_THROW((void)cell.try_set(2), first_use::InitError);
    }}.join();
    return 1;
  });
  EXPECT_EQ(made, 1);
  EXPECT_EQ(cell.value(), 1);
}
#endif

#endif  // FIRST_USE_HAS_EXCEPTIONS

}  // namespace
