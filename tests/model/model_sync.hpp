// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The waiting policy whose words are the model's, and plain data that notices races. Outside of an execution (while what
// an abandoned one left behind is destroyed) both are inert.
#ifndef FIRST_USE_TESTS_MODEL_MODEL_SYNC_HPP
#define FIRST_USE_TESTS_MODEL_MODEL_SYNC_HPP

#include <cstdint>
#include <string>
#include <utility>

#include <first_use/fork/generation.hpp>
#include <first_use/fork/wipe_on_fork.hpp>
#include <first_use/sync/sync_policy.hpp>

#include "engine.hpp"

namespace first_use_model {

class ModelSync {
 public:
  static constexpr bool can_wait = true;

  template <class U>
  class word {
   public:
    constexpr word() noexcept = default;
    constexpr explicit word(U the_value) noexcept : initial_{the_value} {}

    U load(Order order) const noexcept {
      Engine* const engine = Engine::running();
      if (engine == nullptr) return initial_;
      std::size_t const at = reach(*engine, {0, true, false, false}, "a load");
      check(*engine, order);
      auto const value = static_cast<U>(engine->memory.load(engine->self().knowledge, at, order, engine->search));
      engine->say("w%zu: load %s: %#llx", at, name(order), shown(value));
      return value;
    }
    void store(U to, Order order) noexcept {
      Engine* const engine = Engine::running();
      if (engine == nullptr) return;
      std::size_t const at = reach(*engine, {0, false, true, false}, "a store");
      check(*engine, order);
      engine->memory.store(engine->self().knowledge, at, to, order, engine->search);
      engine->say("w%zu: store %s: %#llx", at, name(order), shown(to));
    }
    U exchange(U to, Order order) noexcept {
      Engine* const engine = Engine::running();
      if (engine == nullptr) return initial_;
      std::size_t const at = reach(*engine, {0, true, true, false}, "an exchange");
      check(*engine, order);
      auto const old = static_cast<U>(engine->memory.exchange(engine->self().knowledge, at, to, order, engine->search));
      engine->say("w%zu: exchange %s: %#llx -> %#llx", at, name(order), shown(old), shown(to));
      return old;
    }
    bool compare_exchange_weak(U& expected, U to, Order success, Order failure) noexcept {
      Engine* const engine = Engine::running();
      if (engine == nullptr) return true;
      std::size_t const at = reach(*engine, {0, true, true, false}, "an exchange");
      check(*engine, success);
      check(*engine, failure);
      U const wanted = expected;
      std::uint64_t seen = expected;
      bool idle = engine->spurious_left();
      bool const done = engine->memory.compare_exchange(engine->self().knowledge, at, seen, to, success, failure, idle,
                                                        engine->search);
      if (idle) engine->spend_spurious();
      expected = static_cast<U>(seen);
      engine->say("w%zu: exchange %s/%s: %#llx -> %#llx: %s %#llx", at, name(success), name(failure), shown(wanted),
                  shown(to),
                  done   ? "done"
                  : idle ? "fails for no reason at"
                         : "finds",
                  shown(expected));
      return done;
    }

    void wait(U old) const noexcept { sleep(old, false); }
    bool wait_until(U old, first_use::Deadline) const noexcept { return sleep(old, true); }
    void notify_all() noexcept {
      Engine* const engine = Engine::running();
      if (engine == nullptr) return;
      // By address: the bytes may be gone.
      std::size_t const at = engine->memory.find(this, 0);
      engine->reach({1U << at, false, false, true});
      engine->wake_all(at);
      engine->say("w%zu: wake all", at);
    }

   private:
    std::size_t reach(Engine& engine, Step step, char const* what) const {
      bool const was_buried = engine.buried(this);
      std::size_t const at = engine.memory.find(this, was_buried ? 0 : initial_);
      step.words = 1U << at;
      engine.reach(step);
      if (engine.buried(this)) engine.fail(std::string{what} + " of w" + std::to_string(at) + ", which is no more");
      return at;
    }
    static void check(Engine& engine, Order order) {
      if (order == Order::seq_cst) engine.fail("seq_cst: the model knows no total order");
    }

    bool sleep(U old, bool timed) const {
      Engine* const engine = Engine::running();
      if (engine == nullptr) return true;
      std::size_t const at = reach(*engine, {0, true, false, true}, "a wait");
      auto const found = static_cast<U>(engine->memory.look(engine->self().knowledge, at));
      engine->say("w%zu: wait%s while %#llx: %s", at, timed ? " with a deadline" : "", shown(old),
                  found == old ? "sleeps" : "is another already");
      if (found != old) return !timed || engine->search.choose(2) == 0;
      if (engine->spurious_left() && engine->search.choose(2) == 1) {
        engine->spend_spurious();
        engine->say("wakes for no reason");
        return true;
      }
      // After a signal the kernel begins the wait anew.
      if (engine->interrupt()) return sleep(old, timed);
      return engine->sleep(at, timed);
    }

    static char const* name(Order order) noexcept {
      return order == Order::relaxed   ? "relaxed"
             : order == Order::acquire ? "acquire"
             : order == Order::release ? "release"
                                       : "acq_rel";
    }
    static unsigned long long shown(U value) noexcept { return value; }

    U initial_{};
  };

  static std::int64_t now() noexcept { return 0; }
};

/// An int (or what its bytes stand for) that only one thread may touch at a time, unless all read.
class Plain {
 public:
  explicit Plain(int the_value = 0) : value_{the_value} { touch(true); }
  Plain(Plain const& other) : value_{other.get()} { touch(true); }
  Plain& operator=(Plain const& other) {
    set(other.get());
    return *this;
  }
  [[nodiscard]] int get() const {
    touch(false);
    return value_;
  }
  void set(int to) {
    touch(true);
    value_ = to;
  }
  friend bool operator==(Plain const& a, Plain const& b) { return a.get() == b.get(); }

 protected:
  void touch(bool writes) const {
    Engine* const engine = Engine::running();
    if (engine == nullptr) return;
    if (engine->buried(this)) engine->fail("plain data used that is no more");
    engine->tick();
    Engine::Cell& cell = find(*engine);
    std::size_t const me = engine->current();
    Clock const& clock = engine->self().knowledge.clock;
    for (std::size_t i = 0; i != most_threads; ++i) {
      bool const raced = cell.writes[i] > clock.at[i] || (writes && cell.reads[i] > clock.at[i]);
      if (!raced || i == me) continue;
      if (!engine->gone(i)) {
        engine->fail("race on plain data between T" + std::to_string(i) + " and T" + std::to_string(me));
      }
      // In the child of a fork: what a lost thread left half-way may be overwritten.
      if (!writes) engine->fail("half of a value is used, whose maker a fork has lost: T" + std::to_string(i));
      cell.writes[i] = cell.reads[i] = 0;
    }
    (writes ? cell.writes : cell.reads)[me] = clock.at[me];
    engine->say("plain data: %s", writes ? "written" : "read");
  }

 private:
  Engine::Cell& find(Engine& engine) const {
    for (auto& cell : engine.cells) {
      if (cell.address == this) return cell;
    }
    return engine.cells.emplace_back(Engine::Cell{this, {}, {}});
  }

  int value_;
};

/// One whose end counts, as a look at it and a write.
class Mortal : public Plain {
 public:
  using Plain::Plain;
  Mortal(Mortal const&) = default;
  Mortal& operator=(Mortal const&) = default;
  ~Mortal() {
    touch(false);
    touch(true);
  }
};

using Process = first_use::process::Generation<ModelSync>;
#if FIRST_USE_HAS_FORK
using Kept = first_use::BasicKeepOnFork<Process>;
#else
using Kept = first_use::BasicIgnoreFork<Process>;
#endif
using Wiped = first_use::WipeOnFork<first_use::Abandon, Process>;
using Ignored = first_use::BasicIgnoreFork<Process>;

/// For scenarios that are not about the very first initialisation of a process: the generation is known already.
struct Prepared {
  Prepared() {
    if (Kept::ready()) Kept::generation();
  }
};

}  // namespace first_use_model

namespace first_use::process {

template <>
inline Thread& Threads<first_use_model::ModelSync>::self() noexcept {
  static Thread nobody;
  auto* const engine = first_use_model::Engine::running();
  return engine != nullptr ? engine->self().process_thread : nobody;
}

#if FIRST_USE_HAS_FORK
// The model's own pthread_atfork and MADV_WIPEONFORK.
template <>
inline bool Generation<first_use_model::ModelSync>::ask_system() noexcept {
  if (auto* const engine = first_use_model::Engine::running()) {
    engine->handlers = {&before_fork, &in_child, {&page_.published, &page_.settled}};
  }
  return true;
}
#endif

}  // namespace first_use::process

static_assert(first_use::SyncPolicy<first_use_model::ModelSync>);

#endif
