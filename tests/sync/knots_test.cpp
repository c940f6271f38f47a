// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Initialisers that ask for what they are making, alone (re-entrance) or in a ring of threads: told, under every policy,
// where others hang. A knot says nothing about the value, so that what it escapes from is not poisoned.
#include <array>
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
TYPED_TEST_SUITE(Reentrance, AllPolicies, PolicyNames);

template <class Sync>
class ReentrantWait : public ::testing::Test {
 protected:
  BasicOnce<Sync> once_;
};
TYPED_TEST_SUITE(ReentrantWait, BlockingPolicies, PolicyNames);

template <class Sync>
class Rings : public ::testing::Test {};
TYPED_TEST_SUITE(Rings, BlockingPolicies, PolicyNames);

// Re-entrance ---------------------------------------------------------------------------------------------------------

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
                        std::to_string(::gettid()) + ": Once -> Once; let it make the value from something else");
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
  EXPECT_NE(text.find(": Once -> Once -> WipeOnForkOnce -> Once;"), std::string::npos) << text;
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

// Rings ---------------------------------------------------------------------------------------------------------------

/// Thread i initialises `onces[i]` and, once all are at it, does `ask(onces[i + 1])`. Returns how many were told, and
/// checks what is left behind.
template <class O, class Ask>
int tie_ring(std::vector<O> const& onces, Ask const& ask) {
  int const threads = static_cast<int>(onces.size());
  StartLine all_run{threads};
  std::atomic<int> told{0};
  Crew crew;
  for (std::size_t i = 0; i != onces.size(); ++i) {
    crew.add([&, i] {
      try {
        onces[i].call_once([&] {
          all_run.wait();
          ask(onces[(i + 1) % onces.size()]);
        });
      } catch (DeadlockError const& error) {
        ++told;
        EXPECT_TRUE(error.is_knot());
        std::string const text = error.what();
        EXPECT_EQ(text.rfind("first_use: deadlock: this thread (" + std::to_string(::gettid()) +
                                 ") initialises Once and needs Once; thread ",
                             0),
                  0U)
            << text;
        EXPECT_EQ(text.find('\n'), std::string::npos) << text;
        std::size_t links = 0;
        for (auto at = text.find("and needs Once"); at != std::string::npos; at = text.find("and needs Once", at + 1)) {
          ++links;
        }
        EXPECT_EQ(links, onces.size()) << text;
        // Whom I let through may have been taken over; what I made is not poisoned.
        EXPECT_NE(onces[i].status(), OnceStatus::poisoned);
        onces[i].call_once([] {});
      }
    });
  }
  crew.join();
  for (auto const& once : onces) {
    once.call_once([] {});
    EXPECT_TRUE(once.is_completed());
  }
  return told;
}

TYPED_TEST(Rings, of_two_threads_are_told_to_one_of_them) {
  for (int round = 0; round != 50; ++round) {
    std::vector<BasicOnce<TypeParam>> const onces(2);
    EXPECT_EQ(tie_ring(onces, [](auto const& next) { next.call_once([] {}); }), 1);
  }
}

TYPED_TEST(Rings, of_three_threads_are_told_to_one_of_them) {
  for (int round = 0; round != 50; ++round) {
    std::vector<BasicOnce<TypeParam>> const onces(3);
    EXPECT_EQ(tie_ring(onces, [](auto const& next) { next.call_once([] {}); }), 1);
  }
}

TYPED_TEST(Rings, of_forces_are_told) {
  std::vector<BasicOnce<TypeParam>> const onces(2);
  EXPECT_EQ(tie_ring(onces, [](auto const& next) { next.call_once_force([](OnceState const&) {}); }), 1);
}

TYPED_TEST(Rings, of_waits_are_told) {
  // Whoever is told begins again (tie_ring), so that the other's wait ends.
  std::vector<BasicOnce<TypeParam>> const onces(2);
  EXPECT_EQ(tie_ring(onces, [](auto const& next) { next.wait(); }), 1);
}

TYPED_TEST(Rings, through_nested_initialisers_are_told) {
  for (int round = 0; round != 20; ++round) {
    BasicOnce<TypeParam> a, b, inside_a, inside_b;
    StartLine both_run{2};
    std::atomic<int> told{0};
    auto const nest = [&](auto const& outer, auto const& inner, auto const& wanted) {
      try {
        outer.call_once([&] {
          inner.call_once([&] {
            both_run.wait();
            wanted.call_once([] {});
          });
        });
      } catch (DeadlockError const&) { ++told; }
    };
    Crew crew;
    crew.add([&] { nest(a, inside_a, b); });
    crew.add([&] { nest(b, inside_b, a); });
    crew.join();
    EXPECT_EQ(told, 1);
    for (auto* once : {&a, &b, &inside_a, &inside_b}) {
      once->call_once([] {});
      EXPECT_TRUE(once->is_completed());
    }
  }
}

TEST(RingsAcross, across_policies_are_told) {
  BasicOnce<first_use::FutexSync> a;
  BasicOnce<first_use::MutexSync> b;
  first_use::WipeOnForkOnce c;
  StartLine all_run{3};
  std::atomic<int> told{0};
  auto const run = [&](auto const& mine, auto const& wanted) {
    try {
      mine.call_once([&] {
        all_run.wait();
        wanted.call_once([] {});
      });
    } catch (DeadlockError const&) { ++told; }
  };
  Crew crew;
  crew.add([&] { run(a, b); });
  crew.add([&] { run(b, c); });
  crew.add([&] { run(c, a); });
  crew.join();
  EXPECT_EQ(told, 1);
}

TYPED_TEST(Rings, an_error_caught_inside_lets_the_outer_run_complete) {
  BasicOnce<TypeParam> a, b;
  StartLine both_run{2};
  std::atomic<int> told{0};
  auto const run = [&](auto const& mine, auto const& wanted) {
    mine.call_once([&] {
      both_run.wait();
      try {
        wanted.call_once([] { ADD_FAILURE(); });
      } catch (DeadlockError const&) { ++told; }
    });
    EXPECT_TRUE(mine.is_completed());
  };
  Crew crew;
  crew.add([&] { run(a, b); });
  crew.add([&] { run(b, a); });
  crew.join();
  EXPECT_EQ(told, 1);
}

TYPED_TEST(Rings, a_timed_wait_closes_none) {
  BasicOnce<TypeParam> a, b;
  StartLine both_run{2};
  Gate timed_out{"the timed wait to end"};
  Crew crew;
  crew.add([&] {
    a.call_once([&] {
      both_run.wait();
      wait_until_queued(a);  // the other waits for us: a ring, if this were no timed wait
      EXPECT_FALSE(b.wait_for(1ms));
      timed_out.open();
    });
  });
  crew.add([&] {
    b.call_once([&] {
      both_run.wait();
      a.wait();
      EXPECT_TRUE(timed_out.is_open());
    });
  });
  crew.join();
  EXPECT_TRUE(a.is_completed() && b.is_completed());
}

TYPED_TEST(Rings, a_chain_is_no_ring) {
  constexpr std::size_t links = 5;
  for (int round = 0; round != 20; ++round) {
    std::array<BasicOnce<TypeParam>, links> chain;
    StartLine all_run{static_cast<int>(links)};
    Crew crew;
    for (std::size_t i = 0; i != links; ++i) {
      crew.add([&, i] {
        chain[i].call_once([&] {
          all_run.wait();
          if (i + 1 != links) chain[i + 1].call_once([] { ADD_FAILURE(); });
        });
      });
    }
    crew.add(2, [&] { chain[0].wait(); });  // nor are those who initialise nothing
    crew.join();
    for (auto const& once : chain) EXPECT_TRUE(once.is_completed());
  }
}

TYPED_TEST(Rings, threads_that_nest_in_one_order_are_never_told_of_any) {
  constexpr std::size_t objects = 40;
  constexpr int threads = 4;
  std::array<BasicOnce<TypeParam>, objects> onces;
  StartLine line{threads};
  // Each asks for all that come behind it, in its own initialiser: many waits, no ring.
  auto const ask = [&](auto const& self, std::size_t from, std::size_t step) -> void {
    for (std::size_t i = from; i < objects; i += step) {
      onces[i].call_once([&] { self(self, i + 1, step); });
    }
  };
  Crew crew;
  for (std::size_t i = 0; i != threads; ++i) {
    crew.add([&, i] {
      line.wait();
      ask(ask, i, i + 1);
    });
  }
  EXPECT_NO_THROW(crew.join());
}

#endif  // FIRST_USE_HAS_EXCEPTIONS

}  // namespace
