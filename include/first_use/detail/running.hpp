// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Who is running what: each thread's list of running initialisers, and the registry of threads that wait while they
// initialise something themselves. Only slow paths come here.
//
// Three rules keep reports true. A registered thread does not look at the word before it has left the registry, so its
// frames are frozen while others read them. A timed wait never registers: it ends by itself. And who runs an object is
// learnt from frames alone, never from the object's word.
#ifndef FIRST_USE_DETAIL_RUNNING_HPP
#define FIRST_USE_DETAIL_RUNNING_HPP

#include <cstdint>

#include <first_use/detail/errors.hpp>
#include <first_use/detail/frame.hpp>
#include <first_use/fork/generation.hpp>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

FIRST_USE_BEGIN_PLAIN
namespace process {

/// What messages and traces call the calling thread. On Linux the kernel's number, which debuggers and process lists
/// show; elsewhere threads are numbered in the order in which they first ask.
template <class Atoms>
struct ThreadNumber {
  static std::uint64_t mine() noexcept {
#if defined(__linux__)
    return static_cast<std::uint64_t>(::syscall(SYS_gettid));  // cannot fail: errno stays
#else
    return own();
#endif
  }

  static std::uint64_t own() noexcept {
    while (own_ == 0) {
      GenerationNumber taken = last_.load(Order::relaxed);  // ORDERING: relaxed: the exchange below decides
      // ORDERING: relaxed: nothing hangs on the number but its being new.
      if (last_.compare_exchange_weak(taken, taken + 1, Order::relaxed, Order::relaxed)) own_ = taken + 1;
    }
    return own_;
  }

 private:
  static inline thread_local constinit std::uint64_t own_ = 0;
  FIRST_USE_SHARED static inline constinit WordOf<Atoms, GenerationNumber> last_{};
};

inline bool runs(Frame const* top, void const* once) noexcept {
  for (; top != nullptr; top = top->below) {
    if (top->once == once) return true;
  }
  return false;
}

inline void link(Thread& self, Frame& frame) noexcept {
  frame.below = self.top;
  FIRST_USE_SIGNAL_FENCE();
  self.top = &frame;
}

[[noreturn]] FIRST_USE_COLD inline void raise_out_of_turn() noexcept {
  fatal(
      "first_use: an initialiser ended out of turn: initialisers must begin and end on one thread and one stack, "
      "innermost first (was a fiber switched, or one jumped out with longjmp, inside an initialiser?)");
}

inline void unlink(Thread& self, Frame& frame) noexcept {
  if (self.top != &frame) [[unlikely]]
    raise_out_of_turn();
  self.top = frame.below;
  FIRST_USE_SIGNAL_FENCE();
}

/// "A -> B -> C": the nest of running initialisers from the one of `once` inwards.
inline void write_nest(Text& text, Frame const* frame, void const* once) noexcept {
  if (frame->once != once) {
    write_nest(text, frame->below, once);
    text << " -> ";
  }
  text << *frame->label;
}

/// What to call `once`, which one of `frames` runs: whoever waits need not know the name that whoever runs has given.
inline Label const& called(Label const& known, Frame const* frame, void const* once) noexcept {
  while (frame->once != once) frame = frame->below;
  return known.name != nullptr ? known : *frame->label;
}

/// A thread that sleeps on a once while it runs another.
struct Waiter {
  void const* once = nullptr;
  Label const* label = nullptr;
  Frame const* frames = nullptr;
  std::uint64_t thread = 0;
  Waiter* next = nullptr;
  Waiter* previous = nullptr;
  std::uint64_t generation = 0;
};

/// The waits-for registry of the process.
template <class Atoms>
class Registry {
 public:
  /// Registers `me`, or writes the ring that its wait would close and returns false.
  static bool enter(Waiter& me, Text& ring) noexcept {
    Lock const lock;
    if (void const* const mine = closes_ring(me)) {
      write_ring(me, mine, ring);
      return false;
    }
    me.generation = lock.generation;
    me.previous = nullptr;
    me.next = first_;
    if (first_ != nullptr) first_->previous = &me;
    first_ = &me;
    return true;
  }

  static void leave(Waiter& me) noexcept {
    Lock const lock;
    // FORK: entries of the parent, this one included, are gone from a child's list.
    if (me.generation != lock.generation) return;
    (me.previous != nullptr ? me.previous->next : first_) = me.next;
    if (me.next != nullptr) me.next->previous = me.previous;
  }

 private:
  using Process = Generation<Atoms>;
  using Number = typename Process::Number;

  // generation << 2 | contended << 1 | held. FORK: of another generation it reads as free, and the list as empty: a
  // thread that does not exist here may have held it.
  struct Lock {
    Lock() noexcept {
      bool slept = false;
      for (;;) {
        // FORK: asked anew each time: a signal handler may have forked while this thread slept.
        generation = Process::current();
        Number const mine = static_cast<Number>(generation << 2);
        Number seen = word_.load(Order::relaxed);  // ORDERING: relaxed: the exchange below acquires
        if (seen >> 2 != generation || (seen & 1) == 0) {
          Number const taken = mine | (slept ? 3U : 1U);
          // ORDERING: acquire pairs with the release in ~Lock: the list as its last holder left it.
          if (word_.compare_exchange_weak(seen, taken, Order::acquire, Order::relaxed)) break;
          continue;
        }
        // ORDERING: relaxed: a mark for the holder; the sleeper looks again.
        if ((seen & 2) == 0 && !word_.compare_exchange_weak(seen, seen | 2, Order::relaxed, Order::relaxed)) continue;
        if constexpr (Atoms::can_wait) sleep_on(seen | 2);
        slept = true;
      }
      if (list_generation_ != generation) {
        list_generation_ = generation;
        first_ = nullptr;
      }
    }
    ~Lock() {
      Number seen = word_.load(Order::relaxed);  // ORDERING: relaxed: the exchange below decides
      // FORK: a signal handler may have forked in between; then the lock is not ours any more.
      while (seen >> 2 == generation && (seen & 1) != 0) {
        // ORDERING: release pairs with the acquire in Lock().
        if (!word_.compare_exchange_weak(seen, static_cast<Number>(generation << 2), Order::release, Order::relaxed)) {
          continue;
        }
        if constexpr (Atoms::can_wait) {
          if ((seen & 2) != 0) word_.notify_all();
        }
        return;
      }
    }
    Lock(Lock const&) = delete;
    Lock& operator=(Lock const&) = delete;

    static void sleep_on(Number held) noexcept {
      Thread& self = Process::Self::self();
      void* const outer = self.sleeping;
      auto* const outer_stir = self.stir;
      self.stir = [](void*) {
        // FORK: nobody in the child will wake this thread; the empty word does not let it sleep on.
        word_.store(0, Order::relaxed);  // ORDERING: relaxed: one thread in a child
      };
      FIRST_USE_SIGNAL_FENCE();
      self.sleeping = &word_;
      // FORK: a signal handler may have forked before that was known.
      if (Process::current() == held >> 2) word_.wait(held);
      self.sleeping = outer;
      FIRST_USE_SIGNAL_FENCE();
      self.stir = outer_stir;
    }

    Number generation{};
  };

  static Waiter const* runner_of(void const* once) noexcept {
    for (Waiter const* waiter = first_; waiter != nullptr; waiter = waiter->next) {
      if (runs(waiter->frames, once)) return waiter;
    }
    return nullptr;
  }

  // The last to register sees the whole ring: all its other links are registered and frozen. Returns what of mine its end
  // waits for; null: there is no ring.
  static void const* closes_ring(Waiter const& me) noexcept {
    void const* wanted = me.once;
    while (Waiter const* const runner = runner_of(wanted)) {
      wanted = runner->once;
      if (runs(me.frames, wanted)) return wanted;
    }
    return nullptr;
  }

  static void write_ring(Waiter const& me, void const* mine, Text& text) noexcept {
    text << "first_use: deadlock: this thread (" << me.thread << ") initialises ";
    write_nest(text, me.frames, mine);
    Waiter const* link = &me;
    while (link->once != mine) {
      Waiter const* const runner = runner_of(link->once);
      text << " and needs " << called(*link->label, runner->frames, link->once) << "; thread " << runner->thread
           << " initialises ";
      write_nest(text, runner->frames, link->once);
      link = runner;
    }
    text << " and needs " << called(*link->label, me.frames, mine)
         << "; none of them can ever finish. Break the ring: initialise one of them before, or let one initialiser do "
            "without the other's value";
  }

  FIRST_USE_SHARED static inline constinit typename Process::Word word_{};
  FIRST_USE_SHARED static inline constinit Number list_generation_{};
  FIRST_USE_SHARED static inline constinit Waiter* first_{};
};

}  // namespace process
FIRST_USE_END_PLAIN

#endif
