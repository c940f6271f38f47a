// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Wrong uses of locks and cells, each with how the line begins that tells of it. Errors that nobody catches end the
// program, so a test has each of them in a process of its own.
#ifndef FIRST_USE_TESTS_WRONG_USES_HPP
#define FIRST_USE_TESTS_WRONG_USES_HPP

#include <functional>
#include <new>
#include <optional>
#include <string>

#include <first_use/first_use.hpp>

#if FIRST_USE_HAS_THREADS
#include <thread>

#include "policies.hpp"
#define ONCE_LOCK "OnceLock"
#define LAZY_LOCK "LazyLock"
#else
// Without threads the locks are the cells.
#define ONCE_LOCK "OnceCell"
#define LAZY_LOCK "LazyCell"
#endif

namespace first_use_test::wrong_use {

using first_use::LazyCell;
using first_use::LazyLock;
using first_use::OnceCell;
using first_use::OnceLock;

template <class Lock>
void ask_for_the_value_of_an_empty_one() {
  Lock lock;
  (void)lock.value();
}

template <class Lock>
void give_it_a_null_function() {
  Lock lock;
  int (*const null)() = nullptr;
  lock.get_or_init(null);
}

template <class Lock>
void give_it_an_empty_wrapper() {
  Lock lock;
  lock.get_or_init(std::function<int()>{});
}

template <class Lock>
void try_a_null_function() {
  Lock lock;
  std::optional<int> (*const null)() = nullptr;
  (void)lock.get_or_try_init(null);
}

template <class Lock>
void reenter() {
  Lock lock;
  lock.get_or_init([&] { return lock.get_or_init([] { return 1; }); });
}

template <class Lock>
void reenter_by_set() {
  Lock lock;
  lock.get_or_init([&] { return lock.set(1) ? 1 : 2; });
}

inline void use_a_lock_after_its_end() {
  using Full = OnceLock<std::string>;
  alignas(Full) static unsigned char room[sizeof(Full)];
  ::new (static_cast<void*>(room)) Full;
  // Volatile, or g++ sees through all this and warns of what the test is about.
  Full* volatile const place = std::launder(reinterpret_cast<Full*>(room));
  Full* const lock = place;
  lock->~Full();
  lock->set("zombie");
}

#if FIRST_USE_HAS_THREADS

inline void use_a_cell_from_two_threads() {
  OnceCell<int> cell;
  cell.get_or_init([&] {
    std::thread{[&] { cell.set(2); }}.join();
    return 1;
  });
}

inline void wait_for_each_other() {
  OnceLock<int> a;
  OnceLock<char> b;
  first_use_test::StartLine line{2};
  std::thread other{[&] {
    a.get_or_init([&] {
      line.wait();
      return int{b.get_or_init([] { return 'b'; })};
    });
  }};
  b.get_or_init([&] {
    line.wait();
    return static_cast<char>(a.get_or_init([] { return 1; }));
  });
  other.join();
}

#else

inline void wait_for_nobody_s_value() {
  OnceLock<int> lock;
  lock.wait();
}
inline void wait_for_nobody() {
  first_use::Once once;
  once.wait();
}
inline void wait_for_nobody_to_succeed() {
  first_use::Once once;
  once.wait_force();
}
inline void wait_for_itself() {
  first_use::Once once;
  once.call_once([&] { once.wait(); });
}

#endif

inline void force_a_null_lock() {
  LazyLock<int> const lazy{nullptr};
  (void)*lazy;
}
inline void force_a_null_cell() {
  LazyCell<int> lazy{nullptr};
  (void)*lazy;
}

inline LazyLock<int>* lock_inside_itself = nullptr;
inline void reenter_a_lazy_lock() {
  LazyLock<int> lazy{[] { return **lock_inside_itself; }};
  lock_inside_itself = &lazy;
  lazy.force();
}
inline LazyCell<int>* cell_inside_itself = nullptr;
inline void reenter_a_lazy_cell() {
  LazyCell<int> lazy{[] { return **cell_inside_itself; }};
  cell_inside_itself = &lazy;
  lazy.force();
}

inline void reenter_a_once() {
  first_use::Once once;
  once.call_once([&] { once.call_once([] {}); });
}
inline void give_a_once_a_null_function() {
  first_use::Once once;
  once.call_once(static_cast<void (*)()>(nullptr));
}

inline void offer_zero() {
  first_use::race::OnceNonZero<int> number;
  number.get_or_init([] { return 0; });
}
inline void give_a_race_a_null_function() {
  first_use::race::OnceBox<int> box;
  int (*const null)() = nullptr;
  box.get_or_init(null);
}

struct WrongUse {
  char const* name;
  void (*commit)();
  char const* sentence;  // how the text begins; a regular expression
};

[[maybe_unused]] constexpr WrongUse wrong_uses[]{
    {"lock_value", &ask_for_the_value_of_an_empty_one<OnceLock<int>>, ONCE_LOCK "<int> is empty"},
    {"cell_value", &ask_for_the_value_of_an_empty_one<OnceCell<int>>, "OnceCell<int> is empty"},
    {"lock_null", &give_it_a_null_function<OnceLock<int>>, ONCE_LOCK "<int> has no initialiser"},
    {"cell_null", &give_it_a_null_function<OnceCell<int>>, "OnceCell<int> has no initialiser"},
    {"lock_wrapper", &give_it_an_empty_wrapper<OnceLock<int>>, ONCE_LOCK "<int> has no initialiser"},
    {"cell_wrapper", &give_it_an_empty_wrapper<OnceCell<int>>, "OnceCell<int> has no initialiser"},
    {"lock_try_null", &try_a_null_function<OnceLock<int>>, ONCE_LOCK "<int> has no initialiser"},
    {"lock_reentered", &reenter<OnceLock<int>>,
     "the initialiser of " ONCE_LOCK "<int> asked for the value it is making"},
    {"cell_reentered", &reenter<OnceCell<int>>, "the initialiser of OnceCell<int> asked for the value it is making"},
    {"lock_set", &reenter_by_set<OnceLock<int>>,
     "the initialiser of " ONCE_LOCK "<int> asked for the value it is making"},
    {"cell_set", &reenter_by_set<OnceCell<int>>, "the initialiser of OnceCell<int> asked for the value it is making"},
    {"lock_destroyed", &use_a_lock_after_its_end, ONCE_LOCK "<.*string.*> is used after its destruction"},
    {"once_null", &give_a_once_a_null_function, "Once has no initialiser"},
    {"once_reentered", &reenter_a_once, "the initialiser of Once asked for the value it is making"},
    {"race_zero", &offer_zero, "race::OnceNonZero<int> was offered zero"},
    {"race_null", &give_a_race_a_null_function, "race::OnceBox<int> has no initialiser"},
    {"lazy_lock_null", &force_a_null_lock, LAZY_LOCK "<int> has no initialiser"},
    {"lazy_cell_null", &force_a_null_cell, "LazyCell<int> has no initialiser"},
    {"lazy_lock_reentered", &reenter_a_lazy_lock,
     "the initialiser of " LAZY_LOCK "<int> asked for the value it is making"},
    {"lazy_cell_reentered", &reenter_a_lazy_cell, "the initialiser of LazyCell<int> asked for the value it is making"},
};

#if FIRST_USE_HAS_THREADS
// Their errors come up in threads of their own, where nobody catches them.
[[maybe_unused]] constexpr WrongUse wrong_uses_of_threads[]{
    {"cell_two_threads", &use_a_cell_from_two_threads, "OnceCell<int> is being initialised, but not by this thread"},
    {"deadlock", &wait_for_each_other,
     "deadlock: this thread \\([0-9]+\\) initialises OnceLock<(int|char)> and needs OnceLock<"},
};
#else
[[maybe_unused]] constexpr WrongUse wrong_uses_without_threads[]{
    {"lock_wait", &wait_for_nobody_s_value, "waiting for " ONCE_LOCK "<int>, which nobody can complete"},
    {"once_wait", &wait_for_nobody, "waiting for Once, which nobody can complete"},
    {"once_wait_force", &wait_for_nobody_to_succeed, "waiting for Once, which nobody can complete"},
    {"once_wait_inside", &wait_for_itself, "the initialiser of Once asked for the value it is making"},
};
#endif

}  // namespace first_use_test::wrong_use

#undef ONCE_LOCK
#undef LAZY_LOCK

#endif
