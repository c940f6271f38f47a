// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a failing function leaves behind in a Once: poison, which a force may try again.
#include <first_use/once.hpp>

#include <cstring>
#include <exception>
#include <functional>
#include <string>

#include <first_use/wiped.hpp>

#include "onces.hpp"

#if FIRST_USE_HAS_EXCEPTIONS

namespace {

using namespace first_use_test;
using first_use::BasicOnce;
using first_use::OnceState;
using first_use::OnceStatus;

TYPED_TEST_SUITE(OnceOver, AllPoliciesAndInterrupts, PolicyNames);

struct Target {
  void set(int) {}
};

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
    EXPECT_EQ(std::string(error.what()).rfind(as_called_here("first_use: WipeOnForkOnce is poisoned"), 0), 0U)
        << error.what();
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

#if FIRST_USE_HAS_THREADS

TYPED_TEST_SUITE(OnceAmongThreads, BlockingPolicies, PolicyNames);

TYPED_TEST(OnceAmongThreads, a_force_over_poison_reads_as_running) {
  poison(this->once_);
  Gate running, leave;
  Crew crew;
  crew.add([&] {
    this->once_.call_once_force([&](OnceState const&) {
      running.open();
      leave.wait();
    });
  });
  running.wait();
  EXPECT_EQ(this->once_.status(), OnceStatus::running);
  EXPECT_FALSE(this->once_.is_completed());
  leave.open();
  crew.join();
  EXPECT_EQ(this->once_.status(), OnceStatus::complete);
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

#endif  // FIRST_USE_HAS_THREADS

}  // namespace

#endif  // FIRST_USE_HAS_EXCEPTIONS
