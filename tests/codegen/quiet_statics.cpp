// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A static of every type, with a T that has no destructor to run: statics.py checks that none of them needs code at
// start-up or at exit.
#include <string>

#include <first_use/first_use.hpp>
#include <first_use/sync/atomic_sync.hpp>
#include <first_use/sync/mutex_sync.hpp>

using first_use::BasicLazyLock;
using first_use::BasicOnce;
using first_use::BasicOnceLock;
using first_use::IgnoreFork;
using first_use::KeepOnFork;
using first_use::LazyCell;
using first_use::LazyLock;
using first_use::NeverDestroyed;
using first_use::OnceCell;
using first_use::OnceLock;
using first_use::SingleThreadSync;
using first_use::WipeOnFork;

int make();
std::string make_string();

struct MakeInt {
  int operator()() const { return make(); }
};
struct MakeString {
  std::string operator()() const { return make_string(); }
};
struct MakeFrom {
  int a;
  int operator()() const { return make() + a; }
};

// No constinit here: that the compiler finds it out by itself is the point.
template <class Sync, class Fork>
struct Quiet {
  static inline BasicOnce<Sync, Fork> once;
  static inline BasicOnceLock<int, Sync, Fork> lock;
  static inline BasicOnceLock<NeverDestroyed<std::string>, Sync, Fork> undying_lock;
  static inline BasicLazyLock<int, MakeInt, Sync, Fork> lazy{MakeInt{}};
  static inline BasicLazyLock<int, int (*)(), Sync, Fork> lazy_pointer{make};
  static inline BasicLazyLock<int, MakeFrom, Sync, Fork> lazy_captures{MakeFrom{1}};
  static inline BasicLazyLock<int, MakeInt, Sync, Fork, first_use::RetryOnThrow> lazy_retrying{MakeInt{}};
  static inline BasicLazyLock<NeverDestroyed<std::string>, MakeString, Sync, Fork> undying_lazy{MakeString{}};
  static int use() {
    once.call_once(make);
    return lock.get_or_init(make) + static_cast<int>(undying_lock.get_or_init(make_string)->size()) + *lazy +
           *lazy_pointer + *lazy_captures + *lazy_retrying + static_cast<int>(undying_lazy->size());
  }
};

int use() {
  return Quiet<first_use::DefaultSync, KeepOnFork>::use() + Quiet<first_use::DefaultSync, IgnoreFork>::use() +
         Quiet<first_use::DefaultSync, WipeOnFork<>>::use() + Quiet<first_use::AtomicSync, KeepOnFork>::use() +
         Quiet<first_use::MutexSync, KeepOnFork>::use() + Quiet<first_use::MutexSync, WipeOnFork<>>::use() +
         Quiet<SingleThreadSync, IgnoreFork>::use() + Quiet<SingleThreadSync, WipeOnFork<>>::use();
}

// The public names, and values from the start.
OnceLock<int> full_lock{std::in_place, 3};
OnceCell<int> full_cell{std::in_place, 3};
OnceCell<NeverDestroyed<std::string>> undying_cell;
LazyLock<int> lazy;
LazyLock lazy_from_closure{[] { return make(); }};
LazyLock retrying_from_closure{first_use::retry_on_throw, [] { return make(); }};
LazyLock<NeverDestroyed<std::string>> undying_lazy{[] { return make_string(); }};
LazyCell<int> lazy_cell;
LazyCell lazy_cell_from_closure{[] { return make(); }};
first_use::WipeOnForkOnce wiped_once;
first_use::WipeOnForkOnceLock<int> wiped_lock;
// The parent's string is left alone by a child, and the process's own would be destroyed at exit.
first_use::WipeOnForkOnceLock<NeverDestroyed<std::string>> undying_wiped_lock;
first_use::WipeOnForkLazyLock wiped_lazy{[] { return make(); }};
first_use::WipeOnForkLazyCell wiped_lazy_cell{[] { return make(); }};
NeverDestroyed<int> undying{3};
constinit NeverDestroyed<int> constant_undying{3};
first_use::race::OnceRef<int> race_ref;
first_use::race::OnceNonZero<unsigned> race_number;
first_use::race::OnceNonZero<unsigned> race_number_from_the_start{3};
first_use::race::OnceBool race_truth;
