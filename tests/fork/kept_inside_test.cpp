// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Kept types: an initialiser that itself forks goes on in both processes, and both complete.
#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "fork/objects.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using children::child_waits_for;
using children::every_way;
using children::in_child;
using children::Objects;
using children::Way;

template <class Sync>
class KeptInside : public testing::Test {};
TYPED_TEST_SUITE(KeptInside, first_use_test::BlockingPolicies, first_use_test::PolicyNames);

TYPED_TEST(KeptInside, CompletesInBothProcesses) {
  for (Way const* const way : every_way) {
    in_child([&] {
      Objects<TypeParam> all;
      pid_t pids[3] = {-1, -1, -1};
      int runs[3] = {};
      all.init_once([&] {
        ++runs[0];
        pids[0] = way->make();
        CHILD_CHECK(all.once.status() == OnceStatus::running);
      });
      all.init_lock([&] {
        ++runs[1];
        pids[1] = way->make();
        CHILD_CHECK(all.lock.get() == nullptr);
      });
      all.init_lazy([&] {
        ++runs[2];
        pids[2] = way->make();
        CHILD_CHECK(all.lazy.get() == nullptr);
      });
      CHILD_CHECK(all.once.is_completed() && *all.lock.get() == 1 && *all.lazy.get() == 1);
      all.once.call_once([&] { ++runs[0]; });
      CHILD_CHECK(all.lock.get_or_init([] { return 2; }) == 1);
      CHILD_CHECK(*all.lazy == 1);
      for (int const count : runs) CHILD_CHECK(count == 1);
      // Backwards, until the fork that this process came from.
      for (int i = 2; i >= 0 && pids[i] != 0; --i) child_waits_for(pids[i]);
    });
  }
}

#if FIRST_USE_HAS_EXCEPTIONS

// Between the fork and the end of the initialiser the child knows that it is the one who runs it.
TYPED_TEST(KeptInside, ReentranceIsSeenInBothProcesses) {
  for (Way const* const way : every_way) {
    in_child([&] {
      Objects<TypeParam> all;
      pid_t pid = -1;
      all.init_once([&] {
        pid = way->make();
        children::error_in_child<ReentrantInitError>([&] { all.once.call_once([] {}); });
      });
      if (pid != 0) child_waits_for(pid);
      all.init_lock([&] {
        pid = way->make();
        children::error_in_child<ReentrantInitError>([&] { all.lock.wait(); });
        children::error_in_child<ReentrantInitError>([&] { static_cast<void>(all.lock.try_set(1)); });
      });
      if (pid != 0) child_waits_for(pid);
      CHILD_CHECK(all.once.is_completed() && *all.lock.get() == 1);
    });
  }
}

TYPED_TEST(KeptInside, FailureInOneProcessIsNoneInTheOther) {
  for (Way const* const way : every_way) {
    in_child([&] {
      Objects<TypeParam> all;
      pid_t pid = -1;
      auto const fails_in_the_child = [&] {
        pid = way->make();
        if (pid == 0) throw 1;
      };
      bool failed = false;
      try {
        all.init_once(fails_in_the_child);
      } catch (int) { failed = true; }
      CHILD_CHECK(failed == (pid == 0));
      CHILD_CHECK(all.once.status() == (failed ? OnceStatus::poisoned : OnceStatus::complete));
      if (failed) {
        children::error_in_child<PoisonedError>([&] { all.once.call_once([] {}); });
        return;
      }
      child_waits_for(pid);
      try {
        all.init_lock(fails_in_the_child);
      } catch (int) { failed = true; }
      CHILD_CHECK(failed == (pid == 0));
      CHILD_CHECK((all.lock.get() == nullptr) == failed);
      CHILD_CHECK(all.lock.get_or_init([] { return 5; }) == (failed ? 5 : 1));
      if (failed) return;
      child_waits_for(pid);
      try {
        all.init_lazy(fails_in_the_child);
      } catch (int) { failed = true; }
      CHILD_CHECK(failed == (pid == 0));
      CHILD_CHECK(all.lazy.is_poisoned() == failed);
      if (!failed) child_waits_for(pid);
    });
  }
}

#endif

TYPED_TEST(KeptInside, ForkInAForkInTheInitialiser) {
  for (Way const* const way : every_way) {
    in_child([&] {
      Objects<TypeParam> all;
      pid_t child = -1;
      pid_t grandchild = -1;
      int runs = 0;
      all.init_lock([&] {
        all.init_once([&] {
          ++runs;
          child = way->make();
          if (child == 0) grandchild = way->make();
        });
        CHILD_CHECK(all.once.is_completed());
        if (grandchild == 0) {
          pid_t const great_grandchild = way->make();
          if (great_grandchild != 0) child_waits_for(great_grandchild);
        }
      });
      CHILD_CHECK(runs == 1 && all.once.is_completed() && all.lock.value() == 1);
      all.once.call_once([&] { ++runs; });
      CHILD_CHECK(runs == 1);
      if (child != 0) child_waits_for(child);
      if (child == 0 && grandchild != 0) child_waits_for(grandchild);
    });
  }
}

}  // namespace
