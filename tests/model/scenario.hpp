// SPDX-License-Identifier: MIT OR Apache-2.0
//
// How a test says what to look at. A scenario is a struct: its constructor runs first, then run(1) .. run(n) as threads,
// then, all joined, after() if there is one, and its destructor.
//
//     struct Racing {
//       static constexpr std::size_t threads = 2;
//       BasicOnceLock<Plain, ModelSync, Kept> lock;
//       void run(std::size_t) { check(lock.get_or_init([] { return Plain{7}; }).get() == 7, "the value"); }
//     };
//     TEST(Racing, OneValue) { EXPECT_TRUE(explore<Racing>("one value", {})); }
#ifndef FIRST_USE_TESTS_MODEL_SCENARIO_HPP
#define FIRST_USE_TESTS_MODEL_SCENARIO_HPP

#include <first_use/detail/config.hpp>

#include "../sanitizers.hpp"

// Sanitizers do not know of the fibers' stacks; without exceptions an error ends the program.
#if FIRST_USE_TESTS_SANITIZED || FIRST_USE_TESTS_UNDER_MSAN
#define FIRST_USE_MODEL_SKIPS "fibers and sanitizers do not mix"
#endif
#if !defined(FIRST_USE_MODEL_SKIPS) && !FIRST_USE_HAS_EXCEPTIONS
#define FIRST_USE_MODEL_SKIPS "a model of failures needs exceptions"
#endif
#if !defined(FIRST_USE_MODEL_SKIPS) && !(defined(__linux__) && defined(__GNUC__) && !defined(__arm__))
#define FIRST_USE_MODEL_SKIPS "no <ucontext.h>, or another layout of __cxa_eh_globals"
#endif

#include <gtest/gtest.h>

#ifdef FIRST_USE_MODEL_SKIPS
TEST(Model, Skipped) { GTEST_SKIP() << FIRST_USE_MODEL_SKIPS; }
#else

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <optional>
#include <string>

#include <errno.h>

#include <first_use/detail/running.hpp>

#include "model_sync.hpp"

namespace first_use_model {

/// The registry's private parts; naming them is allowed in an explicit instantiation and nowhere else.
struct RegistryParts {
  bool (*is_empty)() = nullptr;
  void (*forget_waiters)() = nullptr;
  void (*with_lock_held)(std::function<void()> const&) = nullptr;
};
inline constinit RegistryParts registry{};

template <class Lock, auto First>
struct RegistryThief {
  static bool is_empty() { return *First == nullptr; }
  static void forget_waiters() { *First = nullptr; }
  static void with_lock_held(std::function<void()> const& f) {
    Lock const lock;
    f();
  }
  static inline bool const done = (registry = {&is_empty, &forget_waiters, &with_lock_held}, true);
};
using Registry = first_use::process::Registry<ModelSync>;
template struct RegistryThief<Registry::Lock, &Registry::first_>;

/// Ends the execution as a failure unless `holds`.
inline void check(bool holds, char const* what) {
  if (!holds) Engine::running()->fail(std::string{"wrong: "} + what);
}

/// Other threads may go first, and a fork may happen here.
inline void pause() { Engine::running()->reach({every_word, true, false, false}); }

/// From here on the bytes of `object` are no more.
template <class Object>
void bury(Object& object) {
  Engine& engine = *Engine::running();
  auto const* const begin = reinterpret_cast<unsigned char const*>(&object);
  engine.reach({every_word, false, true, false});
  engine.say("an object dies");
  engine.bury(begin, begin + sizeof(object));
}

enum class Forked { parent, child };

/// The process forks; the execution goes on in the one or in the other. A child has this thread alone; every word keeps
/// its bits, but for the two on the wiped page where the kernel has such. Handlers run in fork(), not in _Fork().
/// `copies_some`: of what other threads have stored without releasing it, some may not have arrived yet.
inline Forked fork(bool runs_handlers, bool wipes_page, bool copies_some = false) {
  Engine& engine = *Engine::running();
  auto const handlers = engine.handlers;
  if (runs_handlers && handlers.before != nullptr) handlers.before();
  engine.reach(everything);
  bool const child = engine.search.choose(2) == 1;
  engine.say("forks, and goes on in the %s", child ? "child" : "parent");
  if (!child) return Forked::parent;
  engine.lose_other_threads();
  if (copies_some) engine.memory.freeze_some(engine.self().knowledge, engine.search);
  engine.memory.freeze(engine.self().knowledge);
  for (void const* const word : engine.handlers.wiped) {
    if (!wipes_page || word == nullptr) continue;
    std::size_t const at = engine.memory.find(word, 0);
    engine.memory.store(engine.self().knowledge, at, 0, Order::relaxed, engine.search);
  }
  if (runs_handlers && handlers.in_child != nullptr) handlers.in_child();
  return Forked::child;
}

struct Outcome {
  std::string name{}, failure{}, schedule{}, story{};
  std::uint64_t executions = 0, left_out = 0;

  explicit operator bool() const noexcept { return failure.empty(); }
  // So that EXPECT_TRUE tells the story.
  operator ::testing::AssertionResult() const { return ::testing::AssertionResult{failure.empty()} << *this; }
  [[nodiscard]] bool found(char const* what) const { return failure.find(what) != std::string::npos; }

  friend std::ostream& operator<<(std::ostream& out, Outcome const& outcome) {
    if (outcome) return out << outcome.name << ": nothing found in " << outcome.executions << " executions";
    auto const* const test = ::testing::UnitTest::GetInstance()->current_test_info();
    return out << outcome.name << ": " << outcome.failure << "\n"
               << outcome.story << "in execution " << outcome.executions
               << "; to see it again:\n  FIRST_USE_MODEL_REPLAY='" << outcome.name << ":" << outcome.schedule << "' "
               << program_invocation_name << " --gtest_filter=" << test->test_suite_name() << "." << test->name()
               << "\n";
  }
};

template <class Scenario>
class Explorer {
 public:
  template <class Observer>
  Outcome explore(std::string const& name, Effort const& effort, Observer observe) {
    Outcome outcome{.name = name};
    std::clock_t const start = std::clock();
    Search search{effort};
    bool tells = false;
    if (char const* const wish = std::getenv("FIRST_USE_MODEL_REPLAY")) {
      tells = std::strncmp(wish, (name + ":").c_str(), name.size() + 1) == 0;
      if (tells) search.replay(wish + name.size() + 1);
    }
    Engine engine{search};
    Engine::Ending ending{};
    do {
      ending = once(engine, tells, observe);
      if (ending == Engine::Ending::left_out) ++outcome.left_out;
      if (ending == Engine::Ending::failed) break;
      if (search.executions() == effort.at_most) {
        outcome.failure = "no end in sight; bound the preemptions or make the scenario smaller";
        return outcome;
      }
    } while (search.next());
    outcome.executions = search.executions() + (ending == Engine::Ending::failed ? 1 : 0);
    if (ending == Engine::Ending::failed) {
      outcome.failure = engine.error;
      outcome.schedule = search.schedule();
      Search again{effort};
      again.replay(outcome.schedule);
      Engine storyteller{again};
      once(storyteller, true, observe);
      for (auto const& line : storyteller.lines) outcome.story += line + "\n";
    }
    if (tells) {
      for (auto const& line : engine.lines) std::printf("%s\n", line.c_str());
    }
    double const took = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf("[ model    ] %s: %llu executions, %llu cut short, %.2f s, %s\n", name.c_str(),
                static_cast<unsigned long long>(outcome.executions), static_cast<unsigned long long>(outcome.left_out),
                took, extent(effort).c_str());
    return outcome;
  }

 private:
  template <class Observer>
  Engine::Ending once(Engine& engine, bool tells, Observer& observe) {
    registry.forget_waiters();
    std::optional<Scenario> scenario;
    auto const body = [&] {
      scenario.emplace();
      engine.spawn_and_join(Scenario::threads, [&](std::size_t i) {
        scenario->run(i);
        auto const& thread = engine.self().process_thread;
        check(thread.top == nullptr && thread.sleeping == nullptr, "a thread ended in the middle of something");
      });
      check(registry.is_empty(), "nobody waits, and the registry says that somebody does");
      if constexpr (requires { scenario->after(); }) scenario->after();
      observe(*scenario);
      scenario.reset();
    };
    return engine.run(body, tells);
  }

  static std::string extent(Effort const& effort) {
    if (effort.random != 0) return "at random, seed " + std::to_string(effort.seed);
    std::string bounds;
    if (effort.preemptions >= 0) bounds += std::to_string(effort.preemptions) + " preemptions";
    if (effort.stale >= 0) bounds += (bounds.empty() ? "" : ", ") + std::to_string(effort.stale) + " stale reads";
    return bounds.empty() ? "all there are" : "all with at most " + bounds;
  }
};

template <class Scenario>
Outcome explore(std::string const& name, Effort const& effort) {
  return Explorer<Scenario>{}.explore(name, effort, [](Scenario&) {});
}
/// `observe` is told every execution that reached its end.
template <class Scenario, class Observer>
Outcome explore(std::string const& name, Effort const& effort, Observer observe) {
  return Explorer<Scenario>{}.explore(name, effort, observe);
}

}  // namespace first_use_model

#endif
#endif
