// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Every operation of a OnceLock and a OnceCell.
#ifndef FIRST_USE_TESTS_FUZZ_LOCK_SLOT_HPP
#define FIRST_USE_TESTS_FUZZ_LOCK_SLOT_HPP

#include <chrono>
#include <concepts>
#include <iterator>
#include <optional>
#include <utility>

#include "examples_of_expected.hpp"
#include "fuzz/world.hpp"

namespace fuzz {

template <class Lock>
class LockSlot final : public Slot {
  using T = typename Lock::value_type;
  using Expected = first_use_test::Expected<T, int>;
  static constexpr bool copies = std::copy_constructible<T>;
  static constexpr bool waits_at_all = requires(Lock & lock) { lock.wait_for(std::chrono::nanoseconds{0}); };

 public:
  LockSlot(char const* the_name, Kind the_kind) : Slot{the_name, the_kind} { lock_.emplace(); }
  LockSlot* other = nullptr;

  void step() override {
    static constexpr void (LockSlot::*all[])() = {
        &LockSlot::get_or_init, &LockSlot::get_or_try_init, &LockSlot::get_or_expected, &LockSlot::set,
        &LockSlot::try_set,     &LockSlot::try_insert,      &LockSlot::try_emplace,     &LockSlot::value,
        &LockSlot::take,        &LockSlot::reset,           &LockSlot::assign,          &LockSlot::swaps,
        &LockSlot::compare,     &LockSlot::waits,           &LockSlot::remake,          &LockSlot::null};
    world().flip();
    (this->*all[world().choose(std::size(all))])();
  }

  void look() override {
    bool const full = model.state == State::full;
    Lock const& lock = *lock_;
    FUZZ_CHECK((lock.get() != nullptr) == full && lock_->get() == lock.get());
    FUZZ_CHECK(lock.has_value() == full && lock.is_initialized() == full && static_cast<bool>(lock) == full);
    if (full) FUZZ_CHECK(number_of(*lock.get()) == *model.number);
  }

  void reenter() override {
    lock_->get_or_init([] { return T(1); });
  }
  void end() override { lock_.reset(); }

 private:
  static World& world() { return World::here(); }
  bool runs() const { return model.state == State::running; }
  static bool throws_at(Step step) { return is_traced<T> && world().throws_at(step); }

  // ---- Initialisers given at the call ----

  // `call` hands back where the value lies, if it does; `moves`: how often it is moved to get there.
  template <class Call>
  void initialise(bool fallible, Call call) {
    State const before = model.state;
    Run run{*this, world().plan()};
    if (!fallible && run.plan.end == Plan::End::nothing) run.plan.end = Plan::End::value;
    T const* place = nullptr;
    Outcome const outcome = world().call(run, [&] { place = call(run.plan.end == Plan::End::nothing); });
    FUZZ_CHECK(run.calls == (before == State::empty ? 1 : 0));
    FUZZ_CHECK(outcome == (before == State::running ? Outcome::reentrant
                           : before == State::full  ? Outcome::ok
                                                    : settle(run, fallible)));
    FUZZ_CHECK(outcome != Outcome::ok || place == std::as_const(*lock_).get());
  }
  Outcome settle(Run const& run, bool fallible) {
    model.state = State::empty;
    switch (run.plan.end) {
      case Plan::End::failure: return Outcome::thrown_by_initialiser;
      case Plan::End::knot: return Outcome::reentrant;
      case Plan::End::nothing: return Outcome::ok;
      case Plan::End::value: break;
    }
    if (throws_at(Step::construct) || (fallible && throws_at(Step::move))) return Outcome::thrown_by_value;
    if (model.straddled) {
      Model::lives += model.value_lives();  // it is nobody's, and left alone
      return Outcome::init;
    }
    model.fill(run.plan.number);
    return Outcome::ok;
  }

  void get_or_init() {
    bool const as_const = world().flip();
    initialise(false, [&](bool) -> T const* {
      return as_const ? &std::as_const(*lock_).get_or_init(made<T>) : &lock_->get_or_init([] { return made<T>(); });
    });
  }
  void get_or_try_init() {
    bool const as_const = world().flip();
    initialise(true, [&](bool nothing) -> T const* {
      auto const f = [nothing] {
        int const number = world().initialise();
        return nothing ? std::optional<T>{} : std::optional<T>{std::in_place, number};
      };
      return as_const ? std::as_const(*lock_).get_or_try_init(f) : lock_->get_or_try_init(f);
    });
  }
  void get_or_expected() {
    initialise(true, [&](bool nothing) -> T const* {
      auto const result = lock_->get_or_try_init([nothing] {
        int const number = world().initialise();
        return nothing ? Expected{first_use_test::Unexpected{number}} : Expected{std::in_place, number};
      });
      FUZZ_CHECK(result.has_value() || result.error() > 0);
      return result.has_value() ? *result : nullptr;
    });
  }

  // ---- Values given at the call ----

  // What filling it by `step` should come to.
  struct Filling {
    Outcome outcome = Outcome::ok;
    bool stored = false;
  };
  Filling filled_by(Step step, int number) {
    if (runs()) return {Outcome::reentrant, false};
    if (model.state == State::full) return {};
    model.clean();
    if (throws_at(step)) return {Outcome::thrown_by_value, false};
    model.fill(number);
    return {Outcome::ok, true};
  }
  // `call(argument)` says whether the argument was stored.
  template <class Call>
  void fill(Call call) {
    int const number = world().number();
    bool const by_copy = copies && world().flip();
    T argument(number);
    world().arm();
    Filling const expected = filled_by(by_copy ? Step::copy : Step::move, number);
    bool stored = false;
    Outcome const outcome = World::call([&] {
      if constexpr (copies) {
        if (by_copy) {
          stored = call(std::as_const(argument));
          return;
        }
      }
      stored = call(std::move(argument));
    });
    FUZZ_CHECK(outcome == expected.outcome && stored == expected.stored);
    // A refused argument is handed back.
    FUZZ_CHECK(number_of(argument) == (is_traced<T> && stored && !by_copy ? -number : number));
  }

  void set() {
    fill([&](auto&& argument) { return lock_->set(std::forward<decltype(argument)>(argument)); });
  }
  void try_set() {
    fill([&](auto&& argument) {
      auto const result = lock_->try_set(std::forward<decltype(argument)>(argument));
      FUZZ_CHECK(result != first_use::TrySetResult::busy);
      return result == first_use::TrySetResult::stored;
    });
  }
  void try_insert() {
    fill([&](auto&& argument) {
      auto const [there, mine] = lock_->try_insert(std::forward<decltype(argument)>(argument));
      FUZZ_CHECK(&there == lock_->get());
      return mine;
    });
  }
  void try_emplace() {
    int const number = world().number();
    world().arm();
    Filling const expected = filled_by(Step::construct, number);
    bool stored = false;
    Outcome const outcome = World::call([&] {
      auto const [there, mine] = lock_->try_emplace(number);
      FUZZ_CHECK(&there == lock_->get());
      stored = mine;
    });
    FUZZ_CHECK(outcome == expected.outcome && stored == expected.stored);
  }

  // ---- Looking ----

  void value() {
    bool const as_const = world().flip();
    T const* place = nullptr;
    Outcome const outcome = World::call([&] { place = as_const ? &std::as_const(*lock_).value() : &lock_->value(); });
    FUZZ_CHECK(outcome == (model.state == State::full ? Outcome::ok : Outcome::init));
    FUZZ_CHECK(place == lock_->get());
  }
  void compare() {
    FUZZ_CHECK((*lock_ == *other->lock_) == (model.number == other->model.number));
    FUZZ_CHECK((*lock_ != *other->lock_) == (model.number != other->model.number));
    FUZZ_CHECK(*lock_ == *lock_);
  }
  void waits() {
    if constexpr (waits_at_all) {
      int const how = world().choose(5);
      if (how == 4 && model.state == State::empty) return;  // nobody would ever wake it
      T const* place = nullptr;
      Outcome const outcome = World::call([&] {
        if (how == 0) place = lock_->wait_for(std::chrono::nanoseconds{0});
        if (how == 1) place = std::as_const(*lock_).wait_for(std::chrono::hours{-1});
        if (how == 2) place = lock_->wait_until(std::chrono::steady_clock::now());
        if (how == 3) place = std::as_const(*lock_).wait_until(std::chrono::system_clock::now());
        if (how == 4) place = &lock_->wait();
      });
      FUZZ_CHECK(outcome == (runs() ? Outcome::reentrant : Outcome::ok));
      FUZZ_CHECK(place == lock_->get());
    }
  }
  void null() {
    T (*const nothing)() = nullptr;
    Outcome const outcome = World::call([&] { lock_->get_or_init(nothing); });
    FUZZ_CHECK(outcome == (model.state == State::full ? Outcome::ok : Outcome::init));
  }

  // ---- Exclusive access. Inside an initialiser of this very object take() and reset() do nothing, the rest is not allowed.

  void take() {
    bool const whole = !runs() && world().flip();
    world().arm();
    std::optional<int> expected_number;
    Outcome expected = Outcome::ok;
    if (model.state == State::full && throws_at(Step::move)) {
      expected = Outcome::thrown_by_value;
    } else if (!runs()) {
      expected_number = model.number;
      model.drop();
    }
    std::optional<int> number;
    Outcome const outcome = World::call([&] {
      if (std::optional<T> const taken = whole ? std::move(*lock_).into_inner() : lock_->take())
        number = number_of(*taken);
    });
    FUZZ_CHECK(outcome == expected && number == expected_number);
  }
  void reset() {
    if (!runs()) model.drop();
    lock_->reset();
  }

  // What becomes of `to`, which is empty, when it gets what is in `from`.
  static Outcome transfer(LockSlot& to, LockSlot& from, Step how) {
    if (from.model.state != State::full) return Outcome::ok;
    if (throws_at(how)) return Outcome::thrown_by_value;
    to.model.clean();
    to.model.fill(*from.model.number);
    if (how == Step::move) from.model.drop();
    return Outcome::ok;
  }
  void assign() {
    LockSlot& from = world().choose(8) == 0 ? *this : *other;
    bool const by_copy = copies && world().flip();
    if (runs() || from.runs()) return;
    world().arm();
    Outcome expected = Outcome::ok;
    if (&from != this) {
      model.drop();
      expected = transfer(*this, from, by_copy ? Step::copy : Step::move);
    }
    Outcome const outcome = World::call([&] {
      if constexpr (copies) {
        if (by_copy) {
          *lock_ = std::as_const(*from.lock_);
          return;
        }
      }
      *lock_ = std::move(*from.lock_);
    });
    FUZZ_CHECK(outcome == expected);
    from.look();
  }
  void swaps() {
    LockSlot& with = world().choose(8) == 0 ? *this : *other;
    bool const as_member = world().flip();
    if (runs() || with.runs()) return;
    world().arm();
    // Only the first of the moves throws. It has changed nothing then, if it is of what is here; else the value from
    // here is lost.
    Outcome expected = Outcome::ok;
    bool const armed =
        (model.state == State::full || (&with != this && with.model.state == State::full)) && throws_at(Step::move);
    if (armed) {
      expected = Outcome::thrown_by_value;
      if (model.state != State::full) model.drop();
    } else {
      std::optional<int> const here = model.number;
      std::optional<int> const there = with.model.number;
      model.drop();
      if (&with != this) with.model.drop();
      if (there && &with != this) model.fill(*there);
      if (here) with.model.fill(*here);
    }
    Outcome const outcome = World::call([&] {
      if (as_member) {
        lock_->swap(*with.lock_);
      } else {
        swap(*lock_, *with.lock_);
      }
    });
    FUZZ_CHECK(outcome == expected);
    with.look();
  }

  void remake() {
    if (runs() || other->runs()) return;
    int const how = world().choose(4);
    int const number = world().number();
    model.drop();
    lock_.reset();
    world().arm();
    Outcome expected = Outcome::ok;
    if (how == 1) expected = filled_by(Step::construct, number).outcome;
    if (how == 2) expected = transfer(*this, *other, copies ? Step::copy : Step::move);
    if (how == 3) expected = transfer(*this, *other, Step::move);
    Outcome const outcome = World::call([&] {
      if (how == 0) lock_.emplace();
      if (how == 1) lock_.emplace(std::in_place, number);
      if constexpr (copies) {
        if (how == 2) lock_.emplace(std::as_const(*other->lock_));
      }
      if (how == 3 || (how == 2 && !copies)) lock_.emplace(std::move(*other->lock_));
    });
    FUZZ_CHECK(outcome == expected);
    if (outcome != Outcome::ok) lock_.emplace();
    other->look();
  }

  std::optional<Lock> lock_;
};

}  // namespace fuzz

#endif
