// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Every operation of a Once.
#ifndef FIRST_USE_TESTS_FUZZ_ONCE_SLOT_HPP
#define FIRST_USE_TESTS_FUZZ_ONCE_SLOT_HPP

#include <chrono>
#include <iterator>
#include <optional>

#include "fuzz/world.hpp"

namespace fuzz {

template <class Once>
class OnceSlot final : public Slot {
 public:
  OnceSlot(char const* the_name, Kind the_kind) : Slot{the_name, the_kind} { once_.emplace(); }

  void step() override {
    static constexpr void (OnceSlot::*all[])() = {&OnceSlot::call_once, &OnceSlot::call_once_force, &OnceSlot::waits,
                                                  &OnceSlot::remake, &OnceSlot::null};
    (this->*all[World::here().choose(std::size(all))])();
  }

  void look() override {
    using first_use::OnceStatus;
    OnceStatus const expected = model.state == State::empty     ? OnceStatus::incomplete
                                : model.state == State::running ? OnceStatus::running
                                : model.state == State::full    ? OnceStatus::complete
                                                                : OnceStatus::poisoned;
    FUZZ_CHECK(once_->status() == expected);
    FUZZ_CHECK(once_->is_completed() == (model.state == State::full));
  }

  void reenter() override {
    once_->call_once([] {});
  }
  void end() override { once_.reset(); }

 private:
  // After a call: what it should have come to.
  Outcome settle(Run const& run, State before, bool minds_poison) {
    bool const runs = before == State::empty || (before == State::poisoned && !minds_poison);
    FUZZ_CHECK(run.calls == (runs ? 1 : 0));
    if (before == State::running) return Outcome::reentrant;
    if (!runs) return before == State::poisoned ? Outcome::poisoned : Outcome::ok;
    switch (run.plan.end) {
      case Plan::End::failure: model.state = State::poisoned; return Outcome::thrown_by_initialiser;
      case Plan::End::knot: model.state = model.before; return Outcome::reentrant;
      default: break;
    }
    model.state = model.straddled ? State::empty : State::full;
    return model.straddled ? Outcome::init : Outcome::ok;
  }

  void call_once() {
    World& world = World::here();
    State const before = model.state;
    bool const with_arguments = world.flip();
    Run run{*this, world.plan()};
    Outcome const outcome = world.call(run, [&] {
      if (with_arguments) {
        once_->call_once(
            [](World& w, int three) {
              FUZZ_CHECK(three == 3);
              w.initialise();
            },
            world, 3);
      } else {
        once_->call_once([&] { world.initialise(); });
      }
    });
    FUZZ_CHECK(outcome == settle(run, before, true));
  }

  void call_once_force() {
    World& world = World::here();
    State const before = model.state;
    Run run{*this, world.plan()};
    Outcome const outcome = world.call(run, [&] {
      once_->call_once_force([&](first_use::OnceState const& state) {
        FUZZ_CHECK(state.is_poisoned() == (before == State::poisoned));
        world.initialise();
      });
    });
    FUZZ_CHECK(outcome == settle(run, before, false));
  }

  void waits() {
    int const how = World::here().choose(4);
    bool const timed = how < 2;
    bool const forced = how == 3;
    // Nobody would ever wake it.
    if (model.state == State::empty && !timed) return;
    if (model.state == State::poisoned && forced) return;
    bool done = false;
    Outcome const outcome = World::call([&] {
      if (how == 0) done = once_->wait_for(std::chrono::nanoseconds{0});
      if (how == 1) done = once_->wait_until(std::chrono::steady_clock::now());
      if (how == 2) once_->wait();
      if (how == 3) once_->wait_force();
    });
    FUZZ_CHECK(outcome == (model.state == State::running    ? Outcome::reentrant
                           : model.state == State::poisoned ? Outcome::poisoned
                                                            : Outcome::ok));
    FUZZ_CHECK(!timed || done == (model.state == State::full));
  }

  void remake() {
    if (model.state == State::running) return;
    model.drop();
    once_.emplace();
  }

  void null() {
    void (*const nothing)() = nullptr;
    Outcome const outcome = World::call([&] { once_->call_once(nothing); });
    FUZZ_CHECK(outcome == (model.state == State::full ? Outcome::ok : Outcome::init));
  }

  std::optional<Once> once_;
};

}  // namespace fuzz

#endif
