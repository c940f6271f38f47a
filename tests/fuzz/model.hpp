// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What an object of the library should be like, written from the contract in the plainest words: a state, a number, and
// whether an object of the parent process lies here. No code of the library is used.
#ifndef FIRST_USE_TESTS_FUZZ_MODEL_HPP
#define FIRST_USE_TESTS_FUZZ_MODEL_HPP

#include <optional>

namespace fuzz {

enum class State { empty, running, full, poisoned };
enum class OnWipe { abandon, destroy };

/// What a call came to.
enum class Outcome { ok, thrown_by_value, thrown_by_initialiser, init, reentrant, poisoned, another };

struct Kind {
  bool wipes = false;
  OnWipe on_wipe = OnWipe::abandon;
  bool traced = false;    // the value counts its lives
  bool immortal = false;  // and never ends
  bool ticket = false;    // a lazy's initialiser counts its lives, too
  bool consumes = false;  // and is used up by its one call
  bool retries = false;
};

struct Model {
  /// How many counted objects there should be, over all models.
  static inline int lives = 0;

  explicit Model(Kind the_kind) : kind{the_kind} {}

  /// Whoever makes a value, or has the place to himself, does first to the parent's object what was asked for.
  void clean() {
    if (parents && kind.on_wipe == OnWipe::destroy) lives -= value_lives();
    parents = false;
  }
  void begin() {
    clean();
    before = state;
    state = State::running;
    straddled = false;
  }
  void fill(int the_number) {
    state = State::full;
    number = the_number;
    lives += value_lives();
  }
  /// Destroys what is there.
  void drop() {
    if (state == State::full && !kind.immortal) lives -= value_lives();
    number.reset();
    clean();
    state = State::empty;
  }
  /// The number is moved out of a value that stays where it is.
  int move_out() {
    int const moved = *number;
    if (kind.traced) number = -moved;
    return moved;
  }
  void use_up_ticket() {
    if (kind.ticket && kind.consumes) lives -= 1;
  }

  /// FORK: in the child.
  void forget() {
    if (!kind.wipes) return;
    if (state == State::full) parents = true;
    if (state == State::running) {
      straddled = true;
      before = State::empty;
      return;
    }
    number.reset();
    state = State::empty;
  }

  int value_lives() const { return kind.traced ? 1 : 0; }

  Kind kind;
  State state = State::empty;
  State before = State::empty;  // the attempt that runs
  std::optional<int> number{};
  bool parents = false;
  bool straddled = false;  // the attempt that runs began in the parent
};

}  // namespace fuzz

#endif
