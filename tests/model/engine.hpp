// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Who goes next. Threads are fibers; each announces its next step on shared words and is then sent on or kept back by
// the search. What lies between two steps is nobody else's business, so nothing is lost by running it in one piece.
//
// A search of everything leaves out executions that differ from one already seen by the order of independent steps alone
// (sleep sets).
#ifndef FIRST_USE_TESTS_MODEL_ENGINE_HPP
#define FIRST_USE_TESTS_MODEL_ENGINE_HPP

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <first_use/detail/frame.hpp>

#include "fiber.hpp"
#include "memory.hpp"

namespace first_use_model {

class Engine {
 public:
  enum class Ending { complete, left_out, failed };

  explicit Engine(Search& the_search) : search{the_search} {}

  /// One execution: `body` is thread 0, `others` are started by spawn().
  Ending run(std::function<void()> body, bool traces) {
    memory.begin(search.effort().stale);
    cells.clear();
    graves_.clear();
    lines.clear();
    handlers = {};
    body_ = std::move(body);
    traces_ = traces;
    threads_used_ = 1;
    current_ = 0;
    asleep_ = 0;
    switches_ = 0;
    steps_ = 0;
    joining_ = false;
    spurious_left_ = search.effort().spurious;
    search.begin();
    running_ = this;
    threads_[0].begin(&main_entry);
    Fiber::change(base_, threads_[0].fiber);
    running_ = nullptr;
    return ending_;
  }

  /// Null outside of an execution: words are then plain integers.
  static Engine* running() noexcept { return running_; }

  // For the code under test -------------------------------------------------------------------------------------------

  struct Thread {
    Fiber fiber;
    enum class State { fresh, ready, asleep, dozing, finished, gone } state = State::fresh;
    Step step;
    std::size_t sleeps_on = 0;
    Knowledge knowledge;
    first_use::process::Thread process_thread;
    std::function<void()> on_signal;  // a signal handler that runs once, before any step or in any sleep

    void begin(void (*entry)()) {
      state = State::fresh;
      step = nothing;
      knowledge = {};
      process_thread = {};
      on_signal = nullptr;
      fiber.start(entry);
    }
  };

  Thread& self() noexcept { return threads_[current_]; }
  [[nodiscard]] std::size_t current() const noexcept { return current_; }
  [[nodiscard]] std::size_t threads() const noexcept { return threads_used_; }

  /// Starts fn(1) .. fn(count), and returns when all have ended.
  void spawn_and_join(std::size_t count, std::function<void(std::size_t)> fn) {
    thread_body_ = std::move(fn);
    for (std::size_t i = 1; i <= count; ++i) {
      threads_[i].begin(&thread_entry);
      threads_[i].knowledge = self().knowledge;
    }
    threads_used_ = count + 1;
    joining_ = true;
    reach(nothing);
    joining_ = false;
    for (std::size_t i = 1; i <= count; ++i) memory.learn(self().knowledge, threads_[i].knowledge);
  }

  /// Before every access to plain data, so that what comes after a release is told from what came before it.
  void tick() noexcept { ++self().knowledge.clock.at[current_]; }

  /// Before every step on a shared word: others may go first, and a signal may come.
  void reach(Step const& step) {
    interrupt();
    self().state = Thread::State::ready;
    self().step = step;
    go_on();
    if (++steps_ > 5000) fail("livelock: 5000 steps and no end");
  }

  /// Runs this thread's signal handler, now or later.
  bool interrupt() {
    if (!self().on_signal || search.choose(2) == 0) return false;
    auto const handler = std::exchange(self().on_signal, nullptr);
    handler();
    return true;
  }

  /// Until somebody wakes the sleepers of this word. False: the time is over.
  bool sleep(std::size_t word, bool timed) {
    Thread& me = self();
    me.state = timed ? Thread::State::dozing : Thread::State::asleep;
    me.step = {1U << word, false, false, true};
    me.sleeps_on = word;
    go_on();
    bool const woken = me.state == Thread::State::fresh;
    me.state = Thread::State::ready;
    if (!woken) say("the time of its wait is over");
    return woken;
  }
  void wake_all(std::size_t word) {
    for (std::size_t i = 0; i != threads_used_; ++i) {
      Thread& thread = threads_[i];
      bool const sleeps = thread.state == Thread::State::asleep || thread.state == Thread::State::dozing;
      if (sleeps && thread.sleeps_on == word) thread.state = Thread::State::fresh;
    }
  }

  /// All other threads are gone, as in the child of a fork.
  void lose_other_threads() {
    for (std::size_t i = 0; i != threads_used_; ++i) {
      if (i != current_) threads_[i].state = Thread::State::gone;
    }
    asleep_ = 0;
  }
  [[nodiscard]] bool gone(std::size_t i) const noexcept {
    return i < threads_used_ && threads_[i].state == Thread::State::gone;
  }

  // What happens for no reason, happens so often in an execution and not more often.
  [[nodiscard]] bool spurious_left() const noexcept { return spurious_left_ != 0; }
  void spend_spurious() noexcept { --spurious_left_; }

  /// The memory [begin, end) is no more: a look at a word in it is an error, waking its sleepers is none.
  void bury(void const* begin, void const* end) { graves_.emplace_back(begin, end); }
  [[nodiscard]] bool buried(void const* address) const {
    for (auto const& [begin, end] : graves_) {
      if (!std::less<>{}(address, begin) && std::less<>{}(address, end)) return true;
    }
    return false;
  }

  [[noreturn]] void fail(std::string const& why) {
    say("%s", why.c_str());
    error = why;
    end(Ending::failed);
  }

  /// A line of the story, where one is told.
  void say(char const* format, ...) __attribute__((format(printf, 2, 3))) {
    if (!traces_) return;
    char text[256];
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    lines.push_back("  T" + std::to_string(current_) + "  " + text);
  }
  [[nodiscard]] bool traces() const noexcept { return traces_; }

  /// Accesses to plain data, by address.
  struct Cell {
    void const* address;
    std::array<std::uint32_t, most_threads> reads{}, writes{};
  };
  struct Handlers {
    void (*before)() = nullptr;
    void (*in_child)() = nullptr;
    std::array<void const*, 2> wiped{};  // the words on the page that the kernel wipes
  };

  Search& search;
  Memory memory;
  std::vector<Cell> cells;
  Handlers handlers;
  std::vector<std::string> lines;
  std::string error;

 private:
  static void main_entry() {
    running_->body_();
    running_->end(Ending::complete);
  }
  static void thread_entry() {
    Engine& engine = *running_;
    try {
      engine.thread_body_(engine.current_);
    } catch (std::exception const& error) {
      engine.fail(std::string{"an error leaves a thread: "} + error.what());
    } catch (...) { engine.fail("an exception leaves a thread"); }
    engine.self().state = Thread::State::finished;
    if (engine.threads_[0].state == Thread::State::gone) engine.end(Ending::complete);
    engine.go_on();
  }

  [[noreturn]] void end(Ending how) {
    ending_ = how;
    Fiber::change(self().fiber, base_);
    std::abort();
  }

  void go_on() {
    std::size_t const from = current_;
    current_ = next();
    if (current_ != from) Fiber::change(threads_[from].fiber, threads_[current_].fiber);
  }

  [[nodiscard]] bool can_go(std::size_t i) const noexcept {
    Thread const& thread = threads_[i];
    if (i == 0 && joining_) {
      if (thread.state != Thread::State::ready) return false;
      for (std::size_t t = 1; t != threads_used_; ++t) {
        if (threads_[t].state != Thread::State::finished) return false;
      }
      return true;
    }
    return thread.state == Thread::State::ready || thread.state == Thread::State::dozing;
  }

  std::size_t next() {
    // Between its start or its wake and its next step a thread is alone with itself.
    for (std::size_t i = 0; i != threads_used_; ++i) {
      if (threads_[i].state == Thread::State::fresh) return i;
    }
    std::size_t ways[most_threads];
    std::size_t count = 0;
    bool could_stay = false;
    bool any = false;
    for (std::size_t k = 0; k != threads_used_; ++k) {
      std::size_t const i = (current_ + k) % threads_used_;
      if (!can_go(i)) continue;
      any = true;
      if (k == 0) could_stay = threads_[i].state == Thread::State::ready;
      if ((asleep_ >> i & 1U) == 0) ways[count++] = i;
    }
    if (!any) fail(stuck());
    if (count == 0) end(Ending::left_out);
    int const bound = search.effort().preemptions;
    if (bound >= 0 && could_stay && switches_ == bound) count = 1;
    auto const taken = static_cast<std::size_t>(search.choose(static_cast<int>(count)));
    if (could_stay && taken != 0) ++switches_;
    std::size_t const going = ways[taken];
    if (search.leaves_out_twins()) {
      for (std::size_t k = 0; k != taken; ++k) asleep_ |= 1U << ways[k];
      for (std::size_t i = 0; i != threads_used_; ++i) {
        if (depend(threads_[i].step, threads_[going].step)) asleep_ &= ~(1U << i);
      }
    }
    return going;
  }

  [[nodiscard]] std::string stuck() const {
    std::string text = "deadlock: nobody is left to wake";
    for (std::size_t i = 1; i != threads_used_; ++i) {
      if (threads_[i].state != Thread::State::asleep) continue;
      text += " T" + std::to_string(i) + " (sleeps on w" + std::to_string(threads_[i].sleeps_on) + ")";
    }
    return text;
  }

  static inline Engine* running_ = nullptr;

  Fiber base_;
  std::array<Thread, most_threads> threads_;
  std::size_t threads_used_ = 1;
  std::size_t current_ = 0;
  std::uint32_t asleep_ = 0;  // sleep set: going there now would lead to an execution seen before
  int switches_ = 0;
  int steps_ = 0;
  int spurious_left_ = 0;
  bool joining_ = false;
  bool traces_ = false;
  Ending ending_ = Ending::complete;
  std::vector<std::pair<void const*, void const*>> graves_;
  std::function<void()> body_;
  std::function<void(std::size_t)> thread_body_;
};

}  // namespace first_use_model

#endif
