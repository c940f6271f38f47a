// SPDX-License-Identifier: MIT OR Apache-2.0
//
// LazyCell: what it has and LazyLock has not. That it makes its value as LazyLock does is tested in lazy_lock_*_test.cpp,
// over the policy that cannot wait.
#include <first_use/lazy_cell.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "policies.hpp"

namespace {

using namespace first_use_test;
using first_use::LazyCell;
using first_use::NeverDestroyed;
using first_use::retry_on_throw;
using first_use::RetryOnThrow;

// What the type is ----------------------------------------------------------------------------------------------------

struct MakeInt {
  constexpr int operator()() const { return 3; }
};
struct MakeChar {
  char operator()() const { return 'c'; }
};
struct MakeString {
  std::string operator()() const { return "made"; }
};
template <std::size_t Size>
struct Sized {
  unsigned char bytes[Size];
  char operator()() const { return 'c'; }
};
struct OwnsTwoStrings {
  std::string one, two;
  std::string operator()() const { return one + two; }
};

constexpr std::size_t rounded(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

// The larger of T and F, and one byte; an empty F adds nothing.
static_assert(sizeof(LazyCell<char, MakeChar>) == 2 && alignof(LazyCell<char, MakeChar>) == 1);
static_assert(sizeof(LazyCell<int, MakeInt>) == sizeof(first_use::OnceCell<int>));
static_assert(sizeof(LazyCell<std::string, MakeString>) == sizeof(first_use::OnceCell<std::string>));
static_assert(sizeof(LazyCell<int>) == 2 * sizeof(void*));
static_assert(sizeof(LazyCell<void*>) == 2 * sizeof(void*));
static_assert(sizeof(LazyCell<std::string>) == sizeof(first_use::OnceCell<std::string>));
static_assert(sizeof(LazyCell<char, Sized<1>>) == 2);
static_assert(sizeof(LazyCell<char, Sized<7>>) == 8);
static_assert(sizeof(LazyCell<int, Sized<4>>) == 8);
static_assert(sizeof(LazyCell<std::string, OwnsTwoStrings>) ==
              rounded(1 + sizeof(OwnsTwoStrings), alignof(std::string)));
// One that tries again keeps it.
static_assert(sizeof(LazyCell<char, MakeChar, RetryOnThrow>) == 2);
static_assert(sizeof(LazyCell<char, Sized<6>, RetryOnThrow>) == 8);
struct OfGeneration {
  std::uint64_t word;
  int value;
};
static_assert(sizeof(first_use::WipeOnForkLazyCell<int, MakeInt>) == (FIRST_USE_HAS_FORK ? sizeof(OfGeneration) : 8));

static_assert(std::is_trivially_destructible_v<LazyCell<int>>);
static_assert(std::is_trivially_destructible_v<LazyCell<int, MakeInt>>);
static_assert(std::is_trivially_destructible_v<LazyCell<int, Sized<7>>>);
static_assert(std::is_trivially_destructible_v<LazyCell<NeverDestroyed<std::string>>>);
static_assert(!std::is_trivially_destructible_v<LazyCell<std::string>>);
static_assert(!std::is_trivially_destructible_v<LazyCell<NeverDestroyed<std::string>, OwnsTwoStrings>>);

static_assert(!std::is_copy_constructible_v<LazyCell<int>> && !std::is_move_constructible_v<LazyCell<int>>);
static_assert(!std::is_copy_assignable_v<LazyCell<int>> && !std::is_move_assignable_v<LazyCell<int>>);
static_assert(!std::is_convertible_v<int (*)(), LazyCell<int>>);

static_assert(std::is_same_v<decltype(*std::declval<LazyCell<int>&>()), int&>);
static_assert(std::is_same_v<decltype(*std::declval<LazyCell<int> const&>()), int const&>);
static_assert(std::is_same_v<decltype(std::declval<LazyCell<int> const&>().get()), int const*>);
static_assert(std::is_same_v<decltype(std::declval<LazyCell<int>&>().get()), int*>);

static_assert(std::is_same_v<decltype(LazyCell{MakeInt{}}), LazyCell<int, MakeInt>>);
static_assert(std::is_same_v<decltype(LazyCell{retry_on_throw, MakeInt{}}), LazyCell<int, MakeInt, RetryOnThrow>>);
static_assert(std::is_same_v<decltype(LazyCell{std::declval<int (*)()>()}), LazyCell<int>>);
static_assert(
    std::is_same_v<decltype(first_use::WipeOnForkLazyCell{MakeInt{}}), first_use::WipeOnForkLazyCell<int, MakeInt>>);
static_assert(std::is_same_v<decltype(first_use::WipeOnForkLazyCell{retry_on_throw, MakeInt{}}),
                             first_use::WipeOnForkLazyCell<int, MakeInt, RetryOnThrow>>);

// At run time ---------------------------------------------------------------------------------------------------------

TEST(LazyCell, lazy_new) {
  int called = 0;
  LazyCell x{[&] {
    ++called;
    return 92;
  }};
  EXPECT_EQ(called, 0);
  EXPECT_EQ(*x - 30, 62);
  EXPECT_EQ(called, 1);
  EXPECT_EQ(*x - 30, 62);
  EXPECT_EQ(called, 1);
}

TEST(LazyCell, lazy_type_inference) {
  LazyCell lazy{[] { return "a pointer"; }};
  static_assert(std::is_same_v<decltype(lazy)::value_type, char const*>);
  EXPECT_STREQ(*lazy, "a pointer");
}

TEST(LazyCell, aliasing_in_get) {
  LazyCell x{[] { return 42; }};
  int const* const at_first = &*x;
  int const* const later = x.get();
  EXPECT_EQ(at_first, later);
  EXPECT_EQ(*at_first, 42);
}

class Document {
 public:
  explicit Document(std::string text) : text_{std::move(text)} {}
  Document(Document const&) = delete;
  Document& operator=(Document const&) = delete;
  std::size_t words() const { return *words_; }

 private:
  struct Count {
    Document const* self;
    std::size_t operator()() const {
      std::size_t words = 1;
      for (char const c : self->text_) words += c == ' ' ? 1 : 0;
      return words;
    }
  };
  std::string text_;
  decltype(LazyCell{Count{}}) words_{Count{this}};
};

TEST(LazyCell, a_member_reached_through_const) {
  Document const document{"one two three"};
  EXPECT_EQ(document.words(), 3U);
  EXPECT_EQ(document.words(), 3U);
}

TEST(LazyCell, a_constant_local_one) {
  LazyCell const cell{[] { return std::string{"made"}; }};
  EXPECT_EQ(cell.get(), nullptr);
  EXPECT_EQ(cell->size(), 4U);
  static_assert(std::is_same_v<decltype(*cell), std::string const&>);
}

TEST(LazyCell, captures_share_the_bytes_of_the_value) {
  auto const owned = std::make_shared<int>(5);
  LazyCell cell{[owned] { return std::array<int, 8>{*owned}; }};
  static_assert(sizeof(cell) == 4 + sizeof(std::array<int, 8>) + (alignof(void*) - 4));
  EXPECT_EQ(owned.use_count(), 2);
  EXPECT_EQ((*cell)[0], 5);
  EXPECT_EQ(owned.use_count(), 1);
}

// Threads: each may have one of its own -------------------------------------------------------------------------------

#if FIRST_USE_HAS_THREADS

std::atomic<int> threads_served;
thread_local constinit LazyCell of_this_thread{[] { return ++threads_served; }};
thread_local constinit LazyCell<NeverDestroyed<std::string>> name_of_this_thread{
    [] { return std::string{"thread "} + std::to_string(*of_this_thread); }};

TEST(LazyCell, every_thread_makes_its_own) {
  int const mine = *of_this_thread;
  std::atomic<int> sum = 0;
  Crew crew;
  crew.add(3, [&] {
    EXPECT_EQ(of_this_thread.get(), nullptr);
    EXPECT_NE(*of_this_thread, mine);
    EXPECT_EQ(&*of_this_thread, of_this_thread.get());
    EXPECT_EQ(*name_of_this_thread, "thread " + std::to_string(*of_this_thread));
    sum += *of_this_thread - mine;
  });
  crew.join();
  EXPECT_EQ(*of_this_thread, mine);
  EXPECT_GE(sum, 1 + 2 + 3);
}

TEST(LazyCell, a_thread_local_in_a_function) {
  auto const next = [] {
    static thread_local constinit LazyCell cell{[] { return 10; }};
    return (*cell)++;
  };
  int const here = next();
  EXPECT_EQ(next(), here + 1);
  Crew crew;
  crew.add([&] { EXPECT_EQ(next(), 10); });
}

#endif  // FIRST_USE_HAS_THREADS

#if FIRST_USE_HAS_EXCEPTIONS

TEST(LazyCell, lazy_poisoning) {
  LazyCell lazy{[]() -> std::string { throw std::runtime_error{"the initialiser's own"}; }};
  EXPECT_THROW(lazy.force(), std::runtime_error);
  EXPECT_TRUE(lazy.is_poisoned());
  EXPECT_EQ(lazy.get(), nullptr);
  EXPECT_THROW(static_cast<void>(lazy->size()), first_use::PoisonedError);
}

TEST(LazyCell, reentrance_is_told) {
  LazyCell<int, std::function<int()>>* self = nullptr;
  LazyCell<int, std::function<int()>> cell{[&] { return **self; }};
  self = &cell;
  try {
    cell.force();
    FAIL() << "nothing was thrown";
  } catch (first_use::ReentrantInitError const& error) {
    EXPECT_NE(std::string_view{error.what()}.find("LazyCell<int>"), std::string_view::npos) << error.what();
  }
}

#if FIRST_USE_HAS_THREADS
// Only by luck is this noticed: the other thread has to come while the first is at it. Here it does.
TEST(LazyCell, a_second_thread_is_told) {
  Gate running{"the initialiser to run"};
  Gate told{"the other thread to be told"};
  LazyCell cell{[&] {
    running.open();
    told.wait();
    return 3;
  }};
  Crew crew;
  crew.add([&] {
    running.wait();
    try {
      cell.force();
      ADD_FAILURE() << "nothing was thrown";
    } catch (first_use::ReentrantInitError const& error) {
      ADD_FAILURE() << "taken for re-entrance: " << error.what();
    } catch (first_use::InitError const& error) {
      EXPECT_NE(std::string_view{error.what()}.find("from two threads"), std::string_view::npos) << error.what();
    }
    told.open();
  });
  EXPECT_EQ(*cell, 3);
}
#endif

#endif  // FIRST_USE_HAS_EXCEPTIONS

}  // namespace
