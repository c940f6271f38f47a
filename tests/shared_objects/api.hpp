// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What each shared library of this test offers, and its host where that uses first_use itself. Objects belong to the
// host and are handed around as bytes, zero at first, so that every library works on the same ones.
#ifndef FIRST_USE_TESTS_SHARED_OBJECTS_API_HPP
#define FIRST_USE_TESTS_SHARED_OBJECTS_API_HPP

enum Answer { stored, occupied, busy, reentrant, refused };

struct Api {
  bool (*prepare)();
  unsigned long long (*generation)();
  // Two libraries that answer alike share the process-wide variables.
  void const* (*identity)();

  // A WipeOnForkOnceLock<int>. `value` is -1 where there is none.
  bool (*fill)(void* wiped, int value);
  int (*value)(void const* wiped);
  bool (*is_incomplete)(void const* wiped_once);

  // A OnceLock<int>. `hold` runs inside(context) as its initialiser.
  Answer (*hold)(void* kept, void (*inside)(void*), void* context);
  Answer (*try_set)(void* kept);
};

extern "C" {
typedef Api const* GetApi();
}

#endif
