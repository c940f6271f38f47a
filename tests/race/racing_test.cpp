// SPDX-License-Identifier: MIT OR Apache-2.0
//
// race/ among threads: all run their initialisers at once, one wins, everybody gets its value, the others' are destroyed.
// And a fork in the middle of it.
#include <first_use/race.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "race/races.hpp"
#include "traced.hpp"
#if FIRST_USE_HAS_FORK
#include "fork/children.hpp"
#endif

namespace first_use_test {
namespace {

using first_use::race::BasicOnceBool;
using first_use::race::OnceBox;
using first_use::race::OnceNonZero;
using first_use::race::OnceRef;

TYPED_TEST_SUITE(Races, BlockingPolicies, PolicyNames);

constexpr int crowd = 8;

/// Runs `use(me)` in as many threads as there are, all of which meet where it calls the gate it is given: within their
/// initialisers, so that nobody has stored anything yet.
template <class Use>
void meet_inside(Use use) {
  StartLine inside{crowd};
  std::atomic<int> number{0};
  Crew crew;
  crew.add(crowd, [&] { use(number++, inside); });
}

TYPED_TEST(Races, once_box_first_wins) {
  Traced::reset();
  for (int round = 0; round != rounds(50); ++round) {
    OnceBox<Traced, TypeParam> box;
    std::array<Traced*, crowd> got{};
    std::atomic<int> runs{0};
    meet_inside([&](int me, StartLine& inside) {
      got[static_cast<std::size_t>(me)] = &box.get_or_init([&] {
        ++runs;
        inside.wait();
        return Traced{me + 1};
      });
      got[static_cast<std::size_t>(me)]->check();
    });
    EXPECT_EQ(runs, crowd) << "nobody waits for anybody";
    EXPECT_EQ(Traced::alive, 1) << "the losers are destroyed";
    for (Traced* const one : got) EXPECT_EQ(one, box.get());
    EXPECT_GT(box.get()->number, 0);
  }
  EXPECT_EQ(Traced::alive, 0);
}

TYPED_TEST(Races, once_box_set_keeps_what_is_refused) {
  Traced::reset();
  for (int round = 0; round != rounds(50); ++round) {
    OnceBox<Traced, TypeParam> box;
    std::atomic<int> stored{0}, kept{0};
    meet_inside([&](int me, StartLine& line) {
      auto mine = std::make_unique<Traced>(me);
      line.wait();
      if (box.set(std::move(mine))) {
        ++stored;
      } else if (mine != nullptr && mine->number == me) {
        ++kept;
      }
    });
    EXPECT_EQ(stored, 1);
    EXPECT_EQ(kept, crowd - 1);
    EXPECT_EQ(Traced::alive, 1);
  }
  EXPECT_EQ(Traced::alive, 0);
}

TYPED_TEST(Races, once_ref_first_wins) {
  for (int round = 0; round != rounds(50); ++round) {
    OnceRef<Traced, TypeParam> ref;
    std::array<std::unique_ptr<Traced>, crowd> made;
    std::array<Traced*, crowd> got{};
    meet_inside([&](int me, StartLine& inside) {
      auto const at = static_cast<std::size_t>(me);
      got[at] = &ref.get_or_init([&]() -> Traced& {
        inside.wait();
        made[at] = std::make_unique<Traced>(me);
        return *made[at];
      });
      got[at]->check();
    });
    for (Traced* const one : got) EXPECT_EQ(one, ref.get());
  }
}

TYPED_TEST(Races, once_non_zero_usize_first_wins) {
  for (int round = 0; round != rounds(50); ++round) {
    OnceNonZero<std::size_t, TypeParam> number;
    BasicOnceBool<TypeParam> truth;
    std::array<std::size_t, crowd> got{};
    std::atomic<int> yes{0}, stored{0};
    meet_inside([&](int me, StartLine& inside) {
      auto const at = static_cast<std::size_t>(me);
      got[at] = number.get_or_init([&] { return inside.wait(), at + 1; });
      if (truth.get_or_init([&] { return me % 2 == 0; })) ++yes;
      if (number.set(at + 1)) ++stored;
    });
    for (std::size_t const one : got) EXPECT_EQ(one, number.get());
    EXPECT_TRUE(yes == 0 || yes == crowd) << yes;
    EXPECT_EQ(yes == crowd, truth.get());
    EXPECT_EQ(stored, 0);
  }
}

// Who finds the value without having raced sees what it was made from.
TYPED_TEST(Races, readers_see_all_of_it) {
  for (int round = 0; round != rounds(50); ++round) {
    OnceBox<std::vector<int>, TypeParam> box;
    StartLine line{3};
    Crew crew;
    crew.add(2, [&] {
      line.wait();
      wait_until_holds("a value", [&] { return box.get() != nullptr; });
      EXPECT_EQ(box.get()->at(99), 7);
    });
    line.wait();
    box.get_or_init([] { return std::vector<int>(100, 7); });
  }
}

#if FIRST_USE_HAS_EXCEPTIONS

TYPED_TEST(Races, who_throws_takes_nothing_from_the_others) {
  Traced::reset();
  for (int round = 0; round != rounds(100); ++round) {
    OnceBox<Traced, TypeParam> box;
    std::atomic<int> failed{0}, good{0};
    meet_inside([&](int me, StartLine& inside) {
      try {
        box.get_or_init([&] {
          inside.wait();
          if (me % 2 == 0) throw Failure{me};
          return Traced{me};
        });
        ++good;
      } catch (Failure const& failure) {
        EXPECT_EQ(failure.number, me);
        ++failed;
      }
    });
    EXPECT_EQ(failed, crowd / 2);
    EXPECT_EQ(good, crowd / 2);
    EXPECT_EQ(Traced::alive, 1);
  }
}

#endif

#if FIRST_USE_HAS_FORK

TYPED_TEST(Races, a_fork_in_the_middle_leaves_nobody_waiting) {
  OnceNonZero<int, TypeParam> kept{5};
  for (children::Way const* const way : children::every_way) {
    OnceNonZero<int, TypeParam> running;
    {
      children::InFlight const inside{[&](auto const& hold) {
        running.get_or_init([&] {
          hold();
          return 1;
        });
      }};
      children::in_child(
          [&] {
            CHILD_CHECK(kept.get() == 5);
            CHILD_CHECK(running.get() == 0);
            CHILD_CHECK(running.get_or_init([] { return 2; }) == 2);
          },
          *way);
      EXPECT_EQ(running.get(), 0);
    }
    EXPECT_EQ(running.get(), 1);
  }
}

#endif

}  // namespace
}  // namespace first_use_test
