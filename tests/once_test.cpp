// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Once: what is called, how often, with what; what a failure leaves behind. Waiting threads are in sync/waiting_test.cpp,
// re-entrance and rings in sync/reentrance_test.cpp and sync/rings_test.cpp, errors without exceptions in once_noexcept_test.cpp.
#include <first_use/once.hpp>

#include <array>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>

#include <pthread.h>
#include <first_use/wiped.hpp>

#include "policies.hpp"

namespace {

using namespace first_use_test;
using first_use::BasicOnce;
using first_use::Once;
using first_use::OnceState;
using first_use::OnceStatus;

// What the type is ----------------------------------------------------------------------------------------------------

static_assert(sizeof(Once) == 4 && alignof(Once) == 4);
static_assert(sizeof(BasicOnce<first_use::FutexSync>) == 4);
static_assert(sizeof(BasicOnce<first_use::AtomicSync>) == 4);
static_assert(sizeof(BasicOnce<first_use::MutexSync>) == 4);
static_assert(sizeof(BasicOnce<CountingSync>) == 4);
static_assert(sizeof(BasicOnce<first_use::SingleThreadSync>) == 1);
static_assert(sizeof(BasicOnce<first_use::FutexSync, first_use::IgnoreFork>) == 4);
static_assert(sizeof(first_use::WipeOnForkOnce) == 8 && alignof(first_use::WipeOnForkOnce) == 8);

static_assert(std::is_trivially_destructible_v<Once>);
static_assert(std::is_nothrow_default_constructible_v<Once>);
static_assert(!std::is_copy_constructible_v<Once> && !std::is_move_constructible_v<Once>);
static_assert(!std::is_copy_assignable_v<Once> && !std::is_move_assignable_v<Once>);

static_assert(noexcept(std::declval<Once const&>().is_completed()));
static_assert(noexcept(std::declval<Once const&>().status()));

static_assert(!OnceState{false}.is_poisoned() && OnceState{true}.is_poisoned());

// One thread has nobody to wait for: its type does not offer to.
template <class O>
concept Waits = requires(O const& once) {
  once.wait();
  once.wait_force();
};
template <class O>
concept WaitsForATime = requires(O const& once) {
  once.wait_for(std::chrono::seconds{1});
  once.wait_until(std::chrono::steady_clock::now());
};
static_assert(Waits<Once> && WaitsForATime<Once>);
static_assert(Waits<BasicOnce<CountingSync>> && WaitsForATime<BasicOnce<CountingSync>>);
static_assert(!Waits<BasicOnce<first_use::SingleThreadSync>> && !WaitsForATime<BasicOnce<first_use::SingleThreadSync>>);

TEST(Once, an_unused_one_is_all_zero_bits) {
  Once const once;
  first_use::WipeOnForkOnce const wiped;
  std::array<unsigned char, 8> zeros{};
  EXPECT_EQ(std::memcmp(&once, zeros.data(), sizeof(once)), 0);
  EXPECT_EQ(std::memcmp(&wiped, zeros.data(), sizeof(wiped)), 0);
}

constinit Once a_static;
constinit Once const a_constant;

TEST(Once, statics_are_constant_initialised_and_stay_complete) {
  // No matter how often the tests of this program are repeated.
  a_static.call_once([] {});
  a_constant.call_once([] {});
  EXPECT_TRUE(a_static.is_completed());
  EXPECT_TRUE(a_constant.is_completed());
  a_constant.wait();
}

// Constant evaluation -------------------------------------------------------------------------------------------------

constexpr int runs_in_constant_evaluation() {
  BasicOnce<first_use::SingleThreadSync> once;
  int runs = 0;
  if (once.is_completed() || once.status() != OnceStatus::incomplete) return -1;
  once.call_once([&] {
    ++runs;
    if (once.is_completed() || once.status() != OnceStatus::running) runs += 100;
  });
  once.call_once([&] { ++runs; });
  once.call_once_force([&](OnceState const&) { ++runs; });
  if (!once.is_completed() || once.status() != OnceStatus::complete) return -2;
  return runs;
}
static_assert(runs_in_constant_evaluation() == 1);

struct Adder {
  int sum = 0;
  constexpr void add(int a, int b) { sum += a + b; }
};

constexpr int arguments_in_constant_evaluation() {
  Adder adder;
  BasicOnce<first_use::SingleThreadSync>{}.call_once([](Adder& it, int n) { it.add(n, n); }, adder, 1);
  BasicOnce<first_use::SingleThreadSync>{}.call_once(&Adder::add, adder, 10, 20);
  BasicOnce<first_use::SingleThreadSync>{}.call_once(&Adder::add, &adder, 100, 200);
  BasicOnce<first_use::SingleThreadSync>{}.call_once_force(
      [&](OnceState const& state) { adder.sum += state.is_poisoned() ? 5000 : 1000; });
  return adder.sum;
}
static_assert(arguments_in_constant_evaluation() == 1332);

// What is called ------------------------------------------------------------------------------------------------------

template <class Sync>
class OnceOver : public ::testing::Test {
 protected:
  BasicOnce<Sync> once_;
};
TYPED_TEST_SUITE(OnceOver, AllPolicies, PolicyNames);

template <class Sync>
class OnceAmongThreads : public ::testing::Test {
 protected:
  BasicOnce<Sync> once_;
};
TYPED_TEST_SUITE(OnceAmongThreads, BlockingPolicies, PolicyNames);

TYPED_TEST(OnceOver, smoke_once) {
  int a = 0;
  this->once_.call_once([&] { ++a; });
  EXPECT_EQ(a, 1);
  this->once_.call_once([&] { ++a; });
  EXPECT_EQ(a, 1);
}

TYPED_TEST(OnceAmongThreads, stampede_once) {
  for (int round = 0; round != 20; ++round) {
    BasicOnce<TypeParam> once;
    bool ran = false;  // no atomic: the Once is what makes it safe to read
    int runs = 0;
    StartLine line{11};
    auto const one = [&] {
      line.wait();
      once.call_once([&] {
        EXPECT_FALSE(ran);
        ran = true;
        ++runs;
      });
      EXPECT_TRUE(ran);
    };
    Crew crew;
    crew.add(10, one);
    one();
    crew.join();
    EXPECT_EQ(runs, 1);
  }
}

TYPED_TEST(OnceOver, status_follows_a_run_that_succeeds) {
  EXPECT_EQ(this->once_.status(), OnceStatus::incomplete);
  EXPECT_FALSE(this->once_.is_completed());
  this->once_.call_once([&] {
    EXPECT_EQ(this->once_.status(), OnceStatus::running);
    EXPECT_FALSE(this->once_.is_completed());
  });
  EXPECT_EQ(this->once_.status(), OnceStatus::complete);
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(OnceAmongThreads, is_completed_and_status_never_block_while_another_thread_runs) {
  Gate running, leave;
  Crew crew;
  crew.add([&] {
    this->once_.call_once([&] {
      running.open();
      leave.wait();
    });
  });
  running.wait();
  EXPECT_FALSE(this->once_.is_completed());
  EXPECT_EQ(this->once_.status(), OnceStatus::running);
  leave.open();
  crew.join();
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(OnceOver, call_once_force_on_a_fresh_one_is_call_once) {
  int runs = 0;
  this->once_.call_once_force([&](OnceState const& state) {
    ++runs;
    EXPECT_FALSE(state.is_poisoned());
  });
  this->once_.call_once_force([&](OnceState const&) { ++runs; });
  this->once_.call_once([&] { ++runs; });
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(OnceOver, a_const_one_works) {
  BasicOnce<TypeParam> const once;
  int runs = 0;
  once.call_once([&] { ++runs; });
  once.call_once_force([&](OnceState const&) { ++runs; });
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(once.status(), OnceStatus::complete);
}

TYPED_TEST(OnceOver, arguments_are_forwarded) {
  auto owned = std::make_unique<int>(7);
  int const* const address = owned.get();
  int seen = 0;
  this->once_.call_once(
      [&](std::unique_ptr<int> taken, int& by_reference, int by_value) {
        EXPECT_EQ(taken.get(), address);
        by_reference = *taken + by_value;
      },
      std::move(owned), seen, 3);
  EXPECT_EQ(seen, 10);
  EXPECT_EQ(owned, nullptr);
}

TYPED_TEST(OnceOver, a_complete_one_leaves_callable_and_arguments_alone) {
  this->once_.call_once([] {});
  auto argument = std::make_unique<int>(1);
  this->once_.call_once([](std::unique_ptr<int>) { ADD_FAILURE(); }, std::move(argument));
  EXPECT_NE(argument, nullptr);
  auto callable = [owned = std::make_unique<int>(2)] { ADD_FAILURE() << *owned; };
  this->once_.call_once(std::move(callable));
  std::function<void()> function = [] { ADD_FAILURE(); };
  this->once_.call_once(std::move(function));
  EXPECT_TRUE(function);
}

TYPED_TEST(OnceOver, what_the_callable_returns_is_ignored) {
  this->once_.call_once([]() -> int { return 5; });
  BasicOnce<TypeParam>{}.call_once([](int n) { return std::make_unique<int>(n); }, 5);
  BasicOnce<TypeParam>{}.call_once_force([](OnceState const&) { return 7; });
}

struct Target {
  int value = 0;
  std::array<char, 40> big{};
  void set(int to) { value = to; }
  void set_const(int* to) const { *to = value + 1; }
  void set_lvalue(int to) & { value = to; }
  void set_rvalue(int to) && { value = to; }
  void set_noexcept(int to) noexcept { value = to; }
};
struct DerivedTarget : Target {};

TYPED_TEST(OnceOver, member_functions_are_called_on_all_that_invoke_knows) {
  using O = BasicOnce<TypeParam>;
  Target target;
  O{}.call_once(&Target::set, target, 1);
  EXPECT_EQ(target.value, 1);
  O{}.call_once(&Target::set, &target, 2);
  EXPECT_EQ(target.value, 2);
  O{}.call_once(&Target::set_lvalue, target, 4);
  EXPECT_EQ(target.value, 4);
  O{}.call_once(&Target::set_rvalue, std::move(target), 5);
  EXPECT_EQ(target.value, 5);
  O{}.call_once(&Target::set_noexcept, target, 6);
  EXPECT_EQ(target.value, 6);
  int seen = 0;
  O{}.call_once(&Target::set_const, std::as_const(target), &seen);
  EXPECT_EQ(seen, 7);

  DerivedTarget derived;
  O{}.call_once(&Target::set, derived, 1);
  EXPECT_EQ(derived.value, 1);
  O{}.call_once(&Target::set, &derived, 2);
  EXPECT_EQ(derived.value, 2);

  auto const unique = std::make_unique<Target>();
  O{}.call_once(&Target::set, unique, 1);
  EXPECT_EQ(unique->value, 1);
  auto const shared = std::make_shared<DerivedTarget>();
  O{}.call_once(&Target::set, shared, 2);
  EXPECT_EQ(shared->value, 2);
  std::optional<Target> optional{Target{}};
  O{}.call_once(&Target::set, optional, 3);
  EXPECT_EQ(optional->value, 3);
}

TYPED_TEST(OnceOver, member_function_of_the_state_itself) {
  this->once_.call_once_force(&OnceState::is_poisoned);
  EXPECT_TRUE(this->once_.is_completed());
}

int function_runs = 0;
void plain_function() { ++function_runs; }
void plain_function_with_state(OnceState const&) { ++function_runs; }

TYPED_TEST(OnceOver, functions_and_pointers_to_them) {
  function_runs = 0;
  using O = BasicOnce<TypeParam>;
  O{}.call_once(plain_function);
  O{}.call_once(&plain_function);
  void (*const pointer)() = plain_function;
  O{}.call_once(pointer);
  O{}.call_once(std::function<void()>{plain_function});
  O{}.call_once_force(plain_function_with_state);
  O{}.call_once_force(&plain_function_with_state);
  O{}.call_once(std::ref(plain_function));
  EXPECT_EQ(function_runs, 7);
}

TYPED_TEST(OnceOver, callables_that_can_only_be_moved) {
  int seen = 0;
  this->once_.call_once([&seen, owned = std::make_unique<int>(4)] { seen = *owned; });
  EXPECT_EQ(seen, 4);
  auto named = [&seen, owned = std::make_unique<int>(5)]() mutable { seen = *std::exchange(owned, nullptr); };
  BasicOnce<TypeParam>{}.call_once(named);
  EXPECT_EQ(seen, 5);
  auto forced = [&seen, owned = std::make_unique<int>(6)](OnceState const&) { seen = *owned; };
  BasicOnce<TypeParam>{}.call_once_force(std::move(forced));
  EXPECT_EQ(seen, 6);
}

struct RvalueOnly {
  int* runs;
  void operator()() && { ++*runs; }
  void operator()(OnceState const&) && { ++*runs; }
  void operator()(int) && { ++*runs; }
};

TYPED_TEST(OnceOver, callables_that_can_only_be_called_as_rvalues) {
  int runs = 0;
  BasicOnce<TypeParam>{}.call_once(RvalueOnly{&runs});
  BasicOnce<TypeParam>{}.call_once_force(RvalueOnly{&runs});
  BasicOnce<TypeParam>{}.call_once(RvalueOnly{&runs}, 1);
  EXPECT_EQ(runs, 3);
}

TYPED_TEST(OnceOver, a_lvalue_functor_keeps_the_state_its_call_changed) {
  int calls = 0;
  auto counter = [calls]() mutable { return ++calls; };  // small and trivially copyable
  this->once_.call_once(counter);
  EXPECT_EQ(counter(), 2) << "a copy was called";

  struct Counter {
    int runs = 0;
    void operator()() { ++runs; }
  } functor;
  BasicOnce<TypeParam>{}.call_once(functor);
  EXPECT_EQ(functor.runs, 1) << "a copy was called";

  struct WithState {
    int runs = 0;
    void operator()(OnceState const&) { ++runs; }
    void operator()(int by) { runs += by; }
  } with_state;
  BasicOnce<TypeParam>{}.call_once_force(with_state);
  EXPECT_EQ(with_state.runs, 1) << "a copy was called";
  BasicOnce<TypeParam>{}.call_once(with_state, 5);
  EXPECT_EQ(with_state.runs, 6) << "a copy was called";
}

// Immovable, too large to travel by value, and changes where it is.
struct Immovable {
  Immovable() = default;
  Immovable(Immovable const&) = delete;
  Immovable& operator=(Immovable const&) = delete;
  mutable std::array<int, 10> runs{};
  void operator()() const { ++runs[0]; }
  void operator()(OnceState const&) const { ++runs[0]; }
};

TYPED_TEST(OnceOver, a_functor_that_cannot_be_copied_is_not) {
  Immovable functor;
  BasicOnce<TypeParam>{}.call_once(functor);
  BasicOnce<TypeParam>{}.call_once(std::as_const(functor));
  BasicOnce<TypeParam>{}.call_once_force(functor);
  EXPECT_EQ(functor.runs[0], 3);
}

TYPED_TEST(OnceOver, one_may_be_initialised_inside_another) {
  BasicOnce<TypeParam> inner, innermost;
  int order = 0;
  this->once_.call_once([&] {
    inner.call_once([&] {
      innermost.call_once([&] { order = 1; });
      order = order * 10 + 2;
    });
    order = order * 10 + 3;
  });
  EXPECT_EQ(order, 123);
  EXPECT_TRUE(this->once_.is_completed() && inner.is_completed() && innermost.is_completed());
}

TEST(Once, one_of_every_policy_may_be_initialised_inside_another) {
  BasicOnce<first_use::FutexSync> a;
  BasicOnce<first_use::AtomicSync> b;
  BasicOnce<first_use::MutexSync> c;
  BasicOnce<CountingSync> d;
  BasicOnce<first_use::SingleThreadSync> e;
  first_use::WipeOnForkOnce f;
  int runs = 0;
  a.call_once([&] {
    b.call_once(
        [&] { c.call_once([&] { d.call_once([&] { e.call_once([&] { f.call_once([&] { ++runs; }); }); }); }); });
  });
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(a.is_completed() && b.is_completed() && c.is_completed() && d.is_completed() && e.is_completed() &&
              f.is_completed());
}

TYPED_TEST(OnceAmongThreads, many_threads_and_many_objects) {
  constexpr int objects = 200;
  constexpr int threads = 4;
  std::array<BasicOnce<TypeParam>, objects> onces;
  std::array<int, objects> runs{};
  StartLine line{threads};
  Crew crew;
  crew.add(threads, [&] {
    line.wait();
    for (std::size_t i = 0; i != objects; ++i) {
      onces[i].call_once([&] { ++runs[i]; });
      EXPECT_EQ(runs[i], 1);
    }
  });
}

#if FIRST_USE_HAS_EXCEPTIONS

// Failure -------------------------------------------------------------------------------------------------------------

struct Failure : std::runtime_error {
  explicit Failure(int the_number = 0) : std::runtime_error{"failure"}, number{the_number} {}
  int number;
};

template <class O>
void poison(O const& once) {
  EXPECT_THROW(once.call_once_force([](OnceState const&) { throw Failure{}; }), Failure);
  EXPECT_EQ(once.status(), OnceStatus::poisoned);
}

TYPED_TEST(OnceOver, poison_bad) {
  // poison the once
  EXPECT_THROW(this->once_.call_once([] { throw Failure{}; }), Failure);

  // poisoning propagates
  EXPECT_THROW(this->once_.call_once([] { ADD_FAILURE(); }), first_use::PoisonedError);

  // we can subvert poisoning, however
  bool called = false;
  this->once_.call_once_force([&](OnceState const& state) {
    called = true;
    EXPECT_TRUE(state.is_poisoned());
  });
  EXPECT_TRUE(called);

  // once any success happens, we stop propagating the poison
  this->once_.call_once([] { ADD_FAILURE(); });
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(OnceOver, status_follows_a_run_that_fails) {
  EXPECT_THROW(this->once_.call_once([&] {
    EXPECT_EQ(this->once_.status(), OnceStatus::running);
    throw Failure{};
  }),
               Failure);
  EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
  EXPECT_FALSE(this->once_.is_completed());
  this->once_.call_once_force([&](OnceState const&) { EXPECT_EQ(this->once_.status(), OnceStatus::running); });
  EXPECT_EQ(this->once_.status(), OnceStatus::complete);
}

TYPED_TEST(OnceOver, the_caller_gets_its_own_exception_unchanged) {
  try {
    this->once_.call_once([](int number) { throw Failure{number}; }, 42);
    ADD_FAILURE();
  } catch (Failure const& failure) { EXPECT_EQ(failure.number, 42); }
  try {
    this->once_.call_once_force([](OnceState const&) { throw 7; });
    ADD_FAILURE();
  } catch (int number) { EXPECT_EQ(number, 7); }
}

TYPED_TEST(OnceOver, a_failed_force_poisons_again) {
  for (int i = 0; i != 3; ++i) {
    EXPECT_THROW(this->once_.call_once_force([&](OnceState const& state) {
      EXPECT_EQ(state.is_poisoned(), i != 0);
      throw Failure{};
    }),
                 Failure);
    EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
    EXPECT_THROW(this->once_.call_once([] { ADD_FAILURE(); }), first_use::PoisonedError);
  }
}

TYPED_TEST(OnceOver, the_error_of_a_poisoned_one_names_it_on_one_line) {
  poison(this->once_);
  try {
    this->once_.call_once([] {});
    ADD_FAILURE();
  } catch (first_use::PoisonedError const& error) {
    std::string const text = error.what();
    EXPECT_EQ(text.rfind("first_use: Once is poisoned", 0), 0U) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    EXPECT_FALSE(error.is_knot());
  }
  first_use::WipeOnForkOnce wiped;
  poison(wiped);
  try {
    wiped.call_once([] {});
    ADD_FAILURE();
  } catch (std::exception const& error) {
    EXPECT_EQ(std::string(error.what()).rfind("first_use: WipeOnForkOnce is poisoned", 0), 0U) << error.what();
  }
}

TYPED_TEST(OnceOver, the_poison_of_another_one_poisons) {
  // Not a knot of initialisers: this one did try in earnest, and failed.
  BasicOnce<TypeParam> other;
  poison(other);
  EXPECT_THROW(this->once_.call_once([&] { other.call_once([] {}); }), first_use::PoisonedError);
  EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
}

TYPED_TEST(OnceOver, a_null_function_is_an_error_and_no_attempt) {
  auto const refused = [&](auto const& call) {
    try {
      call();
      ADD_FAILURE() << "nothing was thrown";
    } catch (first_use::InitError const& error) {
      EXPECT_NE(std::strstr(error.what(), "Once has no initialiser"), nullptr) << error.what();
    }
    EXPECT_EQ(this->once_.status(), OnceStatus::incomplete);
  };
  void (*const null)() = nullptr;
  void (*const null_with_argument)(int) = nullptr;
  void (*const null_with_state)(OnceState const&) = nullptr;
  void (Target::*const null_member)(int) = nullptr;
  bool (OnceState::*const null_member_of_state)() const noexcept = nullptr;
  Target target;
  refused([&] { this->once_.call_once(null); });
  refused([&] { this->once_.call_once(null_with_argument, 1); });
  refused([&] { this->once_.call_once(null_member, target, 1); });
  refused([&] { this->once_.call_once(std::function<void()>{}); });
  refused([&] { this->once_.call_once(std::function<void(int)>{}, 1); });
  refused([&] { this->once_.call_once_force(null_with_state); });
  refused([&] { this->once_.call_once_force(null_member_of_state); });
  refused([&] { this->once_.call_once_force(std::function<void(OnceState const&)>{}); });

  int runs = 0;
  this->once_.call_once([&] { ++runs; });
  EXPECT_EQ(runs, 1);
  this->once_.call_once(null);  // complete: nothing is called
}

TYPED_TEST(OnceOver, a_null_function_leaves_poison_as_it_was) {
  poison(this->once_);
  void (*const null)(OnceState const&) = nullptr;
  EXPECT_THROW(this->once_.call_once_force(null), first_use::InitError);
  EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
}

template <class O>
struct CallsInDestructor {
  O const& once;
  int& runs;
  ~CallsInDestructor() {
    EXPECT_EQ(std::uncaught_exceptions(), 1);
    once.call_once([this] { ++runs; });
    EXPECT_TRUE(once.is_completed());
  }
};

TYPED_TEST(OnceOver, a_call_inside_a_destructor_during_unwinding_completes_normally) {
  int runs = 0;
  try {
    CallsInDestructor<BasicOnce<TypeParam>> const unwound{this->once_, runs};
    throw Failure{};
  } catch (Failure const&) {}
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(this->once_.status(), OnceStatus::complete);
}

template <class O>
struct FailsInDestructor {
  O const& once;
  ~FailsInDestructor() {
    EXPECT_THROW(once.call_once([] { throw Failure{2}; }), Failure);
  }
};

TYPED_TEST(OnceOver, a_call_that_fails_inside_a_destructor_during_unwinding_poisons) {
  try {
    FailsInDestructor<BasicOnce<TypeParam>> const unwound{this->once_};
    throw Failure{1};
  } catch (Failure const& failure) { EXPECT_EQ(failure.number, 1); }
  EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
}

TYPED_TEST(OnceOver, an_exception_that_stays_inside_is_no_failure) {
  this->once_.call_once([] {
    try {
      throw Failure{};
    } catch (Failure const&) {}
  });
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(OnceAmongThreads, racing_for_one_that_fails_one_sees_the_failure_and_all_others_the_poison) {
  for (int round = 0; round != 20; ++round) {
    BasicOnce<TypeParam> once;
    std::atomic<int> failures{0}, poisoned{0};
    constexpr int threads = 4;
    StartLine line{threads};
    Crew crew;
    crew.add(threads, [&] {
      line.wait();
      try {
        once.call_once([] { throw Failure{}; });
      } catch (Failure const&) { ++failures; } catch (first_use::PoisonedError const&) {
        ++poisoned;
      }
    });
    crew.join();
    EXPECT_EQ(failures, 1);
    EXPECT_EQ(poisoned, threads - 1);
  }
}

TYPED_TEST(OnceAmongThreads, each_attempt_sees_all_of_the_failed_ones_before_it) {
  constexpr int threads = 4;
  constexpr int attempts = 40;
  int plain = 0;  // no atomic: attempts are ordered by the Once alone
  StartLine line{threads};
  Crew crew;
  crew.add(threads, [&] {
    line.wait();
    while (!this->once_.is_completed()) {
      try {
        this->once_.call_once_force([&](OnceState const& state) {
          EXPECT_EQ(state.is_poisoned(), plain != 0);
          if (++plain != attempts) throw Failure{};
        });
      } catch (Failure const&) {}
    }
    EXPECT_EQ(plain, attempts);
  });
}

#if defined(__linux__)

// Leaving by the back door --------------------------------------------------------------------------------------------

template <class O>
struct Leaver {
  O const& once;
  Gate running;
};

template <class O>
void* exits_inside(void* argument) {
  auto& leaver = *static_cast<Leaver<O>*>(argument);
  leaver.once.call_once([] { ::pthread_exit(nullptr); });
  ADD_FAILURE();
  return nullptr;
}

template <class O>
void* is_cancelled_inside(void* argument) {
  auto& leaver = *static_cast<Leaver<O>*>(argument);
  leaver.once.call_once([&] {
    leaver.running.open();
    wait_until_holds("being cancelled", [] {
      ::pthread_testcancel();
      return false;
    });
  });
  ADD_FAILURE();
  return nullptr;
}

TYPED_TEST(OnceAmongThreads, pthread_exit_inside_poisons) {
  Leaver<BasicOnce<TypeParam>> leaver{this->once_, Gate{}};
  pthread_t thread{};
  ASSERT_EQ(::pthread_create(&thread, nullptr, exits_inside<BasicOnce<TypeParam>>, &leaver), 0);
  ASSERT_EQ(::pthread_join(thread, nullptr), 0);
  EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
  EXPECT_THROW(this->once_.call_once([] {}), first_use::PoisonedError);
  this->once_.call_once_force([](OnceState const& state) { EXPECT_TRUE(state.is_poisoned()); });
  EXPECT_TRUE(this->once_.is_completed());
}

TYPED_TEST(OnceAmongThreads, pthread_cancel_inside_poisons_and_wakes_the_waiters) {
  Leaver<BasicOnce<TypeParam>> leaver{this->once_, Gate{"the initialiser to run"}};
  pthread_t thread{};
  ASSERT_EQ(::pthread_create(&thread, nullptr, is_cancelled_inside<BasicOnce<TypeParam>>, &leaver), 0);
  leaver.running.wait();
  Crew crew;
  crew.add([&] { EXPECT_THROW(this->once_.wait(), first_use::PoisonedError); });
  wait_until_queued(this->once_);
  ASSERT_EQ(::pthread_cancel(thread), 0);
  void* result = nullptr;
  ASSERT_EQ(::pthread_join(thread, &result), 0);
  EXPECT_EQ(result, PTHREAD_CANCELED);
  crew.join();
  EXPECT_EQ(this->once_.status(), OnceStatus::poisoned);
  this->once_.call_once_force([](OnceState const&) {});
  EXPECT_TRUE(this->once_.is_completed());
}

#endif  // __linux__
#endif  // FIRST_USE_HAS_EXCEPTIONS

}  // namespace
