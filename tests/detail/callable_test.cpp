// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What users hand in to be called: how it is invoked, when it counts as null, how it travels.
#include <first_use/detail/callable.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

namespace {

namespace detail = first_use::detail;

// invoke --------------------------------------------------------------------------------------------------------------

struct Thing {
  int data = 5;
  constexpr int get() const { return data; }
  constexpr int add(int n) { return data += n; }
  constexpr int twice() && { return data * 2; }
  constexpr int twice() const& { return data; }
};
struct DerivedThing : Thing {};

struct Base {
  Base() = default;
  Base(Base const&) = delete;
  Base& operator=(Base const&) = delete;
  virtual ~Base() = default;
  virtual int named() { return 1; }
};
struct Derived : Base {
  int named() override { return 2; }
};

constexpr int plain(int n) { return n + 1; }

static_assert(detail::invoke(plain, 1) == 2);
static_assert(detail::invoke(&plain, 1) == 2);
static_assert(detail::invoke([](int a, int b) { return a - b; }, 5, 3) == 2);
static_assert(detail::invoke(&Thing::get, Thing{3}) == 3);
static_assert(detail::invoke(&Thing::data, Thing{4}) == 4);
static_assert(detail::invoke(static_cast<int (Thing::*)() &&>(&Thing::twice), Thing{4}) == 8);

// Arguments are handed on as what they are, also to a member of what a wrapper refers to.
struct Taker {
  int take(std::unique_ptr<int> owned) { return *owned; }
};
[[maybe_unused]] int take_through(std::reference_wrapper<Taker> wrapped, std::unique_ptr<int> owned) {
  return detail::invoke(&Taker::take, wrapped, std::move(owned));
}

// What is returned is returned as it is: a prvalue is not copied, a reference stays one.
struct Immovable {
  constexpr explicit Immovable(int the_value) : value{the_value} {}
  Immovable(Immovable const&) = delete;
  Immovable& operator=(Immovable const&) = delete;
  int value;
};
constexpr Immovable made = detail::invoke([](int n) { return Immovable{n}; }, 6);
static_assert(made.value == 6);
static_assert(std::is_same_v<decltype(detail::invoke(std::declval<int& (*)()>())), int&>);
static_assert(std::is_same_v<decltype(detail::invoke(std::declval < int && (*)() > ())), int&&>);
static_assert(std::is_same_v<decltype(detail::invoke(std::declval<void (*)()>())), void>);

TEST(Invoke, member_functions) {
  Thing thing;
  EXPECT_EQ(detail::invoke(&Thing::add, thing, 1), 6);
  EXPECT_EQ(detail::invoke(&Thing::add, &thing, 1), 7);
  auto unique = std::make_unique<Thing>();
  EXPECT_EQ(detail::invoke(&Thing::add, unique, 1), 6);
  EXPECT_EQ(detail::invoke(&Thing::get, std::as_const(unique)), 6);
  auto const shared = std::make_shared<DerivedThing>();
  EXPECT_EQ(detail::invoke(&Thing::add, shared, 2), 7);
  EXPECT_EQ(detail::invoke(&Base::named, std::make_shared<Derived>()), 2);
  EXPECT_EQ(detail::invoke(&Base::named, Derived{}), 2);
  std::optional<Thing> optional{Thing{}};
  EXPECT_EQ(detail::invoke(&Thing::add, optional, 2), 7);
  Thing const constant;
  EXPECT_EQ(detail::invoke(&Thing::get, constant), 5);
  EXPECT_EQ(detail::invoke(&Thing::get, &constant), 5);
}

TEST(Invoke, member_data) {
  Thing thing;
  detail::invoke(&Thing::data, thing) = 8;
  EXPECT_EQ(thing.data, 8);
  EXPECT_EQ(detail::invoke(&Thing::data, &thing), 8);
  EXPECT_EQ(detail::invoke(&Thing::data, std::make_unique<Thing>()), 5);
  EXPECT_EQ(detail::invoke(&Thing::data, DerivedThing{}), 5);
}

TEST(Invoke, members_of_what_a_reference_wrapper_stands_for) {
  Thing thing;
  EXPECT_EQ(detail::invoke(&Thing::add, std::ref(thing), 1), 6);
  EXPECT_EQ(detail::invoke(&Thing::get, std::cref(thing)), 6);
  detail::invoke(&Thing::data, std::ref(thing)) = 8;
  EXPECT_EQ(thing.data, 8);
  EXPECT_EQ(detail::invoke(&Thing::data, std::cref(thing)), 8);
  auto const wrapper = std::ref(thing);
  EXPECT_EQ(detail::invoke(&Thing::add, wrapper, 1), 9);
  DerivedThing derived;
  EXPECT_EQ(detail::invoke(&Thing::add, std::ref(derived), 1), 6);
  detail::invoke(&Thing::data, std::ref(derived)) = 7;
  EXPECT_EQ(derived.data, 7);
  Derived polymorphic;
  EXPECT_EQ(detail::invoke(&Base::named, std::reference_wrapper<Base>{polymorphic}), 2);
  static_assert(std::is_same_v<decltype(detail::invoke(&Thing::data, std::ref(thing))), int&>);
  static_assert(std::is_same_v<decltype(detail::invoke(&Thing::data, std::cref(thing))), int const&>);
}

TEST(Invoke, the_value_category_of_the_callable_is_kept) {
  struct Which {
    int operator()() & { return 1; }
    int operator()() const& { return 2; }
    int operator()() && { return 3; }
  } which;
  EXPECT_EQ(detail::invoke(which), 1);
  EXPECT_EQ(detail::invoke(std::as_const(which)), 2);
  EXPECT_EQ(detail::invoke(std::move(which)), 3);
}

// is_null -------------------------------------------------------------------------------------------------------------

static_assert(detail::is_null(static_cast<void (*)()>(nullptr)));
static_assert(!detail::is_null(&plain) && !detail::is_null(plain));
static_assert(detail::is_null(static_cast<int (Thing::*)() const>(nullptr)));
static_assert(detail::is_null(static_cast<int Thing::*>(nullptr)));
static_assert(!detail::is_null(&Thing::get) && !detail::is_null(&Thing::data));
static_assert(!detail::is_null([] {}));

TEST(IsNull, of_wrappers_that_hold_nothing) {
  EXPECT_TRUE(detail::is_null(std::function<void()>{}));
  EXPECT_TRUE(detail::is_null(std::function<int(int)>{nullptr}));
  EXPECT_FALSE(detail::is_null(std::function<int(int)>{plain}));
}

TEST(IsNull, of_functors_that_convert_to_something_else_is_no) {
  struct ConvertsToInt {
    void operator()() const {}
    operator int() const { return 0; }
  };
  EXPECT_FALSE(detail::is_null(ConvertsToInt{}));
  EXPECT_FALSE(detail::is_null([n = 0] { return n; }));
}

// Passed: small and cheap to copy goes to the cold path by value, all else by reference ----------------------------------

template <std::size_t size>
struct Const {
  std::array<char, size> bytes;
  void operator()() const {}
};
template <std::size_t size>
struct Mutable {
  std::array<char, size> bytes;
  void operator()() {}
};

static_assert(std::is_same_v<detail::Passed<Const<16>>, Const<16>>);
static_assert(std::is_same_v<detail::Passed<Const<16> const&>, Const<16> const&>, "it stands somewhere already");
static_assert(std::is_same_v<detail::Passed<Const<17>>, Const<17>&&>);
static_assert(std::is_same_v<detail::Passed<Const<17>&>, Const<17>&>);
static_assert(std::is_same_v<detail::Passed<Const<17> const&>, Const<17> const&>);
static_assert(std::is_same_v<detail::Passed<Mutable<8>>, Mutable<8>>);
static_assert(std::is_same_v<detail::Passed<Mutable<8>&>, Mutable<8>&>, "its state would be lost");
static_assert(std::is_same_v<detail::Passed<void (&)()>, void (&)()>);
static_assert(std::is_same_v<detail::Passed<void (*)()>, void (*)()>);
static_assert(std::is_same_v<detail::Passed<void (*const&)()>, void (*)()>);
static_assert(std::is_same_v<detail::Passed<std::function<void()>>, std::function<void()>&&>);
static_assert(std::is_same_v<detail::Passed<std::function<void()>&>, std::function<void()>&>);

#if FIRST_USE_HAS_EXCEPTIONS
TEST(RefuseNull, says_who_has_no_initialiser) {
  constexpr detail::Label label{"Once", nullptr};
  EXPECT_NO_THROW(detail::refuse_null([] {}, label));
  try {
    detail::refuse_null(static_cast<void (*)()>(nullptr), label);
    ADD_FAILURE();
  } catch (first_use::InitError const& error) {
    EXPECT_STREQ(error.what(),
                 "first_use: Once has no initialiser: it was given a null function; give it one that can be called");
    EXPECT_FALSE(error.is_knot());
  }
}
#endif

}  // namespace
