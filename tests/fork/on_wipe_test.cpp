// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Abandon, Destroy, Erase: what becomes of the parent's object in a child, at the child's first claim of its place.
// Looking claims nothing.
#include <cstring>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

namespace {

using namespace first_use;
using children::in_every_child;

/// Counts the ends of the parent's object and of others apart.
class Counted {
 public:
  static inline int ended = 0;          // of any
  static inline int parents_ended = 0;  // of the one made by the parent

  explicit Counted(int number) : number_{number} {}
  Counted(Counted const& other) : number_{other.number_} {}
  Counted(Counted&& other) noexcept : number_{other.number_} {}
  Counted& operator=(Counted const&) = delete;
  ~Counted() {
    ++ended;
    if (number_ == 1) ++parents_ended;
  }
  int number() const { return number_; }

 private:
  int number_;
};

/// A secret as its owners should keep it: trivially destructible.
struct Secret {
  unsigned char bytes[8];
};
Secret secret(unsigned char byte) { return {{byte, byte, byte, byte, byte, byte, byte, byte}}; }
bool is_erased(unsigned char const* bytes) {
  for (std::size_t i = 0; i != sizeof(Secret); ++i) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

template <class Sync>
class OnWipe : public testing::Test {};
// How a thread sleeps has no part in it: one policy that waits, and the cells'.
using Policies = testing::Types<DefaultSync, SingleThreadSync>;
TYPED_TEST_SUITE(OnWipe, Policies, first_use_test::PolicyNames);

/// Everything that claims a place, as a function of the lock. Each leaves it empty or with a value that is not 1.
template <class Lock, class Each>
void for_every_claim(Each each) {
  using T = typename Lock::value_type;
  auto const two = [] {
    if constexpr (std::is_same_v<T, Secret>)
      return secret(2);
    else
      return T{2};
  };
  each("get_or_init", [two](Lock& lock) { lock.get_or_init(two); });
  each("get_or_try_init",
       [two](Lock& lock) { static_cast<void>(lock.get_or_try_init([&] { return std::optional<T>{two()}; })); });
  each("get_or_try_init that fails",
       [](Lock& lock) { static_cast<void>(lock.get_or_try_init([] { return std::optional<T>{}; })); });
  each("set", [two](Lock& lock) { lock.set(two()); });
  each("try_set", [two](Lock& lock) { static_cast<void>(lock.try_set(two())); });
  each("try_insert", [two](Lock& lock) { lock.try_insert(two()); });
  each("try_emplace", [two](Lock& lock) { lock.try_emplace(two()); });
  each("take", [](Lock& lock) { static_cast<void>(lock.take()); });
  each("into_inner", [](Lock& lock) { static_cast<void>(std::move(lock).into_inner()); });
  each("reset", [](Lock& lock) { lock.reset(); });
  each("assignment of an empty one", [](Lock& lock) { lock = Lock{}; });
  each("assignment of a full one", [two](Lock& lock) { lock = Lock{std::in_place, two()}; });
  each("copy assignment", [two](Lock& lock) {
    Lock const full{std::in_place, two()};
    lock = full;
  });
  each("swap", [two](Lock& lock) {
    Lock full{std::in_place, two()};
    lock.swap(full);
  });
  each("destruction", [](Lock& lock) {
    lock.~Lock();
    new (&lock) Lock;
  });
#if FIRST_USE_HAS_EXCEPTIONS
  each("get_or_init that throws", [](Lock& lock) {
    try {
      lock.get_or_init([]() -> T { throw 1; });
    } catch (int) {}
  });
#endif
}

template <class Policy, class Sync>
void parents_object_ends(int times) {
  using Lock = BasicOnceLock<Counted, Sync, WipeOnFork<Policy>>;
  for_every_claim<Lock>([&](char const* name, auto claim) {
    Lock lock;
    lock.try_emplace(1);
    SCOPED_TRACE(name);
    in_every_child([&] {
      Counted::ended = Counted::parents_ended = 0;
      CHILD_CHECK(lock.get() == nullptr && !lock.is_initialized() && !lock);
      Lock const copy{lock};
      CHILD_CHECK(!copy.has_value());
      CHILD_CHECK(Counted::ended == 0);
      claim(lock);
      CHILD_CHECK(Counted::parents_ended == times);
      // Only once, whatever comes after.
      lock.reset();
      lock.try_emplace(3);
      CHILD_CHECK(lock.value().number() == 3);
      int const before = Counted::ended;
      lock.~Lock();
      CHILD_CHECK(Counted::ended == before + 1);
      CHILD_CHECK(Counted::parents_ended == times);
    });
    EXPECT_EQ(lock.value().number(), 1);
  });
}

TYPED_TEST(OnWipe, AbandonRunsNoDestructor) { parents_object_ends<Abandon, TypeParam>(0); }
TYPED_TEST(OnWipe, DestroyRunsItOnceAtTheFirstClaim) { parents_object_ends<Destroy, TypeParam>(1); }

TYPED_TEST(OnWipe, EraseOverwritesTheBytesAtTheFirstClaim) {
  using Lock = BasicOnceLock<Secret, TypeParam, WipeOnFork<Erase>>;
  for_every_claim<Lock>([&](char const* name, auto claim) {
    SCOPED_TRACE(name);
    Lock lock;
    lock.set(secret(1));
    auto const* const bytes = reinterpret_cast<unsigned char const*>(lock.get());
    in_every_child([&] {
      CHILD_CHECK(lock.get() == nullptr && !lock.has_value());
      Secret seen;
      std::memcpy(&seen, bytes, sizeof seen);
      CHILD_CHECK(seen.bytes[0] == 1 && seen.bytes[7] == 1);  // a child that never claims keeps them: documented
      claim(lock);
      bool const erased =
          lock.has_value() ? lock.value().bytes[0] == 2 && lock.value().bytes[7] == 2 : is_erased(bytes);
      CHILD_CHECK(erased);
    });
  });
}

TYPED_TEST(OnWipe, TheRestOfANestedProcessTreeIsToldApart) {
  using Lock = BasicOnceLock<Counted, TypeParam, WipeOnFork<Destroy>>;
  Lock lock;
  lock.try_emplace(1);
  in_every_child([&] {
    Counted::ended = Counted::parents_ended = 0;
    // Untouched here: it is the grandchild's claim that ends the copy of the grandparent's object.
    pid_t pid = ::fork();
    if (pid == 0) {
      lock.try_emplace(2);
      CHILD_CHECK(Counted::parents_ended == 1);
      lock.~Lock();
      CHILD_CHECK(Counted::ended == 2 && Counted::parents_ended == 1);
      return;
    }
    children::child_waits_for(pid);
    CHILD_CHECK(Counted::ended == 0);
    lock.reset();
    CHILD_CHECK(Counted::parents_ended == 1);
    pid = ::fork();
    if (pid == 0) {
      lock.~Lock();
      CHILD_CHECK(Counted::ended == 1);
      return;
    }
    children::child_waits_for(pid);
  });
  EXPECT_EQ(lock.value().number(), 1);
}

struct MakesTwo {
  Counted operator()() const { return Counted{::getpid() == parent ? 1 : 2}; }
  static inline pid_t parent = 0;
};

template <class Policy, class Sync>
void parents_object_of_a_lazy_ends(int times) {
  using Lazy = BasicLazyLock<Counted, MakesTwo, Sync, WipeOnFork<Policy>>;
  MakesTwo::parent = ::getpid();
  Lazy lazy{MakesTwo{}};
  lazy.force();
  in_every_child([&] {
    Counted::ended = Counted::parents_ended = 0;
    CHILD_CHECK(lazy.get() == nullptr && !lazy.is_poisoned() && Counted::ended == 0);
    CHILD_CHECK(lazy->number() == 2);
    CHILD_CHECK(Counted::ended == times && Counted::parents_ended == times);
    lazy.~Lazy();
    CHILD_CHECK(Counted::ended == times + 1 && Counted::parents_ended == times);
  });
  in_every_child([&] {
    Counted::ended = Counted::parents_ended = 0;
    lazy.~Lazy();
    CHILD_CHECK(Counted::ended == times && Counted::parents_ended == times);
  });
  EXPECT_EQ(lazy->number(), 1);
}

TYPED_TEST(OnWipe, AbandonInALazy) { parents_object_of_a_lazy_ends<Abandon, TypeParam>(0); }
TYPED_TEST(OnWipe, DestroyInALazy) { parents_object_of_a_lazy_ends<Destroy, TypeParam>(1); }

struct MakesSecret {
  Secret operator()() const { return secret(::getpid() == MakesTwo::parent ? 1 : 2); }
};

TYPED_TEST(OnWipe, EraseInALazy) {
  using Lazy = BasicLazyLock<Secret, MakesSecret, TypeParam, WipeOnFork<Erase>>;
  MakesTwo::parent = ::getpid();
  Lazy lazy{MakesSecret{}};
  auto const* const bytes = reinterpret_cast<unsigned char const*>(&*lazy);
  in_every_child([&] {
    lazy.~Lazy();
    CHILD_CHECK(is_erased(bytes));
  });
  in_every_child([&] { CHILD_CHECK(lazy->bytes[0] == 2); });
}

}  // namespace
