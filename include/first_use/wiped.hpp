// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The wipe-on-fork twins: after fork() the child forgets the parent's value and makes its own at first use. For what must
// not be shared between processes: connections, thread pools, random-number state, identifiers, log handles.
//
//     constinit first_use::WipeOnForkLazyLock connection{[] { return connect(); }};  // one per process
//
// "Wipe" means forget, not scrub: the child reads "not initialised", and what becomes of the parent's object in the
// child's memory is said by a policy, applied at the child's first initialisation, take, reset, assignment or
// destruction: Abandon (the default: it is left alone, and no destructor runs), Destroy, or Erase. `get()` only reads.
//
// References do not survive a fork: one taken before it refers, in the child, to the parent's object until the child
// makes its own in the same place, and to that one afterwards.
//
// An initialisation that straddles a fork publishes nothing in the child: a lazy calls its function again, a call with
// its initialiser given at the call ends in an InitError that says so. A fork clears poison. All but the word (8 bytes) is
// as in the ordinary twins, whose pages describe the members. A lazy's initialiser is kept and called as F const&.
#ifndef FIRST_USE_WIPED_HPP
#define FIRST_USE_WIPED_HPP

#include <first_use/lazy_cell.hpp>
#include <first_use/lazy_lock.hpp>
#include <first_use/once.hpp>
#include <first_use/once_cell.hpp>
#include <first_use/once_lock.hpp>

FIRST_USE_BEGIN

/// Once per process: a child runs it again.
using WipeOnForkOnce = BasicOnce<DefaultSync, WipeOnFork<>>;

/// A OnceCell that is empty in a child.
template <class T, class OnWipe = Abandon>
using WipeOnForkOnceCell = BasicOnceLock<T, SingleThreadSync, WipeOnFork<OnWipe>>;

/// A OnceLock that is empty in a child.
template <class T, class OnWipe = Abandon>
using WipeOnForkOnceLock = BasicOnceLock<T, DefaultSync, WipeOnFork<OnWipe>>;

/// A LazyCell that makes a value of its own in every process.
template <class T, class F = detail::PointerTo<T>, class OnThrow = PoisonOnThrow, class OnWipe = Abandon>
class WipeOnForkLazyCell : public BasicLazyLock<T, F, SingleThreadSync, WipeOnFork<OnWipe>, OnThrow> {
  using BasicLazyLock<T, F, SingleThreadSync, WipeOnFork<OnWipe>, OnThrow>::BasicLazyLock;
};
template <class F>
WipeOnForkLazyCell(F) -> WipeOnForkLazyCell<detail::Made<F const&>, F>;
template <class F>
WipeOnForkLazyCell(RetryOnThrow, F) -> WipeOnForkLazyCell<detail::Made<F const&>, F, RetryOnThrow>;

/// A LazyLock that makes a value of its own in every process.
template <class T, class F = detail::PointerTo<T>, class OnThrow = PoisonOnThrow, class OnWipe = Abandon>
class WipeOnForkLazyLock : public BasicLazyLock<T, F, DefaultSync, WipeOnFork<OnWipe>, OnThrow> {
  using BasicLazyLock<T, F, DefaultSync, WipeOnFork<OnWipe>, OnThrow>::BasicLazyLock;
};
template <class F>
WipeOnForkLazyLock(F) -> WipeOnForkLazyLock<detail::Made<F const&>, F>;
template <class F>
WipeOnForkLazyLock(RetryOnThrow, F) -> WipeOnForkLazyLock<detail::Made<F const&>, F, RetryOnThrow>;

FIRST_USE_END

#endif
