// SPDX-License-Identifier: MIT OR Apache-2.0
//
// First initialisations inside a shared library, where what a thread knows of itself is found by a call.
#ifndef FIRST_USE_BENCH_IN_LIBRARY_HPP
#define FIRST_USE_BENCH_IN_LIBRARY_HPP

#include <cstddef>

namespace bench {

/// Fresh objects, the initialisation of them all, their end; compiled somewhere else.
struct Elsewhere {
  void* (*make)(std::size_t count);
  void (*init)(void* cells);
  void (*drop)(void* cells);
};

Elsewhere once_lock_in_library();
Elsewhere once_cell_in_library();

}  // namespace bench

#endif
