// SPDX-License-Identifier: MIT OR Apache-2.0
//
// LazyCell: a LazyLock for one thread. max(T, F) plus one byte, rounded up; no atomic anywhere; works in constant
// evaluation.
//
// Use it for a value in a function or an object that one thread uses at a time, and as `thread_local constinit`: no guard,
// no wrapper call where T's destructor is trivial.
//
//     thread_local constinit first_use::LazyCell engine{[] { return std::minstd_rand{seed()}; }};
//
// It is LazyLock with a waiting policy that cannot wait, so lazy_lock.hpp is its page. A cell *defined* const with static
// storage is not allowed: it would lie in read-only memory and be written to.
//
// On fork: a child keeps the value. A cell that another thread was filling answers InitError in the child.
#ifndef FIRST_USE_LAZY_CELL_HPP
#define FIRST_USE_LAZY_CELL_HPP

#include <first_use/lazy_lock.hpp>
#include <first_use/sync/single_thread_sync.hpp>

FIRST_USE_BEGIN

template <class T, class F = detail::PointerTo<T>, class OnThrow = PoisonOnThrow>
class LazyCell : public BasicLazyLock<T, F, SingleThreadSync, IgnoreFork, OnThrow> {
  using BasicLazyLock<T, F, SingleThreadSync, IgnoreFork, OnThrow>::BasicLazyLock;
};
template <class F>
LazyCell(F) -> LazyCell<detail::Made<F>, F>;
template <class F>
LazyCell(RetryOnThrow, F) -> LazyCell<detail::Made<F>, F, RetryOnThrow>;

FIRST_USE_END

#endif
