// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The texts of the errors, one cold function each: what happened, to which type, what to do. The two that tell a chain
// of initialisers are written where the chain is known (machine.hpp, running.hpp).
#ifndef FIRST_USE_DETAIL_RAISE_HPP
#define FIRST_USE_DETAIL_RAISE_HPP

#include <first_use/detail/errors.hpp>

FIRST_USE_BEGIN
namespace detail {

[[noreturn]] FIRST_USE_COLD inline void raise_not_ready(Label const& label) {
  raise<InitError>(Text{} << "first_use: cannot initialise " << label
                          << ": the system refused what noticing a fork takes (out of memory?); nothing was started, "
                             "try again");
}

[[noreturn]] FIRST_USE_COLD inline void raise_poisoned(Label const& label) {
  raise<PoisonedError>(
      Text{} << "first_use: " << label
             << " is poisoned: its initialiser failed before, and that failure is final; handle the first error "
                "where it is thrown, or choose to try again (call_once_force, RetryOnThrow, OnceLock)");
}

[[noreturn]] FIRST_USE_COLD inline void raise_foreign(Label const& label) {
  raise<InitError>(Text{} << "first_use: " << label
                          << " is being initialised, but not by this thread: it was used from two threads (take the "
                             "locking type), or left behind half-way by a fork");
}

[[noreturn]] FIRST_USE_COLD inline void raise_empty(Label const& label) {
  raise<InitError>(
      Text{} << "first_use: " << label
             << " is empty: nobody has initialised it; look with get() first, or fill it with get_or_init()");
}

[[noreturn]] FIRST_USE_COLD inline void raise_straddled(Label const& label) {
  raise<InitError>(Text{} << "first_use: the process forked inside this initialisation of " << label
                          << ", whose value belongs to one process; in the child it is empty: call again");
}

[[noreturn]] FIRST_USE_COLD inline void raise_destroyed(Label const& label) {
  raise<InitError>(
      Text{} << "first_use: " << label
             << " is used after its destruction; at exit, statics die in reverse order of declaration: hold "
                "the value in NeverDestroyed, or declare this object earlier");
}

[[noreturn]] FIRST_USE_COLD inline void raise_unwakeable(Label const& label) {
  raise<InitError>(Text{} << "first_use: waiting for " << label
                          << ", which nobody can complete: it is used by one thread, and that thread waits");
}

[[noreturn]] FIRST_USE_COLD inline void raise_lost_initialiser(Label const& label) {
  raise<PoisonedError>(
      Text{} << "first_use: " << label
             << " is poisoned: a fork interrupted its initialiser, which a thread of the parent process "
                "had taken; use it before forking, or give it an initialiser that is trivially copyable "
                "or kept (RetryOnThrow)");
}

[[noreturn]] FIRST_USE_COLD inline void raise_no_initialiser(Label const& label) {
  raise<InitError>(Text{} << "first_use: " << label
                          << " has no initialiser: it was given a null function; give it one that can be called");
}

}  // namespace detail
FIRST_USE_END

#endif
