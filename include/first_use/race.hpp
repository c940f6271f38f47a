// SPDX-License-Identifier: MIT OR Apache-2.0
//
// race: initialisation in places that may not wait. Whoever finds nothing runs its own initialiser; the first to be done
// wins, and everybody gets the winner's value. Nobody ever waits for anybody, so nothing can hang.
//
// Use it in signal handlers and interrupts, in code that runs before or without threads, and where making a value twice is
// cheaper than a thread that sleeps. Where the initialiser must run once, because it opens, registers or counts something,
// take Once, OnceLock or LazyLock.
//
//   race::OnceRef<T>        a reference to a T that lives elsewhere       a pointer
//   race::OnceNonZero<U>    an integer that is not zero                   32 or 64 bits
//   race::OnceBool          a truth value                                 32 bits
//   race::OnceBox<T>        a T on the heap, which it owns                a pointer
//
// - All are constant-initialised, to zero bits.
// - Initialisers may run several times, at once or one within the other (re-entrance is allowed: the inner one is done
//   first, so it wins). One that throws leaves the object empty.
// - Who gets a value sees all that its maker did before.
// - On fork: a child keeps what is there. There is no handler to register, and nothing that a fork could interrupt: an
//   initialiser that another thread was running does not exist in the child, and nobody there waits for it.
// - Signal handlers may call everything of the first three; if the initialiser is fit for it, get_or_init as well, also
//   when the signal interrupts get_or_init on the same object. A OnceBox allocates: only its get() is fit for that. (64
//   bits on a machine with pointers of 32: where the compiler has no exchange of that width, it refuses.)
// - The second argument is the policy whose words are used (sync/sync_policy.hpp); nobody sleeps on them. It is the
//   platform's, whatever FIRST_USE_DEFAULT_SYNC says: plain loads and stores where there are no threads.
// - An object destroyed must not be used. Observers and the texts of deadlocks know nothing of this family.
#ifndef FIRST_USE_RACE_HPP
#define FIRST_USE_RACE_HPP

#include <first_use/race/once_bool.hpp>
#include <first_use/race/once_box.hpp>
#include <first_use/race/once_non_zero.hpp>
#include <first_use/race/once_ref.hpp>

#endif
