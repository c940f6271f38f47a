// SPDX-License-Identifier: MIT OR Apache-2.0
//
// One sequence of operations: what the input says, where it has got to, and what all objects have in common. Everything
// that is chosen comes from the input, so that a sequence can be replayed.
#ifndef FIRST_USE_TESTS_FUZZ_WORLD_HPP
#define FIRST_USE_TESTS_FUZZ_WORLD_HPP

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <vector>

#include <FuzzedDataProvider.h>

#include <first_use/first_use.hpp>

#if FIRST_USE_HAS_FORK
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#endif

#include "fuzz/model.hpp"

namespace fuzz {

inline bool in_child = false;
inline bool forks = true;     // FIRST_USE_FUZZ_FORKS=0: none, which is a hundred times as fast
inline bool verbose = false;  // FIRST_USE_FUZZ_VERBOSE=1: every operation is told

[[noreturn]] inline void fail(char const* what, char const* file, int line) {
  std::fprintf(stderr, "%s:%d: %s%s\n", file, line, in_child ? "in a child: " : "", what);
#if FIRST_USE_HAS_FORK
  if (in_child) ::_exit(1);
#endif
  std::abort();
}
#define FUZZ_CHECK(...) \
  ((__VA_ARGS__) ? static_cast<void>(0) : ::fuzz::fail("not so: " #__VA_ARGS__, __FILE__, __LINE__))

}  // namespace fuzz

#define TRACED_CHECK(condition, text) ((condition) ? static_cast<void>(0) : ::fuzz::fail(text, __FILE__, __LINE__))
#include "traced.hpp"

namespace fuzz {

using first_use_test::Step;
using first_use_test::Thrown;
using first_use_test::Traced;

/// What an initialiser throws.
struct Failure {};

/// An object of the library and what it should be like.
struct Slot {
  explicit Slot(char const* the_name, Kind the_kind) : name{the_name}, model{the_kind} {}
  Slot(Slot const&) = delete;
  Slot& operator=(Slot const&) = delete;
  virtual ~Slot() = default;

  virtual void step() = 0;     // one operation
  virtual void look() = 0;     // compares
  virtual void reenter() = 0;  // inside its own initialiser: throws
  virtual void end() = 0;      // destroys the object

  char const* name;
  Model model;
};

/// What one run of an initialiser will do.
struct Plan {
  enum class End { value, failure, nothing, knot } end;
  int number;
  int steps;  // operations on any object before it ends
  bool forks;
};

struct Run {
  Slot& slot;
  Plan plan;
  int calls = 0;
};

class World {
 public:
  World(std::uint8_t const* the_bytes, std::size_t the_size) : data{the_bytes, the_size} {
    here_ = this;
    forks_left_ = data.ConsumeIntegral<std::uint8_t>() % 16 == 15 ? 2 : 0;
    Model::lives = 0;
    Traced::alive = 0;
    disarm();
  }
  World(World const&) = delete;
  World& operator=(World const&) = delete;

  static World& here() { return *here_; }

  void run() {
    // A child goes on for a little while; the parent waits for it.
    for (int left = 200; left != 0 && data.remaining_bytes() != 0; --left) {
      if (in_child && left > 6) left = 6;
      step();
      FUZZ_CHECK(Traced::alive == Model::lives);
    }
    look();
    for (Slot* const slot : slots) {
      slot->model.drop();
      slot->end();
    }
    FUZZ_CHECK(Traced::alive == Model::lives);
#if FIRST_USE_HAS_FORK
    if (in_child) ::_exit(0);
#endif
  }

  bool flip() { return data.ConsumeBool(); }
  int choose(std::size_t count) {
    return static_cast<int>(data.ConsumeIntegralInRange<unsigned>(0, static_cast<unsigned>(count) - 1));
  }
  int number() { return data.ConsumeIntegralInRange<int>(1, 255); }

  Plan plan() {
    int const how = choose(256);
    // Mostly values: what is empty must get full to be interesting.
    Plan::End const end = how % 8 < 5    ? Plan::End::value
                          : how % 8 == 5 ? Plan::End::failure
                          : how % 8 == 6 ? Plan::End::nothing
                                         : Plan::End::knot;
    return {end, number(), how / 8 % 8 < 5 ? 0 : how / 8 % 8 - 4, how >= 192};
  }

  /// The next copy, move or making of a traced value may throw.
  void arm() {
    int const how = choose(16);
    if (how == 0 || how > 3) return;
    armed_ = how == 1 ? Step::construct : how == 2 ? Step::copy : Step::move;
    Traced::throws = armed_;
  }
  void disarm() {
    armed_.reset();
    Traced::throws.reset();
  }
  /// Asked where the model says that such a step is taken.
  bool throws_at(Step step) {
    if (armed_ != step) return false;
    armed_.reset();
    return true;
  }

  /// What every initialiser does; the number of the value that it is to make.
  int initialise() {
    FUZZ_CHECK(run_ != nullptr);
    Run& mine = *run_;
    Model& model = mine.slot.model;
    if (++mine.calls == 1) {
      FUZZ_CHECK(model.state == State::empty || model.state == State::poisoned);
      model.begin();
      for (int i = 0; i != mine.plan.steps; ++i) step();
      if (mine.plan.forks) fork();
    } else {
      // Again only in a child, whose parent's value is nobody's.
      FUZZ_CHECK(mine.calls == 2 && model.straddled);
      model.straddled = false;
      Model::lives += model.value_lives();
    }
    FUZZ_CHECK(model.state == State::running && run_ == &mine);
    mine.slot.look();
    if (mine.plan.end == Plan::End::failure) throw Failure{};
    if (mine.plan.end == Plan::End::knot) {
      mine.slot.reenter();
      fail("re-entrance was not told", __FILE__, __LINE__);
    }
    return mine.plan.number;
  }

  /// Calls what may run the initialiser of `run`, and says what it came to.
  template <class Call>
  Outcome call(Run& run, Call what) {
    Run* const outer = run_;
    run_ = &run;
    arm();
    Outcome const outcome = call(what);
    run_ = outer;
    return outcome;
  }
  template <class Call>
  static Outcome call(Call what) {
    try {
      what();
      return Outcome::ok;
    } catch (Thrown const&) { return Outcome::thrown_by_value; } catch (Failure const&) {
      return Outcome::thrown_by_initialiser;
    } catch (first_use::ReentrantInitError const&) {
      return Outcome::reentrant;
    } catch (first_use::PoisonedError const&) { return Outcome::poisoned; } catch (first_use::DeadlockError const&) {
      return Outcome::another;
    } catch (first_use::InitError const&) { return Outcome::init; }
  }

  FuzzedDataProvider data;
  std::vector<Slot*> slots{};

 private:
  void look() {
    for (Slot* const slot : slots) slot->look();
  }

  void step() {
    if (depth_ == 3) return;
    ++depth_;
    disarm();  // what an outer operation had in mind
    auto const which = static_cast<std::size_t>(choose(slots.size() + 1));
    if (which == slots.size()) {
      fork();
    } else {
      if (verbose) std::fprintf(stderr, "%*s%s %zu\n", depth_ * 2, "", slots[which]->name, which);
      slots[which]->step();
      disarm();
      slots[which]->look();
    }
    --depth_;
  }

  /// FORK: both processes go on with the same operations; the child ends soon, and the parent asks it for its verdict.
  void fork() {
#if FIRST_USE_HAS_FORK
    if (!forks || forks_left_ == 0) return;
    --forks_left_;
    if (verbose) std::fprintf(stderr, "%*sfork\n", depth_ * 2, "");
    pid_t const pid = ::fork();
    FUZZ_CHECK(pid >= 0);
    if (pid == 0) {
      in_child = true;
      ::signal(SIGALRM, SIG_DFL);
      ::alarm(60);  // a hang becomes a failure of the parent
      for (Slot* const slot : slots) slot->model.forget();
      look();
      return;
    }
    int status = 0;
    pid_t waited;
    do { waited = ::waitpid(pid, &status, 0); } while (waited == -1 && errno == EINTR);  // libFuzzer's own alarm
    FUZZ_CHECK(waited == pid);
    if (WIFSIGNALED(status)) std::fprintf(stderr, "a child died of signal %d\n", WTERMSIG(status));
    FUZZ_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    look();
#endif
  }

  static inline World* here_ = nullptr;
  int forks_left_;
  int depth_ = 0;
  Run* run_ = nullptr;
  std::optional<Step> armed_{};
};

// ---- Values ----------------------------------------------------------------------------------------------------------

struct MoveOnly : Traced {
  using Traced::Traced;
  MoveOnly(MoveOnly&&) = default;
  MoveOnly& operator=(MoveOnly&&) = delete;
};

inline int number_of(int value) { return value; }
inline int number_of(Traced const& value) {
  value.check();
  return value.number;
}

template <class T>
inline constexpr bool is_traced = std::is_base_of_v<Traced, T>;

template <class T>
T made() {
  return T(World::here().initialise());
}

}  // namespace fuzz

#endif
