// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Every operation of a LazyLock and a LazyCell.
#ifndef FIRST_USE_TESTS_FUZZ_LAZY_SLOT_HPP
#define FIRST_USE_TESTS_FUZZ_LAZY_SLOT_HPP

#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include "fuzz/world.hpp"

namespace fuzz {

/// An initialiser with something to destroy.
template <class T>
struct Ticket {
  T operator()() const {
    ticket.check();
    return made<T>();
  }
  Traced ticket{1};
};

/// F is a pointer or a Ticket.
template <class Lazy, class F>
class LazySlot final : public Slot {
  using T = typename Lazy::value_type;
  static constexpr bool is_pointer = std::is_pointer_v<F>;

 public:
  LazySlot(char const* the_name, Kind the_kind) : Slot{the_name, the_kind} { make(0); }

  void step() override {
    static constexpr void (LazySlot::*all[])() = {&LazySlot::force, &LazySlot::into_inner, &LazySlot::remake,
                                                  &LazySlot::force};
    (this->*all[World::here().choose(std::size(all))])();
  }

  void look() override {
    bool const full = model.state == State::full;
    Lazy const& lazy = *lazy_;
    FUZZ_CHECK((lazy.get() != nullptr) == full && lazy_->get() == lazy.get());
    FUZZ_CHECK(lazy.is_poisoned() == (model.state == State::poisoned));
    if (full) FUZZ_CHECK(number_of(*lazy.get()) == *model.number);
  }

  void reenter() override { lazy_->force(); }
  void end() override {
    lazy_.reset();
    end_of_ticket();
  }

 private:
  enum Filled { by_call, by_nothing, by_default };

  void make(int how) {
    filled_ = by_call;
    ended_ = false;
    if constexpr (is_pointer) {
      if constexpr (std::is_default_constructible_v<T> && std::is_default_constructible_v<Lazy>) {
        if (how == 2) {
          filled_ = by_default;
          lazy_.emplace();
          return;
        }
      }
      if (how == 1) filled_ = by_nothing;
      emplace(how == 1 ? F{} : F{&made<T>});
    } else {
      Model::lives += 1;
      emplace(F{});
    }
  }
  void emplace(F f) {
    if constexpr (std::is_constructible_v<Lazy, first_use::RetryOnThrow, F>) {
      lazy_.emplace(first_use::retry_on_throw, std::move(f));
    } else {
      lazy_.emplace(std::move(f));
    }
  }
  // A kept initialiser ends with its lazy, one that is used up after its call.
  void end_of_ticket() {
    if (!model.kind.ticket || ended_) return;
    Model::lives -= 1;
    ended_ = true;
  }

  Outcome failed(Outcome outcome) {
    model.state = model.kind.retries ? State::empty : State::poisoned;
    return outcome;
  }
  // After a call: what it should have come to.
  Outcome settle(Run const& run, State before) {
    if (before != State::empty || filled_ != by_call) FUZZ_CHECK(run.calls == 0);
    if (before == State::full) return Outcome::ok;
    if (before == State::running) return Outcome::reentrant;
    if (before == State::poisoned) return Outcome::poisoned;
    if (filled_ == by_nothing) return Outcome::init;
    if (filled_ == by_default) {
      model.fill(0);
      return Outcome::ok;
    }
    World& world = World::here();
    if (model.kind.consumes) {
      end_of_ticket();
      // It is moved out of the bytes that the value needs.
      if (run.calls == 0 && model.kind.ticket && world.throws_at(Step::move)) return failed(Outcome::thrown_by_value);
    }
    FUZZ_CHECK(run.calls == 1 || (run.calls == 2 && in_child && model.kind.wipes));
    switch (run.plan.end) {
      case Plan::End::failure: return failed(Outcome::thrown_by_initialiser);
      case Plan::End::knot:
        if (model.kind.consumes) return failed(Outcome::reentrant);
        model.state = State::empty;
        return Outcome::reentrant;
      default: break;
    }
    if (model.kind.traced && world.throws_at(Step::construct)) return failed(Outcome::thrown_by_value);
    FUZZ_CHECK(!model.straddled);
    model.fill(run.plan.number);
    return Outcome::ok;
  }

  void force() {
    World& world = World::here();
    State const before = model.state;
    int const how = world.choose(6);
    Run run{*this, world.plan()};
    T const* place = nullptr;
    Outcome const outcome = world.call(run, [&] {
      Lazy& lazy = *lazy_;
      Lazy const& as_const = lazy;
      if (how == 0) place = &lazy.force();
      if (how == 1) place = &as_const.force();
      if (how == 2) place = &*lazy;
      if (how == 3) place = &*as_const;
      if (how == 4) place = lazy.operator->();
      if (how == 5) place = as_const.operator->();
    });
    FUZZ_CHECK(outcome == settle(run, before));
    FUZZ_CHECK(place == std::as_const(*lazy_).get());
  }

  void into_inner() {
    if (model.state == State::running) return;
    World& world = World::here();
    world.arm();
    std::optional<int> expected_number;
    Outcome expected = model.state == State::poisoned ? Outcome::poisoned : Outcome::ok;
    if (model.state == State::full) {
      if (model.kind.traced && world.throws_at(Step::move)) {
        expected = Outcome::thrown_by_value;
      } else {
        expected_number = model.move_out();
      }
    }
    std::optional<int> number;
    Outcome const outcome = World::call([&] {
      if (std::optional<T> const inner = std::move(*lazy_).into_inner()) number = number_of(*inner);
    });
    FUZZ_CHECK(outcome == expected && number == expected_number);
  }

  void remake() {
    if (model.state == State::running) return;
    int const how = World::here().choose(8);
    model.drop();
    end();
    make(how);
  }

  std::optional<Lazy> lazy_;
  Filled filled_ = by_call;
  bool ended_ = false;
};

}  // namespace fuzz

#endif
