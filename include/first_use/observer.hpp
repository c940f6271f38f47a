// SPDX-License-Identifier: MIT OR Apache-2.0
//
// An observer is told of every initialisation in the process: which object, when it began and ended, and who waited. One
// function for the whole program; none by default, and then only slow paths know that there could be one.
//
// Use it to see where a start-up spends its time (examples/trace_startup draws it), or to log what fails. Not to decide
// anything: what it is told may be out of date when it hears of it.
//
//     void watch(first_use::Observation const& seen) noexcept {
//       using What = first_use::Observation::What;
//       if (seen.what == What::failure) std::fprintf(stderr, "no %s\n", seen.type().c_str());
//     }
//     void start() { first_use::set_observer(&watch); }
#ifndef FIRST_USE_OBSERVER_HPP
#define FIRST_USE_OBSERVER_HPP

#include <cstdint>

#include <first_use/detail/config.hpp>
#include <first_use/detail/frame.hpp>
#include <first_use/fork/generation.hpp>
#include <first_use/sync/platform_sync.hpp>

FIRST_USE_BEGIN_PLAIN

/// What an observer is told. It is good during the call only.
///
/// In one thread they nest: an initialiser's `begin` comes before it runs, its `end` or `failure` before others can see
/// the outcome, so that the object is not there yet. `wait` comes before a call sleeps on what another thread runs, and
/// `wake` when that call has stopped waiting, whatever for (the value, a failure, a deadline, a DeadlockError); one pair
/// however often it slept. A call that then initialises itself begins after its `wake`.
struct Observation {
  enum class What : std::uint8_t {
    begin,    // this thread is about to run an initialiser (or to store a value that was given)
    end,      // it succeeded
    failure,  // it threw, or returned an error
    wait,     // this thread is about to wait for another's initialiser
    wake,     // it has stopped waiting
    wipe,     // this thread is about to initialise what the parent process had initialised: WipeOnFork forgets that
  };

  What what;
  void const* object;        // its address, to tell objects apart; the object itself must not be used
  std::int64_t nanoseconds;  // std::chrono::steady_clock's reading; 0 on platforms without threads
  process::Label const* label;

  /// What named() calls it; null where the observed call has no name for it. One without (wait(), say) may wait for an
  /// object that another call has named: go by the address.
  [[nodiscard]] char const* name() const noexcept { return label->name; }
  /// "LazyLock<Config>"; in a buffer of its own, without the name.
  [[nodiscard]] process::Text type() const noexcept {
    return process::Text{} << process::Label{label->kind, label->signature};
  }
};

/// It cannot throw: where exceptions are on, one that tries ends the program, and so does a thread's cancellation that
/// arrives inside. It is called by the thread that it tells of, by several threads at once, in the middle of slow paths,
/// never from a signal handler of the library's.
using Observer = void (*)(Observation const&) noexcept;

namespace process {

/// `Atoms` as for Generation.
template <class Atoms>
class Observing {
 public:
  FIRST_USE_INLINE static void tell(Observation::What what, void const* object, Label const& label) noexcept {
    if (Observer const observer = observer_.load()) tell(observer, what, object, label);
  }

  FIRST_USE_INLINE static bool somebody() noexcept { return observer_.load() != nullptr; }

  /// Nobody: then the usual way in need not ask any more.
  static void settle(GenerationNumber g) noexcept {
    if (!somebody()) Generation<Atoms>::settle(g);
  }

  static Observer exchange(Observer to) noexcept {
    Observer const before = observer_.exchange(to);
    if (to != nullptr) Generation<Atoms>::unsettle();
    return before;
  }

 private:
  FIRST_USE_COLD static void tell(Observer observer, Observation::What what, void const* object,
                                  Label const& label) noexcept {
    Thread& self = Threads<Atoms>::self();
    if (self.observed) return;
    self.observed = true;
    std::int64_t now = 0;
    if constexpr (Atoms::can_wait) now = Atoms::now();
    observer({what, object, now, &label});
    self.observed = false;
  }

  FIRST_USE_SHARED static inline constinit SharedPointer<Observer> observer_{nullptr};
};

}  // namespace process

/// Installs the process's observer, null for none, and returns the one before, to which one that adds to it may pass on
/// what it hears. Of what is going on at that moment it may hear the second half alone, or nothing.
///
/// An observer may use objects of this library: what it does itself is not told (nor does it recurse). Should it need the
/// very object that it is told of, that is re-entrance, or a wait for itself to end. It must not be slow: initialisers and
/// those who wait for them stand still meanwhile.
///
/// Once there was one, initialisations are a little slower in this process, also when it is gone.
///
/// Blocks: never. Other threads may be inside the observer before when this returns: a library that is to be unloaded
/// cannot leave one behind. Throws: nothing. On fork: a child keeps the observer; an initialiser that forks ends in both
/// processes and has begun in one. May be called from any thread, and from a signal handler.
inline Observer set_observer(Observer observer) noexcept {
  return process::Observing<PlatformSync>::exchange(observer);
}

FIRST_USE_END_PLAIN

#endif
