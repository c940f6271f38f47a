// SPDX-License-Identifier: MIT OR Apache-2.0
//
// race/: initialisers that run at once, one winner, nobody waits, in every interleaving.
#include "scenario.hpp"

#ifndef FIRST_USE_MODEL_SKIPS
#include <array>
#include <cstddef>
#include <new>

#include <first_use/race.hpp>

namespace first_use_model {
namespace {

using first_use::race::BasicOnceBool;
using first_use::race::OnceBox;
using first_use::race::OnceNonZero;
using first_use::race::OnceRef;

// Each thread makes its own object, chooses it, and reads the one that was chosen.
template <std::size_t count>
struct Referring {
  static constexpr std::size_t threads = count;
  std::array<Plain, count + 1> objects;
  OnceRef<Plain, ModelSync> ref;
  std::array<Plain*, count + 1> got{};

  void run(std::size_t i) {
    Plain& chosen = ref.get_or_init([&]() -> Plain& {
      objects[i].set(static_cast<int>(i) + 10);
      return objects[i];
    });
    check(chosen.get() >= 10, "what was chosen is finished");
    check(ref.get() == &chosen, "and stays chosen");
    got[i] = &chosen;
  }
  void after() {
    for (std::size_t i = 1; i <= count; ++i) check(got[i] == ref.get(), "all have the same");
  }
};
TEST(Race, TwoChoose) { EXPECT_TRUE(explore<Referring<2>>("two choose", {.spurious = 2})); }
TEST(Race, ThreeChoose) { EXPECT_TRUE(explore<Referring<3>>("three choose", {})); }

// One stores, the others only look.
struct Looking {
  static constexpr std::size_t threads = 3;
  Plain object;
  OnceRef<Plain, ModelSync> ref;
  void run(std::size_t i) {
    if (i == 1) {
      object.set(7);
      check(ref.set(object), "nobody else stores");
    } else if (Plain const* const there = ref.get()) {
      check(there->get() == 7, "what is there is finished");
    }
  }
};
TEST(Race, TwoLookWhileOneStores) { EXPECT_TRUE(explore<Looking>("look", {.spurious = 1})); }

// A value on the heap, whose memory no other execution step may have had before: what malloc orders is not modelled.
struct Heap {
  static inline std::array<std::byte, 4096> bytes;
  static inline std::size_t used = 0;
};
struct Owned : Mortal {
  static inline int alive = 0;
  explicit Owned(int the_value) : Mortal{the_value} { ++alive; }
  Owned(Owned const&) = delete;
  Owned& operator=(Owned const&) = delete;
  ~Owned() { --alive; }
  static void* operator new(std::size_t size) {
    void* const place = &Heap::bytes[Heap::used];
    Heap::used += (size + 15) / 16 * 16;
    return place;
  }
  static void operator delete(void*) noexcept {}
};

template <std::size_t count>
struct Owning {
  static constexpr std::size_t threads = count;
  std::optional<OnceBox<Owned, ModelSync>> box;
  std::array<Owned*, count + 1> got{};
  int runs = 0;

  Owning() {
    Heap::used = 0;
    Owned::alive = 0;
    box.emplace();
  }
  void run(std::size_t i) {
    Owned& value = box->get_or_init([&] {
      ++runs;
      return Owned{static_cast<int>(i) + 10};
    });
    check(value.get() >= 10, "the value is finished");
    got[i] = &value;
  }
  void after() {
    check(Owned::alive == 1, "the losers are destroyed, the winner is not");
    check(runs >= 1, "somebody made it");
    for (std::size_t i = 1; i <= count; ++i) check(got[i] == box->get(), "all have the same");
    box.reset();
    check(Owned::alive == 0, "the box destroys what it owns");
  }
};
TEST(Race, TwoFillABox) { EXPECT_TRUE(explore<Owning<2>>("two boxes", {.spurious = 1})); }
TEST(Race, ThreeFillABox) { EXPECT_TRUE(explore<Owning<3>>("three boxes", {})); }

// Against the rules: an assignment needs the box alone. Who looks all the same finds nothing, or a whole value.
struct AssignedWhileAnotherLooks {
  static constexpr std::size_t threads = 2;
  using Box = OnceBox<Owned, ModelSync>;
  Box box;
  AssignedWhileAnotherLooks() { Heap::used = 0; }
  void run(std::size_t i) {
    if (i == 1) {
      box = Box{std::in_place, 7};
    } else if (Owned const* const value = box.get()) {
      check(value->get() == 7, "the value");
    }
  }
};
TEST(Race, ABoxIsAssignedWhileAnotherLooks) { EXPECT_TRUE(explore<AssignedWhileAnotherLooks>("assigned box", {})); }

template <std::size_t count>
struct Numbering {
  static constexpr std::size_t threads = count;
  OnceNonZero<unsigned, ModelSync> number;
  BasicOnceBool<ModelSync> truth;
  Plain beside[count + 1];
  std::array<unsigned, count + 1> got{};

  void run(std::size_t i) {
    got[i] = number.get_or_init([&] {
      beside[i].set(3);
      return static_cast<unsigned>(i);
    });
    check(beside[got[i]].get() == 3, "what the initialiser did beside is seen");
    bool const mine = truth.get_or_init([&] { return i == 1; });
    check(truth.get() == mine, "truth stays");
  }
  void after() {
    for (std::size_t i = 1; i <= count; ++i) check(got[i] == number.get(), "all have the same");
  }
};
TEST(Race, TwoChooseANumber) { EXPECT_TRUE(explore<Numbering<2>>("two numbers", {.spurious = 1})); }

// A handler that interrupts the call before any of its steps, and uses the same object.
struct Interrupted {
  static constexpr std::size_t threads = 2;
  OnceNonZero<unsigned, ModelSync> number;
  unsigned first = 0, second = 0, in_handler = 0;
  void run(std::size_t i) {
    if (i == 2) {
      second = number.get_or_init([] { return 2U; });
      return;
    }
    Engine::running()->self().on_signal = [this] { in_handler = number.get_or_init([] { return 3U; }); };
    first = number.get_or_init([] { return 1U; });
  }
  void after() {
    check(first == number.get() && second == number.get(), "all have the same");
    check(in_handler == 0 || in_handler == number.get(), "the handler, too");
  }
};
TEST(Race, AHandlerInterrupts) { EXPECT_TRUE(explore<Interrupted>("handler", {.spurious = 1})); }

}  // namespace
}  // namespace first_use_model
#endif
