// SPDX-License-Identifier: MIT OR Apache-2.0
//
// One kept object of each kind, behind one shape.
#ifndef FIRST_USE_TESTS_FORK_OBJECTS_HPP
#define FIRST_USE_TESTS_FORK_OBJECTS_HPP

#include <functional>

#include <first_use/first_use.hpp>

namespace children {

// What the lazies run; an empty F, so that nothing of it lies in the object.
inline std::function<int()> script;
struct Scripted {
  int operator()() const { return script(); }
};

/// One object of each kind, behind one shape: init(f) lets it run f as its initialiser.
template <class Sync>
struct Objects {
  template <class F>
  void init_once(F f) {
    once.call_once(f);
  }
  template <class F>
  void init_lock(F f) {
    lock.get_or_init([&] {
      f();
      return 1;
    });
  }
  template <class F>
  void init_lazy(F f) {
    script = [f] {
      f();
      return 1;
    };
    lazy.force();
  }
  first_use::BasicOnce<Sync> once;
  first_use::BasicOnceLock<int, Sync> lock;
  first_use::BasicLazyLock<int, Scripted, Sync> lazy{Scripted{}};
};

}  // namespace children

#endif
