// SPDX-License-Identifier: MIT OR Apache-2.0
//
// race::OnceBox: what it owns, what it hands back, and what becomes of those that lost.
#include <first_use/race/once_box.hpp>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "race/races.hpp"
#include "traced.hpp"

namespace first_use_test {
namespace {

using first_use::race::OnceBox;

// Promises that need no run -------------------------------------------------------------------------------------------

using Box = OnceBox<int>;
static_assert(sizeof(Box) == sizeof(void*) && sizeof(OnceBox<std::string>) == sizeof(void*));
static_assert(std::is_nothrow_default_constructible_v<Box> && std::is_nothrow_move_constructible_v<Box> &&
              std::is_nothrow_move_assignable_v<Box>);
static_assert(std::is_copy_constructible_v<Box> && std::is_copy_assignable_v<Box>);
static_assert(!std::is_copy_constructible_v<OnceBox<std::unique_ptr<int>>> &&
              std::is_move_constructible_v<OnceBox<std::unique_ptr<int>>>);
static_assert(noexcept(std::declval<Box const&>().get()));
static_assert(std::is_same_v<decltype(std::declval<Box&>().get()), int*> &&
              std::is_same_v<decltype(std::declval<Box const&>().get()), int const*>);
using MakeInt = int (*)();
static_assert(std::is_same_v<decltype(std::declval<Box&>().get_or_init(MakeInt{})), int&> &&
              std::is_same_v<decltype(std::declval<Box const&>().get_or_init(MakeInt{})), int const&>);

constinit Box constant;

// Only declared where the box is; defined where it is used.
struct Declared;
extern OnceBox<Declared> of_declared;
struct Declared {
  int number;
};
constinit OnceBox<Declared> of_declared;

struct Immovable {
  explicit Immovable(int the_number) : number{the_number} {}
  Immovable(Immovable const&) = delete;
  Immovable& operator=(Immovable const&) = delete;
  int number;
};
struct Shape {
  virtual ~Shape() = default;
  [[nodiscard]] virtual int corners() const = 0;
};
struct Square : Shape {
  [[nodiscard]] int corners() const override { return traced.number; }
  Traced traced{4};
};

template <class T>
class TracedRaceBox : public ::testing::Test {
 protected:
  void SetUp() override { Traced::reset(); }
  void TearDown() override { Traced::reset(); }
};

TYPED_TEST_SUITE(TracedRaceBox, AllPoliciesAndInterrupts, PolicyNames);

TYPED_TEST(TracedRaceBox, smoke_test) {
  {
    OnceBox<Traced, TypeParam> box;
    EXPECT_EQ(box.get(), nullptr);
    int runs = 0;
    Traced* first = nullptr;
    for (int round = 0; round != 3; ++round) {
      Traced& got = box.get_or_init([&] { return ++runs, Traced{92 + round}; });
      EXPECT_EQ(got.number, 92);
      if (round == 0) first = &got;
      EXPECT_EQ(&got, first);
    }
    EXPECT_EQ(box.get(), first);
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(Traced::alive, 1);
    EXPECT_EQ(Traced::copies + Traced::moves, 0) << "it is built where it stays";
  }
  EXPECT_EQ(Traced::alive, 0);
}

TYPED_TEST(TracedRaceBox, set) {
  OnceBox<Traced, TypeParam> box;
  EXPECT_TRUE(box.set(std::make_unique<Traced>(92)));
  auto refused = std::make_unique<Traced>(62);
  Traced const* const kept = refused.get();
  EXPECT_FALSE(box.set(std::move(refused)));
  EXPECT_EQ(refused.get(), kept) << "a refused argument is not touched";
  EXPECT_EQ(box.get()->number, 92);
  EXPECT_EQ(Traced::alive, 2);
}

TYPED_TEST(TracedRaceBox, reentrant) {
  OnceBox<Traced, TypeParam> box;
  Traced& got = box.get_or_init([&] {
    EXPECT_EQ(box.get(), nullptr);
    EXPECT_EQ(box.get_or_init([] { return Traced{1}; }).number, 1);
    return Traced{2};
  });
  EXPECT_EQ(got.number, 1);
  EXPECT_EQ(Traced::alive, 1) << "the outer one has lost, and is destroyed";
}

TYPED_TEST(TracedRaceBox, with_value_and_into_inner) {
  OnceBox<Traced, TypeParam> box{std::in_place, 92};
  EXPECT_EQ(box.get()->number, 92);
  OnceBox<Traced, TypeParam> from_pointer{std::make_unique<Traced>(5)};
  EXPECT_EQ(from_pointer.get()->number, 5);
  EXPECT_FALSE((OnceBox<Traced, TypeParam>{std::unique_ptr<Traced>{}}.into_inner().has_value()));

  std::optional<Traced> const taken = std::move(box).into_inner();
  EXPECT_EQ(taken->number, 92);
  EXPECT_EQ(Traced::alive, 2);
  EXPECT_EQ(box.get(), nullptr);
  EXPECT_EQ(box.get_or_init([] { return Traced{6}; }).number, 6) << "it may be filled again";
}

TYPED_TEST(TracedRaceBox, clone_and_move) {
  using TracedBox = OnceBox<Traced, TypeParam>;
  TracedBox const empty, full{std::in_place, 3};
  TracedBox copy{full}, of_empty{empty};
  EXPECT_EQ(of_empty.get(), nullptr);
  EXPECT_EQ(copy.get()->number, 3);
  EXPECT_NE(copy.get(), full.get());
  EXPECT_EQ(Traced::copies, 1);

  Traced const* const there = copy.get();
  TracedBox moved{std::move(copy)};
  EXPECT_EQ(copy.get(), nullptr);
  EXPECT_EQ(moved.get(), there);
  EXPECT_EQ(Traced::moves, 0);

  of_empty = full;
  EXPECT_EQ(of_empty.get()->number, 3);
  TracedBox& same = of_empty;
  of_empty = same;
  of_empty = std::move(same);
  EXPECT_EQ(of_empty.get()->number, 3);
  of_empty = std::move(moved);
  EXPECT_EQ(of_empty.get(), there);
  EXPECT_EQ(Traced::alive, 2);
  of_empty = empty;
  EXPECT_EQ(of_empty.get(), nullptr);
  EXPECT_EQ(Traced::alive, 1);
}

TYPED_TEST(TracedRaceBox, holds_what_cannot_move_and_what_has_no_size) {
  OnceBox<Immovable, TypeParam> immovable;
  EXPECT_EQ(immovable.get_or_init([] { return Immovable{3}; }).number, 3);

  OnceBox<Shape, TypeParam> shape, other, by_set;
  EXPECT_EQ(shape.get_or_init([] { return std::make_unique<Square>(); }).corners(), 4);
  EXPECT_EQ(other.get_or_init([] { return std::unique_ptr<Shape>{new Square}; }).corners(), 4);
  EXPECT_TRUE(by_set.set(std::make_unique<Square>()));
  EXPECT_FALSE(by_set.set(std::make_unique<Square>()));
  EXPECT_EQ(Traced::alive, 3);

  OnceBox<Traced const, TypeParam> of_const;
  EXPECT_EQ(of_const.get_or_init([] { return Traced{3}; }).number, 3);
  struct alignas(256) Aligned {
    char byte;
  };
  OnceBox<Aligned, TypeParam> aligned;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&aligned.get_or_init([] { return Aligned{}; })) % 256, 0U);
  OnceBox<std::string, TypeParam> converted;
  EXPECT_EQ(converted.get_or_init([] { return "text"; }), "text");
}

TYPED_TEST(TracedRaceBox, tries) {
  OnceBox<Traced, TypeParam> box;
  using Result = Expected<Traced, int>;
  EXPECT_EQ(box.get_or_try_init([] { return std::optional<Traced>{}; }), nullptr);
  EXPECT_EQ(box.get_or_try_init([] { return std::unique_ptr<Traced>{}; }), nullptr);
  auto const failed = box.get_or_try_init([] { return Result{Unexpected<int>{7}}; });
  EXPECT_EQ(failed.error(), 7);
  EXPECT_EQ(box.get(), nullptr);
  auto const made = std::as_const(box).get_or_try_init([] { return Result{Traced{8}}; });
  static_assert(std::is_same_v<decltype(made), Expected<Traced const*, int> const>);
  EXPECT_EQ((*made)->number, 8);
  EXPECT_EQ(box.get_or_try_init([] { return std::optional<Traced>{Traced{9}}; }), box.get());
  EXPECT_EQ(Traced::alive, 1);

  OnceBox<Shape, TypeParam> shape;
  EXPECT_EQ(shape.get_or_try_init([] { return std::make_unique<Square>(); })->corners(), 4);
  OnceBox<Traced, TypeParam> by_optional;
  EXPECT_EQ(by_optional.get_or_try_init([] { return std::optional<Traced>{std::in_place, 4}; })->number, 4);
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(TracedRaceBox, an_initialiser_that_throws_leaves_nothing) {
  OnceBox<Traced, TypeParam> box;
  EXPECT_THROW(box.get_or_init([]() -> Traced { throw Failure{}; }), Failure);
  EXPECT_THROW(box.get_or_init([]() -> std::unique_ptr<Traced> { throw Failure{}; }), Failure);
  Traced::throws = Step::construct;
  EXPECT_THROW(box.get_or_init([] { return Traced{1}; }), Thrown);
  Traced::throws = Step::move;
  EXPECT_THROW((void)box.get_or_try_init([] { return std::optional<Traced>{std::in_place, 1}; }), Thrown);
  EXPECT_EQ(box.get(), nullptr);
  EXPECT_EQ(Traced::alive, 0);
  EXPECT_EQ(box.get_or_init([] { return Traced{2}; }).number, 2);

  Traced::throws = Step::move;
  EXPECT_THROW((void)std::move(box).into_inner(), Thrown);
  ASSERT_NE(box.get(), nullptr) << "a move that failed has taken nothing out";
  Traced::throws = Step::copy;
  EXPECT_THROW((OnceBox<Traced, TypeParam>{box}), Thrown);
  OnceBox<Traced, TypeParam> other{std::in_place, 3};
  Traced::throws = Step::copy;
  EXPECT_THROW(other = box, Thrown);
  EXPECT_EQ(other.get()->number, 3);
}

TYPED_TEST(TracedRaceBox, null_is_an_error_and_stores_nothing) {
  OnceBox<Traced, TypeParam> box;
  char const* const says = "was offered zero (or null)";
  using first_use::InitError;
  EXPECT_PRED2(contains, text_of<InitError>([&] { box.get_or_init([] { return std::unique_ptr<Traced>{}; }); }), says);
  EXPECT_PRED2(contains, text_of<InitError>([&] { box.set(std::unique_ptr<Traced>{}); }), says);
  Traced (*const none)() = nullptr;
  EXPECT_PRED2(contains, text_of<InitError>([&] { box.get_or_init(none); }), "has no initialiser");
  EXPECT_EQ(box.get(), nullptr);
}

#endif

}  // namespace
}  // namespace first_use_test
