// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a thread knows of itself: the initialisers it is in the middle of, and the word it sleeps on. Plain data; its
// layout is part of the ABI number.
#ifndef FIRST_USE_DETAIL_FRAME_HPP
#define FIRST_USE_DETAIL_FRAME_HPP

#include <cstdint>

#include <first_use/detail/errors.hpp>

FIRST_USE_BEGIN_PLAIN
namespace process {

/// One running initialiser; lies on the stack of the thread that runs it.
struct Frame {
  constexpr Frame() noexcept {}  // written when it is linked
  void const* once;              // the address of the word
  Label const* label;
  Frame* below;
  bool carried;  // a fork has happened inside
};

/// INVARIANT: `top` and all below it belong to this thread and are alive, and their words are stamped with `stamp`.
struct Thread {
  Frame* top = nullptr;
  std::uint64_t stamp = 1;  // of the last generation that this thread has come to the slow paths in; 1: none, and no
                            // wiped page says so
  // FORK: a signal handler may fork while this thread sleeps; the child must not go back to sleep on the same value.
  void* sleeping = nullptr;
  void (*stir)(void* word) = nullptr;
  bool observed = false;  // is in the middle of an observer, of whose own doings nothing is told
};

/// The calling thread's. Never compared by address: a child's first new thread can get a dead thread's.
template <class Atoms>
struct Threads {
  static Thread& self() noexcept { return self_; }

 private:
  static inline thread_local constinit Thread self_{};
};

}  // namespace process
FIRST_USE_END_PLAIN

#endif
