// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Threads whose initialisers need each other in a ring: told, under every policy, where others hang; and what is no ring.
// detail/mixed_rings_test.cpp mixes the types and policies, detail/acyclic_test.cpp has what is no ring at length.
#include <array>
#include <string>
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

#if FIRST_USE_HAS_EXCEPTIONS

template <class Sync>
class Rings : public ::testing::Test {};
TYPED_TEST_SUITE(Rings, BlockingPolicies, PolicyNames);

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
        EXPECT_EQ(text.rfind("first_use: deadlock: this thread (" + std::to_string(thread_number()) +
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
  BasicOnce<first_use::PlatformSync> a;
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
