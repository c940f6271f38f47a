// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What an observer is told, in which order and by whom; what it is not told; and that it may use lazies itself.
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <first_use/first_use.hpp>

#include "observed.hpp"
#include "policies.hpp"
#if FIRST_USE_HAS_FORK
#include "fork/children.hpp"
#endif

namespace {

using namespace first_use_test;
using namespace std::chrono_literals;
using first_use::BasicOnce;
using first_use::named;
using first_use::Observation;
using first_use::Once;
using first_use::OnceLock;

TEST(Observer, none_by_default_and_the_one_before_is_returned) {
  EXPECT_EQ(first_use::set_observer(&hear), nullptr);
  EXPECT_EQ(first_use::set_observer(nullptr), &hear);
  EXPECT_EQ(first_use::set_observer(nullptr), nullptr);
}

template <class Sync>
class Observed : public ::testing::Test {
 protected:
  BasicOnce<Sync> once_;
};
TYPED_TEST_SUITE(Observed, AllPolicies, PolicyNames);

TYPED_TEST(Observed, a_run_begins_and_ends) {
  Listening const listening;
  auto const before = std::chrono::steady_clock::now().time_since_epoch();
  this->once_.call_once(named<"set-up">([&] { EXPECT_EQ(story_of(&this->once_), "begin"); }));
  auto const after = std::chrono::steady_clock::now().time_since_epoch();
  ASSERT_EQ(story_of(&this->once_), "begin end");
  for (Heard const& one : heard) {
    EXPECT_EQ(one.type, "Once");
    EXPECT_EQ(one.name, "set-up");
    EXPECT_EQ(one.thread, this_thread());
    if (!FIRST_USE_HAS_THREADS) {
      EXPECT_EQ(one.nanoseconds, 0);
      continue;
    }
    EXPECT_GE(one.nanoseconds, std::chrono::nanoseconds{before}.count());
    EXPECT_LE(one.nanoseconds, std::chrono::nanoseconds{after}.count());
  }
  EXPECT_LE(heard[0].nanoseconds, heard[1].nanoseconds);
  this->once_.call_once([] {});
  this->once_.call_once(named<"again">([] {}));
  EXPECT_EQ(heard.size(), 2U) << "nothing is told of what is there already";
}

TYPED_TEST(Observed, nothing_is_told_once_it_is_removed) {
  { Listening const listening; }
  this->once_.call_once([] {});
  EXPECT_TRUE(heard.empty());
}

TYPED_TEST(Observed, nested_runs_nest) {
  BasicOnce<TypeParam> inner;
  Listening const listening;
  this->once_.call_once([&] { inner.call_once([] {}); });
  ASSERT_EQ(heard.size(), 4U);
  void const* const objects[] = {&this->once_, &inner, &inner, &this->once_};
  for (std::size_t i = 0; i != 4; ++i) EXPECT_EQ(heard[i].object, objects[i]) << i;
  EXPECT_EQ(story_of(&this->once_), "begin end");
  EXPECT_EQ(story_of(&inner), "begin end");
}

// The object is not there yet when its end is told.
void const* watched = nullptr;
std::atomic<bool> was_complete{false};
void look(Observation const& seen) noexcept {
  if (seen.what == What::end) was_complete = static_cast<Once const*>(watched)->is_completed();
}
TEST(Observer, the_end_comes_before_the_publication) {
  Once once;
  watched = &once;
  was_complete = true;
  Listening const listening{&look};
  once.call_once([] {});
  EXPECT_FALSE(was_complete);
  EXPECT_TRUE(once.is_completed());
}

TEST(Observer, the_address_and_the_type_are_the_object_s) {
  first_use::LazyLock lazy_lock{named<"lazy">([] { return 1.5; })};
  first_use::LazyLock owner{[text = std::string(100, 'x')] { return text; }};
  first_use::LazyCell lazy_cell{first_use::retry_on_throw, [] { return 2; }};
  OnceLock<std::array<char, 100>> lock;
  first_use::OnceCell<char> cell;
  first_use::WipeOnForkOnce wiped_once;
  first_use::WipeOnForkOnceLock<int> wiped_lock;
  first_use::WipeOnForkLazyCell wiped_cell{[] { return 3; }};
  Listening const listening;
  lazy_lock.force();
  owner.force();
  lazy_cell.force();
  lock.set({});
  cell.get_or_init([] { return 'c'; });
  wiped_once.call_once([] {});
  wiped_lock.get_or_init(named<"own">([] { return 1; }));
  wiped_cell.force();
  std::vector<std::pair<void const*, std::string>> const expected{
      {&lazy_lock, as_called_here("LazyLock<double>")},
      {&owner, as_called_here("LazyLock<std::")},
      {&lazy_cell, "LazyCell<int>"},
      {&lock, as_called_here("OnceLock<std::array<char, 100")},
      {&cell, "OnceCell<char>"},
      {&wiped_once, as_called_here("WipeOnForkOnce")},
      {&wiped_lock, as_called_here("WipeOnForkOnceLock<int>")},
      {&wiped_cell, as_called_here("WipeOnForkLazyCell<int>")}};
  ASSERT_EQ(heard.size(), 2 * expected.size());
  for (std::size_t i = 0; i != expected.size(); ++i) {
    for (std::size_t half = 0; half != 2; ++half) {
      EXPECT_EQ(heard[2 * i + half].object, expected[i].first) << expected[i].second;
      EXPECT_EQ(heard[2 * i + half].type.rfind(expected[i].second, 0), 0U) << heard[2 * i + half].type;
    }
  }
  EXPECT_EQ(heard[0].name, "lazy");
  EXPECT_EQ(heard[2].name, "");
  EXPECT_EQ(heard[12].name, "own");
}

TEST(Observer, an_error_that_is_returned_is_a_failure) {
  OnceLock<int> lock;
  Listening const listening;
  EXPECT_EQ(lock.get_or_try_init([] { return std::optional<int>{}; }), nullptr);
  EXPECT_NE(lock.get_or_try_init([] { return std::optional{1}; }), nullptr);
  EXPECT_EQ(story_of(&lock), "begin failure begin end");
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(Observed, an_exception_is_a_failure) {
  Listening const listening;
  EXPECT_THROW(this->once_.call_once([] { throw std::runtime_error{"failure"}; }), std::runtime_error);
  EXPECT_EQ(story_of(&this->once_), "begin failure");
  EXPECT_THROW(this->once_.call_once([] {}), first_use::PoisonedError);
  EXPECT_EQ(story_of(&this->once_), "begin failure") << "poison begins nothing";
}

#endif  // FIRST_USE_HAS_EXCEPTIONS

// An observer with lazies of its own ----------------------------------------------------------------------------------

constinit first_use::LazyLock<int> own{[] { return 1; }};
std::atomic<int> told_of_own{0}, uses{0};
void uses_lazies(Observation const& seen) noexcept {
  uses += *own;
  Once once;
  once.call_once([] {});
  if (seen.object == static_cast<void const*>(&own) || seen.object == static_cast<void const*>(&once)) ++told_of_own;
}
TEST(Observer, that_uses_lazies_is_not_told_of_them) {
  Listening const listening{&uses_lazies};
  Once once;
  once.call_once([] {});
  EXPECT_EQ(uses, 2);
  EXPECT_EQ(told_of_own, 0);
}

#if FIRST_USE_HAS_EXCEPTIONS
std::string said_to_the_observer;
Once* in_work = nullptr;
void asks_for_the_very_object(Observation const&) noexcept {
  try {
    in_work->wait();
  } catch (first_use::ReentrantInitError const& error) { said_to_the_observer = error.what(); }
}
TEST(Observer, that_asks_for_the_very_object_is_told_so) {
  Once once;
  in_work = &once;
  Listening const listening{&asks_for_the_very_object};
  once.call_once([] {});
  EXPECT_NE(said_to_the_observer.find("Once -> Once"), std::string::npos) << said_to_the_observer;
  EXPECT_TRUE(once.is_completed());
}
#endif

#if FIRST_USE_HAS_FORK

// Forks ---------------------------------------------------------------------------------------------------------------

TEST(Observer, a_child_keeps_it_and_is_told_what_it_wipes) {
  first_use::WipeOnForkOnceLock<int> wiped;
  first_use::WipeOnForkLazyLock lazy{[] { return 1; }};
  Once kept;
  Listening const listening;
  wiped.set(1);
  kept.call_once([] {});
  EXPECT_EQ(story_of(&wiped), "begin end");
  children::in_child([&] {
    heard.clear();
    CHILD_CHECK(wiped.get_or_init([] { return 2; }) == 2);
    CHILD_CHECK(*lazy == 1);
    kept.call_once([] {});
    CHILD_CHECK(story_of(&wiped) == "wipe begin end");
    CHILD_CHECK(story_of(&lazy) == "begin end");
    CHILD_CHECK(story_of(&kept).empty());
  });
}

TEST(Observer, an_initialiser_that_forks_ends_in_both_processes) {
  OnceLock<int> lock;
  Listening const listening;
  children::in_child([&] {
    ::pid_t forked = 0;
    lock.get_or_init([&] {
      forked = ::fork();
      if (forked == 0) heard.clear();
      return 1;
    });
    CHILD_CHECK(story_of(&lock) == (forked == 0 ? "end" : "begin end"));
    if (forked != 0) children::child_waits_for(forked);
  });
  EXPECT_EQ(story_of(&lock), "");
}

#endif  // FIRST_USE_HAS_FORK

}  // namespace
