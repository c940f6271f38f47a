// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Printing: what is written for each type in each state, and that nothing is made by it.
#include <first_use/format.hpp>

#include <functional>
#include <ostream>
#include <sstream>
#include <string>

#include "policies.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicLazyLock;
using first_use::BasicOnce;
using first_use::BasicOnceLock;
using first_use::LazyCell;
using first_use::LazyLock;
using first_use::NeverDestroyed;
using first_use::Once;
using first_use::OnceCell;
using first_use::OnceLock;

template <class Printed>
std::string text(Printed const& printed) {
  std::ostringstream out;
  out << printed;
  return out.str();
}

// Offered where the value can be printed.
template <class P>
concept Prints = requires(std::ostream& out, P const& printed) {
  out << printed;
};
struct Mute {};
struct MakeMute {
  Mute operator()() const { return {}; }
};
static_assert(Prints<OnceLock<int>> && !Prints<OnceLock<Mute>>);
static_assert(Prints<LazyLock<int>> && !Prints<LazyLock<Mute, MakeMute>>);
static_assert(Prints<LazyCell<int>> && !Prints<LazyCell<Mute, MakeMute>>);
static_assert(Prints<LazyLock<NeverDestroyed<int>>> && !Prints<LazyLock<NeverDestroyed<Mute>>>);
static_assert(Prints<Once> && Prints<first_use::WipeOnForkOnce>);

struct Three {
  int operator()() const { return 3; }
};

TEST(Format, empty) {
  EXPECT_EQ(text(OnceLock<int>{}), as_called_here("OnceLock(<uninit>)"));
  EXPECT_EQ(text(OnceCell<int>{}), "OnceCell(<uninit>)");
  EXPECT_EQ(text(first_use::WipeOnForkOnceLock<int>{}), as_called_here("WipeOnForkOnceLock(<uninit>)"));
  EXPECT_EQ(text(first_use::WipeOnForkOnceCell<int>{}), as_called_here("WipeOnForkOnceCell(<uninit>)"));
  EXPECT_EQ(text(LazyLock{Three{}}), as_called_here("LazyLock(<uninit>)"));
  EXPECT_EQ(text(LazyCell{Three{}}), "LazyCell(<uninit>)");
  EXPECT_EQ(text(first_use::WipeOnForkLazyLock{Three{}}), as_called_here("WipeOnForkLazyLock(<uninit>)"));
  EXPECT_EQ(text(first_use::WipeOnForkLazyCell{Three{}}), as_called_here("WipeOnForkLazyCell(<uninit>)"));
  EXPECT_EQ(text(Once{}), "Once(incomplete)");
  EXPECT_EQ(text(BasicOnce<first_use::SingleThreadSync>{}), "Once(incomplete)");
  EXPECT_EQ(text(first_use::WipeOnForkOnce{}), as_called_here("WipeOnForkOnce(incomplete)"));
}

template <class Lock>
std::string text_of_three() {
  Lock lock;
  lock.set(3);
  return text(lock);
}
template <class Lazy>
std::string text_of_forced() {
  Lazy lazy{Three{}};
  lazy.force();
  return text(lazy);
}

TEST(Format, full) {
  EXPECT_EQ(text_of_three<OnceLock<int>>(), as_called_here("OnceLock(3)"));
  EXPECT_EQ(text_of_three<OnceCell<int>>(), "OnceCell(3)");
  EXPECT_EQ(text_of_three<first_use::WipeOnForkOnceLock<int>>(), as_called_here("WipeOnForkOnceLock(3)"));
  EXPECT_EQ(text_of_three<first_use::WipeOnForkOnceCell<int>>(), as_called_here("WipeOnForkOnceCell(3)"));
  EXPECT_EQ((text_of_forced<LazyLock<int, Three>>()), as_called_here("LazyLock(3)"));
  EXPECT_EQ((text_of_forced<LazyCell<int, Three>>()), "LazyCell(3)");
  EXPECT_EQ((text_of_forced<first_use::WipeOnForkLazyLock<int, Three>>()), as_called_here("WipeOnForkLazyLock(3)"));
  EXPECT_EQ((text_of_forced<first_use::WipeOnForkLazyCell<int, Three>>()), as_called_here("WipeOnForkLazyCell(3)"));
  EXPECT_EQ((text_of_forced<BasicLazyLock<NeverDestroyed<int>, Three>>()), as_called_here("LazyLock(3)"));
}

template <class Sync>
class FormatPolicies : public ::testing::Test {};
TYPED_TEST_SUITE(FormatPolicies, AllPolicies, PolicyNames);

TYPED_TEST(FormatPolicies, never_makes_a_value) {
  int called = 0;
  auto const make = [&called] { return ++called; };
  BasicLazyLock<int, decltype(make), TypeParam> const lazy{make};
  std::string const name = TypeParam::can_wait ? "LazyLock" : "LazyCell";
  EXPECT_EQ(text(lazy), name + "(<uninit>)");
  EXPECT_EQ(called, 0);
  lazy.force();
  EXPECT_EQ(text(lazy), name + "(1)");
  EXPECT_EQ(called, 1);
}

// Printing what is being made would be re-entrance, if it looked for a value in earnest.
TYPED_TEST(FormatPolicies, inside_an_initialiser) {
  std::string seen;
  BasicOnceLock<int, TypeParam> lock;
  lock.get_or_init([&] {
    seen = text(lock);
    return 3;
  });
  EXPECT_EQ(seen, TypeParam::can_wait ? "OnceLock(<uninit>)" : "OnceCell(<uninit>)");
  BasicOnce<TypeParam> once;
  once.call_once([&] { seen = text(once); });
  EXPECT_EQ(seen, "Once(running)");
  EXPECT_EQ(text(once), "Once(complete)");
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(FormatPolicies, after_a_failure) {
  struct Failure {};
  auto const fail = []() -> int { throw Failure{}; };
  BasicLazyLock<int, decltype(fail), TypeParam> lazy{fail};
  EXPECT_THROW(lazy.force(), Failure);
  EXPECT_EQ(text(lazy), TypeParam::can_wait ? "LazyLock(<uninit>)" : "LazyCell(<uninit>)");
  BasicOnce<TypeParam> once;
  EXPECT_THROW(once.call_once(fail), Failure);
  EXPECT_EQ(text(once), "Once(poisoned)");
  BasicOnce<TypeParam, first_use::WipeOnFork<>> wiped;
  EXPECT_THROW(wiped.call_once(fail), Failure);
  EXPECT_EQ(text(wiped), as_called_here("WipeOnForkOnce(poisoned)"));
}

#endif

// The value is printed by its own operator, whatever that does.
struct Shouting {};
std::ostream& operator<<(std::ostream& out, Shouting const&) { return out << "HELLO"; }

TEST(Format, values_print_themselves) {
  OnceLock<Shouting> lock;
  lock.set(Shouting{});
  EXPECT_EQ(text(lock), as_called_here("OnceLock(HELLO)"));
  OnceLock<std::string> empty_string;
  empty_string.set("");
  EXPECT_EQ(text(empty_string), as_called_here("OnceLock()"));
  OnceLock<OnceLock<int>> nested;
  nested.try_emplace();
  EXPECT_EQ(text(nested), as_called_here("OnceLock(OnceLock(<uninit>))"));
  nested.get()->set(3);
  EXPECT_EQ(text(nested), as_called_here("OnceLock(OnceLock(3))"));
}

TEST(Format, hands_back_the_stream_and_its_flags) {
  OnceLock<int> lock;
  lock.set(255);
  std::ostringstream out;
  (out << std::hex << lock << '|') << LazyLock{Three{}} << '|' << Once{};
  EXPECT_EQ(out.str(), as_called_here("OnceLock(ff)|LazyLock(<uninit>)|Once(incomplete)"));
}

#if defined(__cpp_lib_format)

TEST(Format, std_format) {
  OnceLock<int> lock;
  EXPECT_EQ(std::format("{}", lock), as_called_here("OnceLock(<uninit>)"));
  EXPECT_EQ(std::format("{:#x}", lock), as_called_here("OnceLock(<uninit>)"));
  lock.set(255);
  EXPECT_EQ(std::format("{}", lock), as_called_here("OnceLock(255)"));
  EXPECT_EQ(std::format("[{:#06x}]", lock), "[OnceLock(0x00ff)]");
  OnceCell<int> const full{std::in_place, 3};
  EXPECT_EQ(std::format("{}", full), "OnceCell(3)");
  EXPECT_EQ(std::format("{}", first_use::WipeOnForkOnceLock<int>{}), as_called_here("WipeOnForkOnceLock(<uninit>)"));
}

TEST(Format, std_format_of_lazies) {
  int called = 0;
  LazyLock lazy{[&called] { return ++called; }};
  EXPECT_EQ(std::format("{}", lazy), as_called_here("LazyLock(<uninit>)"));
  EXPECT_EQ(called, 0);
  lazy.force();
  EXPECT_EQ(std::format("{:3}|{}", lazy, lazy), as_called_here("LazyLock(  1)|LazyLock(1)"));
  LazyCell cell{Three{}};
  EXPECT_EQ(std::format("{}", cell), "LazyCell(<uninit>)");
  LazyLock<NeverDestroyed<std::string>> undying{[] { return std::string{"made"}; }};
  undying.force();
  EXPECT_EQ(std::format("{}", undying), as_called_here("LazyLock(made)"));
  EXPECT_EQ(std::format("{}", first_use::WipeOnForkLazyCell{Three{}}), as_called_here("WipeOnForkLazyCell(<uninit>)"));
}

#endif

}  // namespace
