// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Kept lazies, and the cells: what a child finds whose parent was in the middle of one, or had failed.
#include <atomic>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/careful.hpp"
#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using children::Careful;
using children::every_way;
using children::in_child;
using children::in_every_child;
using children::InFlight;
using children::Way;

template <class Sync>
class KeptLazy : public testing::Test {};
TYPED_TEST_SUITE(KeptLazy, first_use_test::BlockingPolicies, first_use_test::PolicyNames);

// What every lazy below runs. The child's lies apart: ThreadSanitizer does not know that a lost thread reads no more.
std::function<int()> scripts[2];
std::atomic<int> scene{0};
int script() { return scripts[scene](); }

struct Empty {
  int operator()() const { return script(); }
};
using Pointer = int (*)();
struct Small {
  int calls;
  // A copy is called: what the lost thread's call did to it is not seen.
  int operator()() {
    calls += 10;
    return script() + calls;
  }
};
struct Kept {
  std::string text;
  int operator()() const { return text == std::string(100, 'k') ? script() : -1; }
};

template <class Lazy>
void expect_afresh(Lazy&& lazy, int in_parent, int in_child) {
  {
    InFlight const running{[&](auto const& hold) {
      scripts[0] = [hold] {
        hold();
        return 1;
      };
      lazy.force();
    }};
    in_every_child([&] {
      CHILD_CHECK(lazy.get() == nullptr);
      CHILD_CHECK(!lazy.is_poisoned());
      int runs = 0;
      scene = 1;
      scripts[1] = [&] {
        ++runs;
        return 2;
      };
      CHILD_CHECK(*lazy == in_child);
      CHILD_CHECK(lazy.force() == in_child);
      CHILD_CHECK(runs == 1);
    });
  }
  EXPECT_EQ(*lazy, in_parent);
}

TYPED_TEST(KeptLazy, WithAnEmptyInitialiserStartsAfresh) {
  expect_afresh(BasicLazyLock<int, Empty, TypeParam>{Empty{}}, 1, 2);
}
TYPED_TEST(KeptLazy, WithAFunctionPointerStartsAfresh) {
  expect_afresh(BasicLazyLock<int, Pointer, TypeParam>{[] { return script(); }}, 1, 2);
}
TYPED_TEST(KeptLazy, WithASmallInitialiserStartsAfresh) {
  expect_afresh(BasicLazyLock<int, Small, TypeParam>{Small{0}}, 11, 12);
}
TYPED_TEST(KeptLazy, ThatRetriesStartsAfresh) {
  expect_afresh(BasicLazyLock<int, Kept, TypeParam, KeepOnFork, RetryOnThrow>{Kept{std::string(100, 'k')}}, 1, 2);
}

#if FIRST_USE_HAS_EXCEPTIONS

struct Consumed {
  std::unique_ptr<int> number;
  int operator()() const { return script() + *number; }
};

TYPED_TEST(KeptLazy, WhoseInitialiserWasConsumedSaysThatAForkInterruptedIt) {
  using Lazy = BasicLazyLock<int, Consumed, TypeParam>;
  alignas(Lazy) unsigned char room[sizeof(Lazy)];
  Lazy& lazy = *new (room) Lazy{Consumed{std::make_unique<int>(40)}};
  {
    InFlight const running{[&](auto const& hold) {
      scripts[0] = [hold] {
        hold();
        return 1;
      };
      lazy.force();
    }};
    in_every_child([&] {
      scene = 1;
      scripts[1] = [] { return 2; };
      CHILD_CHECK(lazy.get() == nullptr);
      std::string const text = children::error_in_child<PoisonedError>([&] { lazy.force(); });
      CHILD_CHECK(children::says(text, "fork interrupted its initialiser"));
      CHILD_CHECK(children::says(text, "LazyLock<int>"));
      CHILD_CHECK(lazy.is_poisoned());
      children::error_in_child<PoisonedError>([&] { lazy.force(); });
      CHILD_CHECK(lazy.get() == nullptr);
      children::error_in_child<PoisonedError>([&] { static_cast<void>(std::move(lazy).into_inner()); });
      lazy.~Lazy();  // and no second destruction of what the lost thread took
    });
    in_every_child([&] { lazy.~Lazy(); });
  }
  EXPECT_EQ(*lazy, 41);
  lazy.~Lazy();
}

TYPED_TEST(KeptLazy, PoisonIsKept) {
  BasicOnce<TypeParam> once;
  EXPECT_THROW(once.call_once([] { throw 1; }), int);
  auto const make = []() -> int { throw 2; };
  BasicLazyLock<int, decltype(make), TypeParam> lazy{make};
  EXPECT_THROW(lazy.force(), int);
  for (Way const* const way : every_way) {
    in_child(
        [&] {
          CHILD_CHECK(once.status() == OnceStatus::poisoned);
          children::error_in_child<PoisonedError>([&] { once.call_once([] {}); });
          children::error_in_child<PoisonedError>([&] { once.wait(); });
          CHILD_CHECK(lazy.is_poisoned());
          children::error_in_child<PoisonedError>([&] { lazy.force(); });
          once.call_once_force([](OnceState const& state) { CHILD_CHECK(state.is_poisoned()); });
          CHILD_CHECK(once.is_completed());
        },
        *way);
  }
  EXPECT_EQ(once.status(), OnceStatus::poisoned);
}

#endif

// ---- Types whose answer does not depend on a policy ------------------------------------------------------------------

TEST(CellsOverFork, CompleteStaysComplete) {
  OnceCell<int> cell;
  cell.set(1);
  LazyCell lazy{[] { return 2; }};
  lazy.force();
  for (Way const* const way : every_way) {
    in_child(
        [&] {
          CHILD_CHECK(*cell.get() == 1 && *lazy.get() == 2);
          CHILD_CHECK(cell.take() == 1 && cell.set(3));
        },
        *way);
  }
}

#if FIRST_USE_HAS_EXCEPTIONS
TEST(CellsOverFork, FilledByAnotherThreadAnswersInitError) {
  OnceCell<Careful> cell;
  LazyCell<int, std::function<int()>> lazy{[] { return script(); }};
  Careful::ended = 0;
  {
    InFlight const running_cell{[&](auto const& hold) { cell.get_or_init([&] { return Careful{1, hold}; }); }};
    InFlight const running_lazy{[&](auto const& hold) {
      scripts[0] = [hold] {
        hold();
        return 1;
      };
      lazy.force();
    }};
    for (Way const* const way : every_way) {
      in_child(
          [&] {
            CHILD_CHECK(cell.get() == nullptr && lazy.get() == nullptr);
            auto const use_cell = [&] { cell.get_or_init([] { return Careful{2}; }); };
            std::string const text = children::error_in_child<InitError>(use_cell);
            CHILD_CHECK(children::says(text, "fork"));
            CHILD_CHECK(children::says(children::error_in_child<InitError>([&] { lazy.force(); }), "fork"));
            cell.~BasicOnceLock();
            CHILD_CHECK(Careful::ended == 0);
          },
          *way);
    }
  }
  EXPECT_EQ(cell.value().value(), 1);
}
#endif

TEST(CellsOverFork, FilledByTheForkingThreadGoesOnInBothProcesses) {
  in_child([] {
    OnceCell<int> cell;
    LazyCell<int, std::function<int()>> lazy{[&] { return cell.value() + 1; }};
    pid_t grandchild = -1;
    cell.get_or_init([&] {
      grandchild = ::fork();
      return grandchild == 0 ? 10 : 20;
    });
    CHILD_CHECK(cell.value() == (grandchild == 0 ? 10 : 20));
    CHILD_CHECK(*lazy == cell.value() + 1);
    if (grandchild != 0) children::child_waits_for(grandchild);
  });
}

}  // namespace
