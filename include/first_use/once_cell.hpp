// SPDX-License-Identifier: MIT OR Apache-2.0
//
// OnceCell<T>: a OnceLock for one thread. T plus one byte, rounded up; no atomic anywhere; works in constant evaluation.
//
// Use it for a member that a const method computes on demand in an object that one thread uses at a time. Where threads
// share the object, take OnceLock.
//
//     struct Document {
//       Index const& index() const {
//         return made.get_or_init([this] { return Index{text}; });
//       }
//       std::string text;
//       first_use::OnceCell<Index> made;
//     };
//
// It is OnceLock with a waiting policy that cannot wait, so once_lock.hpp is its page; the waits are missing, and
// re-entrance (or use from a second thread, noticed only by luck) is an error. A cell *defined* const with static storage
// is not allowed: it would lie in read-only memory and be written to. Copies, moves and const members are fine.
//
// On fork: a child keeps the value. A cell that another thread was filling answers InitError in the child.
#ifndef FIRST_USE_ONCE_CELL_HPP
#define FIRST_USE_ONCE_CELL_HPP

#include <first_use/once_lock.hpp>
#include <first_use/sync/single_thread_sync.hpp>

FIRST_USE_BEGIN

template <class T>
using OnceCell = BasicOnceLock<T, SingleThreadSync, IgnoreFork>;

FIRST_USE_END

#endif
