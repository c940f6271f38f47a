// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What only MutexSync and PriorityMutexSync have: a table that words share, so that a wake meets sleepers who wait for something else.
#include <first_use/sync/mutex_sync.hpp>

#include <array>
#include <memory>

#include "policies.hpp"

namespace {

using namespace first_use_test;

// More objects than the table has places: some share one, whatever their addresses.
constexpr std::size_t many = 200;

using MutexPolicies = ::testing::Types<first_use::MutexSync, first_use::PriorityMutexSync>;

template <class Sync>
class Table : public ::testing::Test {
 protected:
  using O = first_use::BasicOnce<Sync>;
  using Many = std::array<O, many>;
};
TYPED_TEST_SUITE(Table, MutexPolicies, PolicyNames);

TYPED_TEST(Table, objects_that_share_a_place_do_not_wake_each_other_for_good) {
  auto const onces = std::make_unique<typename TestFixture::Many>();
  std::atomic<int> returned{0};
  auto const& last = onces->back();
  Crew crew;
  crew.add([&] {
    last.wait();
    EXPECT_TRUE(last.is_completed());
    ++returned;
  });
  wait_until_queued(last);
  for (std::size_t i = 0; i + 1 != many; ++i) {
    // The mark of a waiter that has gone makes each of them wake whoever shares its place.
    EXPECT_FALSE((*onces)[i].wait_for(std::chrono::nanoseconds{0}));
    (*onces)[i].call_once([] {});
    EXPECT_EQ(returned, 0);
  }
  last.call_once([] {});
  crew.join();
  EXPECT_EQ(returned, 1);
}

TYPED_TEST(Table, waiters_of_many_objects_are_all_woken) {
  auto const onces = std::make_unique<typename TestFixture::Many>();
  constexpr int threads = 4;
  Crew crew;
  crew.add(threads, [&] {
    for (auto const& once : *onces) once.wait();
  });
  crew.add(threads, [&] {
    for (auto const& once : *onces) EXPECT_TRUE(once.wait_for(std::chrono::hours{1}));
  });
  for (auto const& once : *onces) {
    wait_until_queued(once);
    once.call_once([] {});
  }
}

TYPED_TEST(Table, an_initialiser_may_sleep_on_what_shares_its_place) {
  // While one runs no place of the table is locked: else a chain of them would hang.
  auto const onces = std::make_unique<typename TestFixture::Many>();
  auto const descend = [&](auto const& self, std::size_t i) -> void {
    (*onces)[i].call_once([&] {
      if (i + 1 != many) self(self, i + 1);
    });
  };
  Crew crew;
  crew.add([&] { (*onces)[0].wait(); });
  wait_until_queued((*onces)[0]);
  descend(descend, 0);
  crew.join();
  for (auto const& once : *onces) EXPECT_TRUE(once.is_completed());
}

TYPED_TEST(Table, stampede_once) {
  for (int round = 0; round != 20; ++round) {
    typename TestFixture::O once;
    int runs = 0;
    StartLine line{8};
    Crew crew;
    crew.add(8, [&] {
      line.wait();
      once.call_once([&] { ++runs; });
      EXPECT_EQ(runs, 1);
    });
  }
}

}  // namespace
