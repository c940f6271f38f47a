// SPDX-License-Identifier: MIT OR Apache-2.0
//
// How the initialiser of a lazy is called, how often, and when it dies with all it captured; also where each generation of
// the process calls it.
#include <first_use/lazy_lock.hpp>

#include <memory>
#include <optional>

#include <first_use/never_destroyed.hpp>
#include <first_use/wiped.hpp>

#include "lazies.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicLazyLock;
using first_use::KeepOnFork;
using first_use::NeverDestroyed;
using first_use::PoisonOnThrow;
using first_use::RetryOnThrow;
using first_use::SingleThreadSync;
using first_use::WipeOnFork;

TYPED_TEST_SUITE(Lazy, WaitingAndNot, PolicyNames);

enum class Calling { as_lvalue, as_const_lvalue, as_rvalue, as_const_rvalue };

struct SaysHow {
  Calling operator()() & { return Calling::as_lvalue; }
  Calling operator()() const& { return Calling::as_const_lvalue; }
  Calling operator()() && { return Calling::as_rvalue; }
  Calling operator()() const&& { return Calling::as_const_rvalue; }
};
struct SaysHowAndOwns : SaysHow {
  std::shared_ptr<int> owned = std::make_shared<int>(0);
};
struct SaysHowAndHolds : SaysHow {
  int held = 0;
};

TYPED_TEST(Lazy, it_is_called_as_an_rvalue) {
  auto empty = make_lazy<TypeParam>(SaysHow{});
  auto holding = make_lazy<TypeParam>(SaysHowAndHolds{});
  auto owning_one = make_lazy<TypeParam>(SaysHowAndOwns{});
  EXPECT_EQ(*empty, Calling::as_rvalue);
  EXPECT_EQ(*holding, Calling::as_rvalue);
  EXPECT_EQ(*owning_one, Calling::as_rvalue);
}

TYPED_TEST(Lazy, a_kept_one_is_called_as_const) {
  auto empty = make_lazy<TypeParam, RetryOnThrow>(SaysHow{});
  auto holding = make_lazy<TypeParam, RetryOnThrow>(SaysHowAndHolds{});
  auto owning_one = make_lazy<TypeParam, RetryOnThrow>(SaysHowAndOwns{});
  EXPECT_EQ(*empty, Calling::as_const_lvalue);
  EXPECT_EQ(*holding, Calling::as_const_lvalue);
  EXPECT_EQ(*owning_one, Calling::as_const_lvalue);
}

TYPED_TEST(Lazy, mutable_initialisers) {
  auto counting = make_lazy<TypeParam>([n = 0]() mutable { return ++n; });
  auto giving = make_lazy<TypeParam>([p = std::make_unique<int>(3)]() mutable { return std::move(p); });
  EXPECT_EQ(*counting, 1);
  EXPECT_EQ(*counting, 1);
  ASSERT_NE(*giving, nullptr);
  EXPECT_EQ(**giving, 3);
}

TYPED_TEST(Lazy, captures_die_right_after_the_call) {
  auto const owned = std::make_shared<int>(5);
  long during = 0;
  auto lazy = make_lazy<TypeParam>([owned, &during] {
    during = owned.use_count();
    return *owned;
  });
  EXPECT_EQ(owned.use_count(), 2);
  EXPECT_EQ(*lazy, 5);
  EXPECT_EQ(during, 2);
  EXPECT_EQ(owned.use_count(), 1);
}

TYPED_TEST(Lazy, captures_die_with_a_lazy_that_is_never_forced) {
  auto const owned = std::make_shared<int>(5);
  {
    auto lazy = make_lazy<TypeParam>([owned] { return *owned; });
    EXPECT_EQ(lazy.get(), nullptr);
    EXPECT_EQ(owned.use_count(), 2);
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TYPED_TEST(Lazy, kept_captures_die_with_the_lazy) {
  auto const owned = std::make_shared<int>(5);
  {
    auto lazy = make_lazy<TypeParam, RetryOnThrow>([owned] { return *owned; });
    EXPECT_EQ(*lazy, 5);
    EXPECT_EQ(owned.use_count(), 2);
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TYPED_TEST(Lazy, initialiser_and_value_are_destroyed_once_each) {
  int values = 0;
  int captures = 0;
  {
    auto lazy = make_lazy<TypeParam>([&values, capture = Counted{captures}] { return Counted{values}; });
    EXPECT_EQ(values, 0);
    EXPECT_EQ(captures, 1);
    lazy.force();
    lazy.force();
    EXPECT_EQ(values, 1);
    EXPECT_EQ(captures, 0);
  }
  EXPECT_EQ(values, 0);
  EXPECT_EQ(captures, 0);
}

TYPED_TEST(Lazy, what_a_kept_initialiser_made_is_destroyed_once) {
  int values = 0;
  int captures = 0;
  {
    auto lazy = make_lazy<TypeParam, RetryOnThrow>([&values, capture = Counted{captures}] { return Counted{values}; });
    lazy.force();
    EXPECT_EQ(values, 1);
    EXPECT_EQ(captures, 1);
  }
  EXPECT_EQ(values, 0);
  EXPECT_EQ(captures, 0);
}

TYPED_TEST(Lazy, never_destroyed_leaves_the_value_and_not_the_captures) {
  int values = 0;
  int captures = 0;
  {
    auto const make = [&values, capture = Counted{captures}] { return Counted{values}; };
    BasicLazyLock<NeverDestroyed<Counted>, std::remove_const_t<decltype(make)>, TypeParam> lazy{make};
    EXPECT_EQ(captures, 2);
    lazy.force();
    EXPECT_EQ(values, 1);
    EXPECT_EQ(captures, 1);
  }
  EXPECT_EQ(values, 1);
  EXPECT_EQ(captures, 0);
}

// The other axis: what the word remembers of the process --------------------------------------------------------------

template <class S, class K>
struct Flavour {
  using Sync = S;
  using Fork = K;
};
struct FlavourNames {
  template <class F>
  static std::string GetName(int index) {
    char const* const fork = F::Fork::wipes ? "Wipe" : std::is_same_v<typename F::Fork, KeepOnFork> ? "Keep" : "Ignore";
    return PolicyNames::GetName<typename F::Sync>(index) + fork;
  }
};
// Kept ones are what all tests above are about.
using Flavours =
    ::testing::Types<Flavour<first_use::PlatformSync, first_use::IgnoreFork>,
                     Flavour<first_use::PlatformSync, WipeOnFork<>>, Flavour<SingleThreadSync, WipeOnFork<>>>;

template <class Which>
class LazyFork : public ::testing::Test {
 public:
  template <class OnThrow = PoisonOnThrow, class F>
  static auto make(F f) {
    return make_lazy<typename Which::Sync, OnThrow, typename Which::Fork>(f);
  }
  static constexpr bool keeps = Which::Fork::wipes;  // the initialiser, for every process
};
TYPED_TEST_SUITE(LazyFork, Flavours, FlavourNames);

TYPED_TEST(LazyFork, lazy_new) {
  int called = 0;
  auto lazy = TestFixture::make([&called] { return ++called; });
  EXPECT_EQ(lazy.get(), nullptr);
  EXPECT_EQ(called, 0);
  EXPECT_EQ(*lazy, 1);
  EXPECT_EQ(*lazy, 1);
  EXPECT_EQ(lazy.get(), &*lazy);
  EXPECT_EQ(std::move(lazy).into_inner(), std::optional<int>{1});
  EXPECT_EQ(called, 1);
}

TYPED_TEST(LazyFork, how_it_is_called) {
  Calling const wanted = TestFixture::keeps ? Calling::as_const_lvalue : Calling::as_rvalue;
  auto empty = TestFixture::make(SaysHow{});
  auto owning_one = TestFixture::make(SaysHowAndOwns{});
  EXPECT_EQ(*empty, wanted);
  EXPECT_EQ(*owning_one, wanted);
}

TYPED_TEST(LazyFork, captures_live_as_long_as_they_are_needed) {
  int values = 0;
  int captures = 0;
  {
    auto lazy = TestFixture::make([&values, capture = Counted{captures}] { return Counted{values}; });
    lazy.force();
    EXPECT_EQ(values, 1);
    EXPECT_EQ(captures, TestFixture::keeps ? 1 : 0);
  }
  EXPECT_EQ(values, 0);
  EXPECT_EQ(captures, 0);
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(LazyFork, failing) {
  int called = 0;
  auto const fail_once = [&called] { return ++called == 1 ? throw Failure{} : called; };
  auto poisoning = TestFixture::make(fail_once);
  EXPECT_EQ(thrown_by([&] { poisoning.force(); }).kind, Kind::own);
  EXPECT_TRUE(poisoning.is_poisoned());
  EXPECT_EQ(thrown_by([&] { poisoning.force(); }).kind, Kind::poisoned);
  EXPECT_EQ(called, 1);
  called = 0;
  auto retrying = TestFixture::template make<RetryOnThrow>(owning(fail_once));
  EXPECT_EQ(thrown_by([&] { retrying.force(); }).kind, Kind::own);
  EXPECT_FALSE(retrying.is_poisoned());
  EXPECT_EQ(*retrying, 2);
}

TYPED_TEST(LazyFork, reentrance_says_what_it_is_called) {
  using Script = Scripted<TypeParam, int>;
  auto lazy = TestFixture::make(Script{});
  Script::body = [&] { return *lazy; };
  Thrown const thrown = thrown_by([&] { lazy.force(); });
  EXPECT_EQ(thrown.kind, Kind::reentrant);
  std::string const name = std::string{TestFixture::keeps ? "of WipeOnFork" : "of "} +
                           (TypeParam::Sync::can_wait ? "LazyLock<int>" : "LazyCell<int>");
  EXPECT_TRUE(contains(thrown.text, name)) << thrown.text;
  EXPECT_FALSE(lazy.is_poisoned());
  Script::body = [] { return 3; };
  EXPECT_EQ(*lazy, 3);
}

#endif

}  // namespace
