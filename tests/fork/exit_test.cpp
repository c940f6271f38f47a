// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A child that calls exit() runs the parent's static destructors: each of its own values dies once, the parent's wiped
// ones as their policy says, and nothing that a lost thread left half-way.
#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

#if FIRST_USE_TESTS_UNDER_ASAN
// A child that exits has the parent's leaks (threads that are not there any more, abandoned objects).
extern "C" int __lsan_is_turned_off() { return 1; }
#endif

namespace {

using namespace first_use;
using children::InFlight;

int told = -1;  // where destructors write their letter; nobody listens where this program itself ends

/// Tells of its destruction.
class Telltale {
 public:
  explicit Telltale(char letter) : Telltale{letter, [] {}} {}
  template <class Hold>
  Telltale(char letter, Hold const& hold) : half_{letter} {
    hold();
    letter_ = letter;
  }
  Telltale(Telltale&& other) noexcept : half_{other.half_}, letter_{std::exchange(other.letter_, '\0')} {}
  Telltale& operator=(Telltale&&) = delete;
  ~Telltale() {
    char const letter = letter_ == half_ ? letter_ : '!';
    if (letter_ == '\0' || told < 0) return;
    if (::write(told, &letter, 1) != 1) std::abort();
    letter_ = '!';  // a second destruction would say so
  }

 private:
  char half_;
  char letter_ = '!';
};

// Made by an initialiser that tells of its own destruction: an uppercase letter.
struct Maker {
  Telltale own;
  char letter;
  Telltale operator()() const { return Telltale{letter}; }
};
struct HoldingMaker {
  Telltale own;
  Telltale operator()() const {
    return Telltale{'y', [] { hold_lazy(); }};
  }
  static inline void (*hold_lazy)() = [] {};
};
struct EmptyMaker {
  Telltale operator()() const { return Telltale{'e'}; }
};

OnceLock<Telltale> complete;
OnceLock<Telltale> in_flight;
OnceLock<Telltale> untouched;
OnceLock<NeverDestroyed<Telltale>> never;
LazyLock<Telltale, Maker> forced{Maker{Telltale{'F'}, 'f'}};
LazyLock<Telltale, Maker> unforced{Maker{Telltale{'U'}, 'u'}};
LazyLock<Telltale, HoldingMaker> forced_elsewhere{HoldingMaker{Telltale{'Y'}}};
LazyLock<Telltale, EmptyMaker> with_empty{EmptyMaker{}};
WipeOnForkOnceLock<Telltale> abandoned;
WipeOnForkOnceLock<Telltale, Destroy> destroyed;
WipeOnForkOnceCell<Telltale> abandoned_cell;
WipeOnForkLazyLock<Telltale, Maker> kept_maker{Maker{Telltale{'K'}, 'k'}};
WipeOnForkLazyLock<Telltale, Maker, PoisonOnThrow, Destroy> kept_maker_destroyed{Maker{Telltale{'L'}, 'l'}};

void fill_all() {
  complete.try_emplace('c');
  never.get_or_init([] { return Telltale{'n'}; });
  forced.force();
  with_empty.force();
  abandoned.try_emplace('a');
  destroyed.try_emplace('d');
  abandoned_cell.try_emplace('b');
  kept_maker.force();
  kept_maker_destroyed.force();
}

/// What the destructors of a grandchild tell that runs `body` and exits. The statics are filled by its parent, in a
/// process of its own.
template <class Body>
std::string told_at_exit(Body body) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  children::in_child([&] {
    fill_all();
    // One thread in the middle of two objects, the second needed by the first.
    static children::Flag reached;
    static children::Flag end;
    std::thread{[] {
      HoldingMaker::hold_lazy = [] {
        reached.raise();
        end.wait();
      };
      in_flight.get_or_init([] { return Telltale{'x', [] { forced_elsewhere.force(); }}; });
    }}.detach();
    reached.wait();
    pid_t const pid = ::fork();
    if (pid == 0) {
      told = ends[1];
      body();
      std::exit(0);
    }
    children::child_waits_for(pid);
  });
  ::close(ends[1]);
  std::string letters;
  char letter = 0;
  while (::read(ends[0], &letter, 1) == 1) letters += letter;
  ::close(ends[0]);
  return letters;
}

// In reverse order of declaration; F of the lazies dies with them where it was kept or never called.
TEST(ExitInAChild, UntouchedStatics) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  EXPECT_EQ(told_at_exit([] {}), "lLKdeUfc");
}

TEST(ExitInAChild, StaticsThatTheChildMadeItsOwn) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  std::string const letters = told_at_exit([] {
    fill_all();
    in_flight.try_emplace('x');
    untouched.try_emplace('t');
  });
  // First the parent's object that Destroy gives up at the child's claims, then everything at exit.
  EXPECT_EQ(letters,
            "dl"
            "lLkKbdaeUftxc");
}

TEST(ExitInAChild, StaticsThatTheChildEmptied) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  std::string const letters = told_at_exit([] {
    complete.reset();
    in_flight.reset();
    abandoned.reset();
    abandoned_cell.reset();
    destroyed.reset();
  });
  EXPECT_EQ(letters,
            "cd"
            "lLKeUf");
}

#if FIRST_USE_HAS_EXCEPTIONS
TEST(ExitInAChild, StaticWhoseInitialiserWasLost) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  std::string const letters =
      told_at_exit([] { children::error_in_child<PoisonedError>([] { forced_elsewhere.force(); }); });
  EXPECT_EQ(letters, "lLKdeUfc");
}
#endif

}  // namespace
