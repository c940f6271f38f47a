// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The T in a OnceLock<T>: what it may be, that it is built and destroyed exactly once, and what copying, moving,
// swapping, comparing and taking do with it, also where it throws. One thread. Names that Rust's suites have are kept.
#include <first_use/once_lock.hpp>

#include <any>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "policies.hpp"

namespace {

using first_use::BasicOnceLock;
using first_use::OnceLock;
using first_use::TrySetResult;
using first_use_test::AllPolicies;
using first_use_test::PolicyNames;

template <class Sync>
struct OnceLockValues : ::testing::Test {};
TYPED_TEST_SUITE(OnceLockValues, AllPolicies, PolicyNames);

template <class T, class Sync>
using Lock = BasicOnceLock<T, Sync>;

/// What a Traced does next: throws once when this counts down to zero.
enum class Step { construct, copy, move };

struct Thrown {};

/// Counts, and knows when a destructor runs on something that was never built (`self` is wrong) or twice (null).
struct Traced {
  static inline int alive = 0, copies = 0, moves = 0;
  static inline std::optional<Step> throws;

  static void reset() {
    EXPECT_EQ(alive, 0) << "left over from before";
    alive = copies = moves = 0;
    throws.reset();
  }

  explicit Traced(int the_number) : number{the_number} { came(Step::construct); }
  Traced(Traced const& other) : number{other.number} {
    other.check();
    came(Step::copy);
    ++copies;
  }
  Traced(Traced&& other) noexcept(false) : number{other.number} {
    other.check();
    came(Step::move);
    ++moves;
    other.number = -other.number;
  }
  Traced& operator=(Traced const&) = delete;  // a lock needs none
  ~Traced() {
    check();
    self = nullptr;
    --alive;
  }
  friend bool operator==(Traced const& a, Traced const& b) {
    a.check();
    b.check();
    return a.number == b.number;
  }

  void check() const { EXPECT_EQ(self, this) << "no finished object lies here"; }

  int number;

 private:
  void came(Step step) {
    if (throws == step) {
      throws.reset();
      self = nullptr;
#if FIRST_USE_HAS_EXCEPTIONS
      throw Thrown{};
#endif
    }
    ++alive;
  }
  Traced const* volatile self = this;
};

// Built once, destroyed once ------------------------------------------------------------------------------------------

TYPED_TEST(OnceLockValues, once_cell_drop) {
  Traced::reset();
  {
    Lock<Traced, TypeParam> lock;
    lock.get_or_init([] { return Traced{1}; });
    EXPECT_EQ(Traced::alive, 1);
    EXPECT_EQ(Traced::copies + Traced::moves, 0) << "made in place";
  }
  EXPECT_EQ(Traced::alive, 0);
  { Lock<Traced, TypeParam> const full{std::in_place, 2}; }
  EXPECT_EQ(Traced::alive, 0);
}

TYPED_TEST(OnceLockValues, once_cell_drop_empty) {
  Traced::reset();
  {
    Lock<Traced, TypeParam> const lock;
    EXPECT_EQ(Traced::alive, 0);
  }
  EXPECT_EQ(Traced::alive, 0);
}

TYPED_TEST(OnceLockValues, reset_destroys_and_the_next_value_is_a_new_one) {
  Traced::reset();
  Lock<Traced, TypeParam> lock;
  for (int round = 1; round != 4; ++round) {
    EXPECT_TRUE(lock.try_emplace(round).second);
    EXPECT_EQ(Traced::alive, 1);
    EXPECT_EQ(lock.value().number, round);
    lock.reset();
    EXPECT_EQ(Traced::alive, 0);
    EXPECT_EQ(lock.get(), nullptr);
    lock.reset();
  }
  EXPECT_EQ(Traced::copies + Traced::moves, 0);
}

TYPED_TEST(OnceLockValues, a_refused_argument_is_not_used) {
  Traced::reset();
  Lock<Traced, TypeParam> lock{std::in_place, 1};
  Traced other{2};
  EXPECT_FALSE(lock.set(other));
  EXPECT_FALSE(lock.set(std::move(other)));
  EXPECT_FALSE(lock.try_insert(std::move(other)).second);
  EXPECT_EQ(lock.try_set(std::move(other)), TrySetResult::occupied);
  EXPECT_FALSE(lock.try_emplace(std::move(other)).second);
  EXPECT_EQ(other.number, 2);
  EXPECT_EQ(Traced::copies + Traced::moves, 0);
}

TYPED_TEST(OnceLockValues, one_copy_or_one_move_brings_a_value_in) {
  Traced::reset();
  Traced value{1};
  Lock<Traced, TypeParam> by_copy, by_move, by_try;
  EXPECT_TRUE(by_copy.set(value));
  EXPECT_EQ(Traced::copies, 1);
  EXPECT_EQ(Traced::moves, 0);
  EXPECT_TRUE(by_move.set(std::move(value)));
  EXPECT_EQ(Traced::copies, 1);
  EXPECT_EQ(Traced::moves, 1);
  EXPECT_NE(by_try.get_or_try_init([] { return std::optional<Traced>{std::in_place, 3}; }), nullptr);
  EXPECT_EQ(Traced::copies, 1);
  EXPECT_EQ(Traced::moves, 2);
  EXPECT_EQ(Traced::alive, 4);
}

#if FIRST_USE_HAS_EXCEPTIONS
TYPED_TEST(OnceLockValues, a_throwing_constructor_leaves_nothing_behind) {
  Traced::reset();
  Traced const source{7};
  {
    Lock<Traced, TypeParam> lock;
    auto const throws_at = [&](Step step, auto fill) {
      Traced::throws = step;
      EXPECT_THROW(fill(), Thrown);
      EXPECT_EQ(Traced::alive, 1) << "the source alone";
      EXPECT_EQ(lock.get(), nullptr);
    };
    throws_at(Step::construct, [&] { lock.get_or_init([] { return Traced{1}; }); });
    throws_at(Step::construct, [&] { lock.try_emplace(1); });
    throws_at(Step::copy, [&] { lock.set(source); });
    throws_at(Step::copy, [&] { (void)lock.try_set(source); });
    throws_at(Step::copy, [&] { lock.try_insert(source); });
    throws_at(Step::move, [&] { lock.set(Traced{1}); });
    throws_at(Step::move, [&] { (void)lock.get_or_try_init([] { return std::optional<Traced>{std::in_place, 1}; }); });
    throws_at(Step::construct, [&] { Lock<Traced, TypeParam> const full(std::in_place, 1); });
    EXPECT_TRUE(lock.set(source));
    EXPECT_EQ(lock.value().number, 7);
  }
  EXPECT_EQ(Traced::alive, 1);
}
#endif

// Copy, move, swap, compare: every pair of states ---------------------------------------------------------------------

/// Calls `check(a, number in a, b, number in b)` with two fresh locks for each pair of states; 0 stands for empty.
template <class Sync, class Check>
void for_all_pairs(Check check) {
  for (int left : {0, 1, 2}) {
    for (int right : {0, 1, 2}) {
      SCOPED_TRACE("left " + std::to_string(left) + ", right " + std::to_string(right));
      Traced::reset();
      {
        Lock<Traced, Sync> a, b;
        if (left != 0) a.try_emplace(left);
        if (right != 0) b.try_emplace(right);
        check(a, left, b, right);
      }
      EXPECT_EQ(Traced::alive, 0);
    }
  }
}

template <class Sync>
void expect_holds(Lock<Traced, Sync> const& lock, int number) {
  EXPECT_EQ(lock.has_value(), number != 0);
  Traced const* const value = lock.get();
  EXPECT_EQ(value != nullptr ? value->number : 0, number);
  if (value != nullptr) value->check();
}

int count_of(int left, int right) { return (left != 0 ? 1 : 0) + (right != 0 ? 1 : 0); }

TYPED_TEST(OnceLockValues, clone) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    Lock<Traced, TypeParam> const copy{a};
    expect_holds<TypeParam>(copy, left);
    expect_holds<TypeParam>(a, left);
    EXPECT_EQ(Traced::alive, count_of(left, right) + count_of(left, 0));
    b = std::as_const(a);
    expect_holds<TypeParam>(b, left);
    expect_holds<TypeParam>(a, left);
    EXPECT_EQ(Traced::alive, 3 * count_of(left, 0));
    EXPECT_EQ(Traced::moves, 0);
    EXPECT_EQ(a.get() == b.get(), left == 0);
  });
}

TYPED_TEST(OnceLockValues, a_copy_is_a_lock_of_its_own) {
  Lock<std::string, TypeParam> original;
  Lock<std::string, TypeParam> copy{original};
  EXPECT_TRUE(copy.set("copy"));
  EXPECT_EQ(original.get(), nullptr);
  EXPECT_TRUE(original.set("original"));
  Lock<std::string, TypeParam> second{original};
  *second.get() += "'s copy";
  EXPECT_EQ(original.value(), "original");
  original.reset();
  EXPECT_EQ(second.value(), "original's copy");
  EXPECT_FALSE(second.set("refused"));
}

TYPED_TEST(OnceLockValues, moving_leaves_the_source_empty_and_usable) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    Lock<Traced, TypeParam> moved{std::move(a)};
    expect_holds<TypeParam>(moved, left);
    expect_holds<TypeParam>(a, 0);
    EXPECT_EQ(Traced::alive, count_of(left, right)) << "the moved-from value is destroyed";
    EXPECT_TRUE(a.try_emplace(8).second);
    b = std::move(moved);
    expect_holds<TypeParam>(b, left);
    expect_holds<TypeParam>(moved, 0);
    EXPECT_EQ(Traced::alive, 1 + count_of(left, 0));
    EXPECT_TRUE(moved.try_emplace(9).second);
    EXPECT_EQ(Traced::copies, 0);
  });
}

TYPED_TEST(OnceLockValues, swap) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    a.swap(b);
    expect_holds<TypeParam>(a, right);
    expect_holds<TypeParam>(b, left);
    swap(a, b);
    expect_holds<TypeParam>(a, left);
    expect_holds<TypeParam>(b, right);
    std::swap(a, b);
    expect_holds<TypeParam>(a, right);
    expect_holds<TypeParam>(b, left);
    EXPECT_EQ(Traced::alive, count_of(left, right));
    EXPECT_EQ(Traced::copies, 0);
  });
}

TYPED_TEST(OnceLockValues, with_itself) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto&, int) {
    auto& same = a;
    Traced const* const place = a.get();
    a = std::as_const(same);
    expect_holds<TypeParam>(a, left);
    a = std::move(same);
    expect_holds<TypeParam>(a, left);
    EXPECT_EQ(a.get(), place);
    EXPECT_EQ(Traced::copies + Traced::moves, 0) << "assignments to itself do nothing";
    a.swap(same);
    expect_holds<TypeParam>(a, left);
    EXPECT_TRUE(a == same);
  });
}

TYPED_TEST(OnceLockValues, partialeq_impl) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    EXPECT_EQ(a == b, left == right);
    EXPECT_EQ(a != b, left != right);
    EXPECT_EQ(std::as_const(b) == a, left == right);
    EXPECT_EQ(std::as_const(b) != std::as_const(a), left != right);
  });
}

TYPED_TEST(OnceLockValues, from_impl) {
  using One = Lock<std::string, TypeParam>;
  One const full{std::in_place, "xx"};
  EXPECT_EQ(full.value(), "xx");
  EXPECT_TRUE(full == (One{std::in_place, std::size_t{2}, 'x'}));
  EXPECT_EQ(One{std::in_place}.take(), "") << "a T{} is a value";
}

TYPED_TEST(OnceLockValues, into_inner) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    auto const inner = std::move(a).into_inner();
    static_assert(std::is_same_v<decltype(inner), std::optional<Traced> const>);
    EXPECT_EQ(inner.has_value() ? inner->number : 0, left);
    auto const taken = b.take();
    static_assert(std::is_same_v<decltype(taken), std::optional<Traced> const>);
    EXPECT_EQ(taken.has_value() ? taken->number : 0, right);
    expect_holds<TypeParam>(a, 0);
    expect_holds<TypeParam>(b, 0);
    EXPECT_EQ(Traced::alive, count_of(left, right));
    EXPECT_EQ(Traced::copies, 0);
    EXPECT_TRUE(b.try_emplace(5).second);
  });
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(OnceLockValues, a_copy_that_throws) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    if (left == 0) return;
    Traced::throws = Step::copy;
    EXPECT_THROW((Lock<Traced, TypeParam>{a}), Thrown);
    expect_holds<TypeParam>(a, left);
    EXPECT_EQ(Traced::alive, count_of(left, right));
    Traced::throws = Step::copy;
    EXPECT_THROW(b = std::as_const(a), Thrown);
    expect_holds<TypeParam>(a, left);
    expect_holds<TypeParam>(b, 0);  // as its page says: the value there was is gone
    EXPECT_EQ(Traced::alive, 1);
    b = std::as_const(a);
    expect_holds<TypeParam>(b, left);
  });
}

TYPED_TEST(OnceLockValues, a_move_that_throws) {
  for_all_pairs<TypeParam>([](auto& a, int left, auto& b, int right) {
    if (left == 0) return;
    Traced::throws = Step::move;
    EXPECT_THROW((Lock<Traced, TypeParam>{std::move(a)}), Thrown);
    expect_holds<TypeParam>(a, left);
    EXPECT_EQ(Traced::alive, count_of(left, right));
    Traced::throws = Step::move;
    EXPECT_THROW((void)a.take(), Thrown);
    expect_holds<TypeParam>(a, left);
    Traced::throws = Step::move;
    EXPECT_THROW((void)std::move(a).into_inner(), Thrown);
    expect_holds<TypeParam>(a, left);
    Traced::throws = Step::move;
    EXPECT_THROW(a.swap(b), Thrown);
    expect_holds<TypeParam>(a, left);
    expect_holds<TypeParam>(b, right);
    Traced::throws = Step::move;
    EXPECT_THROW(b = std::move(a), Thrown);
    expect_holds<TypeParam>(a, left);
    expect_holds<TypeParam>(b, 0);
    EXPECT_EQ(Traced::alive, 1);
    b = std::move(a);
    expect_holds<TypeParam>(b, left);
    expect_holds<TypeParam>(a, 0);
  });
}

TYPED_TEST(OnceLockValues, a_comparison_that_throws_changes_nothing) {
  struct Incomparable {
    bool operator==(Incomparable const&) const { throw Thrown{}; }
  };
  Lock<Incomparable, TypeParam> a{std::in_place}, b{std::in_place}, empty;
  EXPECT_THROW((void)(a == b), Thrown);
  EXPECT_FALSE(a == empty) << "no value, no call";
  EXPECT_TRUE(a.has_value() && b.has_value());
}

#endif

// Kinds of T ----------------------------------------------------------------------------------------------------------

struct Immovable {
  explicit Immovable(int the_number) : number{the_number} {}
  Immovable(Immovable const&) = delete;
  Immovable& operator=(Immovable const&) = delete;
  int number;
  Immovable const* self = this;
};

template <class L>
concept Takes = requires(L lock) {
  lock.take();
}
|| requires(L lock) { std::move(lock).into_inner(); }
|| requires(L lock) { lock.swap(lock); };

TYPED_TEST(OnceLockValues, immovable) {
  using One = Lock<Immovable, TypeParam>;
  One lock;
  Immovable& made = lock.get_or_init([] { return Immovable{3}; });
  EXPECT_EQ(made.number, 3);
  EXPECT_EQ(made.self, &made) << "built where it stays";
  One emplaced;
  EXPECT_EQ(emplaced.try_emplace(4).first.number, 4);
  One inserted;
  EXPECT_EQ(inserted.try_insert(5).first.number, 5);
  EXPECT_TRUE(One{}.set(6)) << "from what it is constructible from";
  One tried;
  EXPECT_EQ(tried.get_or_try_init([] { return std::optional{7}; })->number, 7);
  One const full{std::in_place, 8};
  EXPECT_EQ(full.value().number, 8);
  lock.reset();
  EXPECT_FALSE(lock);
  static_assert(!std::is_copy_constructible_v<One> && !std::is_move_constructible_v<One>);
  static_assert(!std::is_copy_assignable_v<One> && !std::is_move_assignable_v<One>);
  static_assert(!std::is_swappable_v<One> && !Takes<One>);
}

TYPED_TEST(OnceLockValues, move_only) {
  using One = Lock<std::unique_ptr<int>, TypeParam>;
  static_assert(!std::is_copy_constructible_v<One> && !std::is_copy_assignable_v<One>);
  static_assert(std::is_nothrow_move_constructible_v<One> && std::is_nothrow_move_assignable_v<One>);
  One lock;
  EXPECT_EQ(*lock.get_or_init([] { return std::make_unique<int>(3); }), 3);
  One moved{std::move(lock)};
  EXPECT_FALSE(lock);
  lock = std::move(moved);
  EXPECT_EQ(**lock.take(), 3);
}

TYPED_TEST(OnceLockValues, over_aligned) {
  struct alignas(64) Wide {
    std::array<char, 64> bytes{};
  };
  struct Host {
    char before = 1;
    Lock<Wide, TypeParam> lock;
    char after = 2;
  } host;
  Wide const& wide = host.lock.get_or_init([] { return Wide{}; });
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&wide) % 64, 0U);
  auto const heap = std::make_unique<Lock<Wide, TypeParam>>(std::in_place);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(heap->get()) % 64, 0U);
}

TYPED_TEST(OnceLockValues, const_value) {
  Lock<std::string const, TypeParam> lock;
  static_assert(std::is_same_v<decltype(lock.get()), std::string const*>);
  EXPECT_EQ(lock.get_or_init([] { return std::string{"const"}; }), "const");
  Lock<std::string const, TypeParam> copy{lock};
  EXPECT_TRUE(copy == lock);
  copy.reset();
  EXPECT_TRUE(copy.set("other"));
  copy = lock;
  EXPECT_EQ(*copy.take(), "const");
  lock.swap(copy);
  EXPECT_EQ(copy.value(), "const");
}

TYPED_TEST(OnceLockValues, reference_holder) {
  struct Holder {
    int& number;
  };
  int mine = 1, other = 2;
  Lock<Holder, TypeParam> lock;
  lock.get_or_init([&] { return Holder{mine}; }).number = 5;
  EXPECT_EQ(mine, 5);
  Lock<Holder, TypeParam> second;
  second.get_or_init([&] { return Holder{other}; });
  lock = second;  // Holder has no assignment
  lock.value().number = 6;
  EXPECT_EQ(other, 6);
  Lock<std::reference_wrapper<int>, TypeParam> wrapper;
  EXPECT_EQ(&wrapper.get_or_init([&] { return std::ref(mine); }).get(), &mine);
}

TYPED_TEST(OnceLockValues, any) {
  Lock<std::any, TypeParam> lock;
  lock.get_or_init([] { return std::any{1}; });
  EXPECT_EQ(std::any_cast<int>(lock.value()), 1);
  Lock<std::any, TypeParam> copy{lock};
  EXPECT_EQ(std::any_cast<int>(copy.value()), 1) << "the value, not a lock inside an any";
  Lock<std::any, TypeParam> const of_const{std::as_const(lock)};
  EXPECT_EQ(std::any_cast<int>(of_const.value()), 1);
  Lock<std::any, TypeParam> moved{std::move(copy)};
  EXPECT_EQ(std::any_cast<int>(moved.value()), 1);
  lock = moved;
  lock = std::move(moved);
  EXPECT_EQ(std::any_cast<int>(*lock.take()), 1);
  EXPECT_TRUE(lock.set(2));
  EXPECT_FALSE(lock.set(3));
  EXPECT_EQ(std::any_cast<int>(lock.value()), 2);
  lock.reset();
  EXPECT_EQ(std::any_cast<std::string>(lock.try_emplace(std::string{"text"}).first), "text");
  lock.reset();
  lock.get_or_init([] { return 4; });  // converts
  EXPECT_EQ(std::any_cast<int>(lock.value()), 4);
}

/// Swallows whatever it is made from.
struct Greedy {
  Greedy() = default;
  template <class U>
  Greedy(U const&) : swallowed{true} {}
  Greedy(Greedy const&) = default;
  bool swallowed = false;
};

TYPED_TEST(OnceLockValues, greedy_constructor) {
  Lock<Greedy, TypeParam> lock;
  EXPECT_FALSE(lock.get_or_init([] { return Greedy{}; }).swallowed);
  Lock<Greedy, TypeParam> const copy{lock}, moved{std::move(lock)};
  EXPECT_FALSE(copy.value().swallowed);
  EXPECT_FALSE(moved.value().swallowed);
  EXPECT_TRUE(lock.set(5));
  EXPECT_TRUE(lock.value().swallowed);
}

TYPED_TEST(OnceLockValues, a_lock_in_a_lock) {
  using Inner = Lock<int, TypeParam>;
  Lock<Inner, TypeParam> lock;
  EXPECT_EQ(lock.get_or_init([] { return Inner{std::in_place, 3}; }).value(), 3);
  Lock<Inner, TypeParam> copy{lock};
  EXPECT_TRUE(copy == lock);
  lock.value().reset();
  EXPECT_TRUE(lock.has_value());
  EXPECT_FALSE(copy == lock);
  EXPECT_TRUE(lock.value().set(4));
}

TYPED_TEST(OnceLockValues, deleted_operator_new) {
  struct Odd {
    explicit Odd(int the_number) : number{the_number} {}
    Odd(Odd const&) = default;
    static void* operator new(std::size_t) = delete;
    static void* operator new(std::size_t, void*) = delete;
    int number;
  };
  Lock<Odd, TypeParam> lock;
  EXPECT_EQ(lock.get_or_init([] { return Odd{3}; }).number, 3);
  EXPECT_EQ(lock.take()->number, 3);
  EXPECT_TRUE(lock.set(Odd{4}));
}

TYPED_TEST(OnceLockValues, aggregate) {
  struct Pair {
    int first;
    std::string second;
  };
  Lock<Pair, TypeParam> lock;
  auto const& [first, second] = lock.get_or_init([] { return Pair{1, "two"}; });
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, "two");
  auto const copy = lock;
  EXPECT_EQ(copy.value().second, lock.take()->second);
}

// What the compiler can say -------------------------------------------------------------------------------------------

constexpr std::size_t rounded_up(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

struct Megabyte {
  char bytes[1024 * 1024];
};
struct alignas(64) Aligned {
  char byte;
};
struct NotTrivial {
  ~NotTrivial() {}
};

/// T plus `word` bytes, rounded up to what both need.
template <class L, std::size_t word>
constexpr bool size_is_as_promised =
    sizeof(L) == rounded_up(sizeof(typename L::value_type) + word,
                            alignof(typename L::value_type) > word ? alignof(typename L::value_type) : word) &&
    alignof(L) == (alignof(typename L::value_type) > word ? alignof(typename L::value_type) : word);

template <class T, class Sync>
constexpr bool promises_of() {
  using L = Lock<T, Sync>;
  static_assert(size_is_as_promised < L, Sync::can_wait ? 4 : 1 >);
  static_assert(std::is_trivially_destructible_v<L> == std::is_trivially_destructible_v<T>);
  static_assert(std::is_nothrow_destructible_v<L> && std::is_nothrow_default_constructible_v<L>);
  static_assert(std::is_copy_constructible_v<L> == std::is_copy_constructible_v<T>);
  static_assert(std::is_copy_assignable_v<L> == std::is_copy_constructible_v<T>);
  static_assert(std::is_move_constructible_v<L> == std::is_move_constructible_v<T>);
  static_assert(std::is_move_assignable_v<L> == std::is_move_constructible_v<T>);
  static_assert(std::is_nothrow_move_constructible_v<L> == std::is_nothrow_move_constructible_v<T>);
  static_assert(std::is_nothrow_move_assignable_v<L> == std::is_nothrow_move_constructible_v<T>);
  static_assert(!std::is_convertible_v<T, L> && !std::is_convertible_v<L, bool>);
  static_assert(noexcept(std::declval<L&>().get())&& noexcept(std::declval<L const&>().get()));
  static_assert(noexcept(std::declval<L const&>().has_value())&& noexcept(std::declval<L const&>().is_initialized()));
  static_assert(noexcept(static_cast<bool>(std::declval<L const&>()))&& noexcept(std::declval<L&>().reset()));
  return true;
}

/// A const lock gives T const, another one T; a temporary gives nothing that could dangle.
template <class T, class Sync>
constexpr bool is_deep_const() {
  using L = Lock<T, Sync>;
  using F = T (*)();
  using O = std::optional<T> (*)();
  static_assert(std::is_same_v<decltype(std::declval<L&>().get()), T*>);
  static_assert(std::is_same_v<decltype(std::declval<L const&>().get()), T const*>);
  static_assert(std::is_same_v<decltype(std::declval<L&>().value()), T&>);
  static_assert(std::is_same_v<decltype(std::declval<L const&>().value()), T const&>);
  static_assert(std::is_same_v<decltype(std::declval<L&>().get_or_init(std::declval<F>())), T&>);
  static_assert(std::is_same_v<decltype(std::declval<L const&>().get_or_init(std::declval<F>())), T const&>);
  static_assert(std::is_same_v<decltype(std::declval<L&>().get_or_try_init(std::declval<O>())), T*>);
  static_assert(std::is_same_v<decltype(std::declval<L const&>().get_or_try_init(std::declval<O>())), T const*>);
  static_assert(std::is_same_v<decltype(std::declval<L&>().try_emplace()), std::pair<T&, bool>>);
  static_assert(std::is_same_v<decltype(std::declval<L&>().try_insert(std::declval<T>())), std::pair<T&, bool>>);
  static_assert(std::is_same_v<decltype(std::declval<L&>().take()), std::optional<T>>);
  static_assert(std::is_same_v<typename L::value_type, T>);
  return true;
}

template <class L>
concept BorrowsFromTemporary = requires(L&& lock) {
  std::move(lock).get();
}
||  //
    requires(L&& lock) {
  std::move(lock).value();
}
||  //
    requires(L&& lock) {
  std::move(lock).get_or_init([] { return 1; });
}
||  //
    requires(L&& lock) {
  std::move(lock).get_or_try_init([] { return std::optional{1}; });
}
|| requires(L&& lock) { std::move(lock).try_insert(1); }
||  //
    requires(L&& lock) {
  std::move(lock).try_emplace(1);
}
||  //
    requires(L&& lock) {
  std::move(lock).wait();
};

template <class L>
concept ConstIsFilled = requires(L const& lock) {
  lock.set(1);
}
|| requires(L const& lock) { lock.try_set(1); }
|| requires(L const& lock) { lock.try_insert(1); }
|| requires(L const& lock) { lock.try_emplace(1); }
|| requires(L const& lock) { lock.take(); }
|| requires(L const& lock) { lock.reset(); };

TYPED_TEST(OnceLockValues, promises_to_the_compiler) {
  static_assert(promises_of<char, TypeParam>() && promises_of<bool, TypeParam>() && promises_of<short, TypeParam>());
  static_assert(promises_of<int, TypeParam>() && promises_of<long long, TypeParam>() &&
                promises_of<long double, TypeParam>());
  static_assert(promises_of<void*, TypeParam>() && promises_of<std::string, TypeParam>());
  static_assert(promises_of<Megabyte, TypeParam>() && promises_of<Aligned, TypeParam>());
  static_assert(promises_of<NotTrivial, TypeParam>() && promises_of<Immovable, TypeParam>());
  static_assert(promises_of<Traced, TypeParam>() && promises_of<std::unique_ptr<int>, TypeParam>());
  static_assert(is_deep_const<int, TypeParam>() && is_deep_const<std::string, TypeParam>());
  using L = Lock<int, TypeParam>;
  static_assert(!BorrowsFromTemporary<L> && !BorrowsFromTemporary<L const>);
  static_assert(!ConstIsFilled<L>);
  static_assert(requires(L & lock) {
    lock.set(1);
    lock.try_emplace(1);
    lock.reset();
  });
  static_assert(requires(L a, L const b) { a == b; });
  static_assert(!requires(Lock<NotTrivial, TypeParam> a) { a == a; });
  static_assert(!requires(L lock) { lock.set(std::string{}); });
  static_assert(!requires(L lock) { lock.try_emplace(1, 2); });
  static_assert(!std::is_constructible_v<L, std::in_place_t, std::string>);
}

TEST(OnceLock, sizes_are_the_ones_of_the_front_page) {
  static_assert(sizeof(OnceLock<char>) == 8 && sizeof(OnceLock<int>) == 8);
  static_assert(sizeof(OnceLock<double>) == sizeof(double) + alignof(OnceLock<double>));
  static_assert(sizeof(OnceLock<Megabyte>) == sizeof(Megabyte) + 4);
  static_assert(sizeof(OnceLock<Aligned>) == 128 && alignof(OnceLock<Aligned>) == 64);
  static constinit OnceLock<Megabyte> megabyte;
  EXPECT_EQ(megabyte.get_or_init([] { return Megabyte{}; }).bytes[77], 0);
}

TYPED_TEST(OnceLockValues, constant_initialised) {
  static constinit Lock<std::string, TypeParam> empty;
  static constinit Lock<int, TypeParam> full{std::in_place, 42};
  static constinit Lock<int, TypeParam> const const_full{std::in_place, 43};
  static constinit Lock<std::pair<int, char const*>, TypeParam> pair{std::in_place, 1, "one"};
  static constinit Lock<std::unique_ptr<int>, TypeParam> null{std::in_place, nullptr};
  static constinit BasicOnceLock<int, TypeParam, first_use::IgnoreFork> ignores{std::in_place, 44};
  EXPECT_FALSE(empty);
  EXPECT_EQ(full.value(), 42);
  EXPECT_FALSE(full.set(1));
  EXPECT_EQ(const_full.get_or_init([] { return 1; }), 43);
  EXPECT_STREQ(pair.value().second, "one");
  EXPECT_TRUE(null.has_value());
  EXPECT_EQ(ignores.value(), 44);
}

}  // namespace
