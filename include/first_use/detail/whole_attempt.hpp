// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A whole attempt in one function, whatever the initialiser: what a first use at most sites executes.
#ifndef FIRST_USE_DETAIL_WHOLE_ATTEMPT_HPP
#define FIRST_USE_DETAIL_WHOLE_ATTEMPT_HPP

#include <type_traits>

#include <first_use/detail/attempt.hpp>

FIRST_USE_BEGIN
namespace detail {

/// What begins with the machine: the base of all that has room beside it, so that one cold function serves them all and
/// each body finds back to what it is.
template <class Sync, class Fork>
struct Guarded {
  Machine<Sync, Fork> machine{};
};

/// There is one perform() for all initialisers of a pair of policies. What each site has of its own is a body, which needs no
/// cleaning up: half the code, and half the time to compile it.
template <class Sync, class Fork>
class WholeAttempt : Attempt<Sync, Fork> {
  using Base = Attempt<Sync, Fork>;
  using Number = typename Machine<Sync, Fork>::Number;

 public:
  /// What an initialiser does, whatever its type: fills the room of `object`, by what `call` points to.
  using Object = Guarded<Sync, Fork>;
  using Body = void (*)(Object const& object, void* call, Base& attempt);

  /// Whether the usual way is part of a site's cold function, which knows the body, instead of one function for all: where
  /// no exchange takes the time, calls are half of what a first use costs. (Where there are no threads at all, what counts
  /// is the size of a module that is sent to whoever runs it.)
  static constexpr bool at_site = !Sync::can_wait && FIRST_USE_HAS_THREADS;

  /// Runs the body, or waits for who does, or raises what Attempt::enter() raises. `minds`: a knot that leaves the body says
  /// nothing about the value. Returns the object, so that a caller need not keep its address
  /// (FIRST_USE_COLD_CALL_IS_VOID).
  template <Manner manner, bool minds>
  FIRST_USE_INLINE static Object const* perform(Object const& object, void* call, Label const& called, Body body) {
    if constexpr (at_site) {
      return perform_here<manner, minds>(object, call, called, body);
    } else {
      return perform_apart<manner, minds>(object, call, called, body);
    }
  }

  /// A site's way to perform() for an initialiser that is all in its body: one for each label, which the site need not name.
  template <Label const& called, Manner manner, bool minds>
  FIRST_USE_COLD static Object const* perform_body(Object const& object, Body body) {
    // Such a body does not look at its call: whatever lies in the register that it would come in.
    return perform<manner, minds>(object, reinterpret_cast<void*>(body), called, body);
  }

 private:
  template <Manner manner, bool minds>
  FIRST_USE_SLOW static Object const* perform_apart(Object const& object, void* call, Label const& called, Body body) {
    return perform_here<manner, minds>(object, call, called, body);
  }

  // On the usual way only the body is called, so that nothing is kept over a call here.
  template <Manner manner, bool minds>
  FIRST_USE_INLINE static Object const* perform_here(Object const& object, void* call, Label const& called, Body body) {
    WholeAttempt attempt;
    Number stamp{};
    if (!attempt.start(object.machine, called, manner.leaves_poison, stamp)) [[unlikely]]
      return search_and_run<minds>(object, call, called, body, manner);
    if (!Base::undisturbed(stamp)) [[unlikely]]
      return attempt.template begin_and_run<minds>(object, call, stamp, body);
    attempt.template run<minds, true>(object, call, body);
    return attempt.object();  // which the frame has kept
  }

  template <bool minds, bool unheard = false>
  FIRST_USE_INLINE void run(Object const& object, void* call, Body body) {
    typename Base::Run run{this};
    if constexpr (minds) {
      FIRST_USE_TRY { body(object, call, *this); }
      FIRST_USE_CATCH_AND_RETHROW(InitError const& error, this->mind(error))
    } else {
      body(object, call, *this);
    }
    if constexpr (unheard) {
      run.succeed_unheard();
    } else {
      run.succeed();
    }
  }

  template <bool minds>
  FIRST_USE_SLOW Object const* begin_and_run(Object const& object, void* call, Number stamp, Body body) {
    this->begin(stamp);
    run<minds>(object, call, body);
    return &object;
  }

  template <bool minds>
  FIRST_USE_SLOW static Object const* search_and_run(Object const& object, void* call, Label const& called, Body body,
                                                     Manner manner) {
    WholeAttempt attempt;
    if (attempt.search(object.machine, called, manner) != nullptr) attempt.template run<minds>(object, call, body);
    return &object;
  }

  // SAFETY: the word is the first of all that an object is made of.
  Object const* object() const noexcept {
    static_assert(std::is_standard_layout_v<Object>);
    return static_cast<Object const*>(this->once);
  }
};

}  // namespace detail
FIRST_USE_END

#endif
