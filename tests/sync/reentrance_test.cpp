// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Initialisers that ask for what they are making: told, under every policy, where others hang. A knot says nothing about
// the value, so that what it escapes from is not poisoned.
#include <stdexcept>
#include <vector>

#include <first_use/once.hpp>
#include <first_use/wiped.hpp>

#include "policies.hpp"

namespace {

using namespace first_use_test;
using namespace std::chrono_literals;
using first_use::BasicOnce;
using first_use::DeadlockError;
using first_use::OnceState;
using first_use::OnceStatus;
using first_use::ReentrantInitError;

TEST(Knots, errors_of_knots_are_told_apart_by_type) {
  static_assert(std::is_base_of_v<first_use::InitError, ReentrantInitError>);
  static_assert(std::is_base_of_v<first_use::InitError, DeadlockError>);
  static_assert(std::is_base_of_v<first_use::InitError, first_use::PoisonedError>);
  static_assert(std::is_base_of_v<std::exception, first_use::InitError>);
  static_assert(std::is_nothrow_copy_constructible_v<ReentrantInitError>);
  static_assert(std::is_nothrow_copy_constructible_v<DeadlockError>);
}

#if FIRST_USE_HAS_EXCEPTIONS

template <class Sync>
class Reentrance : public ::testing::Test {
 protected:
  BasicOnce<Sync> once_;
};
TYPED_TEST_SUITE(Reentrance, AllPoliciesAndInterrupts, PolicyNames);

/// The text of the ReentrantInitError that `call` throws.
template <class Call>
std::string reentrance_of(Call const& call) {
  try {
    call();
  } catch (ReentrantInitError const& error) {
    EXPECT_TRUE(error.is_knot());
    std::string text = error.what();
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    return text;
  }
  ADD_FAILURE() << "the inner call returned";
  return {};
}

template <class O>
void expect_fresh(O const& once) {
  EXPECT_EQ(once.status(), OnceStatus::incomplete);
  int runs = 0;
  once.call_once([&] { ++runs; });
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(once.is_completed());
}

TYPED_TEST(Reentrance, call_once_inside_itself_is_told_in_the_inner_call) {
  this->once_.call_once([&] {
    std::string const text = reentrance_of([&] { this->once_.call_once([] { ADD_FAILURE(); }); });
    EXPECT_EQ(text, "first_use: the initialiser of Once asked for the value it is making, in thread " +
                        std::to_string(thread_number()) + ": Once -> Once; let it make the value from something else" +
                        (PolicyNames::GetName<TypeParam>(0) == "CriticalSection"
                             ? ", and an interrupt handler that came meanwhile look with get()"
                             : ""));
    EXPECT_EQ(this->once_.status(), OnceStatus::running) << "the outer call is still at it";
  });
  EXPECT_TRUE(this->once_.is_completed()) << "caught inside: the outer run completes";
}

TYPED_TEST(Reentrance, call_once_force_inside_itself_is_told_in_the_inner_call) {
  this->once_.call_once_force([&](OnceState const&) {
    reentrance_of([&] { this->once_.call_once_force([](OnceState const&) { ADD_FAILURE(); }); });
    reentrance_of([&] { this->once_.call_once([] { ADD_FAILURE(); }); });
  });
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(Reentrance, looking_at_oneself_is_no_reentrance) {
  this->once_.call_once([&] {
    EXPECT_FALSE(this->once_.is_completed());
    EXPECT_EQ(this->once_.status(), OnceStatus::running);
  });
}

TYPED_TEST(Reentrance, one_that_escapes_does_not_poison) {
  EXPECT_THROW(this->once_.call_once([&] { this->once_.call_once([] {}); }), ReentrantInitError);
  EXPECT_EQ(this->once_.status(), OnceStatus::incomplete);
  EXPECT_THROW(this->once_.call_once_force([&](OnceState const& state) {
    EXPECT_FALSE(state.is_poisoned());
    this->once_.call_once([] {});
  }),
               ReentrantInitError);
  expect_fresh(this->once_);
}

TYPED_TEST(Reentrance, one_that_escapes_leaves_poison_as_it_was) {
  EXPECT_THROW(this->once_.call_once([] { throw std::runtime_error{"failure"}; }), std::runtime_error);
  EXPECT_THROW(this->once_.call_once_force([&](OnceState const&) { this->once_.call_once([] {}); }),
               ReentrantInitError);
  EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
  this->once_.call_once_force([](OnceState const& state) { EXPECT_TRUE(state.is_poisoned()); });
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(Reentrance, one_that_leaves_as_another_error_poisons) {
  EXPECT_THROW(this->once_.call_once([&] {
    try {
      this->once_.call_once([] {});
    } catch (ReentrantInitError const&) { throw std::runtime_error{"my own"}; }
  }),
               std::runtime_error);
  EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
}

TYPED_TEST(Reentrance, through_others_the_text_tells_the_whole_chain) {
  BasicOnce<TypeParam> middle;
  first_use::WipeOnForkOnce inner;
  std::string text;
  try {
    this->once_.call_once(
        [&] { middle.call_once([&] { inner.call_once([&] { this->once_.call_once([] { ADD_FAILURE(); }); }); }); });
    ADD_FAILURE();
  } catch (ReentrantInitError const& error) { text = error.what(); }
  EXPECT_NE(text.find(as_called_here(": Once -> Once -> WipeOnForkOnce -> Once;")), std::string::npos) << text;
  expect_fresh(inner);
  expect_fresh(middle);
  expect_fresh(this->once_);
}

TYPED_TEST(Reentrance, the_chain_begins_with_the_one_that_is_asked_for) {
  first_use::WipeOnForkOnce outer;
  outer.call_once([&] {
    this->once_.call_once([&] {
      std::string const text = reentrance_of([&] { this->once_.call_once([] {}); });
      EXPECT_NE(text.find(": Once -> Once;"), std::string::npos) << text;
      EXPECT_EQ(text.find("WipeOnForkOnce"), std::string::npos) << text;
    });
  });
  EXPECT_TRUE(outer.is_completed());
}

TYPED_TEST(Reentrance, many_levels_are_seen_and_a_long_text_ends_in_dots) {
  constexpr std::size_t levels = 300;
  std::vector<BasicOnce<TypeParam>> onces(levels);
  std::string text;
  auto const descend = [&](auto const& self, std::size_t level) -> void {
    onces[level].call_once([&] {
      if (level + 1 != levels) return self(self, level + 1);
      text = reentrance_of([&] { onces[0].call_once([] {}); });
    });
  };
  descend(descend, 0);
  EXPECT_GT(text.size(), 500U);
  EXPECT_EQ(text.substr(text.size() - 3), "...");
  for (auto const& once : onces) EXPECT_TRUE(once.is_completed());
}

TYPED_TEST(Reentrance, after_a_run_has_ended_its_object_is_not_on_the_list) {
  // A later object at the same address is another one.
  for (int round = 0; round != 3; ++round) {
    BasicOnce<TypeParam> once;
    EXPECT_THROW(once.call_once([] { throw std::runtime_error{"failure"}; }), std::runtime_error);
    once.call_once_force([](OnceState const&) {});
    EXPECT_TRUE(once.is_completed());
  }
}

#if FIRST_USE_HAS_THREADS

template <class Sync>
class ReentrantWait : public ::testing::Test {
 protected:
  BasicOnce<Sync> once_;
};
TYPED_TEST_SUITE(ReentrantWait, BlockingPolicies, PolicyNames);

TYPED_TEST(ReentrantWait, a_wait_inside_its_own_initialiser_is_told) {
  this->once_.call_once([&] {
    reentrance_of([&] { this->once_.wait(); });
    reentrance_of([&] { this->once_.wait_force(); });
    reentrance_of([&] { static_cast<void>(this->once_.wait_for(1h)); });
    reentrance_of([&] { static_cast<void>(this->once_.wait_for(0s)); });
    reentrance_of([&] { static_cast<void>(this->once_.wait_for(std::chrono::hours::max())); });
    reentrance_of([&] { static_cast<void>(this->once_.wait_until(std::chrono::steady_clock::now() + 1h)); });
  });
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(ReentrantWait, the_waiters_of_one_that_knots_itself_take_over) {
  Gate running{"the initialiser to run"}, leave{"the initialiser to be let go"};
  Crew crew;
  crew.add([&] {
    EXPECT_THROW(this->once_.call_once([&] {
      running.open();
      leave.wait();
      this->once_.call_once([] { ADD_FAILURE(); });
    }),
                 ReentrantInitError);
  });
  running.wait();
  std::atomic<int> runs{0};
  crew.add(2, [&] { this->once_.call_once([&] { ++runs; }); });
  crew.add([&] { this->once_.wait(); });
  wait_until_queued(this->once_);
  leave.open();
  crew.join();
  EXPECT_EQ(runs, 1);
}

#endif  // FIRST_USE_HAS_THREADS
#endif  // FIRST_USE_HAS_EXCEPTIONS

}  // namespace
